/*
 * scanner/archive_name.c: what the name of a member says.
 */
#include "t.h"

#include "archive_name.h"

#define LEFT_ALONE -1

static const struct {
	const char *name;
	int place;
} table[] = {
	{ "a", PLACE_OTHER },
	{ "a/b/c.txt", PLACE_OTHER },
	{ "7", PLACE_MH },
	{ "inbox/12", PLACE_MH },
	{ "12a", PLACE_OTHER },
	{ "x.eml", PLACE_EML },
	{ "12.", PLACE_CYRUS },
	{ "mail/user/12.", PLACE_CYRUS },
	{ "12.x", PLACE_OTHER },
	{ ".", PLACE_OTHER },
	{ "12.emlx", PLACE_EMLX },
	{ "12.partial.EMLX", PLACE_EMLX_PARTIAL },
	{ "./x/Y.EML", PLACE_EML },
	{ "cur/1700000000.M1P1.host:2,S", PLACE_MAILDIR },
	{ "/m/cur/1700000000.M1P1.host,S=3,W=4:2,S", PLACE_MAILDIR },
	{ "m//new//1700000000.1_2.host", PLACE_MAILDIR },
	{ "m/cur/msg:2,", PLACE_MAILDIR },
	{ "m/new/photo.jpg", PLACE_OTHER },
	{ "new/2024-plan", PLACE_OTHER },
	{ "m/new/12", PLACE_MH },
	{ "current/1700000000.M1P1.host:2,S", PLACE_OTHER },
	{ "cur.1/1700000000.M1P1.host", PLACE_OTHER },
	{ "m/cur/sub/1700000000.M1P1.host", PLACE_OTHER },
	{ "m/cur/.1:2,", LEFT_ALONE },
	{ "m/tmp/1700000000.M1P1.host", LEFT_ALONE },
	{ "m/tmp/notes", PLACE_OTHER },
	{ "m/dovecot.index.cache", LEFT_ALONE },
	{ "m/cur/dovecot-uidlist.lock", LEFT_ALONE },
	{ "inbox/,12", LEFT_ALONE },
	{ "queue/ab/ab012345/message", PLACE_OPENSMTPD },
	{ "x/ab/bb012345/message", PLACE_OTHER },
	{ "queue/ab/ab012345/ab01234500000001", LEFT_ALONE },
	{ "01/23/45/67/89ab7def8123456789abcdef", PLACE_KUMOMTA },
	{ "meta/data/01/23/45/67/89ab7def8123456789abcdef", LEFT_ALONE },
	{ "queue/__tmp__.1_1_0_1_a_1_mx", LEFT_ALONE },
	{ "", LEFT_ALONE },
	{ "/", LEFT_ALONE },
	{ "a/", LEFT_ALONE },
};

static void
names_say_what_the_walk_would(void **state)
{
	enum store_place place;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct span name = { (const uint8_t *)table[i].name,
		    strlen(table[i].name) };

		print_message("# \"%s\"\n", table[i].name);
		assert_int_equal(archive_name_place(name, &place),
		    table[i].place != LEFT_ALONE);
		if (table[i].place != LEFT_ALONE)
			assert_int_equal(place, table[i].place);
	}
}

/* Whatever the bytes are: nothing is read beyond them, and NULs are none. */
static void
odd_names_are_taken_as_they_are(void **state)
{
	uint8_t long_name[5000];
	enum store_place place;

	(void)state;
	assert_false(archive_name_place((struct span){ NULL, 0 }, &place));
	assert_false(archive_name_place(SPAN("a\0b.eml"), &place));
	assert_true(archive_name_place(SPAN("c\0r/1.2.3:2,"), &place));
	assert_int_equal(place, PLACE_OTHER);
	assert_true(archive_name_place(SPAN("\xff\xfe.eml"), &place));
	assert_int_equal(place, PLACE_EML);
	memset(long_name, '1', sizeof(long_name));
	for (size_t n = 1; n < 300; n++)
		assert_int_equal(archive_name_place((struct span){
		    long_name, n }, &place), n <= 255);
	assert_false(archive_name_place((struct span){ long_name,
	    sizeof(long_name) }, &place));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_say_what_the_walk_would),
		cmocka_unit_test(odd_names_are_taken_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
