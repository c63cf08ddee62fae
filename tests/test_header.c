/*
 * Where the header block ends, and the Message-ID in it, through the engine.
 */
#include "rig.h"
#include "t.h"

#define OPEN UINT64_MAX		/* an empty line ends the header block */

struct end_case {
	const char *name, *text;
	uint64_t no_end;	/* where limit.no-header-end is, or OPEN */
};

/* In these \n stands for the break; each case is run with all four. */
static const struct end_case ends[] = {
	{ "fields and an empty line", "A: b\nC: d\n\ntext", OPEN },
	{ "a field without a value", "A:\n\ntext", OPEN },
	{ "space before the colon", "A : b\nC\t \t: d\n\ntext", OPEN },
	{ "a name of every kind", "!#$%&'*+-./09AZ^_`az{|}~: b\n\n", OPEN },
	{ "continuation by a space", "A: b\n c\n\ntext", OPEN },
	{ "continuation by a tab", "A: b\n\tc\n\ntext", OPEN },
	{ "continuation of white space alone", "A: b\n \n\t\nC: d\n\n", OPEN },
	{ "continuation that looks like a body", "A: b\n no field\n\n", OPEN },
	{ "an empty line at once", "\ntext", OPEN },
	{ "an empty line alone", "\n", OPEN },
	{ "text at once", "text\n\nmore", 0 },
	{ "a colon without a name", "A: b\n: d\n\n", 5 },
	{ "a name with a space in it", "A: b\nC d: e\n\n", 5 },
	{ "a name with an 8-bit byte", "A: b\nC\xe4: e\n\n", 5 },
	{ "a name with a DEL", "A: b\nC\177: e\n\n", 5 },
	{ "a name with a control byte", "A: b\nC\1: e\n\n", 5 },
	{ "a line with no colon", "A: b\ntext\n\n", 5 },
	{ "an mbox From_ line", "From a@b Mon\nA: b\n\n", 0 },
	{ "white space on the first line", " A: b\n\n", 0 },
	{ "a lone dot", "A: b\n.\n\n", 5 },
	{ "nothing at all", "", 0 },
	{ "no line behind the fields", "A: b\n", 5 },
	{ "an unended field", "A: b", 4 },
	{ "an unended continuation", "A: b\n c", 7 },
};

struct id_case {
	const char *name, *text, *id;
	bool cut;
};

static const struct id_case ids[] = {
	{ "plain", "Message-ID: <1@a>\n\n", "<1@a>", false },
	{ "any case", "mESSAGE-iD: <1@a>\n\n", "<1@a>", false },
	{ "no space", "Message-ID:<1@a>\n\n", "<1@a>", false },
	{ "space before the colon", "Message-ID \t: <1@a>\n\n", "<1@a>",
	    false },
	{ "spaces around it", "Message-ID: \t<1@a> \t\n\n", "<1@a>", false },
	{ "on the next line", "Message-ID:\n <1@a>\n\n", "<1@a>", false },
	{ "two lines on", "Message-ID:\n \n\t<1@a>\nB: c\n\n", "<1@a>", false },
	{ "folded inside", "Message-ID: <1@\n a>\n\n", "<1@a>", false },
	{ "space inside", "Message-ID: <1 @a>\n\n", "<1 @a>", false },
	{ "not the first field", "A: b\n c\nMessage-ID: <1@a>\n\n", "<1@a>",
	    false },
	{ "what follows is not of it", "Message-ID: <1@a>\nB: c\n d\n\n",
	    "<1@a>", false },
	{ "the first of two", "Message-ID: <1@a>\nMessage-ID: <2@a>\n x\n\n",
	    "<1@a>", false },
	{ "the one that is not empty", "Message-ID: \nMessage-ID: <2@a>\n\n",
	    "<2@a>", false },
	{ "no angle brackets", "Message-ID: 1\n\n", "1", false },
	{ "8-bit bytes", "Message-ID: <\xe4@\xff>\n\n", "<\xe4@\xff>", false },
	{ "unended", "Message-ID: <1@a>", "<1@a>", false },
	{ "absent", "A: b\n\n", "", false },
	{ "in the body", "A: b\n\nMessage-ID: <1@a>\n\n", "", false },
	{ "behind a line of no header", "A: b\ntext\nMessage-ID: <1@a>\n\n",
	    "", false },
	{ "another field's continuation", "A: b\n Message-ID: <1@a>\n\n", "",
	    false },
	{ "a longer name", "Message-IDs: <1@a>\n\n", "", false },
	{ "a prefix", "X-Message-ID: <1@a>\n\n", "", false },
	{ "no message at all", "", "", false },
};

/* text with each \n as that break; returns the bytes of it. */
static size_t
with_breaks(uint8_t *out, const char *text, struct span brk)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		const struct span s = *text == '\n' ? brk :
		    (struct span){ (const uint8_t *)text, 1 };

		memcpy(out + n, s.p, s.n);
		n += s.n;
	}
	return n;
}

typedef void check_fn(const struct verdict *, const void *c, size_t brk_n,
    const char *text);

/* Every break, every kernel, whole and byte by byte. */
static void
each_way(struct rig *r, const char *text, const void *c, check_fn *fn)
{
	const struct span breaks[] = { SPAN("\n"), SPAN("\r\n"),
	    SPAN("\r"), SPAN("\r\r\n") };
	uint8_t m[512];

	for (size_t b = 0; b < sizeof(breaks) / sizeof(breaks[0]); b++) {
		const struct span s = { m, with_breaks(m, text, breaks[b]) };

		for (size_t k = 0; k < r->kernels; k++)
			for (size_t step = 1; step < 600; step += 599 - 1) {
				struct engine *g =
				    r->engine[k][step > 1][EOL_AUTO];

				fn(rig_run(g, s, (struct cuts){ step, step,
				    SIZE_MAX }, BRK_LF), c, breaks[b].n,
				    text);
			}
	}
}

static const struct finding *
finding(const struct verdict *v, enum code c)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].code == c)
			return &v->list[i];
	return NULL;
}

static void
check_end(const struct verdict *v, const void *ctx, size_t brk_n,
    const char *text)
{
	const struct finding *f = finding(v, CODE_LIMIT_NO_HEADER_END);
	const struct end_case *c = ctx;
	uint64_t want = c->no_end;

	if (c->no_end == OPEN) {
		if (f != NULL)
			fail_msg("%s", c->name);
		return;
	}
	for (uint64_t i = 0; i < c->no_end; i++)
		want += text[i] == '\n' ? brk_n - 1 : 0;
	if (f == NULL || f->where->count != 1 || f->where->off[0] != want)
		fail_msg("%s", c->name);
}

static void
the_header_block_ends_where_it_should(void **state)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		each_way(*state, ends[i].text, &ends[i], check_end);
}

static void
check_id(const struct verdict *v, const void *ctx, size_t brk_n,
    const char *text)
{
	const struct id_case *c = ctx;

	(void)brk_n;
	(void)text;
	if (v->message_id.n != strlen(c->id) || v->message_id_cut != c->cut ||
	    memcmp(v->message_id.p, c->id, v->message_id.n) != 0)
		fail_msg("%s", c->name);
}

static void
the_message_id_is_found_in_any_form(void **state)
{
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		each_way(*state, ids[i].text, &ids[i], check_id);
}

/* "Message-ID:" and n bytes on one line, or on lines of line bytes each. */
static void
check_long_id(struct rig *r, size_t n, size_t line)
{
	struct span s = { NULL, 0 };
	uint8_t m[8192];
	size_t used = 11;
	const struct verdict *v;

	memcpy(m, "Message-ID:", used);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && i % line == 0) {
			memcpy(m + used, "\r\n ", 3);
			used += 3;
		}
		m[used++] = (uint8_t)('a' + i % 23);
	}
	memcpy(m + used, "\r\n\r\n", 4);
	s = (struct span){ m, used + 4 };
	for (size_t step = 1; step < 9000; step += 77) {
		v = rig_run(r->engine[0][0][EOL_AUTO], s,
		    (struct cuts){ step, step, SIZE_MAX }, BRK_LF);
		assert_int_equal(v->message_id.n, n < 998 ? n : 998);
		assert_int_equal(v->message_id_cut, n > 998);
		for (size_t i = 0; i < v->message_id.n; i++)
			assert_int_equal(v->message_id.p[i], 'a' + i % 23);
	}
}

static void
an_over_long_message_id_is_cut_and_says_so(void **state)
{
	static const size_t n[] = { 900, 997, 998, 999, 1012, 1013, 1014,
	    1024, 1025, 2000, 5000 };

	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		check_long_id(*state, n[i], SIZE_MAX);
		check_long_id(*state, n[i], 70);
		check_long_id(*state, n[i], 499);
	}
}

/* The white space before it uses up what can be looked at of the line. */
static void
a_message_id_far_along_its_line_is_cut_and_says_so(void **state)
{
	struct rig *r = *state;
	uint8_t m[1200];

	memset(m, ' ', sizeof(m));
	memcpy(m, "Message-ID:", 11);
	memset(m + 600, 'i', 500);
	memcpy(m + 1100, "\n\n", 2);
	for (size_t step = 1; step < 1300; step += 3) {
		const struct verdict *v = rig_run(
		    r->engine[0][step % 2][EOL_AUTO],
		    (struct span){ m, 1102 },
		    (struct cuts){ step, step, SIZE_MAX }, BRK_LF);

		assert_int_equal(v->message_id.n, 1024 - 600);
		assert_true(v->message_id_cut);
	}
}

static void
high_bytes_count_in_the_header_block_alone(void **state)
{
	const struct verdict *v = rig_run(((struct rig *)
	    *state)->engine[0][0][EOL_AUTO],
	    SPAN("A: \xe4\n \xfc\ntext \xdf\n\n\xf6\n"), NO_CUTS, BRK_LF);
	const struct finding *f = finding(v, CODE_LIMIT_8BIT_HEADER);

	assert_non_null(f);
	assert_int_equal(f->where->count, 2);
	assert_int_equal(f->where->off[0], 3);
	assert_int_equal(f->where->off[1], 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_block_ends_where_it_should),
		cmocka_unit_test(the_message_id_is_found_in_any_form),
		cmocka_unit_test(an_over_long_message_id_is_cut_and_says_so),
		cmocka_unit_test(
		    a_message_id_far_along_its_line_is_cut_and_says_so),
		cmocka_unit_test(high_bytes_count_in_the_header_block_alone),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
