/*
 * formats/dbox.c: headers, sizes, metadata, and what is left of a damaged one.
 */
#include "t.h"

#include <stdio.h>
#include <stdlib.h>

#include "drip.h"
#include "storelaws.h"

#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define HEAD "2 M1e C6b0c18a5\n"				/* 16 */
#define H(size) "\1\2N          00000000000000" size "\n"	/* 30 */
#define MAIL "From: a@example.org\n\na\rb\n.\r\n"			/* 28 */
#define META "\n\1\3\nR6b0c18a5\nV1f\nG0\n\n"			/* 22 */
#define ONE H("1C") MAIL META					/* 80 */

#define SAYS(n, what) "the header of a message says " #n " bytes, and " what
#define ELSEWHERE "it does not end there\n"
#define NOT_THERE "they are not there\n"
#define NO_HEADER "no header of a message is where one has to be\n"

static const char two[] = HEAD ONE ONE;

static const struct {
	const char *what;
	struct span data;
	const char *log;
} table[] = {
	{ "one", BYTES(HEAD ONE), "message dbox 1 46 28\nend" },
	{ "three", BYTES(HEAD ONE ONE ONE), "message dbox 1 46 28\n"
	    "message dbox 2 126 28\nmessage dbox 3 206 28\nend" },
	{ "small digits", BYTES(HEAD H("1c") MAIL META),
	    "message dbox 1 46 28\nend" },
	{ "nothing in it", BYTES(HEAD H("00") META),
	    "message dbox 1 46 0\nend" },
	{ "no metadata", BYTES(HEAD H("1C") MAIL "\n\1\3\n\n"),
	    "message dbox 1 46 28\nend" },
	{ "headers of another length", BYTES("2 M20 C1\n"
	    "\1\2N          000000000000001Cxx\n" MAIL META),
	    "message dbox 1 41 28\nend" },
	{ "a mark in the message", BYTES(HEAD H("20") MAIL "\n\1\3\n" META),
	    "message dbox 1 46 32\nend" },
	{ "a header in the message", BYTES(HEAD H("3A") MAIL H("01") META),
	    "message dbox 1 46 58\nend" },
	/* Damaged. */
	{ "no message", BYTES(HEAD), "bad 16: cut off: no message is in it\n"
	    "end" },
	{ "one less", BYTES(HEAD H("1B") MAIL META ONE), "bad 16: "
	    SAYS(27, ELSEWHERE) "message dbox 2 126 28\nend" },
	{ "one more", BYTES(HEAD H("1D") MAIL META ONE), "bad 16: "
	    SAYS(29, ELSEWHERE) "message dbox 2 126 28\nend" },
	{ "more than there is", BYTES(HEAD H("FF") MAIL META ONE),
	    "bad 16: cut off: " SAYS(255, NOT_THERE)
	    "message dbox 2 126 28\nend" },
	{ "more than can be", BYTES(HEAD "\1\2N          FFFFFFFFFFFFFFFF\n"
	    MAIL META ONE), "bad 16: the header of a message says a size that "
	    "cannot be\nmessage dbox 2 126 28\nend" },
	{ "no size", BYTES(HEAD H("1G") MAIL META ONE), "bad 16: " NO_HEADER
	    "message dbox 1 126 28\nend" },
	{ "no header", BYTES(HEAD "\1\2x\n" ONE), "bad 16: " NO_HEADER
	    "message dbox 1 50 28\nend" },
	{ "no header of the file", BYTES("3 M1e C6b0c18a5\n" ONE),
	    "not mail: not mail" },
	{ "metadata with a byte 01", BYTES(HEAD H("1C") MAIL "\n\1\3\nR6\n"
	    ONE), "message dbox 1 46 28\nbad 74: the metadata behind a "
	    "message are damaged\nmessage dbox 2 111 28\nend" },
	{ "an old kind of message", BYTES(HEAD "\1\2E          "
	    "000000000000001C\n" MAIL META ONE), "bad 16: " NO_HEADER
	    "message dbox 1 126 28\nend" },
	{ "zeros behind", BYTES(HEAD ONE "\0\0\0\0"), "message dbox 1 46 28\n"
	    "bad 96: cut off in the header of a message\nend" },
	/* No dbox. */
	{ "another version", BYTES("1 M1e C6b0c18a5\n" ONE),
	    "not mail: not mail" },
	{ "short headers", BYTES("2 M1d C6b0c18a5\n" ONE),
	    "not mail: not mail" },
	{ "a sentence", BYTES("2 Men Came\nFrom: here\nTo: there\n"),
	    "not mail: not mail" },
	{ "a message that has it", BYTES("From: x\nTo: y\n\n" HEAD ONE),
	    "message eml 1 0 111\nend" },
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
	for (size_t i = 0; i < 19; i++)
		storelaws_errors(table[i].data, PLACE_OTHER);
}

static void
cut_off_at_any_byte_it_is_told(void **state)
{
	static const size_t borders[] = { 16 + 80, 0 };

	(void)state;
	storelaws_truncated((struct span){ (const uint8_t *)two,
	    sizeof(two) - 1 }, "dbox", borders);
}

/* No byte can be changed so that a message becomes a shorter or longer one. */
static void
a_wrong_byte_loses_at_most_its_message(void **state)
{
	struct store *s = store_new(NULL);
	uint8_t bytes[sizeof(two) - 1];

	(void)state;
	for (size_t at = 0; at < sizeof(bytes); at++)
		for (unsigned to = 0; to < 256; to++) {
			const struct storelaws_how how = { .format = "dbox",
			    .step = SIZE_MAX, .seekable = true,
			    .fail_at = DRIP_NEVER };
			const bool second = at >= 16 + 80;
			char *log;

			/* Up to the end of the second: nothing is wrong. */
			if (at == 43 && to == '6')
				continue;
			memcpy(bytes, two, sizeof(bytes));
			bytes[at] = (uint8_t)to;
			log = storelaws_log(s, (struct span){ bytes,
			    sizeof(bytes) }, &how);
			if (at >= 16)
				assert_non_null(strstr(log, second ?
				    " 46 28\n" : " 126 28\n"));
			else
				assert_true(strstr(log, " 126 28\n") != NULL ||
				    strstr(log, "bad") != NULL);
			for (const char *p = log; (p = strstr(p,
			    "message dbox")) != NULL; p++)
				assert_true(strncmp(p + 14, " 46 28\n", 7) ==
				    0 || strncmp(p + 14, " 126 28\n", 8) == 0);
			free(log);
		}
	store_free(s);
}

/* What cannot be looked at ahead is found out at its end. */
static void
a_long_message_of_a_stream_is_checked_too(void **state)
{
	struct store *s = store_new(NULL);

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const size_t size = 5u << 20, wrong = i / 2;
		const struct storelaws_how how = { .step = 65536,
		    .seekable = i & 1, .fail_at = DRIP_NEVER };
		struct buf b = { 0 };
		char want[200], *log;

		buf_printf(&b, HEAD "\1\2N          %016zx\n", size);
		while (b.n < 46 + size - wrong)
			buf_byte(&b, b.n % 64 == 0 ? '\n' : 'x');
		buf_str(&b, META ONE);
		log = storelaws_log(s, buf_span(&b), &how);
		(void)snprintf(want, sizeof(want), wrong == 0 ?
		    "message dbox 1 46 %zu\nmessage dbox 2 %zu 28\nend" :
		    "bad 16: the header of a message says %zu bytes, and it "
		    "does not end there\nmessage dbox 2 %zu 28\nend", size,
		    46 + size - wrong + 22 + 30);
		assert_string_equal(log, want);
		free(log);
		buf_free(&b);
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
		cmocka_unit_test(a_wrong_byte_loses_at_most_its_message),
		cmocka_unit_test(a_long_message_of_a_stream_is_checked_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
