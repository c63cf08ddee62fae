/*
 * scanner/plan.c: what is put comes back, and no bytes make it read what is not
 * there.
 */
#include "t.h"

#include <stdlib.h>

#include "gen.h"
#include "plan.h"

#define MOST 6u

struct pool {
	struct gen g;
	size_t n;
	struct plan_item item[MOST];
	uint8_t bytes[4 * MOST][40];
};

static struct span
some_bytes(struct pool *p, uint8_t *to, size_t least)
{
	const size_t n = least + gen_below(&p->g, 40 - least);

	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(1 + gen_below(&p->g, 255));
	return (struct span){ to, n };
}

static void
make_items(struct pool *p, struct buf *b)
{
	buf_clear(b);
	p->n = gen_below(&p->g, MOST + 1);
	for (size_t i = 0; i < p->n; i++) {
		struct plan_item *t = &p->item[i];

		*t = (struct plan_item){
			.folder = some_bytes(p, p->bytes[4 * i], 0),
			.name = some_bytes(p, p->bytes[4 * i + 1], 1),
			.note = some_bytes(p, p->bytes[4 * i + 2], 0),
			.frames = some_bytes(p, p->bytes[4 * i + 3], 0),
			.left = gen_below(&p->g, 2) != 0,
			.settled = gen_below(&p->g, 2) != 0,
			.stamp = { .dev = gen_below(&p->g, SIZE_MAX),
			    .ino = gen_below(&p->g, SIZE_MAX),
			    .ctime_ns = (uint32_t)gen_below(&p->g, 1000) },
			.place = (uint8_t)gen_below(&p->g, 5),
			.container = gen_below(&p->g, 2) != 0,
			.take = gen_below(&p->g, 2) != 0,
			.size = gen_below(&p->g, SIZE_MAX) };
		t->root = gen_below(&p->g, t->folder.n + 1);
		for (size_t k = 0; k < HASH_SIZE; k++)
			t->sha[k] = (uint8_t)gen_below(&p->g, 256);
		plan_put(b, t);
	}
	assert_true(buf_ok(b));
}

static void
same_item(const struct plan_item *a, const struct plan_item *b)
{
	assert_true(span_eq(a->folder, b->folder));
	assert_true(span_eq(a->name, b->name));
	assert_true(span_eq(a->note, b->note));
	assert_true(span_eq(a->frames, b->frames));
	assert_true(stamp_same(&a->stamp, &b->stamp));
	assert_int_equal(a->left, b->left);
	assert_int_equal(a->settled, b->settled);
	assert_true(a->root == b->root && a->size == b->size);
	assert_true(a->place == b->place && a->take == b->take);
	assert_true(a->container == b->container);
	assert_memory_equal(a->sha, b->sha, HASH_SIZE);
}

/* In memory of its own: how many items were read, all of them right. */
static size_t
read_items(const struct pool *p, struct span s, bool *whole)
{
	uint8_t *copy = malloc(s.n + 1);
	struct span in = { copy + 1, s.n };
	struct plan_item got;
	size_t n = 0;

	assert_non_null(copy);
	if (s.n > 0)
		memcpy(copy + 1, s.p, s.n);
	for (; plan_next(&in, &got); n++) {
		assert_true(n < p->n);
		same_item(&got, &p->item[n]);
	}
	*whole = in.n == 0;
	free(copy);
	return n;
}

/* And what is cut anywhere gives those before, and says that there is more. */
static void
what_is_put_comes_back(void **state)
{
	static struct pool p = { .g.seed = 0x91a4 };
	struct buf b = { 0 };
	bool whole;

	(void)state;
	for (unsigned k = 0; k < 300; k++) {
		size_t items = 0;

		make_items(&p, &b);
		for (size_t n = 0; n < b.n; n++) {
			const size_t got = read_items(&p, (struct span){ b.p,
			    n }, &whole);

			assert_true(got == items || got == items + 1);
			assert_true(whole == (n == 0 || got > items));
			items = got;
		}
		assert_int_equal(read_items(&p, buf_span(&b), &whole), p.n);
		assert_true(whole);
	}
	buf_free(&b);
}

/* Nothing of an item points out of the bytes, and names are names. */
static void
check_any(const uint8_t *p, size_t n)
{
	struct span in = { p, n };
	struct plan_item t;

	while (plan_next(&in, &t)) {
		assert_true(t.folder.n < n && t.name.n < n && t.note.n < n);
		assert_true(t.folder.p >= p && t.name.p ==
		    t.folder.p + t.folder.n && t.note.p ==
		    t.name.p + t.name.n && t.frames.p == t.note.p +
		    t.note.n && in.p == t.frames.p + t.frames.n);
		assert_true(in.p + in.n == p + n && in.n < n);
		assert_true(t.name.n > 0 && t.root <= t.folder.n);
		assert_null(memchr(t.folder.p, 0, t.folder.n + t.name.n));
	}
}

static void
no_bytes_point_outside(void **state)
{
	static struct pool p = { .g.seed = 0xbad };
	struct buf b = { 0 };

	(void)state;
	for (unsigned k = 0; k < 60; k++) {
		make_items(&p, &b);
		for (size_t i = 0; i < b.n; i++) {
			uint8_t *copy = malloc(b.n);

			assert_non_null(copy);
			for (unsigned c = 0; c < 256; c += 5) {
				memcpy(copy, b.p, b.n);
				copy[i] = (uint8_t)c;
				check_any(copy, b.n);
			}
			for (size_t j = i; j < b.n && j < i + 8; j++)
				copy[j] = 0xff;
			check_any(copy, b.n);
			free(copy);
		}
	}
	buf_free(&b);
}

/* Also where it is the last one: it must not be taken for the end. */
static void
a_name_with_a_nul_makes_no_sense(void **state)
{
	static const struct plan_item items[] = {
		{ .name = { (const uint8_t *)"a\0b", 3 } },
		{ .name = { (const uint8_t *)"a", 1 },
		    .folder = { (const uint8_t *)"\0", 1 } },
		{ .name = { (const uint8_t *)"", 0 } },
		{ .name = { (const uint8_t *)"a", 1 }, .root = 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		struct plan_item got;
		struct buf b = { 0 };
		struct span in;

		plan_put(&b, &items[i]);
		in = buf_span(&b);
		assert_false(plan_next(&in, &got));
		assert_int_equal(in.n, b.n);
		buf_free(&b);
	}
}

static void
no_memory_latches(void **state)
{
	struct buf b = { .failed = true };
	struct span nothing = { NULL, 0 };
	struct plan_item got;

	(void)state;
	plan_put(&b, &(struct plan_item){ .name = SPAN("x") });
	assert_false(buf_ok(&b));
	assert_int_equal(b.n, 0);
	assert_false(plan_next(&nothing, &got));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_comes_back),
		cmocka_unit_test(no_bytes_point_outside),
		cmocka_unit_test(a_name_with_a_nul_makes_no_sense),
		cmocka_unit_test(no_memory_latches),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
