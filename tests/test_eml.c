/*
 * Probing, and formats/eml.c: what is taken for mail, and as what.
 */
#include "t.h"

#include <stdlib.h>

#include "buf.h"
#include "drip.h"
#include "store.h"

#define MAIL "From: a@example.org\nTo: b@example.org\n\nbody\n"
#define NOT NULL
#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

static const struct {
	const char *what;
	struct span data;
	const char *other, *named, *mh, *eml;	/* format of the message */
	const char *says;	/* when it is not mail */
} table[] = {
	{ "mail", BYTES(MAIL), "eml", "eml", "mh", "eml", NULL },
	{ "mail with CRLF", BYTES("Received: x\r\n\ty\r\nSubject: z\r\n\r\n"),
	    "eml", "eml", "mh", "eml", NULL },
	{ "mail with CR", BYTES("Date: x\rSubject: z\r\rbody"),
	    "eml", "eml", "mh", "eml", NULL },
	{ "one mail field", BYTES("Subject: x\nX-Y: z\n\nbody\n"),
	    NOT, "eml", "mh", "eml", "not mail" },
	{ "fields late in the block", BYTES("X-A: 1\nX-B: 2\nX-C: 3\n"
	    "MIME-Version: 1.0\nContent-Type: text/plain\n\n"),
	    "eml", "eml", "mh", "eml", NULL },
	{ "fields behind the block", BYTES("X-A: 1\n\nTo: x\nFrom: y\n"),
	    NOT, "eml", "mh", "eml", "not mail" },
	{ "old style space before the colon", BYTES("Subject : x\n\n"),
	    NOT, "eml", "mh", "eml", "not mail" },
	{ "an mbox", BYTES("From a@b Thu Jan  1 00:00:00 1970\n" MAIL),
	    "mbox", "mbox", "mbox", "mbox", NULL },
	{ "a Makefile", BYTES("CC = gcc\n\nall: x.o\n\t$(CC) -o x x.o\n"),
	    NOT, NOT, NOT, "eml", "not mail" },
	{ "a Makefile with rules first", BYTES("all: x.o\n\tcc x.o\n\nclean:\n"
	    "\trm x.o\n"), NOT, "eml", "mh", "eml", "not mail" },
	{ "YAML", BYTES("---\nname: x\non: push\nto: y\nfrom: z\n"),
	    NOT, NOT, NOT, "eml", "not mail" },
	{ "YAML without a mark", BYTES("name: x\nsubject: z\nlist:\n  - a\n"),
	    NOT, "eml", "mh", "eml", "not mail" },
	{ "an HTTP log", BYTES("192.0.2.1 - - [01/Jan/1970:00:00:00 +0000] "
	    "\"GET / HTTP/1.1\" 200 5\n"), NOT, NOT, NOT, "eml", "not mail" },
	{ "an HTTP header dump", BYTES("Date: x\r\nContent-Type: text/html\r\n"
	    "\r\n<p>"), NOT, "eml", "mh", "eml", "not mail" },
	{ "an HTTP answer", BYTES("HTTP/1.1 200 OK\r\nDate: x\r\n"
	    "Content-Type: text/html\r\n\r\n"), NOT, NOT, NOT, "eml",
	    "not mail" },
	{ "C", BYTES("#include <stdio.h>\n\nint\nmain(void)\n{\n}\n"),
	    NOT, NOT, NOT, "eml", "not mail" },
	{ "text from", BYTES("From here on: all is well\nSubject: x\n"),
	    NOT, NOT, NOT, "eml", "not mail" },
	{ "zeros", BYTES("\0\0\0\0\0\0\0\0"), NOT, NOT, NOT, "eml",
	    "not mail" },
	{ "high bytes", BYTES("\xff\xd8\xff\xe0 To: x\nFrom: y\n"),
	    NOT, NOT, NOT, "eml", "not mail" },
	{ "nothing", BYTES(""), NOT, NOT, NOT, "eml", "empty" },
	{ "an empty line", BYTES("\n" MAIL), NOT, NOT, NOT, "eml",
	    "not mail" },
	{ "zip", BYTES("PK\003\004xxxx"), NOT, NOT, NOT, "eml",
	    "a zip archive" },
	{ "bzip2", BYTES("BZh91AY"), NOT, NOT, NOT, "eml", "not mail" },
	{ "a number and a dot is Cyrus", BYTES("From: x\r\n\r\n"), NOT, "eml",
	    "mh", "eml", "not mail" },
	{ "no dbox", BYTES("2 M1e D5f\n"), NOT, NOT, NOT, "eml", "not mail" },
	{ "no MMDF", BYTES("\1\1\1\1"), NOT, NOT, NOT, "eml", "not mail" },
	{ "a count alone", BYTES("46        \n"), NOT, NOT, NOT, "eml",
	    "not mail" },
	{ "a pst", BYTES("!BDN\1\2\3\4SM\x17\0"), NOT, NOT, NOT, NOT,
	    "an Outlook pst or ost file: convert it with readpst" },
	{ "text like a pst", BYTES("!BDNxxxx"), NOT, NOT, NOT, "eml",
	    "an Outlook pst file" },
	{ "PGP text", BYTES("-----BEGIN PGP MESSAGE-----\n\nx\n"), NOT, NOT,
	    NOT, "eml", "encrypted with OpenPGP: decrypt it first" },
	{ "a mail with PGP text", BYTES(MAIL "-----BEGIN PGP MESSAGE-----\n"),
	    "eml", "eml", "mh", "eml", NULL },
	{ "a Thunderbird folder", BYTES("From - Tue Mar  1 08:00:00 2011\n"
	    "X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\n" MAIL),
	    "mbox", "mbox", "mbox", "mbox", NULL },
	{ "a Takeout mbox", BYTES("From 1545668983435175434@xxx Thu Jan 01 "
	    "22:26:51 +0000 2015\r\nX-GM-THRID: 1545668983435175434\r\n"
	    "X-Gmail-Labels: Inbox\r\n\r\nx\r\n"), "mbox", "mbox", "mbox",
	    "mbox", NULL },
};

/* The one message's bytes are the file, and its format and line end fit. */
static void
check_message(struct store *s, struct span data, const char *format)
{
	uint64_t at = 0;
	struct span part;
	struct msg m;

	assert_int_equal(store_next(s, &m, NULL), ST_OK);
	assert_string_equal(m.format, format);
	assert_int_equal(m.native, strcmp(format, "eml") == 0 ||
	    strcmp(format, "cyrus") == 0 ? BRK_CRLF : BRK_LF);
	assert_true(m.index == 1);
	if (strcmp(format, "mbox") == 0)
		return;
	assert_true(m.off == 0 && m.raw_off == 0);
	while (store_read(s, &part, NULL) == ST_OK) {
		assert_memory_equal(part.p, data.p + at, part.n);
		at += part.n;
	}
	assert_true(at == data.n && m.len == data.n);
	assert_int_equal(store_read(s, &part, NULL), ST_END);
	assert_int_equal(store_next(s, &m, NULL), ST_END);
	assert_int_equal(store_next(s, &m, NULL), ST_END);
}

static void
probe(struct store *s, struct span data, enum store_place place, size_t step,
    const char *format, const char *says)
{
	const struct store_how how = { .place = place };
	struct drip d = { .bytes = data, .step = step, .seed = 1,
	    .fail_at = DRIP_NEVER };
	struct err e = { .num = 0 };
	const int rc = store_open_source(s, drip_source(&d), &how, &e);

	assert_int_equal(rc, format == NOT ? ST_BAD : ST_OK);
	if (rc == ST_OK)
		check_message(s, data, format);
	else
		assert_string_equal(e.text, says);
	store_close(s);
}

static void
places_and_first_bytes_tell_what_is_mail(void **state)
{
	struct store *s = store_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (size_t step = 0; step < 3; step++) {
			const struct span data = table[i].data;
			const char *says = table[i].says;

			if (step == 0)
				print_message("# %s\n", table[i].what);
			probe(s, data, PLACE_OTHER, step, table[i].other, says);
			probe(s, data, PLACE_NAMED, step, table[i].named, says);
			probe(s, data, PLACE_MH, step, table[i].mh, says);
			probe(s, data, PLACE_CYRUS, step, table[i].mh == NOT ?
			    NOT : strcmp(table[i].mh, "mh") == 0 ? "cyrus" :
			    table[i].mh, says);
			probe(s, data, PLACE_EML, step, table[i].eml, says);
			if (table[i].eml != NOT)
				probe(s, data, PLACE_MAILDIR, step, "maildir",
				    says);
		}
	store_free(s);
}

static void
a_forced_format_is_not_probed(void **state)
{
	struct store *s = store_new(NULL);
	struct store_how how = { .format = "eml" };
	struct drip d = { .bytes = SPAN("any text"), .step = 1,
	    .fail_at = DRIP_NEVER };
	struct msg m;

	(void)state;
	assert_true(store_format_known("eml") && store_format_known("mbox"));
	assert_false(store_format_known("maildir"));
	assert_string_equal(store_format_name(0), "mbox");
	assert_null(store_format_name(99));
	assert_int_equal(store_open_source(s, drip_source(&d), &how, NULL),
	    ST_OK);
	check_message(s, d.bytes, "eml");
	how.format = "mbox";
	d.at = 0;
	assert_int_equal(store_open_source(s, drip_source(&d), &how, NULL),
	    ST_OK);
	assert_int_equal(store_next(s, &m, NULL), ST_OK);
	assert_true(m.off == 0);
	assert_int_equal(store_next(s, &m, NULL), ST_END);
	how.format = "no such format";
	d.at = 0;
	assert_int_equal(store_open_source(s, drip_source(&d), &how, NULL),
	    ST_BAD);
	store_free(s);
}

/* What decides is in the first 64 KiB, even if more happens to be at hand. */
static void
probing_does_not_depend_on_chunks(void **state)
{
	struct store *s = store_new(NULL);
	struct buf b = { 0 };

	(void)state;
	buf_str(&b, "Subject: x\n");
	while (b.n < 70000)
		buf_str(&b, "X-Filler: y\n");
	buf_str(&b, "To: z\n\n");
	for (size_t step = 1; step < 3; step++)
		probe(s, buf_span(&b), PLACE_OTHER, step == 1 ? 4096 :
		    SIZE_MAX, NOT, "not mail");
	buf_free(&b);
	store_free(s);
}

/* Of a Maildir: its first member's name looks like a field's. */
static void
an_archive_found_in_a_folder_is_no_message(void **state)
{
	static const char name[] = "cur/1700000000.M1P1.host:2,S";
	struct store *s = store_new(NULL);
	struct buf tar = { 0 }, cpio = { 0 };

	(void)state;
	buf_add(&tar, name, sizeof(name));
	while (tar.n < 257)
		buf_byte(&tar, '\0');
	buf_add(&tar, "ustar", 6);
	while (tar.n < 512)
		buf_byte(&tar, '\0');
	buf_str(&tar, "\nSubject: x\n" MAIL);
	buf_printf(&cpio, "070701%0104d", 0);
	buf_add(&cpio, name, sizeof(name));
	buf_str(&cpio, "\nSubject: x\n" MAIL);
	probe(s, buf_span(&tar), PLACE_OTHER, 1, NOT, "not mail");
	probe(s, buf_span(&cpio), PLACE_OTHER, 1, NOT, "not mail");
	tar.p[257] = 'v';
	cpio.p[0] = 'X';
	probe(s, buf_span(&tar), PLACE_OTHER, 1, "eml", NULL);
	probe(s, buf_span(&cpio), PLACE_OTHER, 1, "eml", NULL);
	buf_free(&tar);
	buf_free(&cpio);
	store_free(s);
}

static void
a_read_error_at_any_byte_is_dead(void **state)
{
	static const enum store_place places[] = { PLACE_OTHER, PLACE_MAILDIR };
	struct store *s = store_new(NULL);
	struct span part;
	struct msg m;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t n = 0; n <= sizeof(MAIL) - 1; n++) {
			const struct store_how how = { .place = places[i] };
			struct drip d = { .bytes = SPAN(MAIL), .step = 1,
			    .fail_at = n };
			int rc = store_open_source(s, drip_source(&d), &how,
			    NULL);

			if (rc == ST_OK)
				rc = store_next(s, &m, NULL);
			while (rc == ST_OK)
				rc = store_read(s, &part, NULL);
			assert_int_equal(rc, ST_DEAD);
			store_close(s);
		}
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_and_first_bytes_tell_what_is_mail),
		cmocka_unit_test(a_forced_format_is_not_probed),
		cmocka_unit_test(probing_does_not_depend_on_chunks),
		cmocka_unit_test(an_archive_found_in_a_folder_is_no_message),
		cmocka_unit_test(a_read_error_at_any_byte_is_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
