/*
 * formats/opensmtpd.c: a message, and a file beside it for each recipient.
 */
#include "t.h"

#include <stdio.h>
#include <zlib.h>

#include "spoollaws.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define PATH "/var/spool/smtpd/queue/ab/ab012345/message"
#define MESSAGE "Received: from x\n\ta\nSubject: x\n\nbare\rcr\n.\n..\nend\n"
#define ONE "version: 3\ndispatcher: out\nsender: alice@example.com\n" \
	"rcpt: list@example.net\ndest: bob@example.net\nctime: 1700000000\n" \
	"errorline: dest: not@example.org\n"
#define TWO "version: 3\nSender : other@example.com\n" \
	"DEST :\t carol@example.org\nctime: 1700000001\n"

struct file {
	const char *name;
	struct span data;
};

struct folder {
	const struct file *list;
	size_t n, told;
	bool dead;		/* it cannot be listed */
	struct drip d;
	uint64_t fail_at;	/* in the files */
};

static int
open_sibling(void *ctx, const char *name, struct input *into, struct err *e)
{
	struct folder *f = ctx;

	(void)e;
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->list[i].name, name) == 0) {
			f->d = (struct drip){ .bytes = f->list[i].data,
			    .step = 5, .fail_at = f->fail_at };
			input_open_source(into, drip_source(&f->d));
			return ST_OK;
		}
	return ST_END;
}

static int
list_siblings(void *ctx, bool (*each)(void *, const char *), void *each_ctx,
    struct err *e)
{
	struct folder *f = ctx;

	for (f->told = 0; f->told < f->n; f->told++)
		if (!each(each_ctx, f->list[f->told].name))
			break;
	return f->dead ? err_set(e, ST_DEAD, 0, "the list fails") : ST_OK;
}

static struct store_how
how_of(struct folder *f)
{
	return (struct store_how){ .place = PLACE_OPENSMTPD,
	    .name = SPAN(PATH), .sibling = open_sibling,
	    .siblings = list_siblings, .sibling_ctx = f };
}

static const struct file some[] = {
	{ "ab01234", BYTES(ONE) },
	{ "ab012345deadbee", BYTES(ONE) },
	{ "ab012345deadbeeF", BYTES(ONE) },
	{ "ab01234500000001", BYTES(ONE) },
	{ "ab01234500000002", BYTES(TWO) },
	{ "ab0123450000000g", BYTES(ONE) },
	{ "ab012345000000022", BYTES(ONE) },
	{ "bb01234500000001", BYTES(ONE) },
	{ "message", BYTES(MESSAGE) },
};

static struct spool
spool_of(struct folder *f, const char *envelope)
{
	return (struct spool){ .format = "opensmtpd", .native = BRK_LF,
	    .raw = true, .how = how_of(f), .file = SPAN(MESSAGE),
	    .message = SPAN(MESSAGE), .envelope = envelope };
}

static void
envelopes_beside_a_message_are_one(void **state)
{
	struct folder f = { .list = some, .n = COUNT(some),
	    .fail_at = DRIP_NEVER };
	struct spool x = spool_of(&f, "ab012345 from alice@example.com at "
	    "1700000000 for bob@example.net,carol@example.org");
	struct store *s = store_new(NULL);

	(void)state;
	spool_is_whole(s, &x);
	spool_never_shorter(s, &x);
	x.how.siblings = NULL;
	x.envelope = "ab012345";
	spool_is_whole(s, &x);
	x.how = (struct store_how){ .place = PLACE_OPENSMTPD,
	    .name = SPAN("message") };
	x.envelope = "";
	spool_is_whole(s, &x);
	store_free(s);
}

static const struct {
	struct span data;
	const char *says;
} odd[] = {
	{ BYTES("sender: @\ndest: a@b\n"), " from  for a@b" },
	{ BYTES("dest: a@b"), " for a@b" },
	{ BYTES("dest:\n"), " for " },
	{ BYTES("sender: a@b\nctime: 12\n"), " from a@b at 12 +1" },
	{ BYTES("rcpt: a@b\nctime: x\n"), " +1" },
	{ BYTES("destination: a@b\n dest: a@b\ndest a@b\n"), " +1" },
	{ BYTES("\x01" "encrypted"), " +1" },
	{ BYTES("dest: a@b\ndest: c@d\n\n\n"), " for c@d" },
	{ BYTES(""), "" },
};

static void
envelopes_are_lines_with_names(void **state)
{
	struct store *s = store_new(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		const struct file one = { "ab012345ffffffff", odd[i].data };
		struct folder f = { .list = &one, .n = 1,
		    .fail_at = DRIP_NEVER };
		struct buf want = { 0 };
		struct spool x;

		buf_printf(&want, "ab012345%s", odd[i].says);
		x = spool_of(&f, buf_text(&want));
		print_message("# %zu\n", i);
		spool_is_whole(s, &x);
		buf_free(&want);
	}
	store_free(s);
}

static size_t
gzip(const char *text, uint8_t *out, size_t room)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)text,
	    .avail_in = (uInt)strlen(text), .next_out = out,
	    .avail_out = (uInt)room };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	(void)deflateEnd(&z);
	return z.total_out;
}

static void
compressed_ones_are_unpacked(void **state)
{
	uint8_t one[512], two[512], mail[512];
	struct file list[] = {
		{ "ab01234500000001", { one, gzip(ONE, one, sizeof(one)) } },
		{ "ab01234500000002", { two, gzip(TWO, two, sizeof(two)) } },
	};
	struct folder f = { .list = list, .n = COUNT(list),
	    .fail_at = DRIP_NEVER };
	struct spool x = spool_of(&f, "ab012345 from alice@example.com at "
	    "1700000000 for bob@example.net,carol@example.org");
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, said = { 0 };
	struct drip d = { .bytes = SPAN(MESSAGE), .fail_at = DRIP_NEVER,
	    .step = 3 };

	(void)state;
	x.file = (struct span){ mail, gzip(MESSAGE, mail, sizeof(mail)) };
	x.raw = false;
	spool_is_whole(s, &x);
	list[1].data.n -= 9;		/* that one is cut off */
	assert_int_equal(spool_read(s, &d, &x.how, &got, &said, NULL),
	    ST_DEAD);
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

static void
what_cannot_be_read_beside_it_is_told(void **state)
{
	struct folder f = { .list = some, .n = COUNT(some) };
	const struct store_how how = how_of(&f);
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, said = { 0 };
	struct err e = { 0 };

	(void)state;
	for (f.fail_at = 0; f.fail_at <= sizeof(TWO) - 1; f.fail_at++) {
		struct drip d = { .bytes = SPAN(MESSAGE), .step = 9,
		    .fail_at = DRIP_NEVER };

		assert_int_equal(spool_read(s, &d, &how, &got, &said, &e),
		    ST_DEAD);
		assert_string_equal(e.text, "the drip fails");
	}
	f.fail_at = DRIP_NEVER;
	f.dead = true;
	assert_int_equal(spool_read(s, &(struct drip){ .step = 1,
	    .bytes = SPAN(MESSAGE), .fail_at = DRIP_NEVER }, &how, &got,
	    &said, &e), ST_DEAD);
	assert_string_equal(e.text, "the list fails");
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

/* Who was served meanwhile is not counted, and who has no room is. */
static void
many_are_counted(void **state)
{
	enum { MANY = 300 };
	static char names[MANY][17];
	static struct file list[MANY];
	struct folder f = { .list = list, .n = MANY, .fail_at = DRIP_NEVER };
	const struct store_how how = how_of(&f);
	struct drip d = { .bytes = SPAN(MESSAGE), .step = 9,
	    .fail_at = DRIP_NEVER };
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, said = { 0 };

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "ab012345%08zx",
		    i);
		list[i] = (struct file){ names[i], SPAN("dest: a@b\n") };
	}
	assert_int_equal(spool_read(s, &d, &how, &got, &said, NULL), ST_END);
	assert_int_equal(f.told, MANY);
	assert_non_null(strstr(buf_text(&said), "a@b +236"));
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelopes_beside_a_message_are_one),
		cmocka_unit_test(envelopes_are_lines_with_names),
		cmocka_unit_test(compressed_ones_are_unpacked),
		cmocka_unit_test(what_cannot_be_read_beside_it_is_told),
		cmocka_unit_test(many_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
