/*
 * formats/dovecot_lz4.c: all of what was compressed, or ST_DEAD.  Blocks are
 * made here, token by token, with what they unpack to beside them.
 */
#include "t.h"

#include <stdlib.h>

#include "buf.h"
#include "dovecot_lz4.h"
#include "drip.h"

#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

static const struct {
	struct span block;
	const char *plain;	/* NULL: it is damaged */
} table[] = {
	{ BYTES("\x10" "a"), "a" },
	{ BYTES("\0"), "" },
	{ BYTES("\x30" "abc\3\0\0"), "abcabca" },
	{ BYTES("\x10" "a\1\0\x10" "b"), "aaaaab" },
	{ BYTES("\x1f" "a\1\0\0\0"), "aaaaaaaaaaaaaaaaaaaa" },
	{ BYTES("\xf0\1" "0123456789abcdef"), "0123456789abcdef" },
	{ BYTES(""), NULL },
	{ BYTES("\x20" "a"), NULL },		/* literals are cut off */
	{ BYTES("\xf0"), NULL },		/* their number is */
	{ BYTES("\xf0\xff"), NULL },
	{ BYTES("\x10" "a\1"), NULL },		/* where the match is, is */
	{ BYTES("\x10" "a\1\0"), NULL },	/* no literals behind it */
	{ BYTES("\x1f" "a\1\0"), NULL },	/* its length is cut off */
	{ BYTES("\x10" "a\0\0\0"), NULL },	/* from nowhere */
	{ BYTES("\x10" "a\2\0\0"), NULL },	/* from before the start */
};

static void
named_blocks(void **state)
{
	uint8_t out[64];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const bool ok = dovecot_lz4_block(table[i].block, out,
		    sizeof(out), &n);
		const char *want = table[i].plain;

		if (ok != (want != NULL))
			fail_msg("block %zu", i);
		if (!ok)
			continue;
		assert_int_equal(n, strlen(want));
		assert_memory_equal(out, want, n);
		/* Nor is there more than there is room for. */
		if (n > 0)
			assert_false(dovecot_lz4_block(table[i].block, out,
			    n - 1, &n));
	}
}

static void
put_length(struct buf *b, size_t n)
{
	for (; n >= 255; n -= 255)
		buf_byte(b, 255);
	buf_byte(b, (uint8_t)n);
}

/* Some literals, and a match behind them unless they are the last. */
static void
put_sequence(struct buf *b, struct buf *plain, size_t from, uint64_t *seed,
    bool last)
{
	const size_t literals = drip_random(seed) % (last ? 400 : 40);
	const size_t more = drip_random(seed) % 600;
	const size_t before = plain->n - from + literals;
	const size_t back = before > 0 ? 1 + drip_random(seed) % before : 0;
	const size_t at = plain->n;

	buf_byte(b, (uint8_t)((literals < 15 ? literals : 15) << 4 |
	    (last ? 0 : more < 15 ? more : 15)));
	if (literals >= 15)
		put_length(b, literals - 15);
	for (size_t i = 0; i < literals; i++)
		buf_byte(plain, (uint8_t)drip_random(seed));
	buf_add(b, plain->p + at, literals);
	if (last)
		return;
	buf_byte(b, (uint8_t)back);
	buf_byte(b, (uint8_t)(back >> 8));
	if (more >= 15)
		put_length(b, more - 15);
	for (size_t i = 0; i < more + 4; i++)
		buf_byte(plain, plain->p[plain->n - back]);
}

static void
put_be32(struct buf *b, size_t n)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_byte(b, (uint8_t)(n >> shift));
}

/* That many blocks in a frame; *border: where the last one begins. */
static void
make(struct buf *z, struct buf *plain, size_t blocks, size_t *border,
    uint64_t *seed)
{
	struct buf b = { 0 };

	buf_clear(z);
	buf_clear(plain);
	buf_str(z, DOVECOT_LZ4_MAGIC);
	put_be32(z, DOVECOT_LZ4_BLOCK);
	for (*border = z->n; blocks > 0; blocks--) {
		const size_t from = plain->n;

		buf_clear(&b);
		buf_byte(&b, 0x10);	/* something to repeat */
		buf_byte(&b, 'a');
		buf_byte(&b, 1);
		buf_byte(&b, 0);
		buf_str(plain, "aaaaa");
		while (plain->n - from < 60000 && drip_random(seed) % 90 > 0)
			put_sequence(&b, plain, from, seed, false);
		put_sequence(&b, plain, from, seed, true);
		*border = z->n;
		put_be32(z, b.n);
		buf_add(z, b.p, b.n);
	}
	buf_free(&b);
}

static int
unpack(struct span s, size_t step, uint64_t fail_at, struct buf *out)
{
	struct drip d = { .bytes = s, .step = step, .seed = 1,
	    .fail_at = fail_at };
	struct input *below = input_new();
	struct dovecot_lz4 *z = dovecot_lz4_new();
	uint8_t piece[777];
	struct byte_source src;
	size_t got;
	int rc;

	buf_clear(out);
	input_open_source(below, drip_source(&d));
	src = dovecot_lz4_source(z, below);
	while ((rc = src.read(src.ctx, 0, piece, sizeof(piece), &got, NULL)) ==
	    ST_OK) {
		assert_true(got > 0 && got <= sizeof(piece));
		buf_add(out, piece, got);
	}
	assert_int_equal(src.read(src.ctx, 0, piece, sizeof(piece), &got,
	    NULL), rc);
	dovecot_lz4_free(z);
	input_free(below);
	return rc;
}

static void
blocks_are_one_stream_however_they_come(void **state)
{
	struct buf z = { 0 }, plain = { 0 }, out = { 0 };
	uint64_t seed = 3;
	size_t border;

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		make(&z, &plain, i % 4, &border, &seed);
		assert_int_equal(unpack(buf_span(&z), i % 3, DRIP_NEVER, &out),
		    ST_END);
		assert_int_equal(out.n, plain.n);
		if (out.n > 0)
			assert_memory_equal(out.p, plain.p, out.n);
	}
	buf_free(&z);
	buf_free(&plain);
	buf_free(&out);
}

/* But where a block ends: a frame has no end of its own. */
static void
cut_off_or_failing_at_any_byte_it_is_dead(void **state)
{
	struct buf z = { 0 }, plain = { 0 }, out = { 0 };
	uint64_t seed = 11;
	size_t border;

	(void)state;
	do
		make(&z, &plain, 2, &border, &seed);
	while (z.n > 3000);
	for (size_t i = 1; i < z.n; i++) {
		const int rc = unpack((struct span){ z.p, i }, 7, DRIP_NEVER,
		    &out);
		const bool whole = i == border || i == 19;

		if (rc != (whole ? ST_END : ST_DEAD))
			fail_msg("cut off at %zu of %zu: %d", i, z.n, rc);
		assert_true(out.n <= plain.n);
		if (out.n > 0)
			assert_memory_equal(out.p, plain.p, out.n);
		assert_int_equal(unpack(buf_span(&z), 7, i, &out), ST_DEAD);
	}
	buf_free(&z);
	buf_free(&plain);
	buf_free(&out);
}

/* Nothing is read or written beyond what there is: sanitizers watch. */
static void
damaged_it_does_no_harm(void **state)
{
	uint8_t block[24], *room = malloc(100);
	uint64_t seed = 5;
	size_t n;

	(void)state;
	for (size_t i = 0; i < 50000; i++) {
		const size_t size = drip_random(&seed) % (sizeof(block) + 1);
		uint8_t *p = malloc(size + 1);

		for (size_t k = 0; k < size; k++)
			p[k] = (uint8_t)drip_random(&seed) & (k % 2 == 0 ?
			    0xff : 0x13);
		(void)dovecot_lz4_block((struct span){ p, size }, room, 100,
		    &n);
		assert_true(n <= 100);
		free(p);
	}
	free(room);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named_blocks),
		cmocka_unit_test(blocks_are_one_stream_however_they_come),
		cmocka_unit_test(cut_off_or_failing_at_any_byte_it_is_dead),
		cmocka_unit_test(damaged_it_does_no_harm),
	};

	return cmocka_run_group_tests_name("dovecot_lz4", tests, NULL, NULL);
}
