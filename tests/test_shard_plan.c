/*
 * The lines of a plan: what was put is read, by the short way and by the
 * library.
 */
#include <stdlib.h>

#include "t.h"
#include "shard_plan.h"

static const char *const names[] = { "1.M2P3.host,S=5:2,S", "1234567",
	"12345678", "a b", "quo\"te", "back\\slash", "new\nline", "\xff\xfe",
	"gr\xc3\xbc\xc3\x9f", "\x7f", "1234567\x7f", "{\"type\":\"file\"", ",",
	"12345678901234567890123456789012345678901234567890" };

static const uint64_t numbers[] = { 0, 1, 9, 10, 1234567890, (1ull << 53) - 1,
	1ull << 53, 999999999999999999u, 1796017976857601119u,
	9999999999999999999u, 10000000000000000000u, UINT64_MAX };

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
same(const struct plan_line *a, const struct plan_line *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->named, b->named);
	assert_int_equal(a->place, b->place);
	assert_int_equal(a->path.n, b->path.n);
	assert_memory_equal(a->path.p, b->path.p, a->path.n);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->mtime, b->mtime);
	assert_int_equal(a->inode, b->inode);
}

/* Read back as it is; and with a space, which only the library takes. */
static void
round_trip(const struct plan_line *l)
{
	struct plan_line got = { .kind = PLAN_FILE };
	struct buf text = { 0 };

	plan_line_put(&text, l);
	assert_int_equal(text.p[text.n - 1], '\n');
	assert_true(plan_line_read(&got, (struct span){ text.p,
	    text.n - 1 }));
	same(&got, l);
	text.p[text.n - 1] = ' ';
	assert_true(plan_line_read(&got, buf_span(&text)));
	same(&got, l);
	buf_free(&text);
	plan_line_free(&got);
}

static void
what_was_put_is_read(void **state)
{
	struct plan_line l = { .kind = PLAN_FILE };

	(void)state;
	for (size_t i = 0; i < N(names); i++) {
		buf_clear(&l.path);
		buf_str(&l.path, names[i]);
		for (size_t k = 0; k < N(numbers); k++) {
			l.place = (enum store_place)((i + k) % PLACES);
			l.size = numbers[k];
			l.mtime = numbers[(k + i) % N(numbers)];
			l.inode = numbers[(k + 3) % N(numbers)];
			round_trip(&l);
		}
	}
	l.named = true;
	round_trip(&l);
	plan_line_free(&l);
}

static void
what_nobody_put_is_not_read(void **state)
{
	static const char *const tails[] = {
		"\"size\":01,\"mtime\":1,\"inode\":1}",
		"\"size\":,\"mtime\":1,\"inode\":1}",
		"\"size\":-1,\"mtime\":1,\"inode\":1}",
		"\"size\":1,\"mtime\":\"\",\"inode\":1}",
		"\"size\":1,\"mtime\":\"18446744073709551616\",\"inode\":1}",
		"\"size\":1,\"mtime\":1,\"inode\":1}}",
		"\"size\":1,\"mtime\":1}",
	};
	static const char *const bad[] = { "", ".", "..", "a/b", "a\\u0000b" };
	struct plan_line l = { .kind = PLAN_FILE };
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < N(tails) + N(bad); i++) {
		buf_clear(&b);
		buf_printf(&b, "{\"type\":\"file\",\"name\":\"%s\","
		    "\"place\":\"eml\",%s", i < N(bad) ? bad[i] : "a",
		    i < N(bad) ? "\"size\":1,\"mtime\":1,\"inode\":1}" :
		    tails[i - N(bad)]);
		if (plan_line_read(&l, buf_span(&b)))
			fail_msg("%s", buf_text(&b));
	}
	buf_free(&b);
	plan_line_free(&l);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_read),
		cmocka_unit_test(what_nobody_put_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
