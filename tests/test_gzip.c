/*
 * formats/gzip.c: all of what was compressed, or ST_DEAD; never less.
 */
#include "t.h"

#include <stdlib.h>
#include <zlib.h>

#include "buf.h"
#include "drip.h"
#include "gzip.h"
#include "store.h"

#define SEP "From a@example.org Thu Jan  1 00:00:00 1970\n"

/* Append a member that holds these bytes. */
static void
add_member(struct buf *b, const void *p, size_t n)
{
	uint8_t out[4096];
	z_stream z = { .next_in = (z_const Bytef *)p, .avail_in = (uInt)n };
	int rc;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	do {
		z.next_out = out;
		z.avail_out = sizeof(out);
		rc = deflate(&z, Z_FINISH);
		buf_add(b, out, sizeof(out) - z.avail_out);
	} while (rc == Z_OK);
	assert_int_equal(rc, Z_STREAM_END);
	assert_int_equal(deflateEnd(&z), Z_OK);
}

static void
fill(struct buf *b, size_t n)
{
	uint64_t seed = 5;

	while (b->n < n)
		buf_byte(b, (uint8_t)drip_random(&seed) % 7);
}

/* Decompress what d serves, onto *out; the status that ended it. */
static int
inflate_all(struct drip *d, struct buf *out)
{
	struct input *below = input_new();
	struct gzip *g = gzip_new();
	uint8_t piece[777];
	struct byte_source s;
	size_t got;
	int rc;

	buf_clear(out);
	input_open_source(below, drip_source(d));
	s = gzip_source(g, below);
	while ((rc = s.read(s.ctx, 0, piece, sizeof(piece), &got, NULL)) ==
	    ST_OK) {
		assert_true(got > 0 && got <= sizeof(piece));
		buf_add(out, piece, got);
	}
	assert_int_equal(s.read(s.ctx, 0, piece, sizeof(piece), &got, NULL),
	    rc);
	gzip_free(g);
	input_free(below);
	return rc;
}

static int
inflate_span(struct span s, size_t step, struct buf *out)
{
	struct drip d = { .bytes = s, .step = step, .seed = 1,
	    .fail_at = DRIP_NEVER };

	return inflate_all(&d, out);
}

static void
members_and_padding_are_one_stream(void **state)
{
	static const size_t sizes[] = { 0, 1, 776, 777, 778, 300000 };
	struct buf plain = { 0 }, z = { 0 }, out = { 0 };

	(void)state;
	for (size_t i = 0; i < 6; i++)
		for (size_t members = 1; members < 4; members++)
			for (size_t zeros = 0; zeros < 9; zeros += 4) {
				buf_clear(&plain);
				buf_clear(&z);
				fill(&plain, sizes[i]);
				for (size_t m = 0; m < members; m++)
					add_member(&z, plain.p, plain.n);
				for (size_t k = 0; k < zeros; k++)
					buf_byte(&z, 0);
				assert_int_equal(inflate_span(buf_span(&z),
				    i == 5 ? 0 : members * 3, &out), ST_END);
				assert_true(out.n == members * plain.n);
				for (size_t m = 0; m < members &&
				    plain.n > 0; m++)
					assert_memory_equal(plain.p, out.p +
					    m * plain.n, plain.n);
			}
	buf_free(&plain);
	buf_free(&z);
	buf_free(&out);
}

/* Two members; *border: where the second begins. */
static void
make_two(struct buf *plain, struct buf *z, size_t *border)
{
	fill(plain, 200);
	add_member(z, plain->p, plain->n);
	*border = z->n;
	add_member(z, plain->p, plain->n);
}

static void
a_cut_at_any_byte_is_dead(void **state)
{
	struct buf plain = { 0 }, z = { 0 }, out = { 0 };
	size_t border;

	(void)state;
	make_two(&plain, &z, &border);
	for (size_t step = 0; step < 4; step++)
		for (size_t n = 0; n < z.n; n++)
			assert_int_equal(inflate_span((struct span){ z.p, n },
			    step, &out), n == border ? ST_END : ST_DEAD);
	buf_free(&plain);
	buf_free(&z);
	buf_free(&out);
}

static void
a_read_error_at_any_byte_is_dead(void **state)
{
	struct buf plain = { 0 }, z = { 0 }, out = { 0 };
	size_t border;

	(void)state;
	make_two(&plain, &z, &border);
	for (size_t n = 0; n <= z.n; n++) {
		struct drip d = { .bytes = buf_span(&z), .step = 1 + n % 3,
		    .fail_at = n };

		assert_int_equal(inflate_all(&d, &out), ST_DEAD);
	}
	buf_free(&plain);
	buf_free(&z);
	buf_free(&out);
}

static void
garbage_behind_a_member_is_dead(void **state)
{
	static const char *const tails[] = { "x", "\x1f", "\x1f\x8b",
	    "\x1f\x8b\x07", "garbage", "\x8b\x1f\x08" };
	struct buf plain = { 0 }, z = { 0 }, out = { 0 };

	(void)state;
	fill(&plain, 100);
	for (size_t i = 0; i < 6; i++)
		for (size_t zeros = 0; zeros < 3; zeros++) {
			buf_clear(&z);
			add_member(&z, plain.p, plain.n);
			for (size_t k = 0; k < zeros; k++)
				buf_byte(&z, 0);
			buf_str(&z, tails[i]);
			assert_int_equal(inflate_span(buf_span(&z), i, &out),
			    ST_DEAD);
		}
	buf_free(&plain);
	buf_free(&z);
	buf_free(&out);
}

/* The data are what they were, or it is dead: the check sum is checked. */
static void
a_flipped_bit_never_passes(void **state)
{
	struct buf plain = { 0 }, z = { 0 }, out = { 0 };
	size_t border, dead = 0;

	(void)state;
	make_two(&plain, &z, &border);
	for (size_t bit = 0; bit < 8 * z.n; bit++) {
		z.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (inflate_span(buf_span(&z), 0, &out) == ST_DEAD) {
			dead++;
		} else {
			assert_int_equal(out.n, 2 * plain.n);
			assert_memory_equal(out.p, plain.p, plain.n);
			assert_memory_equal(out.p + plain.n, plain.p, plain.n);
		}
		z.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(dead > 8 * (z.n - 2 * 10));
	buf_free(&plain);
	buf_free(&z);
	buf_free(&out);
}

static const struct {
	const char *what, *data;
	enum store_place place;
	const char *format;	/* NULL: not mail */
	size_t messages;
} stores[] = {
	{ "mbox", SEP "S: x\n\nbody\n\n" SEP "S: y\n\n", PLACE_OTHER,
	    "mbox", 2 },
	{ "message", "From: x\nTo: y\n\nbody\n", PLACE_OTHER, "eml", 1 },
	{ "Maildir message", "any text", PLACE_MAILDIR, "eml", 1 },
	{ "text", "any text", PLACE_OTHER, NULL, 0 },
	{ "nothing", "", PLACE_OTHER, NULL, 0 },
};

static void
mail_inside_gzip_is_found(void **state)
{
	struct store *s = store_new(NULL);
	struct buf z = { 0 };
	struct span part;
	struct msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
		const size_t n = strlen(stores[i].data);
		const struct store_how how = { .place = stores[i].place };
		struct err e = { .num = 0 };
		struct drip d = { .step = 1 + i, .seekable = true,
		    .fail_at = DRIP_NEVER };
		size_t count = 0;

		print_message("# %s\n", stores[i].what);
		buf_clear(&z);
		add_member(&z, stores[i].data, n);
		d.bytes = buf_span(&z);
		if (stores[i].format == NULL) {
			assert_int_equal(store_open_source(s, drip_source(&d),
			    &how, &e), ST_BAD);
			assert_non_null(strstr(e.text, "compressed: "));
			store_close(s);
			continue;
		}
		assert_int_equal(store_open_source(s, drip_source(&d), &how,
		    &e), ST_OK);
		assert_string_equal(store_format(s), stores[i].format);
		assert_true(store_compressed(s) && !store_splits(s));
		assert_false(store_can_again(s));
		while (store_next(s, &m, NULL) == ST_OK) {
			assert_true(m.raw_off == MSG_NOT_RAW);
			assert_non_null(m.why_not);
			for (uint64_t at = m.off; store_read(s, &part,
			    NULL) == ST_OK; at += part.n)
				assert_memory_equal(part.p,
				    stores[i].data + at, part.n);
			assert_true(m.len > 0 && m.off + m.len <= n);
			count++;
		}
		assert_int_equal(count, stores[i].messages);
		store_close(s);
	}
	buf_free(&z);
	store_free(s);
}

/* A cut file with mail in it is dead, wherever it is cut behind the magic. */
static void
a_cut_mbox_inside_gzip_is_dead(void **state)
{
	struct store *s = store_new(NULL);
	const struct store_how how = { .format = NULL };
	struct buf z = { 0 };
	struct msg m;

	(void)state;
	add_member(&z, stores[0].data, strlen(stores[0].data));
	for (size_t n = 3; n < z.n; n++) {
		struct drip d = { .bytes = { z.p, n }, .step = n % 4, .seed = 1,
		    .fail_at = DRIP_NEVER };
		int rc = store_open_source(s, drip_source(&d), &how, NULL);

		while (rc == ST_OK)
			rc = store_next(s, &m, NULL);
		assert_int_equal(rc, ST_DEAD);
		store_close(s);
	}
	buf_free(&z);
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_padding_are_one_stream),
		cmocka_unit_test(a_cut_at_any_byte_is_dead),
		cmocka_unit_test(a_read_error_at_any_byte_is_dead),
		cmocka_unit_test(garbage_behind_a_member_is_dead),
		cmocka_unit_test(a_flipped_bit_never_passes),
		cmocka_unit_test(mail_inside_gzip_is_found),
		cmocka_unit_test(a_cut_mbox_inside_gzip_is_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
