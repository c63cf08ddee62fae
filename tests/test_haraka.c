/*
 * formats/haraka.c: an envelope in JSON, and a message whose dots are doubled.
 */
#include "t.h"

#include "spoollaws.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

#define NEW "\n{\n\t\"queue_time\": 1700000000123,\n\t\"domain\": " \
	"\"example.net\",\n\t\"rcpt_to\": [\n{\"original\":" \
	"\"<bob@example.net>\",\"user\":\"bob\"},{\"original\":" \
	"\"carol@example.net\"}\n],\n\"mail_from\": {\"original\":" \
	"\"<alice@example.com>\"},\"notes\":{\"uuid\":\"not this\"," \
	"\"rcpt_to\":[{\"original\":\"<not@example.org>\"}]}," \
	"\"uuid\":\"1A2B.1.1\"\n}\n"
#define OLD "{\"queue_time\":1700000000123,\"rcpt_to\":[{\"original\":" \
	"\"<bob@example.net>\"}],\"mail_from\":{\"original\":\"<>\"}," \
	"\"uuid\":\"1A2B.1.1\"}"
#define MAIL "From: alice@example.com\r\n\r\n.x\r\n..\r\n...\r\n\n..\r." \
	"\r\nend\r\n"
#define SHOWN "From: alice@example.com\r\n\r\n.x\r\n.\r\n..\r\n\n..\r." \
	"\r\nend\r\n"

/* The length of the JSON, it, and the message. */
static struct span
queue_file(struct buf *b, struct span json, struct span mail)
{
	buf_clear(b);
	buf_byte(b, 0);
	buf_byte(b, 0);
	buf_byte(b, (uint8_t)(json.n >> 8));
	buf_byte(b, (uint8_t)json.n);
	buf_add(b, json.p, json.n);
	buf_add(b, mail.p, mail.n);
	return buf_span(b);
}

static void
the_message_is_as_it_was_before_dots_were_doubled(void **state)
{
	struct buf b = { 0 };
	struct spool x = { .format = "haraka", .native = BRK_CRLF,
	    .message = SPAN(SHOWN), .envelope = "1A2B.1.1 from "
	    "alice@example.com at 1700000000 for bob@example.net,"
	    "carol@example.net" };
	struct store *s = store_new(NULL);

	(void)state;
	x.file = queue_file(&b, SPAN(NEW), SPAN(MAIL));
	spool_is_whole(s, &x);
	spool_never_shorter(s, &x);
	spool_tells_cuts(s, &x, 4 + sizeof(NEW));
	x.file = queue_file(&b, SPAN(OLD), SPAN(MAIL));
	x.envelope = "1A2B.1.1 from  at 1700000000 for bob@example.net";
	spool_is_whole(s, &x);
	spool_never_shorter(s, &x);
	store_free(s);
	buf_free(&b);
}

/* A CRLF stands before the message.  False: a dot that is not doubled. */
static bool
undouble(const char *s, size_t n, char *out, size_t *out_n)
{
	*out_n = 0;
	for (size_t i = 0; i < n; i++) {
		if ((i == 0 || (i > 1 && s[i - 2] == '\r' &&
		    s[i - 1] == '\n')) && s[i] == '.') {
			if (i + 2 < n && s[i + 1] == '\r' && s[i + 2] == '\n')
				return false;
			if (i + 1 < n && s[i + 1] == '.')
				i++;
		}
		out[(*out_n)++] = s[i];
	}
	return true;
}

static void
dots_are_undoubled_as_the_oracle_does(void **state)
{
	static const char letters[] = ".\r\nx";
	struct store *s = store_new(NULL);
	struct buf b = { 0 }, got = { 0 }, said = { 0 };
	const struct store_how how = { .format = "haraka" };

	(void)state;
	for (size_t n = 1; n <= 7; n++)
		for (size_t k = 0; k < (size_t)1 << 2 * n; k++) {
			char mail[8], want[8];
			size_t want_n;
			struct drip d = { .step = 1 + k % 3,
			    .fail_at = DRIP_NEVER };
			int rc;
			bool ok;

			for (size_t i = 0; i < n; i++)
				mail[i] = letters[k >> 2 * i & 3];
			d.bytes = queue_file(&b, SPAN("{}"),
			    (struct span){ (const uint8_t *)mail, n });
			ok = undouble(mail, n, want, &want_n);
			rc = spool_read(s, &d, &how, &got, &said, NULL);
			if (rc != (ok ? ST_END : ST_DEAD) || (ok &&
			    (got.n != want_n || (want_n > 0 && memcmp(got.p,
			    want, want_n) != 0))))
				fail_msg("%zu %zu", n, k);
		}
	buf_free(&b);
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

static const struct {
	struct span file;
	const char *says;		/* NULL: it is not Haraka's */
} damages[] = {
	{ BYTES("\0\0\0\x12{\"queue_time\":1}  a\r\n\r\n.\r\nb\r\n"),
	    "a lone dot that is not doubled, and ends the data when it is sent,"
	    " at byte 27" },
	{ BYTES("\0\0\0\x10{\"queue_time\":1}"), "cut off, at byte 20" },
	{ BYTES("\0\0\0\x11{\"queue_time\":1}"), "cut off, at byte 20" },
	{ BYTES("\0\0\0\x10{\"queue_time\":x}a\r\n"), "no JSON, at byte 19" },
	{ BYTES("\0\0\0\x0e{\"queue_time\":1}a\r\n"), "no JSON, at byte 18" },
	{ BYTES("\0\0\0\x10{\"other_name\":1}a\r\n"), NULL },
	{ BYTES("\xff\0\0\x10{\"queue_time\":1}a\r\n"), NULL },
	{ BYTES("\0\0\0\x10x\"queue_time\":1}a\r\n"), NULL },
	{ BYTES("\0\0\0\2{"), NULL }, { BYTES("\0\0\0"), NULL },
	{ BYTES(""), NULL },
};

static void
damage_is_named_and_others_are_let_be(void **state)
{
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, said = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(damages); i++) {
		const struct store_how how = { .format = NULL };
		struct drip d = { .bytes = damages[i].file, .step = 2,
		    .fail_at = DRIP_NEVER };
		struct err e = { 0 };

		print_message("# %zu\n", i);
		assert_int_equal(spool_read(s, &d, &how, &got, &said, &e),
		    damages[i].says != NULL ? ST_DEAD : ST_BAD);
		if (damages[i].says != NULL &&
		    strstr(e.text, damages[i].says) == NULL)
			fail_msg("%s", e.text);
	}
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

static void
what_has_no_room_is_counted(void **state)
{
	struct store *s = store_new(NULL);
	struct buf json = { 0 }, b = { 0 }, got = { 0 }, said = { 0 };
	const struct store_how how = { .format = NULL };
	struct drip d = { .fail_at = DRIP_NEVER, .step = 11 };

	(void)state;
	buf_str(&json, "{\"queue_time\":12,\"rcpt_to\":[{\"original\":\"");
	for (size_t i = 0; i < 2000; i++)
		buf_byte(&json, 'x');
	for (size_t i = 0; i < ENVELOPE_RECIPIENTS + 3; i++)
		buf_str(&json, "\"},{\"original\":\"<a>");
	buf_str(&json, "\"}],\"uuid\":17,\"mail_from\":null}");
	d.bytes = queue_file(&b, buf_span(&json), SPAN("a\r\n"));
	assert_int_equal(spool_read(s, &d, &how, &got, &said, NULL), ST_END);
	assert_int_equal(strncmp(buf_text(&said), " for a,a,a", 10), 0);
	assert_non_null(strstr(buf_text(&said), ",a +4"));
	buf_free(&json);
	buf_free(&b);
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_message_is_as_it_was_before_dots_were_doubled),
		cmocka_unit_test(dots_are_undoubled_as_the_oracle_does),
		cmocka_unit_test(damage_is_named_and_others_are_let_be),
		cmocka_unit_test(what_has_no_room_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
