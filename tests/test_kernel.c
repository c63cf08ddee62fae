/*
 * Every kernel against loops over single bytes.
 */
#include <stdlib.h>

#include "kernel.h"
#include "t.h"

#define LONGEST 200u
#define ALIGNMENTS 64u

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static uint64_t
slow_mask(const uint8_t *p, uint8_t c)
{
	uint64_t m = 0;

	for (unsigned i = 0; i < 64; i++)
		if (p[i] == c)
			m |= 1ull << i;
	return m;
}

static uint64_t
slow_high(const uint8_t *p)
{
	uint64_t m = 0;

	for (unsigned i = 0; i < 64; i++)
		if (p[i] > 127)
			m |= 1ull << i;
	return m;
}

static void
check_masks(const uint8_t *p)
{
	const struct kernel *k;

	for (size_t i = 0; (k = kernel_at(i)) != NULL; i++) {
		struct masks m;

		k->masks(p, &m);
		assert_true(m.lf == slow_mask(p, '\n'));
		assert_true(m.cr == slow_mask(p, '\r'));
		assert_true(m.dot == slow_mask(p, '.'));
		assert_true(m.nul == slow_mask(p, 0));
		assert_true(m.high == slow_high(p));
		assert_true(m.wsp == (slow_mask(p, ' ') | slow_mask(p, '\t')));
	}
}

static void
masks_know_every_byte_at_every_place(void **state)
{
	uint8_t *p = malloc(64);

	(void)state;
	assert_non_null(p);
	for (unsigned around = 0; around < 256; around += 51)
		for (unsigned c = 0; c < 256; c++)
			for (unsigned i = 0; i < 64; i++) {
				memset(p, (int)around, 64);
				p[i] = (uint8_t)c;
				check_masks(p);
			}
	free(p);
}

/* The block's last byte is the last that may be read. */
static void
masks_agree_at_every_alignment(void **state)
{
	static const uint8_t abc[] = "\r\n.\0\x80\x7f\xffx\x0b\x0c\x0e-/";
	uint32_t seed = 1;

	(void)state;
	for (unsigned at = 0; at < ALIGNMENTS; at++)
		for (unsigned round = 0; round < 50; round++) {
			uint8_t *p = malloc(at + 64);

			assert_non_null(p);
			for (unsigned i = 0; i < at + 64; i++)
				p[i] = round % 2 > 0 ?
				    (uint8_t)next_random(&seed) :
				    abc[next_random(&seed) % 13];
			check_masks(p + at);
			free(p);
		}
}

static size_t
slow_pair(const uint8_t *p, size_t n, uint8_t a, uint8_t b)
{
	for (size_t i = 0; i + 1 < n; i++)
		if (p[i] == a && p[i + 1] == b)
			return i;
	return n;
}

static void
check_pair(const uint8_t *p, size_t n, uint8_t a, uint8_t b)
{
	const struct kernel *k;

	for (size_t i = 0; (k = kernel_at(i)) != NULL; i++)
		assert_int_equal(k->pair(p, n, a, b), slow_pair(p, n, a, b));
}

static void
a_pair_is_found_at_every_place_of_every_length(void **state)
{
	(void)state;
	for (size_t n = 0; n <= LONGEST; n++) {
		uint8_t *p = malloc(n > 0 ? n : 1);

		assert_non_null(p);
		memset(p, 'F', n);
		check_pair(p, n, '\n', 'F');
		if (n > 0)
			p[n - 1] = '\n';
		check_pair(p, n, '\n', 'F');
		for (size_t i = 0; i + 1 < n; i++) {
			memset(p, 'F', n);
			p[n - 1] = '\n';
			p[i] = '\n';
			check_pair(p, n, '\n', 'F');
		}
		free(p);
	}
}

static void
a_pair_is_found_at_every_alignment(void **state)
{
	const struct span text = SPAN("\nFxxxxxxxxxxxxx");
	uint32_t seed = 2;

	(void)state;
	for (size_t at = 0; at < ALIGNMENTS; at++)
		for (size_t n = 0; n <= LONGEST; n++) {
			uint8_t *p = malloc(at + n + 1);

			assert_non_null(p);
			for (size_t i = 0; i <= at + n; i++)
				p[i] = text.p[next_random(&seed) %
				    (n % text.n + 1)];
			check_pair(p + at, n, '\n', 'F');
			check_pair(p + at, n, 'x', 'x');
			check_pair(p + at, n, '\n', '\n');
			free(p);
		}
}

static void
the_portable_kernel_is_the_first_and_always_there(void **state)
{
	(void)state;
	assert_non_null(kernel_at(0));
	assert_int_equal(kernel_at(0)->id, KERNEL_PORTABLE);
	assert_ptr_equal(kernel_pick("portable"), kernel_at(0));
	assert_null(kernel_at(KERNELS));
}

static void
kernels_are_picked_by_name_and_the_best_without(void **state)
{
	const struct kernel *k, *last = NULL;

	(void)state;
	for (size_t i = 0; (k = kernel_at(i)) != NULL; i++) {
		assert_ptr_equal(kernel_pick(k->name), k);
		last = k;
	}
	assert_ptr_equal(kernel_pick(NULL), last);
	assert_null(kernel_pick("no such kernel"));
	assert_null(kernel_pick(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_know_every_byte_at_every_place),
		cmocka_unit_test(masks_agree_at_every_alignment),
		cmocka_unit_test(
		    a_pair_is_found_at_every_place_of_every_length),
		cmocka_unit_test(a_pair_is_found_at_every_alignment),
		cmocka_unit_test(
		    the_portable_kernel_is_the_first_and_always_there),
		cmocka_unit_test(
		    kernels_are_picked_by_name_and_the_best_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
