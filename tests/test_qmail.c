/*
 * formats/qmail.c: a message, and files of its envelope elsewhere.
 */
#include "t.h"

#include <stdio.h>
#include <stdlib.h>

#include "spoollaws.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define MAIL "Received: (qmail 1 invoked by uid 0)\nFrom: a@example.com\n\n" \
	"hello\n.\na\rb\nthe end"
#define FILES_MAX 4u

static struct span
text_span(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

struct file {
	const char *name;
	struct span data;
};

static const struct {
	const char *path;
	struct file files[FILES_MAX];
	const char *envelope;
} table[] = {
	{ "queue/mess/3/457", { { "../../todo/457", BYTES("u0\0p17\0"
	    "Falice@example.com\0Tbob@example.net\0Tcarol@example.org\0") } },
	    "457 from alice@example.com for bob@example.net,"
	    "carol@example.org" },
	{ "queue/mess/3/457", { { "../../todo/3/457", BYTES("u0\0p17\0F\0"
	    "Tbob@example.net\0") } }, "457 from  for bob@example.net" },
	/* qmail-send is at it: what it made so far does not count. */
	{ "mess/3/457", { { "../../todo/457", BYTES("Fa\0Tb\0") },
	    { "../../info/3/457", BYTES("Fx\0") },
	    { "../../local/3/457", BYTES("Tb\0") } }, "457 from a for b" },
	{ "./mess/3/457", { { "../../info/3/457", BYTES("Fa\0") },
	    { "../../local/3/457", BYTES("Tb\0Dc\0") },
	    { "../../remote/3/457", BYTES("Dd\0De\0Tf\0") } },
	    "457 from a for b,f" },
	{ "/mess/3/457", { { "../../remote/3/457", BYTES("Tf\0") } },
	    "457 for f" },
	{ "3/457", { { "../../info/3/457", BYTES("Fa\0\0Fb\0x") } },
	    "457 from a" },
	{ "mess/3/457", { { "../../info/3/457", BYTES("Fcut off") } },
	    "457" },
	{ "mess/3/457", { { NULL, BYTES("") } }, "457" },
	/* Which folder it is in is not known. */
	{ "457", { { "../../info/3/457", BYTES("Fa\0") } }, "" },
	{ "/457", { { "../../info/3/457", BYTES("Fa\0") } }, "" },
	{ "x/457", { { "../../info/x/457", BYTES("Fa\0") } }, "" },
	{ "3/", { { "../../info/3/", BYTES("Fa\0") } }, "" },
	{ "3/45x", { { "../../info/3/45x", BYTES("Fa\0") } }, "" },
	{ "mess//457", { { "../../info//457", BYTES("Fa\0") } }, "" },
};

static size_t
files_of(size_t i, struct lent *b)
{
	size_t n = 0;

	while (n < FILES_MAX && table[i].files[n].name != NULL) {
		b[n] = lent_of(table[i].files[n].name,
		    table[i].files[n].data, n > 0 ? &b[n - 1] : NULL);
		n++;
	}
	return n;
}

static void
envelopes_are_found_however_they_are_cut(void **state)
{
	struct store *s = store_new(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct lent b[FILES_MAX] = { { .name = "none" } };
		const size_t n = files_of(i, b);
		const struct spool x = { .format = "qmail",
		    .native = BRK_LF, .raw = true, .how = {
		    .place = PLACE_QMAIL, .name = text_span(table[i].path),
		    .sibling = lent_open,
		    .sibling_ctx = n > 0 ? &b[n - 1] : &b[0] },
		    .file = SPAN(MAIL), .message = SPAN(MAIL),
		    .envelope = table[i].envelope };

		print_message("# %s: %s\n", table[i].path, table[i].envelope);
		spool_is_whole(s, &x);
		if (i == 0 || i == 3) {
			spool_never_shorter(s, &x);
			for (size_t k = 0; k < n; k++)
				spool_lent_never_shorter(s, &x, &b[k]);
		}
	}
	store_free(s);
}

/* No file of a queue, wherever it lies, and no room for others. */
static void
names_and_addresses_may_be_of_any_length(void **state)
{
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, said = { 0 }, name = { 0 }, data = { 0 };
	struct drip d = { .bytes = SPAN(MAIL), .step = 9,
	    .fail_at = DRIP_NEVER };

	(void)state;
	for (size_t n = 1; n < 100; n++) {
		struct lent b = lent_of("../../todo/1", SPAN("Fa\0"), NULL);
		struct store_how how = { .place = PLACE_QMAIL,
		    .sibling = lent_open, .sibling_ctx = &b };

		buf_clear(&name);
		for (size_t i = 0; i < n; i++)
			buf_byte(&name, '7');
		buf_str(&name, "/1");
		how.name = buf_span(&name);
		d.at = 0;
		assert_int_equal(spool_read(s, &d, &how, &got, &said, NULL),
		    ST_END);
		assert_string_equal(buf_text(&said), n + 2 < 64 ?
		    "1 from a" : "");
	}
	for (size_t n = 0; n < 100000; n++)
		buf_byte(&data, n == 0 ? 'F' : 'x');
	buf_add(&data, "\0Tb\0", 4);
	for (unsigned i = 0; i < 2; i++) {
		struct lent b = lent_of("../../todo/1", i == 0 ?
		    buf_span(&data) : SPAN("Fa\0Tb\0"), NULL);
		const struct store_how how = { .place = PLACE_QMAIL,
		    .sibling = lent_open, .sibling_ctx = &b,
		    .name = SPAN("3/1") };

		b.d.step = 1000;
		d.at = 0;
		assert_int_equal(spool_read(s, &d, &how, &got, &said, NULL),
		    ST_END);
		assert_string_equal(buf_text(&said), i == 0 ? "1" :
		    "1 from a for b");
	}
	buf_free(&got);
	buf_free(&said);
	buf_free(&name);
	buf_free(&data);
	store_free(s);
}

/* It is known by its place, and by nothing else. */
static void
an_envelope_is_no_message(void **state)
{
	static const struct { enum store_place place; int rc; } places[] = {
		{ PLACE_QMAIL, ST_END }, { PLACE_QMAIL_OTHER, ST_BAD },
		{ PLACE_MH, ST_BAD }, { PLACE_OTHER, ST_BAD },
	};
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, said = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		struct drip d = { .bytes = SPAN("Falice\0"), .step = 3,
		    .fail_at = DRIP_NEVER };
		const struct store_how how = { .place = places[i].place,
		    .name = SPAN("3/1") };
		struct err e = { 0 };

		assert_int_equal(spool_read(s, &d, &how, &got, &said, &e),
		    places[i].rc);
		assert_int_equal(strstr(e.text, "in mess/") != NULL,
		    places[i].place == PLACE_QMAIL_OTHER);
	}
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

/* Its name is its inode. */
static void
nobody_may_change_it(void **state)
{
	struct drip d = { .bytes = SPAN(MAIL), .seekable = true,
	    .fail_at = DRIP_NEVER };
	const struct store_how how = { .place = PLACE_QMAIL,
	    .name = SPAN("3/1") };
	struct store *s = store_new(NULL);
	struct msg m;

	(void)state;
	d.step = 9;
	assert_int_equal(store_open_source(s, drip_source(&d), &how, NULL),
	    ST_OK);
	assert_int_equal(store_next(s, &m, NULL), ST_OK);
	assert_non_null(m.kept);
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelopes_are_found_however_they_are_cut),
		cmocka_unit_test(names_and_addresses_may_be_of_any_length),
		cmocka_unit_test(an_envelope_is_no_message),
		cmocka_unit_test(nobody_may_change_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
