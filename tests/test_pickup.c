/*
 * formats/pickup.c: an envelope in the first header fields.
 */
#include "t.h"

#include "spoollaws.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define REST "From: alice@example.com\r\nSubject: x\r\n\r\nhello\r\n.\r\n"

static const struct {
	struct span file;
	const char *says;		/* NULL: an eml without envelope */
} table[] = {
	{ BYTES("x-sender: alice@example.com\r\nx-receiver: bob@example.net"
	    "\r\nx-receiver: carol@example.org\r\n" REST),
	    " from alice@example.com for bob@example.net,carol@example.org" },
	{ BYTES("X-Sender: <alice@example.com> BODY=7bit RET=HDRS\r\n"
	    "X-Receiver: <bob@example.net> NOTIFY=NEVER\r\nX-CreatedBy: x\r\n"
	    "X-Receiver: <not@example.org>\r\n" REST),
	    " from alice@example.com for bob@example.net" },
	{ BYTES("X-RECEIVER:b@example.net\nX-SENDER:\t<>\n" REST),
	    " from  for b@example.net" },
	{ BYTES("X-Sender: a@b\r\nX-Sender: c@d\r\nX-Receiver: e@f\r\n" REST),
	    " from a@b for e@f" },
	{ BYTES("X-Sender: <\r\nX-Receiver:\r\n" REST), " from < for " },
	{ BYTES("X-Sender: a@b\r\n" REST), NULL },
	{ BYTES("X-Receiver: a@b\r\n" REST), NULL },
	{ BYTES("X-Sender: a@b\r\nTo: x\r\nX-Receiver: e@f\r\n" REST), NULL },
	{ BYTES("X-Mailer: x\r\nX-Sender: a@b\r\nX-Receiver: e@f\r\n" REST),
	    NULL },
	{ BYTES("X-Senders: a@b\r\nX-Receiver: e@f\r\n" REST), NULL },
	{ BYTES("X-Sender: a@b\r\nX-Receiver: e@f"), NULL },
	{ BYTES("X-Sender: a@b\r\nX-Receiver: e@f\r\n"), NULL },
	{ BYTES("X-Sender: a@b\r\nX-Receiver: e@f\r\n\r\n"), NULL },
	{ BYTES(REST), NULL },
};

static void
the_envelope_is_in_the_first_fields(void **state)
{
	struct store *s = store_new(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const char *says = table[i].says;
		struct spool x = { .format = says != NULL ? "pickup" : "eml",
		    .native = BRK_CRLF, .raw = true,
		    .how = { .place = PLACE_EML }, .file = table[i].file,
		    .message = table[i].file, .envelope = says != NULL ?
		    says : "" };

		print_message("# %zu\n", i);
		spool_is_whole(s, &x);
		spool_never_shorter(s, &x);
	}
	store_free(s);
}

/* There the server has written what came, and strangers send what they like. */
static void
in_mailboxes_it_is_a_message_like_any(void **state)
{
	/* NULL: a file of which it can be no message */
	static const char *const formats[PLACES] = { "pickup", "maildir",
	    "mh", "pickup", "cyrus", "eml", "eml", "pickup", "opensmtpd",
	    "kumomta", NULL, "qmail", NULL, "courier" };
	struct store *s = store_new(NULL);

	(void)state;
	for (int place = 0; place < PLACES; place++) {
		const struct store_how how = {
		    .place = (enum store_place)place };
		struct drip d = { .bytes = table[0].file, .step = 8,
		    .fail_at = DRIP_NEVER };
		const int rc = store_open_source(s, drip_source(&d), &how,
		    NULL);
		struct msg m;

		assert_true((rc == ST_OK) == (formats[place] != NULL));
		if (rc == ST_OK) {
			assert_int_equal(store_next(s, &m, NULL), ST_OK);
			assert_string_equal(m.format, formats[place]);
		}
		store_close(s);
	}
	store_free(s);
}

/* More than is looked at: then it is not known at all. */
static void
a_list_without_end_in_sight_is_none(void **state)
{
	struct store *s = store_new(NULL);
	struct buf mail = { 0 }, got = { 0 }, said = { 0 };
	const struct store_how how = { .place = PLACE_EML };

	(void)state;
	for (size_t n = 2000; n <= 4000; n += 2000) {
		struct drip d = { .step = 0, .seed = 1,
		    .fail_at = DRIP_NEVER };

		buf_clear(&mail);
		buf_str(&mail, "X-Sender: a@b\r\n");
		for (size_t i = 0; i < n; i++)
			buf_str(&mail, "X-Receiver: someone@e\r\n");
		buf_str(&mail, REST);
		d.bytes = buf_span(&mail);
		assert_int_equal(spool_read(s, &d, &how, &got, &said, NULL),
		    ST_END);
		assert_int_equal(got.n, mail.n);
		if (n == 2000)
			assert_non_null(strstr(buf_text(&said), " +1936"));
		else
			assert_int_equal(said.n, 0);
	}
	buf_free(&mail);
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_envelope_is_in_the_first_fields),
		cmocka_unit_test(in_mailboxes_it_is_a_message_like_any),
		cmocka_unit_test(a_list_without_end_in_sight_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
