/*
 * The loop of needles.c, once per instruction set: the file that includes
 * this decides by its compiler flags.
 */
#ifndef BAREDOT_NEEDLES_LOOPS_H
#define BAREDOT_NEEDLES_LOOPS_H

#include "block.h"
#include "needles.h"

#if defined(__AVX512BW__)

struct tables { __m512i low[PRINT], high[PRINT]; };

static inline __m512i
spread(const uint8_t *p)
{
	return _mm512_broadcast_i32x4(_mm_loadu_si128(
	    (const __m128i *)(const void *)p));
}

static inline __m512i
near_one(const struct tables *t, const uint8_t *p, unsigned j)
{
	const __m512i half = _mm512_set1_epi8(15);
	const __m512i v = _mm512_loadu_si512(p + j);

	return _mm512_and_si512(
	    _mm512_shuffle_epi8(t->low[j], _mm512_and_si512(v, half)),
	    _mm512_shuffle_epi8(t->high[j], _mm512_and_si512(
	    _mm512_srli_epi16(v, 4), half)));
}

static inline uint64_t
near_block(const struct tables *t, const uint8_t *p)
{
	return _mm512_test_epi8_mask(_mm512_and_si512(near_one(t, p, 0),
	    near_one(t, p, 1)), near_one(t, p, 2));
}

#elif defined(__AVX2__)

struct tables { __m256i low[PRINT], high[PRINT]; };

static inline __m256i
spread(const uint8_t *p)
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128(
	    (const __m128i *)(const void *)p));
}

static inline __m256i
near_one(const struct tables *t, const uint8_t *p, unsigned j)
{
	const __m256i half = _mm256_set1_epi8(15);
	const __m256i v = _mm256_loadu_si256(
	    (const __m256i *)(const void *)(p + j));

	return _mm256_and_si256(
	    _mm256_shuffle_epi8(t->low[j], _mm256_and_si256(v, half)),
	    _mm256_shuffle_epi8(t->high[j], _mm256_and_si256(
	    _mm256_srli_epi16(v, 4), half)));
}

static inline uint32_t
near_half(const struct tables *t, const uint8_t *p)
{
	const __m256i v = _mm256_and_si256(near_one(t, p, 0),
	    _mm256_and_si256(near_one(t, p, 1), near_one(t, p, 2)));

	return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v,
	    _mm256_setzero_si256()));
}

static inline uint64_t
near_block(const struct tables *t, const uint8_t *p)
{
	return near_half(t, p) | (uint64_t)near_half(t, p + 32) << 32;
}

#elif defined(__ARM_NEON) && defined(__aarch64__)

struct tables { uint8x16_t low[PRINT], high[PRINT]; };

static inline uint8x16_t
spread(const uint8_t *p)
{
	return vld1q_u8(p);
}

static inline uint8x16_t
near_one(const struct tables *t, const uint8_t *p, unsigned j)
{
	const uint8x16_t v = vld1q_u8(p + j);

	return vandq_u8(vqtbl1q_u8(t->low[j], vandq_u8(v, vdupq_n_u8(15))),
	    vqtbl1q_u8(t->high[j], vshrq_n_u8(v, 4)));
}

static inline uint64_t
near_block(const struct tables *t, const uint8_t *p)
{
	uint8x16_t v[4];

	for (unsigned i = 0; i < 4; i++) {
		const uint8x16_t w = vandq_u8(near_one(t, p + 16 * i, 0),
		    vandq_u8(near_one(t, p + 16 * i, 1),
		    near_one(t, p + 16 * i, 2)));

		v[i] = vtstq_u8(w, w);
	}
	return block_bits(v);
}

#else

/* Whole bytes: without vectors halves are no gain. */
struct tables { const struct needles *t; };

static inline uint64_t
near_block(const struct tables *t, const uint8_t *p)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < BLOCK; i++)
		mask |= (uint64_t)((t->t->byte[0][p[i]] &
		    t->t->byte[1][p[i + 1]] & t->t->byte[2][p[i + 2]]) != 0)
		    << i;
	return mask;
}

#define NEEDLES_PORTABLE
#endif

static inline struct tables
tables_of(const struct needles *t)
{
#ifdef NEEDLES_PORTABLE
	return (struct tables){ t };
#else
	struct tables out;

	for (unsigned j = 0; j < PRINT; j++) {
		out.low[j] = spread(t->low[j]);
		out.high[j] = spread(t->high[j]);
	}
	return out;
#endif
}

/* See needles_skip_fn. */
static size_t
needles_skip(const struct needles *t, const uint8_t *p, size_t n,
    uint64_t *mask)
{
	const struct tables tables = tables_of(t);

	for (size_t i = 0; i < n; i += BLOCK)
		if ((*mask = near_block(&tables, p + i)) != 0)
			return i;
	return n;
}

#endif
