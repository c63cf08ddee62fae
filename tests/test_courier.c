/*
 * formats/courier.c: a message, and its control file beside it.
 */
#include "t.h"

#include <stdio.h>
#include <stdlib.h>

#include "spoollaws.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define MAIL "Received: from localhost\nFrom: a@example.com\n\n" \
	"hello\n.\na\rb\nthe end\n"
#define ID "0000000000A78064.000000006553F100.0000482B"
#define CONTROL "salice@example.com\nfdns; localhost\ne\nt\nM" ID "\n" \
	"rbob@example.net\nR\nN\nrcarol@example.org\nRrfc822;c\nNF\n" \
	"OTCPREMOTEIP=127.0.0.1\nulocal\nE1796578349\n" \
	"I1 R 250 Ok.\nS1 1700000100 r\nD0 1700000100\nA1700000200\n"

static const struct {
	struct span control;
	const char *envelope;
} table[] = {
	{ BYTES(CONTROL), ID " from alice@example.com at 1700000000 for "
	    "bob@example.net" },
	{ BYTES("s\nrbob\n"), " from  for bob" },
	{ BYTES("sa\nrb\nrc\nrd\nF0 1 x\nS2 2 x\n"), " from a for c" },
	{ BYTES("sa\nrb\nS\nS7\nF99999999999999999999\nSx\n"),
	    " from a for b" },
	{ BYTES("sa\nsx\nM1.0a.2\nMx\n\n\nrb"), "1.0a.2 from a at 10" },
	{ BYTES("M1\n"), "1" }, { BYTES("M.\n"), "." },
	{ BYTES("M1.zz\n"), "1.zz" },
	{ BYTES("M1.ffffffffffffffff.2\n"), "1.ffffffffffffffff.2" },
	{ BYTES("M1.1000000000000000000000006553f100.2\n"),
	    "1.1000000000000000000000006553f100.2" },
	{ BYTES("cut off"), "" }, { BYTES(""), "" },
};

static struct spool
spool_of(struct lent *b, const char *envelope)
{
	return (struct spool){ .format = "courier", .native = BRK_LF,
	    .raw = true, .how = { .place = PLACE_COURIER,
	    .name = SPAN("msgs/17/D99887"), .sibling = lent_open,
	    .sibling_ctx = b }, .file = SPAN(MAIL), .message = SPAN(MAIL),
	    .envelope = envelope };
}

static void
envelopes_are_found_however_they_are_cut(void **state)
{
	struct store *s = store_new(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct lent b = lent_of("C99887", table[i].control, NULL);
		const struct spool x = spool_of(&b, table[i].envelope);

		for (b.d.step = 1; b.d.step < 40; b.d.step += 13)
			spool_is_whole(s, &x);
		if (i == 0) {
			spool_never_shorter(s, &x);
			spool_lent_never_shorter(s, &x, &b);
		}
	}
	store_free(s);
}

/* More than there is room for, done and not. */
static void
many_recipients_are_counted(void **state)
{
	struct buf got = { 0 }, said = { 0 }, control = { 0 };
	struct drip d = { .bytes = SPAN(MAIL), .step = 9,
	    .fail_at = DRIP_NEVER };
	struct store *s = store_new(NULL);
	struct lent b;
	struct spool x;

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		buf_printf(&control, "r%u\n", i);
	for (unsigned i = 1; i < 5000; i++)
		buf_printf(&control, "%c%u 1 x\n", i % 2 ? 'S' : 'F', i);
	b = lent_of("C99887", buf_span(&control), NULL);
	b.d.step = 10000;
	x = spool_of(&b, "");
	assert_int_equal(spool_read(s, &d, &x.how, &got, &said, NULL),
	    ST_END);
	/* That those after the 4096th are done is not known. */
	assert_int_equal(strncmp(buf_text(&said), " for 0,4096,4097,", 17),
	    0);
	assert_non_null(strstr(buf_text(&said), " +841"));
	buf_free(&got);
	buf_free(&said);
	buf_free(&control);
	store_free(s);
}

static void
an_envelope_is_no_message(void **state)
{
	static const struct {
		struct span name;
		enum store_place place;
		int rc;
		const char *says;
	} files[] = {
		{ BYTES("msgs/17/C99887"), PLACE_COURIER, ST_BAD,
		    "see D99887" },
		{ BYTES("C99887"), PLACE_COURIER, ST_BAD, "see D99887" },
		{ BYTES("D99887"), PLACE_COURIER, ST_END, "" },
		{ BYTES("D99887"), PLACE_OTHER, ST_BAD, "not mail" },
		{ BYTES(""), PLACE_COURIER, ST_END, "" },
	};
	struct lent none = { .name = "none" };
	struct buf got = { 0 }, said = { 0 };
	struct store *s = store_new(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct drip d = { .bytes = SPAN("salice\n"), .step = 3,
		    .seekable = true, .fail_at = DRIP_NEVER };
		const struct store_how how = { .place = files[i].place,
		    .name = files[i].name, .sibling = lent_open,
		    .sibling_ctx = &none };
		struct err e = { 0 };
		struct msg m;

		assert_int_equal(spool_read(s, &d, &how, &got, &said, &e),
		    files[i].rc);
		assert_non_null(strstr(e.text, files[i].says));
		if (files[i].rc != ST_END)
			continue;
		d.at = 0;
		assert_int_equal(store_open_source(s, drip_source(&d), &how,
		    NULL), ST_OK);
		assert_int_equal(store_next(s, &m, NULL), ST_OK);
		assert_non_null(m.kept);
		store_close(s);
	}
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelopes_are_found_however_they_are_cut),
		cmocka_unit_test(many_recipients_are_counted),
		cmocka_unit_test(an_envelope_is_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
