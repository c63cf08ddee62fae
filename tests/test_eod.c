/*
 * The sequences that are known to have been tried on servers, one by one:
 * each is found where it stands, under one name, and nothing else is.
 */
#include "rig.h"
#include "t.h"

struct eod_case {
	struct span bytes;
	enum code code;
	enum severity severity, on_wire;
	size_t line;		/* where in bytes the line starts */
};

#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

static const struct eod_case cases[] = {
	{ S("\r\n.\r\n"), CODE_EOD_CRLF_CRLF, SEV_INFO, SEV_HIGH, 2 },
	{ S("\n.\n"), CODE_EOD_LF_LF, SEV_HIGH, SEV_HIGH, 1 },
	{ S("\n.\r\n"), CODE_EOD_LF_CRLF, SEV_HIGH, SEV_HIGH, 1 },
	{ S("\r\n.\n"), CODE_EOD_CRLF_LF, SEV_HIGH, SEV_HIGH, 2 },
	{ S("\r.\r"), CODE_EOD_CR_CR, SEV_HIGH, SEV_HIGH, 1 },
	{ S("\r.\n"), CODE_EOD_CR_LF, SEV_MEDIUM, SEV_MEDIUM, 1 },
	{ S("\r.\r\n"), CODE_EOD_CR_CRLF, SEV_MEDIUM, SEV_MEDIUM, 1 },
	{ S("\n.\r"), CODE_EOD_LF_CR, SEV_MEDIUM, SEV_MEDIUM, 1 },
	{ S("\r\n.\r"), CODE_EOD_CRLF_CR, SEV_MEDIUM, SEV_MEDIUM, 2 },
	{ S("\n.\r\r\n"), CODE_EOD_DOT_CRCRLF, SEV_HIGH, SEV_HIGH, 1 },
	{ S("\r\n.\r\r\n"), CODE_EOD_DOT_CRCRLF, SEV_HIGH, SEV_HIGH, 2 },
	{ S("\r\r\n.\r\r\n"), CODE_EOD_DOT_CRCRLF, SEV_HIGH, SEV_HIGH, 3 },
	{ S("\r\r\n.\r\n"), CODE_EOD_CRLF_CRLF, SEV_INFO, SEV_HIGH, 3 },
	{ S("\r\n\0.\r\n"), CODE_EOD_NUL_DOT, SEV_MEDIUM, SEV_MEDIUM, 2 },
	{ S("\r\n.\0\r\n"), CODE_EOD_DOT_NUL, SEV_HIGH, SEV_HIGH, 2 },
	{ S("\0\r\n.\r\n"), CODE_EOD_CRLF_CRLF, SEV_INFO, SEV_HIGH, 3 },
	{ S("\r\0\n.\r\n"), CODE_EOD_LF_CRLF, SEV_HIGH, SEV_HIGH, 3 },
	{ S("\r\n.\r\0\n"), CODE_EOD_CRLF_CR, SEV_MEDIUM, SEV_MEDIUM, 2 },
	{ S("\r\n.\r\n\0"), CODE_EOD_CRLF_CRLF, SEV_INFO, SEV_HIGH, 2 },
	{ S("\r\n\r.\r\n"), CODE_EOD_CR_CRLF, SEV_MEDIUM, SEV_MEDIUM, 3 },
	{ S("\n\r.\r\n"), CODE_EOD_CR_CRLF, SEV_MEDIUM, SEV_MEDIUM, 2 },
	{ S("\n\r.\n\r"), CODE_EOD_CR_LF, SEV_MEDIUM, SEV_MEDIUM, 2 },
	{ S("\r\n..\n"), CODE_EOD_STUFFED_DOT, SEV_MEDIUM, SEV_MEDIUM, 2 },
	{ S("\n..\n"), CODE_EOD_STUFFED_DOT, SEV_MEDIUM, SEV_MEDIUM, 1 },
	{ S("\r\n. \r\n"), CODE_EOD_DOT_SPACE, SEV_INFO, SEV_INFO, 2 },
	{ S("\r\n .\r\n"), CODE_EOD_SPACE_DOT, SEV_INFO, SEV_INFO, 2 },
	{ S("\r\n\t.\n"), CODE_EOD_SPACE_DOT, SEV_INFO, SEV_INFO, 2 },
};

/* Exactly one finding of the eod family, and this one. */
static void
check(const struct verdict *v, const struct eod_case *c,
    enum severity severity, uint64_t off)
{
	const struct finding *found = NULL;

	for (size_t i = 0; i < v->n; i++)
		if (strncmp(code_info(v->list[i].code)->name, "eod.", 4) == 0) {
			assert_null(found);
			found = &v->list[i];
		}
	assert_non_null(found);
	assert_string_equal(code_info(found->code)->name,
	    code_info(c->code)->name);
	assert_int_equal(found->severity, severity);
	assert_int_equal(found->where->count, 1);
	assert_int_equal(found->where->off[0], off);
}

/* The sequence behind head, and some lines that end in CRLF behind it. */
static void
each_case(struct rig *r, struct span head)
{
	static const struct span tail = S("MAIL FROM:<a@example.org>\r\n"
	    "RCPT TO:<b@example.org>\r\nDATA\r\nFrom: c\r\n\r\n\r\n\r\nx\r\n");
	uint8_t m[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct eod_case *c = &cases[i];
		const struct span s = { m, head.n + c->bytes.n + tail.n };

		memcpy(m, head.p, head.n);
		memcpy(m + head.n, c->bytes.p, c->bytes.n);
		memcpy(m + head.n + c->bytes.n, tail.p, tail.n);
		for (size_t k = 0; k < r->kernels; k++) {
			check(rig_run(r->engine[k][0][EOL_AUTO], s, NO_CUTS,
			    BRK_CRLF), c, c->severity, head.n + c->line);
			check(rig_run(r->engine[k][0][EOL_WIRE], s, NO_CUTS,
			    BRK_CRLF), c, c->on_wire, head.n + c->line);
		}
	}
}

static void
every_known_sequence_is_found_in_the_body(void **state)
{
	each_case(*state, SPAN("A: b\r\n\r\ntext\r\nA"));
}

static void
every_known_sequence_is_found_in_the_header_block(void **state)
{
	each_case(*state, SPAN("A: b\r\nSubject: x"));
}

/* An LF store cannot tell them from the text of a mail; with other breaks
 * than the store's they can be told. */
static void
a_lone_dot_is_text_between_the_lines_of_its_own_kind(void **state)
{
	static const struct eod_case dot = { S("."), CODE_EOD_LF_LF,
	    SEV_INFO, SEV_HIGH, 0 };
	static const struct eod_case stuffed = { S(".."),
	    CODE_EOD_STUFFED_DOT, SEV_INFO, SEV_INFO, 0 };
	struct rig *r = *state;

	check(rig_run(r->engine[0][0][EOL_AUTO], SPAN("A: b\n\nx\n.\ny\n"),
	    NO_CUTS, BRK_LF), &dot, SEV_INFO, 8);
	check(rig_run(r->engine[0][0][EOL_CRLF], SPAN("A: b\n\nx\n.\ny\n"),
	    NO_CUTS, BRK_LF), &dot, SEV_HIGH, 8);
	check(rig_run(r->engine[0][0][EOL_AUTO], SPAN("A: b\n\nx\n..\ny\n"),
	    NO_CUTS, BRK_LF), &stuffed, SEV_INFO, 8);
	check(rig_run(r->engine[0][0][EOL_WIRE], SPAN("A: b\n\nx\n..\ny\n"),
	    NO_CUTS, BRK_LF), &stuffed, SEV_MEDIUM, 8);
}

static void
on_the_wire_the_first_line_stands_behind_a_crlf(void **state)
{
	static const struct eod_case first = { S("."), CODE_EOD_CRLF_LF,
	    SEV_HIGH, SEV_HIGH, 0 };
	struct rig *r = *state;
	const struct verdict *v = rig_run(r->engine[0][0][EOL_AUTO],
	    SPAN(".\nx\r\ny\r\n"), NO_CUTS, BRK_CRLF);

	for (size_t i = 0; i < v->n; i++)
		assert_int_not_equal(v->list[i].code, CODE_EOD_CRLF_LF);
	check(rig_run(r->engine[0][0][EOL_WIRE], SPAN(".\nx\r\ny\r\n"),
	    NO_CUTS, BRK_CRLF), &first, SEV_HIGH, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_known_sequence_is_found_in_the_body),
		cmocka_unit_test(
		    every_known_sequence_is_found_in_the_header_block),
		cmocka_unit_test(
		    a_lone_dot_is_text_between_the_lines_of_its_own_kind),
		cmocka_unit_test(
		    on_the_wire_the_first_line_stands_behind_a_crlf),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
