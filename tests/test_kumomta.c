/*
 * formats/kumomta.c: a message as it came, its envelope in a tree beside.
 */
#include "t.h"

#include "queue_names.h"
#include "spoollaws.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

/* Of version 1, from RFC 9562 A.1: 2022-02-22 14:22:22 -05:00 */
#define TREE "data/c2/32/ab/00/941411ecb3c89f6bdeced846"
#define ID "c232ab00941411ecb3c89f6bdeced846"
#define MAIL "From: alice@example.com\r\n\r\nhello\r\n.\r\nbare\nlf\r\n"
#define META "{\"sender\":\"alice@example.com\",\"recipient\":" \
	"[\"bob@example.net\",\"carol@example.org\"],\"meta\":{\"sender\":" \
	"\"not@example.org\",\"recipient\":\"not\"},\"schedule\":null}"

struct other {
	struct span data;	/* p == NULL: there is none */
	uint64_t fail_at;
	struct drip d;
};

static int
open_sibling(void *ctx, const char *name, struct input *into, struct err *e)
{
	struct other *o = ctx;

	(void)e;
	assert_string_equal(name, "../../../../../../meta/" TREE);
	if (o->data.p == NULL)
		return ST_END;
	o->d = (struct drip){ .bytes = o->data, .step = 4,
	    .fail_at = o->fail_at };
	input_open_source(into, drip_source(&o->d));
	return ST_OK;
}

static struct spool
spool_of(struct other *o, const char *envelope)
{
	return (struct spool){ .format = "kumomta", .native = BRK_CRLF,
	    .raw = true, .how = { .place = PLACE_KUMOMTA,
	    .name = SPAN("/var/spool/kumomta/data/" TREE),
	    .sibling = open_sibling, .sibling_ctx = o },
	    .file = SPAN(MAIL), .message = SPAN(MAIL),
	    .envelope = envelope };
}

static const struct {
	struct span data;
	const char *says;
} metas[] = {
	{ BYTES(META), " from alice@example.com at 1645557742 for "
	    "bob@example.net,carol@example.org" },
	{ BYTES("{\"sender\":\"\",\"recipient\":\"b@example.net\"}"),
	    " from  at 1645557742 for b@example.net" },
	{ BYTES("{\"sender\":\"a@b\",\"recipient\":[\"c@d\""),
	    " at 1645557742" },
	{ BYTES("[]"), " at 1645557742" }, { BYTES(""), " at 1645557742" },
	{ { NULL, 0 }, " at 1645557742" },
};

static void
the_envelope_is_in_the_other_tree(void **state)
{
	struct store *s = store_new(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(metas); i++) {
		struct other o = { .data = metas[i].data,
		    .fail_at = DRIP_NEVER };
		struct buf want = { 0 };
		struct spool x;

		buf_printf(&want, ID "%s", metas[i].says);
		x = spool_of(&o, buf_text(&want));
		print_message("# %zu\n", i);
		spool_is_whole(s, &x);
		spool_never_shorter(s, &x);
		x.how.sibling = NULL;
		x.envelope = ID " at 1645557742";
		spool_is_whole(s, &x);
		buf_free(&want);
	}
	store_free(s);
}

static void
an_envelope_that_cannot_be_read_is_told(void **state)
{
	struct other o = { .data = SPAN(META) };
	struct spool x = spool_of(&o, "");
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, said = { 0 };

	(void)state;
	for (o.fail_at = 0; o.fail_at < sizeof(META); o.fail_at++) {
		struct drip d = { .bytes = x.file, .step = 9,
		    .fail_at = DRIP_NEVER };
		struct err e = { 0 };

		assert_int_equal(spool_read(s, &d, &x.how, &got, &said, &e),
		    ST_DEAD);
		assert_string_equal(e.text, "the drip fails");
	}
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

/* A tree of envelopes may be called anything; but a message is one, whatever it
 * begins with. */
static void
envelopes_are_no_messages(void **state)
{
	static const struct span almost[] = {
		BYTES("{\"sender\":\"a\",\"recipient\":\"b\"}\r\n.\r\nx\r\n"),
		BYTES("{\"sender\":\r\n.\r\nMAIL FROM:<>\r\n"),
		BYTES("{\"sender\":\"a\r\n.\r\n\",\"recipient\":\"b\"}"),
		BYTES("{\"recipient\":\"b\",\"sender\":\"a\"}"),
	};
	struct other none = { .fail_at = DRIP_NEVER };
	struct spool x = spool_of(&none, ID " at 1645557742");
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, said = { 0 };

	(void)state;
	for (unsigned seekable = 0; seekable < 2; seekable++) {
		struct drip d = { .bytes = SPAN(META), .step = 5,
		    .fail_at = DRIP_NEVER, .seekable = seekable != 0 };
		struct err e = { 0 };

		assert_int_equal(spool_read(s, &d, &x.how, &got, &said, &e),
		    ST_BAD);
		assert_non_null(strstr(e.text, "the envelope of a message"));
	}
	for (size_t i = 0; i < COUNT(almost); i++) {
		print_message("# %zu\n", i);
		x.file = x.message = almost[i];
		spool_is_whole(s, &x);
		spool_never_shorter(s, &x);
	}
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

static void
one_that_is_forced_needs_no_name(void **state)
{
	static const char *const formats[] = { "kumomta", "opensmtpd" };
	struct store *s = store_new(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		const struct spool x = { .format = formats[i],
		    .native = i == 0 ? BRK_CRLF : BRK_LF, .raw = true,
		    .how = { .format = formats[i] }, .file = SPAN(MAIL),
		    .message = SPAN(MAIL), .envelope = "" };

		spool_is_whole(s, &x);
	}
	store_free(s);
}

static const struct {
	const char *path, *id;		/* NULL: it is not KumoMTA's */
	int64_t arrived;		/* -1: not known */
} paths[] = {
	{ "/x/data/data/c2/32/ab/00/941411ecb3c89f6bdeced846", ID,
	    1645557742 },
	{ "c2/32/ab/00/941411ecb3c89f6bdeced846", ID, 1645557742 },
	/* Of version 6 and 7, from RFC 9562 A.5 and A.6 */
	{ "1e/c9/41/4c/232a6b00b3c89f6bdeced846",
	    "1ec9414c232a6b00b3c89f6bdeced846", 1645557742 },
	{ "01/7f/22/e2/79b07cc398c4dc0c0c07398f",
	    "017f22e279b07cc398c4dc0c0c07398f", 1645557742 },
	/* Before 1970, at 1970 */
	{ "13/81/3f/ff/1dd211b2b3c89f6bdeced846",
	    "13813fff1dd211b2b3c89f6bdeced846", -1 },
	{ "13/81/40/00/1dd211b2b3c89f6bdeced846",
	    "138140001dd211b2b3c89f6bdeced846", 0 },
	{ "c2/32/ab/0/941411ecb3c89f6bdeced846", NULL, 0 },
	{ "c2/32/ab/941411ecb3c89f6bdeced846", NULL, 0 },
	{ "c2/32/ab/00/941411ecb3c89f6bdeced84", NULL, 0 },
	{ "c2/32/ab/00/941441ecb3c89f6bdeced846", NULL, 0 },
	{ "c2/32/ab/00/941411ec73c89f6bdeced846", NULL, 0 },
	{ "C2/32/ab/00/941411ecb3c89f6bdeced846", NULL, 0 }, { "", NULL, 0 },
};

static void
the_id_is_in_the_path_and_the_time_in_the_id(void **state)
{
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, said = { 0 }, want = { 0 };
	uint8_t id[KUMOMTA_ID];

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		const struct store_how how = { .place = PLACE_KUMOMTA,
		    .name = span_text(paths[i].path) };
		struct drip d = { .bytes = SPAN(MAIL), .step = 9,
		    .fail_at = DRIP_NEVER };

		print_message("# %s\n", paths[i].path);
		assert_true(queue_kumomta_id(how.name, id) ==
		    (paths[i].id != NULL));
		assert_int_equal(spool_read(s, &d, &how, &got, &said, NULL),
		    ST_END);
		buf_clear(&want);
		if (paths[i].id != NULL)
			buf_str(&want, paths[i].id);
		if (paths[i].id != NULL && paths[i].arrived >= 0)
			buf_printf(&want, " at %lld",
			    (long long)paths[i].arrived);
		assert_string_equal(buf_text(&said), buf_text(&want));
	}
	buf_free(&got);
	buf_free(&said);
	buf_free(&want);
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_envelope_is_in_the_other_tree),
		cmocka_unit_test(an_envelope_that_cannot_be_read_is_told),
		cmocka_unit_test(envelopes_are_no_messages),
		cmocka_unit_test(one_that_is_forced_needs_no_name),
		cmocka_unit_test(the_id_is_in_the_path_and_the_time_in_the_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
