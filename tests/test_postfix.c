/*
 * formats/postfix.c: records to a message, against an oracle that has all of
 * the file at once.
 */
#include "t.h"

#include <stdio.h>
#include <stdlib.h>

#include "spoollaws.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

/* --- files */

static void
put_record(struct buf *b, char type, const void *p, size_t n)
{
	size_t left = n;

	buf_byte(b, (uint8_t)type);
	do {
		buf_byte(b, (uint8_t)((left & 0x7f) |
		    (left > 0x7f ? 0x80 : 0)));
		left >>= 7;
	} while (left > 0);
	buf_add(b, p, n);
}

static void
put_text(struct buf *b, char type, const char *text)
{
	put_record(b, type, text, strlen(text));
}

static void
put_pointer(struct buf *b, size_t to)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%15zu", to);
	put_text(b, 'p', text);
}

/* C, as cleanup(8) writes it over the one it began with. */
static void
set_sizes(struct buf *b, size_t size, size_t off)
{
	struct buf c = { 0 };

	buf_printf(&c, "%15zu %15zu %15u %15u %15zu %15u", size, off, 1u, 0u,
	    size, 0u);
	memcpy(b->p + 2, c.p, c.n);
	buf_free(&c);
}

static size_t
put_envelope(struct buf *b)
{
	char spaces[95];

	memset(spaces, ' ', sizeof(spaces));
	put_record(b, 'C', spaces, sizeof(spaces));
	put_text(b, 'T', "1700000000 123456");
	put_text(b, 'A', "rewrite_context=local");
	put_text(b, 'S', "alice@example.com");
	put_text(b, 'A', "dsn_orig_rcpt=rfc822;bob@example.net");
	put_text(b, 'O', "bob@example.net");
	put_text(b, 'R', "bob@example.net");
	put_text(b, 'D', "done@example.net");
	put_text(b, 'M', "");
	return b->n;
}

#define MESSAGE "From: alice@example.com\nTo: b@example.net\n\n" \
	"a\rb\n.\r\n\nlong line\nthe end"
#define ENVELOPE "4D5E6F7A8B from alice@example.com at 1700000000" \
	" for bob@example.net,carol@example.org"

static void
put_content(struct buf *b)
{
	put_text(b, 'N', "From: alice@example.com");
	put_text(b, 'w', "Bcc: nobody@example.net");
	put_text(b, 'N', "To: b@example.net");
	put_text(b, 'N', "");
	put_text(b, 'N', "a\rb");
	put_text(b, 'N', ".\r");
	put_text(b, 'N', "");
	put_text(b, 'L', "long ");
	put_text(b, 'L', "");
	put_text(b, 'N', "line");
	put_text(b, 'L', "the end");
	put_pointer(b, 0);
}

static void
put_plain(struct buf *b)
{
	const size_t off = put_envelope(b);
	size_t end;

	put_content(b);
	end = b->n;
	put_text(b, 'X', "");
	put_text(b, 'R', "carol@example.org");
	put_text(b, 'E', "");
	set_sizes(b, end - off, off);
}

/* Two edits: a header that is another one, and one that is new. */
static void
put_edited(struct buf *b)
{
	const size_t off = put_envelope(b);
	size_t from, back, from2, back2, end;

	from = b->n;
	put_pointer(b, 0);
	put_text(b, 'w', "Subject: it was lo");
	back = b->n;
	put_text(b, 'N', "To: b@example.net");
	from2 = b->n;
	put_pointer(b, 0);
	back2 = b->n;
	put_text(b, 'N', "");
	put_text(b, 'N', "text");
	end = b->n;
	put_text(b, 'X', "");
	put_text(b, 'E', "");
	set_sizes(b, end - off, off);
	{
		struct buf heap = { 0 };

		put_pointer(&heap, b->n);
		memcpy(b->p + from, heap.p, heap.n);
		put_text(b, 'N', "Subject: edited");
		put_pointer(b, back);
		buf_clear(&heap);
		put_pointer(&heap, b->n);
		memcpy(b->p + from2, heap.p, heap.n);
		put_text(b, 'N', "X-New: one");
		put_text(b, 'N', "X-New: two");
		put_pointer(b, back2);
		buf_free(&heap);
	}
}

static struct spool
spool_of(const struct buf *b)
{
	return (struct spool){ .format = "postfix", .native = BRK_LF,
	    .how = { .name = SPAN("deferred/4/4D5E6F7A8B") },
	    .file = buf_span(b), .message = SPAN(MESSAGE),
	    .envelope = ENVELOPE };
}

static void
records_make_a_message_however_they_are_cut(void **state)
{
	struct store *s = store_new(NULL);
	struct buf b = { 0 };
	struct spool x;

	(void)state;
	put_plain(&b);
	x = spool_of(&b);
	spool_is_whole(s, &x);
	spool_never_shorter(s, &x);
	spool_tells_cuts(s, &x, b.n);
	buf_free(&b);
	store_free(s);
}

static void
pointers_are_followed_there_and_back(void **state)
{
	struct store *s = store_new(NULL);
	struct buf b = { 0 };
	struct spool x;

	(void)state;
	put_edited(&b);
	x = spool_of(&b);
	x.message = SPAN("Subject: edited\nTo: b@example.net\nX-New: one\n"
	    "X-New: two\n\ntext\n");
	x.envelope = "4D5E6F7A8B from alice@example.com at 1700000000"
	    " for bob@example.net";
	spool_is_whole(s, &x);
	spool_never_shorter(s, &x);
	spool_tells_cuts(s, &x, b.n);
	buf_free(&b);
	store_free(s);
}

static void
what_postdrop_leaves_is_read_too(void **state)
{
	struct store *s = store_new(NULL);
	struct buf b = { 0 };
	struct spool x;

	(void)state;
	put_text(&b, 'T', "1700000000 5");
	put_text(&b, 'A', "rewrite_context=local");
	put_text(&b, 'F', "Alice");
	put_text(&b, 'S', "");
	put_text(&b, 'R', "bob@example.net");
	put_text(&b, 'M', "");
	put_text(&b, 'N', "Subject: x");
	put_text(&b, 'X', "");
	put_text(&b, 'E', "");
	x = spool_of(&b);
	x.message = SPAN("Subject: x\n");
	x.envelope = "4D5E6F7A8B from  at 1700000000 for bob@example.net";
	spool_is_whole(s, &x);
	spool_never_shorter(s, &x);
	spool_tells_cuts(s, &x, b.n);
	x.how.name = SPAN("maildrop/copy of it");
	x.envelope = " from  at 1700000000 for bob@example.net";
	spool_is_whole(s, &x);
	buf_free(&b);
	store_free(s);
}

/* Lengths of one to four bytes. */
static void
records_of_any_length_are_read(void **state)
{
	static const size_t sizes[] = { 127, 128, 16383, 16384, 20000,
	    2097151, 2097152 };
	struct store *s = store_new(NULL);
	struct buf b = { 0 }, want = { 0 }, got = { 0 }, said = { 0 };
	const struct store_how how = { .format = "postfix" };
	uint8_t *text = malloc(2097152);
	struct drip d = { .step = 0, .seed = 1, .fail_at = DRIP_NEVER };

	(void)state;
	put_text(&b, 'M', "");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		memset(text, 'a' + (int)i, sizes[i]);
		put_record(&b, i % 2 == 0 ? 'N' : 'L', text, sizes[i]);
		buf_add(&want, text, sizes[i]);
		if (i % 2 == 0)
			buf_byte(&want, '\n');
	}
	put_text(&b, 'X', "");
	put_text(&b, 'E', "");
	d.bytes = buf_span(&b);
	assert_int_equal(spool_read(s, &d, &how, &got, &said, NULL), ST_END);
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
	free(text);
	buf_free(&b);
	buf_free(&want);
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

/* --- what is not right */

struct damage {
	const char *what, *says;
	void (*make)(struct buf *);
};

static void
no_end_of_message(struct buf *b)
{
	const size_t off = put_envelope(b);

	put_text(b, 'N', "text");
	put_text(b, 'E', "");
	set_sizes(b, 6, off);
}

static void
wrong_size(struct buf *b)
{
	const size_t off = put_envelope(b);

	put_text(b, 'N', "text");
	put_text(b, 'X', "");
	put_text(b, 'E', "");
	set_sizes(b, 7, off);
}

static void
wrong_offset(struct buf *b)
{
	put_plain(b);
	set_sizes(b, 100, 9);
}

static void
not_finished(struct buf *b)
{
	put_plain(b);
	set_sizes(b, 0, 0);
}

static void
a_circle(struct buf *b)
{
	const size_t off = put_envelope(b);

	put_text(b, 'N', "round");
	put_pointer(b, off);
	set_sizes(b, 1, off);
}

static void
to_itself(struct buf *b)
{
	const size_t off = put_envelope(b);

	put_pointer(b, off);
	set_sizes(b, 1, off);
}

static void
to_words(struct buf *b)
{
	const size_t off = put_envelope(b);

	put_text(b, 'p', "            here");
	set_sizes(b, 1, off);
}

static void
beyond_the_end(struct buf *b)
{
	const size_t off = put_envelope(b);

	put_pointer(b, 1000000);
	set_sizes(b, 1, off);
}

static void
unknown_content(struct buf *b)
{
	const size_t off = put_envelope(b);

	put_text(b, 'R', "bob@example.net");
	set_sizes(b, 1, off);
}

static void
unknown_envelope(struct buf *b)
{
	(void)put_envelope(b);
	b->n -= 2;
	put_text(b, '\1', "bob@example.net");
	set_sizes(b, 1, 1);
}

static void
endless_length(struct buf *b)
{
	const size_t off = put_envelope(b);

	buf_add(b, "N\xff\xff\xff\xff\x7f", 6);
	set_sizes(b, 1, off);
}

static const struct damage damages[] = {
	{ "E where X should be", "no end of the message", no_end_of_message },
	{ "another size", "should be 7 bytes of records", wrong_size },
	{ "another offset", "should be at byte 9", wrong_offset },
	{ "C as it was begun", "not finished", not_finished },
	{ "a circle", "in a circle", a_circle },
	{ "a pointer to itself", "in a circle", to_itself },
	{ "a pointer to words", "without a number", to_words },
	{ "a pointer beyond the end", "cut off in its message",
	    beyond_the_end },
	{ "R in the content", "an unknown record", unknown_content },
	{ "a control character", "an unknown record", unknown_envelope },
	{ "too long", "a record without length", endless_length },
};

static void
damage_is_named(void **state)
{
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, said = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(damages); i++)
		for (unsigned seekable = 0; seekable < 2; seekable++) {
			const struct store_how how = { .place = PLACE_OTHER };
			struct buf b = { 0 };
			struct drip d = { .step = 5, .seekable = seekable,
			    .fail_at = DRIP_NEVER };
			struct err e = { 0 };

			print_message("# %s\n", damages[i].what);
			damages[i].make(&b);
			d.bytes = buf_span(&b);
			assert_int_equal(spool_read(s, &d, &how, &got, &said,
			    &e), ST_DEAD);
			if (strstr(e.text, damages[i].says) == NULL)
				fail_msg("%s", e.text);
			buf_free(&b);
		}
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

static void
recipients_are_counted_where_there_is_no_room(void **state)
{
	struct store *s = store_new(NULL);
	struct buf b = { 0 }, got = { 0 }, said = { 0 };
	struct drip d = { .step = 99, .fail_at = DRIP_NEVER };
	const struct store_how how = { .format = "postfix" };
	char *longest = malloc(5000);

	(void)state;
	memset(longest, 'x', 5000);
	put_text(&b, 'S', "a@example.com");
	put_record(&b, 'R', longest, 4096);
	put_record(&b, 'R', longest, 5000);	/* too long for any address */
	for (unsigned i = 0; i < 70; i++)
		put_text(&b, 'R', "b@example.net");
	put_text(&b, 'M', "");
	put_text(&b, 'X', "");
	for (unsigned i = 0; i < 5; i++)
		put_record(&b, 'R', longest, 4000);
	put_text(&b, 'E', "");
	d.bytes = buf_span(&b);
	assert_int_equal(spool_read(s, &d, &how, &got, &said, NULL), ST_END);
	assert_int_equal(got.n, 0);
	buf_byte(&said, '\0');
	assert_non_null(strstr((const char *)said.p, " +13"));
	free(longest);
	buf_free(&b);
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

/* --- who is it? */

#define SIZES "C?            342             290               1" \
	"               0"
#define MAILDROP "T\x0c" "1700000000 1" "S\x01" "a"

static const struct {
	const char *what;
	struct span data;
	const char *format;		/* NULL: none */
} probes[] = {
	{ "sizes of Postfix 2.0", BYTES(SIZES), "postfix" },
	{ "sizes that are too short", BYTES("C\x2f            342"
	    "             290               1"), NULL },
	{ "sizes with a letter", BYTES("C?            342             290 "
	    "              x               0"), NULL },
	{ "sizes cut off", BYTES("C?            342             290 "),
	    NULL },
	{ "T and S", BYTES(MAILDROP), "postfix" },
	{ "T without S", BYTES("T\x0c" "1700000000 1" "R\x01" "a"), NULL },
	{ "T with words", BYTES("T\x0c" "1700000000 x" "S\x01" "a"), NULL },
	{ "T with an empty text", BYTES("T\0S\x01" "a"), NULL },
	{ "a field", BYTES("To: b@example.net\nFrom: a@example.com\n"
	    "Subject: x\n\n"), "eml" },
	{ "a field C", BYTES("C: x\nFrom: a@example.com\nTo: b@example.net\n"
	    "Subject: x\n\n"), "eml" },
	{ "a table", BYTES("C                 1               2\n"), NULL },
	{ "an mbox", BYTES("From a@b Thu Jan  1 00:00:00 1970\nTo: x\n\n"),
	    "mbox" },
	{ "a letter", BYTES("C"), NULL },
	{ "a letter and a length", BYTES("C\xff"), NULL },
};

static void
only_queue_files_are_taken_for_one(void **state)
{
	struct store *s = store_new(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(probes); i++) {
		const struct store_how how = { .place = PLACE_OTHER };
		struct drip d = { .bytes = probes[i].data, .step = 4,
		    .fail_at = DRIP_NEVER };
		struct err e = { 0 };
		const int rc = store_open_source(s, drip_source(&d), &how, &e);

		print_message("# %s\n", probes[i].what);
		if (probes[i].format == NULL)
			assert_int_equal(rc, ST_BAD);
		else if (strcmp(probes[i].format, "postfix") == 0)
			assert_true(rc == ST_DEAD &&
			    strstr(e.text, "a Postfix queue file") != NULL);
		else
			assert_string_equal(store_format(s),
			    probes[i].format);
		store_close(s);
	}
	store_free(s);
}

/* --- random files */

/* Naive: all of it at hand, no limits but those of the file. */
struct oracle {
	struct buf message;
	const uint8_t *p;
	size_t n, at, steps;
};

/* The type, or -1: no record is there. */
static int
oracle_record(struct oracle *o, struct span *text)
{
	size_t len = 0, shift = 0, i = o->at + 1;

	if (o->at >= o->n)
		return -1;
	for (;; shift += 7, i++) {
		if (i >= o->n || shift > 21)
			return -1;
		len |= (size_t)(o->p[i] & 0x7f) << shift;
		if ((o->p[i] & 0x80) == 0)
			break;
	}
	i++;
	if (len > o->n - i)
		return -1;
	*text = (struct span){ o->p + i, len };
	i = i + len;
	o->steps += i - o->at;
	len = o->at;
	o->at = i;
	return o->p[len];
}

static bool
oracle_jump(struct oracle *o, struct span text)
{
	size_t i = 0, to = 0;

	if (text.n > 4096)
		return false;
	while (i < text.n && text.p[i] == ' ')
		i++;
	if (i == text.n)
		return false;
	for (; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || to > 1u << 30)
			return false;
		to = 10 * to + (size_t)(text.p[i] - '0');
	}
	if (to > 0)
		o->at = to;
	return true;
}

/* True: a message, and its bytes. */
static bool
oracle_run(struct oracle *o)
{
	int type, part = 'C';
	struct span text;

	while (part != 'E') {
		if ((type = oracle_record(o, &text)) < 0 || o->steps > o->n)
			return false;
		if (type == 'w')
			continue;
		if (type == 'p') {
			if (!oracle_jump(o, text))
				return false;
		} else if (part == 'M') {
			if (type == 'X')
				part = 'X';
			else if (type != 'N' && type != 'L')
				return false;
			else
				buf_add(&o->message, text.p, text.n);
			if (type == 'N')
				buf_byte(&o->message, '\n');
		} else if (part == 'C' && type == 'M') {
			part = 'M';
		} else if (part == 'X' && type == 'E') {
			part = 'E';
		} else if (type < '!' || type > '~') {
			return false;
		}
	}
	return true;
}

/* Pieces that mostly fit together; seldom a byte is another. */
static void
put_random(struct buf *b, uint64_t *seed)
{
	static const char types[] = "ARSwNNNNLLpMXE";
	const size_t n = drip_random(seed) % 24;
	bool in = false;

	put_text(b, 'T', "1");
	for (size_t i = 0; i < n; i++) {
		const char type = types[drip_random(seed) %
		    (sizeof(types) - 1)];
		uint8_t text[200];
		const size_t len = drip_random(seed) % 20 == 0 ?
		    drip_random(seed) % sizeof(text) : drip_random(seed) % 4;

		for (size_t k = 0; k < len; k++)
			text[k] = (uint8_t)drip_random(seed);
		if (type == 'p')
			put_pointer(b, drip_random(seed) % 3 == 0 ?
			    drip_random(seed) % 400 : 0);
		else if (type == 'M' && !in)
			put_text(b, 'M', "");
		else
			put_record(b, in || type == 'S' ? type : 'A', text,
			    len);
		in = in || type == 'M' || i > 5;
		if (i == 6)
			put_text(b, 'M', "");
	}
	put_text(b, 'X', "");
	put_text(b, 'E', "");
	if (drip_random(seed) % 3 == 0)
		b->p[drip_random(seed) % b->n] = (uint8_t)drip_random(seed);
}

static void
random_records_are_read_as_the_oracle_reads_them(void **state)
{
	const struct store_how how = { .format = "postfix" };
	const unsigned rounds = getenv("CHECK_LONG") != NULL ? 400000 : 20000;
	struct store *s = store_new(NULL);
	struct buf b = { 0 }, got = { 0 }, said = { 0 };
	struct oracle o = { .n = 0 };
	uint64_t seed = 20231114;
	unsigned whole = 0;

	(void)state;
	for (unsigned i = 0; i < rounds; i++) {
		struct drip d = { .seed = seed, .seekable = i & 1,
		    .fail_at = DRIP_NEVER };
		bool is;

		buf_clear(&b);
		put_random(&b, &seed);
		o = (struct oracle){ .message = o.message, .p = b.p,
		    .n = b.n };
		buf_clear(&o.message);
		is = oracle_run(&o);
		d.bytes = buf_span(&b);
		if (spool_read(s, &d, &how, &got, &said, NULL) !=
		    (is ? ST_END : ST_DEAD))
			fail_msg("round %u", i);
		if (!is)
			continue;
		whole++;
		assert_int_equal(got.n, o.message.n);
		if (got.n > 0)
			assert_memory_equal(got.p, o.message.p, got.n);
	}
	print_message("# %u of %u were whole\n", whole, rounds);
	assert_true(whole > rounds / 20 && whole < rounds);
	buf_free(&o.message);
	buf_free(&b);
	buf_free(&got);
	buf_free(&said);
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_make_a_message_however_they_are_cut),
		cmocka_unit_test(pointers_are_followed_there_and_back),
		cmocka_unit_test(what_postdrop_leaves_is_read_too),
		cmocka_unit_test(records_of_any_length_are_read),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(recipients_are_counted_where_there_is_no_room),
		cmocka_unit_test(only_queue_files_are_taken_for_one),
		cmocka_unit_test(
		    random_records_are_read_as_the_oracle_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
