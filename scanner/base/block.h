/*
 * 64 bytes at a time: which of them are this byte?
 *
 * One body of code, compiled once per instruction set: the file that includes
 * this decides by its compiler flags.  Bit i of a mask is byte i of the block.
 */
#ifndef BAREDOT_BLOCK_H
#define BAREDOT_BLOCK_H

#include "span.h"

#define BLOCK 64u		/* bytes */

/*
 * How lines begin that have to be looked at (odd_add_begins), but those that
 * begin with a dot.  By the low half of the first byte, what the second must
 * be, in any case, or 0xff, which no text has: a dot behind space and tab, C
 * behind R.  Other bytes with such a half are taken for them.
 */
#define LOWER 0x20		/* makes a letter small; a dot has it */
static const uint8_t line_pairs[16] = { '.', 0xff, 'c', 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, '.', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

#if defined(__AVX512BW__)

#include <immintrin.h>

struct block { __m512i v; };

static inline struct block
block_load(const uint8_t *p)
{
	return (struct block){ _mm512_loadu_si512(p) };
}

static inline uint64_t
block_eq(struct block b, uint8_t c)
{
	uint64_t m = _mm512_cmpeq_epi8_mask(b.v, _mm512_set1_epi8((char)c));

	/* Else GCC makes a masked comparison of what is done with m, and
	 * moving the other operand to a mask register takes longer. */
	__asm__("" : "+r"(m));
	return m;
}

/* Where b is and then, in the block one byte on, c. */
static inline uint64_t
block_pair(struct block first, uint8_t b, struct block second, uint8_t c)
{
	return _mm512_mask_cmpeq_epi8_mask(_mm512_cmpeq_epi8_mask(first.v,
	    _mm512_set1_epi8((char)b)), second.v, _mm512_set1_epi8((char)c));
}

/* Bytes of 0x80 and more. */
static inline uint64_t
block_high(struct block b)
{
	return _mm512_movepi8_mask(b.v);
}

/* Was any byte of the blocks that were added one of two?  AVX-512: a zero
 * byte says yes; the others: anything but zero. */
struct odd { __m512i v; };

static inline struct odd
odd_none(void)
{
	return (struct odd){ _mm512_set1_epi8(-1) };
}

static inline struct odd
odd_add(struct odd o, struct block b, uint8_t c, uint8_t d)
{
	const __m512i v = _mm512_xor_si512(b.v, _mm512_set1_epi8((char)c));
	const __m512i w = _mm512_xor_si512(b.v, _mm512_set1_epi8((char)d));

	return (struct odd){ _mm512_min_epu8(_mm512_min_epu8(v, w), o.v) };
}

/*
 * Does any line of the block at p, or the one behind it, begin in such a way?
 * ends: block_eq(block, last), where the lines before them end.  Two bytes
 * behind the block are read.
 */
static inline struct odd
odd_add_begins(struct odd o, const uint8_t *p, uint64_t ends, uint8_t last)
{
	const __m512i w = _mm512_loadu_si512(p + 2);
	__m512i v = _mm512_loadu_si512(p + 1);
	const __m512i pairs = _mm512_broadcast_i32x4(_mm_loadu_si128(
	    (const __m128i *)(const void *)line_pairs));
	const __m512i at = _mm512_xor_si512(_mm512_loadu_si512(p),
	    _mm512_set1_epi8((char)last));
	__m512i dot, pair;

	(void)ends;
	__asm__("" : "+v"(v));	/* else GCC loads it twice */
	dot = _mm512_xor_si512(v, _mm512_set1_epi8('.'));
	pair = _mm512_xor_si512(_mm512_shuffle_epi8(pairs, v),
	    _mm512_or_si512(w, _mm512_set1_epi8(LOWER)));
	return (struct odd){ _mm512_min_epu8(o.v, _mm512_or_si512(at,
	    _mm512_min_epu8(dot, pair))) };
}

static inline bool
odd_any(struct odd o)
{
	return _mm512_testn_epi8_mask(o.v, o.v) != 0;
}

#elif defined(__AVX2__)

#include <immintrin.h>

struct block { __m256i a, b; };

static inline struct block
block_load(const uint8_t *p)
{
	return (struct block){
		_mm256_loadu_si256((const __m256i *)(const void *)p),
		_mm256_loadu_si256((const __m256i *)(const void *)(p + 32))
	};
}

static inline uint64_t
block_bits(__m256i a, __m256i b)
{
	return (uint32_t)_mm256_movemask_epi8(a) |
	    (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

static inline uint64_t
block_eq(struct block b, uint8_t c)
{
	const __m256i v = _mm256_set1_epi8((char)c);

	return block_bits(_mm256_cmpeq_epi8(b.a, v),
	    _mm256_cmpeq_epi8(b.b, v));
}

static inline uint64_t
block_high(struct block b)
{
	return block_bits(b.a, b.b);
}

struct odd { __m256i v; };

static inline struct odd
odd_none(void)
{
	return (struct odd){ _mm256_setzero_si256() };
}

static inline struct odd
odd_add(struct odd o, struct block b, uint8_t c, uint8_t d)
{
	const __m256i v = _mm256_set1_epi8((char)c);
	const __m256i w = _mm256_set1_epi8((char)d);

	return (struct odd){ _mm256_or_si256(o.v, _mm256_or_si256(
	    _mm256_or_si256(_mm256_cmpeq_epi8(b.a, v),
	    _mm256_cmpeq_epi8(b.b, v)),
	    _mm256_or_si256(_mm256_cmpeq_epi8(b.a, w),
	    _mm256_cmpeq_epi8(b.b, w)))) };
}

static inline __m256i
begins_half(const uint8_t *p, uint8_t last)
{
	const __m256i v = _mm256_loadu_si256((const __m256i *)
	    (const void *)(p + 1));
	const __m256i w = _mm256_loadu_si256((const __m256i *)
	    (const void *)(p + 2));
	const __m256i at = _mm256_cmpeq_epi8(_mm256_loadu_si256(
	    (const __m256i *)(const void *)p), _mm256_set1_epi8((char)last));
	const __m256i pairs = _mm256_broadcastsi128_si256(_mm_loadu_si128(
	    (const __m128i *)(const void *)line_pairs));

	return _mm256_and_si256(at, _mm256_or_si256(
	    _mm256_cmpeq_epi8(v, _mm256_set1_epi8('.')),
	    _mm256_cmpeq_epi8(_mm256_shuffle_epi8(pairs, v),
	    _mm256_or_si256(w, _mm256_set1_epi8(LOWER)))));
}

static inline struct odd
odd_add_begins(struct odd o, const uint8_t *p, uint64_t ends, uint8_t last)
{
	(void)ends;
	return (struct odd){ _mm256_or_si256(o.v, _mm256_or_si256(
	    begins_half(p, last), begins_half(p + 32, last))) };
}

static inline bool
odd_any(struct odd o)
{
	return _mm256_testz_si256(o.v, o.v) == 0;
}

#elif defined(__ARM_NEON) && defined(__aarch64__)

#include <arm_neon.h>

struct block { uint8x16_t v[4]; };

static inline struct block
block_load(const uint8_t *p)
{
	return (struct block){ { vld1q_u8(p), vld1q_u8(p + 16),
	    vld1q_u8(p + 32), vld1q_u8(p + 48) } };
}

/* Each byte of v[] is 0 or 255. */
static inline uint64_t
block_bits(const uint8x16_t v[4])
{
	static const uint8_t weights[16] = { 1, 2, 4, 8, 16, 32, 64, 128,
	    1, 2, 4, 8, 16, 32, 64, 128 };
	const uint8x16_t w = vld1q_u8(weights);
	const uint8x16_t lo = vpaddq_u8(vandq_u8(v[0], w), vandq_u8(v[1], w));
	const uint8x16_t hi = vpaddq_u8(vandq_u8(v[2], w), vandq_u8(v[3], w));
	const uint8x16_t all = vpaddq_u8(lo, hi);

	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

static inline uint64_t
block_eq(struct block b, uint8_t c)
{
	const uint8x16_t w = vdupq_n_u8(c);
	const uint8x16_t v[4] = { vceqq_u8(b.v[0], w), vceqq_u8(b.v[1], w),
	    vceqq_u8(b.v[2], w), vceqq_u8(b.v[3], w) };

	return block_bits(v);
}

static inline uint64_t
block_high(struct block b)
{
	const uint8x16_t w = vdupq_n_u8(0x80);
	const uint8x16_t v[4] = { vcgeq_u8(b.v[0], w), vcgeq_u8(b.v[1], w),
	    vcgeq_u8(b.v[2], w), vcgeq_u8(b.v[3], w) };

	return block_bits(v);
}

struct odd { uint8x16_t v; };

static inline struct odd
odd_none(void)
{
	return (struct odd){ vdupq_n_u8(0) };
}

static inline struct odd
odd_add(struct odd o, struct block b, uint8_t c, uint8_t d)
{
	const uint8x16_t v = vdupq_n_u8(c), w = vdupq_n_u8(d);

	for (unsigned i = 0; i < 4; i++)
		o.v = vorrq_u8(o.v, vorrq_u8(vceqq_u8(b.v[i], v),
		    vceqq_u8(b.v[i], w)));
	return o;
}

static inline struct odd
odd_add_begins(struct odd o, const uint8_t *p, uint64_t ends, uint8_t last)
{
	const uint8x16_t pairs = vld1q_u8(line_pairs);

	(void)ends;
	for (unsigned i = 0; i < 64; i += 16) {
		const uint8x16_t v = vld1q_u8(p + i + 1);
		const uint8x16_t pair = vceqq_u8(vqtbl1q_u8(pairs,
		    vandq_u8(v, vdupq_n_u8(15))),
		    vorrq_u8(vld1q_u8(p + i + 2), vdupq_n_u8(LOWER)));

		o.v = vorrq_u8(o.v, vandq_u8(
		    vceqq_u8(vld1q_u8(p + i), vdupq_n_u8(last)),
		    vorrq_u8(vceqq_u8(v, vdupq_n_u8('.')), pair)));
	}
	return o;
}

static inline bool
odd_any(struct odd o)
{
	return vmaxvq_u8(o.v) != 0;
}

#else

/* Eight 64-bit words; exact per byte, whatever the byte order. */
struct block { const uint8_t *p; };

static inline struct block
block_load(const uint8_t *p)
{
	return (struct block){ p };
}

#define BLOCK_LOW 0x7f7f7f7f7f7f7f7fu

/* Bit k of the result: the top bit of the byte that is k-th in memory. */
static inline uint64_t
block_gather(uint64_t top)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	top = __builtin_bswap64(top);
#endif
	return (top >> 7) * 0x0102040810204080u >> 56;
}

static inline uint64_t
block_eq(struct block b, uint8_t c)
{
	const uint64_t all = 0x0101010101010101u * c;
	uint64_t bits = 0, w;

	for (unsigned i = 0; i < 8; i++) {
		memcpy(&w, b.p + 8 * i, 8);
		w ^= all;
		w = ~(((w & BLOCK_LOW) + BLOCK_LOW) | w | BLOCK_LOW);
		bits |= block_gather(w) << (8 * i);
	}
	return bits;
}

static inline uint64_t
block_high(struct block b)
{
	uint64_t bits = 0, w;

	for (unsigned i = 0; i < 8; i++) {
		memcpy(&w, b.p + 8 * i, 8);
		bits |= block_gather(w & ~BLOCK_LOW) << (8 * i);
	}
	return bits;
}

struct odd { uint64_t bits; };

static inline struct odd
odd_none(void)
{
	return (struct odd){ 0 };
}

static inline struct odd
odd_add(struct odd o, struct block b, uint8_t c, uint8_t d)
{
	return (struct odd){ o.bits | block_eq(b, c) | block_eq(b, d) };
}

static inline struct odd
odd_add_begins(struct odd o, const uint8_t *p, uint64_t ends, uint8_t last)
{
	(void)last;
	for (; ends != 0; ends &= ends - 1) {
		const uint8_t *q = p + __builtin_ctzll(ends) + 1;

		o.bits |= q[0] == '.' ||
		    line_pairs[q[0] & 15] == (q[1] | LOWER);
	}
	return o;
}

static inline bool
odd_any(struct odd o)
{
	return o.bits != 0;
}

#endif

#ifndef __AVX512BW__
static inline uint64_t
block_pair(struct block first, uint8_t b, struct block second, uint8_t c)
{
	return block_eq(first, b) & block_eq(second, c);
}
#endif

#endif
