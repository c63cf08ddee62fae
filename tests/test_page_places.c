/*
 * Stores by their paths: each is there once, a folder and all that is in it
 * stand together, and the worst come first.
 */
#include "t.h"

#include <stdio.h>
#include <stdlib.h>

#include "page_places.h"

#define SHORT 5u		/* bytes of a path */

static const uint8_t letters[] = { '/', '!', ' ', 'a', 0xff };
#define BASE (sizeof(letters))

/* Every path of up to SHORT letters, as numbers. */
static size_t
path_of(size_t v, uint8_t out[SHORT])
{
	size_t n = 0;

	for (; v > 0; v = (v - 1) / BASE)
		out[n++] = letters[(v - 1) % BASE];
	return n;
}

/* b is in the folder (or archive) a, or is it. */
static bool
is_in(struct span a, struct span b)
{
	return span_starts(b, a) && (b.n == a.n || b.p[a.n] == '/' ||
	    b.p[a.n] == '!');
}

static bool
is_same(const void *a, const void *b)
{
	return a == b;
}

/* What is in one folder is not torn apart by what is not. */
static void
folders_stand_together(void **state)
{
	struct page_places t = { 0 };
	struct page_place **list;
	uint8_t path[SHORT];
	size_t n = 0, i, k;

	(void)state;
	for (size_t v = 3905; v > 0; v--, n++) {	/* 5 + 25 ... + 3125 */
		const size_t len = path_of(v, path);

		assert_int_equal(places_add(&t, (struct span){ path, len }),
		    n);
	}
	for (size_t v = 1; v <= n; v += 7) {
		const size_t len = path_of(v, path);
		const struct span s = { path, len };

		assert_int_equal(places_add(&t, s), n - v);
		assert_true(is_same(places_find(&t, s), t.list[n - v]));
		assert_true(span_eq(t.list[n - v]->path, s));
	}
	assert_int_equal(t.n, n);
	list = places_by_path(&t);
	assert_non_null(list);
	for (i = 0; i < n; i++) {
		size_t all = 0;

		for (k = 0; k < n; k++)
			all += is_in(list[i]->path, list[k]->path);
		for (k = i; k < n && is_in(list[i]->path, list[k]->path); k++)
			;
		assert_int_equal(k - i, all);
	}
	free(list);
	places_free(&t);
	assert_int_equal(t.n, 0);
	assert_null(places_find(&t, SPAN("a")));
}

static void
the_worst_come_first(void **state)
{
	struct page_places t = { 0 };
	uint8_t path[SHORT];

	(void)state;
	for (size_t v = 1; v <= 1000; v++) {
		const size_t i = places_add(&t, (struct span){ path,
		    path_of(v, path) });

		for (size_t s = 0; s < SEVERITIES; s++)
			t.list[i]->by_severity[s] = v * (7 + s) % 3;
	}
	places_rank(&t);
	for (size_t i = 1; i < t.n; i++) {
		const struct page_place *a = t.list[i - 1], *b = t.list[i];
		size_t s = SEVERITIES;

		assert_int_equal(b->rank, i);
		while (s > 0 && a->by_severity[s - 1] == b->by_severity[s - 1])
			s--;
		if (s > 0)
			assert_true(a->by_severity[s - 1] >
			    b->by_severity[s - 1]);
	}
	places_free(&t);
}

/* Those beyond are one, and memory is bounded by their number. */
static void
there_are_no_more_than_that(void **state)
{
	struct page_places t = { 0 };
	char path[32];

	(void)state;
	for (size_t i = 0; i < PLACES_MAX + 100; i++) {
		(void)snprintf(path, sizeof(path), "/a/%zu", i);
		assert_int_equal(places_add(&t, span_text(path)),
		    i < PLACES_MAX ? i : PLACES_MAX);
	}
	assert_int_equal(t.n, PLACES_MAX + 1);
	assert_int_equal(t.list[PLACES_MAX]->path.n, 0);
	assert_int_equal(places_add(&t, SPAN("/a/7")), 7);
	places_free(&t);
}

#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

static void
messages_are_in_their_folder_or_file(void **state)
{
	static const struct {
		struct span path, format, store;
	} cases[] = {
		{ S("a/b/cur/1:2,S"), S("maildir"), S("a/b/cur") },
		{ S("a/b.mbox"), S("mbox"), S("a/b.mbox") },
		{ S("a/u.1"), S("dbox"), S("a/u.1") },
		{ S("inbox"), S("mmdf"), S("inbox") },
		{ S("x.tar!u/cur/1"), S("maildir"), S("x.tar!u/cur") },
		{ S("x.tar!1.eml"), S("eml"), S("x.tar") },
		{ S("1.eml"), S("eml"), S("1.eml") },
		{ S("/1.eml"), S("eml"), S("/") },
		{ S("-"), S("eml"), S("-") },
		{ S(""), S("eml"), S("") },
		{ S("a/"), S("eml"), S("a") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(span_eq(places_of(cases[i].path,
		    cases[i].format), cases[i].store));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_stand_together),
		cmocka_unit_test(the_worst_come_first),
		cmocka_unit_test(there_are_no_more_than_that),
		cmocka_unit_test(messages_are_in_their_folder_or_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
