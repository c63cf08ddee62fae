/*
 * formats/emlx.c: the count, the message, the property list.
 */
#include "t.h"

#include <stdlib.h>

#include "drip.h"
#include "storelaws.h"

#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define MAIL "From: a@example.org\nTo: b@example.org\n\na\rb\n.\r\n"	/* 46 */
#define LIST "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=" \
	"\"1.0\">\n<dict/>\n</plist>\n"
#define COUNT "46        \n"

static const char whole[] = COUNT MAIL LIST;

static const struct {
	const char *what;
	struct span data;
	enum store_place place;
	const char *log;
} table[] = {
	{ "whole", BYTES(COUNT MAIL LIST), PLACE_OTHER,
	    "message emlx 1 11 46\nend" },
	{ "by its name", BYTES(COUNT MAIL LIST), PLACE_EMLX,
	    "message emlx 1 11 46\nend" },
	{ "partial", BYTES(COUNT MAIL LIST), PLACE_EMLX_PARTIAL,
	    "message emlx-partial 1 11 46\nend" },
	{ "not padded", BYTES("46\n" MAIL LIST), PLACE_OTHER,
	    "message emlx 1 3 46\nend" },
	{ "no declaration", BYTES("46        \n" MAIL "<plist>\n</plist>"),
	    PLACE_OTHER, "bad 0: its first line says 46 bytes, and the "
	    "message does not end there\nend" },
	{ "CRLF behind the list", BYTES("46\n" MAIL
	    "<?xml?>\r\n<plist>\r\n</plist>\r\n"), PLACE_OTHER,
	    "message emlx 1 3 46\nend" },
	{ "nothing in it", BYTES("0         \n" LIST), PLACE_OTHER,
	    "message emlx 1 11 0\nend" },
	{ "one less", BYTES("45        \n" MAIL LIST), PLACE_OTHER,
	    "bad 0: its first line says 45 bytes, and the message does not "
	    "end there\nend" },
	{ "one more", BYTES("47        \n" MAIL LIST), PLACE_OTHER,
	    "bad 0: its first line says 47 bytes, and the message does not "
	    "end there\nend" },
	{ "far too much", BYTES("999       \n" MAIL LIST), PLACE_OTHER,
	    "bad 0: its first line says 999 bytes, and there are 124\nend" },
	{ "more than can be", BYTES("99999999999999999999\n" MAIL LIST),
	    PLACE_EMLX, "bad 0: its first line is no count of bytes, as an "
	    "emlx file has it\nend" },
	{ "no count", BYTES("x46\n" MAIL LIST), PLACE_EMLX,
	    "bad 0: its first line is no count of bytes, as an emlx file has "
	    "it\nend" },
	{ "nothing at all", BYTES(""), PLACE_EMLX,
	    "bad 0: its first line is no count of bytes, as an emlx file has "
	    "it\nend" },
	{ "no list", BYTES(COUNT MAIL), PLACE_OTHER,
	    "bad 0: cut off: no property list is behind its message\nend" },
	{ "half a list", BYTES(COUNT MAIL "<?xml x\n<plist>\n"), PLACE_OTHER,
	    "message emlx 1 11 46\nbad 57: the property list behind its "
	    "message is cut off\nend" },
	{ "more behind the list", BYTES(COUNT MAIL LIST "From: x\n"),
	    PLACE_OTHER, "message emlx 1 11 46\nbad 57: the property list "
	    "behind its message is cut off\nend" },
	/* No emlx. */
	{ "mail of that name", BYTES(MAIL), PLACE_EMLX,
	    "message eml 1 0 46\nend" },
	{ "an mbox of that name", BYTES("From a@b Thu Jan  1 00:00:00 1970\n"
	    "From: x\n\n"), PLACE_EMLX, "message mbox 1 34 9\nend" },
	{ "in a Maildir", BYTES("46\n" MAIL LIST), PLACE_MAILDIR,
	    "message maildir 1 0 127\nend" },
	{ "a number and text", BYTES("46\n\nSome text.\n"), PLACE_OTHER,
	    "not mail: not mail" },
	{ "a number and fields", BYTES("46\n" MAIL), PLACE_OTHER,
	    "not mail: not mail" },
	{ "numbers", BYTES("1         \n2         \n3         \n"),
	    PLACE_OTHER, "not mail: not mail" },
	{ "a property list", BYTES(LIST), PLACE_OTHER, "not mail: not mail" },
	{ "a padded number and fields of no mail",
	    BYTES("12        \nName: x\nDate: y\n\n"), PLACE_OTHER,
	    "not mail: not mail" },
};

static void
named_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		print_message("# %s\n", table[i].what);
		storelaws_cuts(table[i].data, table[i].place, table[i].log);
	}
}

static void
a_read_error_at_any_byte_is_dead(void **state)
{
	(void)state;
	for (size_t i = 0; i < 16; i++)
		storelaws_errors(table[i].data, table[i].place);
}

static void
cut_off_at_any_byte_it_is_told(void **state)
{
	static const size_t list_is_whole[] = { sizeof(whole) - 2, 0 };

	(void)state;
	storelaws_truncated((struct span){ (const uint8_t *)whole,
	    sizeof(whole) - 1 }, "emlx", list_is_whole);
}

/* Each count but the right one is an error. */
static void
no_other_count_is_believed(void **state)
{
	struct store *s = store_new(NULL);

	(void)state;
	for (unsigned n = 0; n < 300; n++) {
		const struct storelaws_how how = { .place = PLACE_EMLX,
		    .fail_at = DRIP_NEVER, .step = SIZE_MAX };
		struct buf b = { 0 };
		char *log;

		buf_printf(&b, "%-10u\n%s%s", n, MAIL, LIST);
		log = storelaws_log(s, buf_span(&b), &how);
		assert_int_equal(strncmp(log, "bad 0:", 6) == 0, n != 46);
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
		cmocka_unit_test(no_other_count_is_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
