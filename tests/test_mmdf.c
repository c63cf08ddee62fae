/*
 * formats/mmdf.c: messages between lines of four bytes 01.
 */
#include "t.h"

#include <stdlib.h>

#include "drip.h"
#include "storelaws.h"

#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define A "\1\1\1\1\n"
#define MAIL "From: a@example.org\n\na\rb\n.\r\n"			/* 28 */
#define FROM "From a@example.org Thu Jan  1 00:00:00 1970\n"	/* 44 */
#define CUT "cut off: no line of four bytes 01 ends its last message\n"
#define JUNK "between its messages stands what belongs to none\n"

static const char two[] = A MAIL A A MAIL "no end\n" A;

static const struct {
	const char *what;
	struct span data;
	const char *log;
} table[] = {
	{ "one", BYTES(A MAIL A), "message mmdf 1 5 28\nend" },
	{ "no line end before the last one", BYTES(A MAIL A A MAIL "x" A A
	    MAIL A), "message mmdf 1 5 28\nmessage mmdf 2 43 34\nbad 82: "
	    JUNK "bad 110: " CUT "end" },
	{ "three", BYTES(A MAIL A A MAIL A A "Subject: x\n" A),
	    "message mmdf 1 5 28\nmessage mmdf 2 43 28\n"
	    "message mmdf 3 81 11\nend" },
	{ "From_ line", BYTES(A FROM MAIL A A FROM A),
	    "message mmdf 1 49 28\nmessage mmdf 2 87 44\nend" },
	{ "nothing in it", BYTES(A A), "message mmdf 1 5 0\nend" },
	{ "CRLF", BYTES("\1\1\1\1\r\nTo: x\r\n\r\n\1\1\1\1\r\n"),
	    "message mmdf 1 6 9\nend" },
	{ "bytes 01 elsewhere", BYTES(A "To: x\n\n\1\1\1\1\1\n\1\1\1\n"
	    "x\1\1\1\1\n\1\1\1\1 \n\1\1\1\1\r" A "\n" A),
	    "message mmdf 1 5 40\nend" },
	{ "only the first", BYTES(A), "bad 0: " CUT "end" },
	{ "not closed", BYTES(A MAIL A A MAIL),
	    "message mmdf 1 5 28\nbad 38: " CUT "end" },
	{ "text between", BYTES(A MAIL A "x\ny" A "z\n" A MAIL A),
	    "message mmdf 1 5 28\nbad 38: " JUNK
	    "message mmdf 2 53 28\nend" },
	{ "text behind", BYTES(A MAIL A "\n"),
	    "message mmdf 1 5 28\nbad 38: " JUNK "end" },
	{ "half a line behind", BYTES(A MAIL A "\1\1\1"),
	    "message mmdf 1 5 28\nbad 38: " JUNK "end" },
	/* Not MMDF. */
	{ "an empty line first", BYTES("\n" A MAIL A), "not mail: not mail" },
	{ "three bytes", BYTES("\1\1\1\nTo: x\nFrom: y\n"),
	    "not mail: not mail" },
	{ "five bytes", BYTES("\1\1\1\1\1\nTo: x\nFrom: y\n"),
	    "not mail: not mail" },
	{ "an mbox that has it", BYTES(FROM "To: x\n\n" A A),
	    "message mbox 1 44 17\nend" },
	{ "a message that has it", BYTES("From: x\nTo: y\n\n" A MAIL A),
	    "message eml 1 0 53\nend" },
};

static void
named_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		print_message("# %s\n", table[i].what);
		storelaws_cuts(table[i].data, PLACE_OTHER, table[i].log);
	}
}

static void
a_read_error_at_any_byte_is_dead(void **state)
{
	(void)state;
	for (size_t i = 0; i < 12; i++)
		storelaws_errors(table[i].data, PLACE_OTHER);
}

static void
cut_off_at_any_byte_it_is_told(void **state)
{
	static const size_t borders[] = { 5 + 28 + 5, 0 };

	(void)state;
	storelaws_truncated((struct span){ (const uint8_t *)two,
	    sizeof(two) - 1 }, "mmdf", borders);
}

/* What a simple reader of lines makes of it, the same way in words. */
static void
oracle(struct span s, struct buf *out)
{
	size_t begin = 0, index = 0, n;
	enum { BETWEEN, MESSAGE, LOST } at = BETWEEN;

	for (size_t i = 0; i < s.n; i += n) {
		const uint8_t *end = memchr(s.p + i, '\n', s.n - i);
		const struct span line = { s.p + i, end == NULL ? s.n - i :
		    (size_t)(end - s.p) - i + 1 };
		const bool is = span_eq(line, SPAN(A));

		n = line.n;
		if (at == MESSAGE && is)
			buf_printf(out, "message mmdf %zu %zu %zu\n", index,
			    begin + 5, i - begin - 5);
		else if (at == BETWEEN && !is)
			buf_printf(out, "bad %zu: " JUNK, i);
		if (at != MESSAGE && is) {
			begin = i;
			index++;
			at = MESSAGE;
		} else if (at == BETWEEN) {
			at = LOST;
		} else if (at == MESSAGE && is) {
			at = BETWEEN;
		}
	}
	if (at == MESSAGE)
		buf_printf(out, "bad %zu: " CUT, begin);
	buf_str(out, "end");
}

/* Every row of up to seven of these pieces. */
static void
all_short_ones_are_what_an_oracle_says(void **state)
{
	struct store *s = store_new(NULL);
	static const char *const pieces[] = { A, "\1", "\n", "x" };

	(void)state;
	for (unsigned n = 1; n <= 7; n++)
		for (unsigned code = 0; code < 1u << (2 * n); code++) {
			struct storelaws_how how = { .format = "mmdf",
			    .step = 1 + code % 3, .seekable = code & 1,
			    .fail_at = DRIP_NEVER };
			struct buf b = { 0 }, want = { 0 };
			char *got;

			for (unsigned i = 0; i < n; i++)
				buf_str(&b, pieces[code >> (2 * i) & 3]);
			oracle(buf_span(&b), &want);
			got = storelaws_log(s, buf_span(&b), &how);
			assert_string_equal(got, buf_text(&want));
			free(got);
			buf_free(&b);
			buf_free(&want);
		}
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named_cases),
		cmocka_unit_test(a_read_error_at_any_byte_is_dead),
		cmocka_unit_test(cut_off_at_any_byte_it_is_told),
		cmocka_unit_test(all_short_ones_are_what_an_oracle_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
