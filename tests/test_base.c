/*
 * Buffers, errors, spans, and SHA-256.
 */
#include <errno.h>
#include <stdio.h>

#include "buf.h"
#include "err.h"
#include "hash.h"
#include "span.h"
#include "t.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void
digits_are_grouped_by_three(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = {
		{ 0, "0" }, { 9, "9" }, { 10, "10" }, { 999, "999" },
		{ 1000, "1,000" }, { 99999, "99,999" },
		{ 100000, "100,000" }, { 1234567, "1,234,567" },
		{ UINT64_MAX, "18,446,744,073,709,551,615" },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		buf_grouped(&b, cases[i].n);
		assert_string_equal(buf_text(&b), cases[i].text);
	}
	buf_free(&b);
}

static void
a_buffer_holds_what_was_appended(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_string_equal(buf_text(&b), "");
	assert_int_equal(buf_span(&b).n, 0);
	buf_add(&b, "ab\0c", 4);
	buf_str(&b, "def");
	buf_str(&b, "");
	buf_add(&b, NULL, 0);
	buf_byte(&b, '\n');
	buf_u64(&b, 0);
	buf_u64(&b, 1234567890);
	buf_u64(&b, UINT64_MAX);
	buf_hex(&b, (const uint8_t *)"\x00\x9a\xff", 3);
	buf_printf(&b, "%s=%d", "x", -1);
	assert_true(buf_ok(&b));
	assert_true(span_eq(buf_span(&b), SPAN("ab\0cdef\n01234567890"
	    "18446744073709551615009affx=-1")));
	buf_free(&b);
	assert_int_equal(b.cap, 0);
	assert_string_equal(buf_text(&b), "");
	buf_free(&b);
}

static void
a_buffer_grows_at_every_length(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (size_t n = 0; n < 3000; n++) {
		assert_int_equal(buf_span(&b).n, n);
		if (n % 3 == 0)
			assert_int_equal(strlen(buf_text(&b)), n);
		buf_byte(&b, (uint8_t)('a' + n % 26));
	}
	for (size_t n = 0; n < 3000; n++)
		assert_int_equal(b.p[n], 'a' + n % 26);
	buf_free(&b);
}

static void
a_cleared_buffer_keeps_its_memory(void **state)
{
	struct buf b = { 0 };
	const uint8_t *p;

	(void)state;
	buf_str(&b, "some");
	p = b.p;
	buf_clear(&b);
	assert_string_equal(buf_text(&b), "");
	buf_str(&b, "more");
	assert_ptr_equal(b.p, p);
	assert_string_equal(buf_text(&b), "more");
	buf_free(&b);
}

static void
a_buffer_that_failed_takes_nothing_until_cleared(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_str(&b, "kept");
	buf_add(&b, "never read", SIZE_MAX);
	assert_false(buf_ok(&b));
	buf_str(&b, "dropped");
	buf_u64(&b, 1);
	buf_printf(&b, "%d", 1);
	assert_false(buf_ok(&b));
	assert_string_equal(buf_text(&b), "");
	assert_true(span_eq(buf_span(&b), SPAN("kept")));
	buf_clear(&b);
	assert_true(buf_ok(&b));
	buf_str(&b, "again");
	assert_string_equal(buf_text(&b), "again");
	buf_free(&b);
}

static void
printf_appends_text_of_any_length(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int n = 0; n < 1200; n += 7) {
		buf_clear(&b);
		buf_printf(&b, "<%*d>", n + 1, 7);
		assert_true(buf_ok(&b));
		assert_int_equal(strlen(buf_text(&b)), n + 3);
		assert_int_equal(b.p[n + 1], '7');
	}
	buf_free(&b);
}

static void
an_error_says_what_failed_and_why(void **state)
{
	struct err e = { 0 };
	char want[256];

	(void)state;
	assert_int_equal(err_set(&e, ST_DEAD, ENOENT, "open %d", 7), ST_DEAD);
	assert_int_equal(e.num, ENOENT);
	(void)snprintf(want, sizeof(want), "open 7: %s", strerror(ENOENT));
	assert_string_equal(e.text, want);
	assert_int_equal(err_set(&e, ST_BAD, 0, "no magic"), ST_BAD);
	assert_int_equal(e.num, 0);
	assert_string_equal(e.text, "no magic");
	(void)err_set(&e, ST_BAD, ENOENT, "%s", "");
	assert_string_equal(e.text, strerror(ENOENT));
}

static void
an_error_needs_no_place_to_be_written(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ST_END, EIO, "read"), ST_END);
}

static void
an_error_that_is_too_long_is_cut(void **state)
{
	struct err e;

	(void)state;
	for (int n = 1; n < 600; n++) {
		(void)err_set(&e, ST_DEAD, EIO, "%*d", n, 1);
		assert_true(strlen(e.text) < sizeof(e.text));
		if (n < 256)
			assert_int_equal(e.text[n - 1], '1');
	}
}

static void
spans_are_compared_by_their_bytes(void **state)
{
	const struct span none = { NULL, 0 };

	(void)state;
	assert_true(span_eq(SPAN("a\0b"), SPAN("a\0b")));
	assert_false(span_eq(SPAN("a\0b"), SPAN("a\0c")));
	assert_false(span_eq(SPAN("ab"), SPAN("abc")));
	assert_true(span_starts(SPAN("abc"), SPAN("ab")));
	assert_true(span_starts(SPAN("abc"), SPAN("")));
	assert_false(span_starts(SPAN("ab"), SPAN("abc")));
	assert_false(span_starts(SPAN("aBc"), SPAN("ab")));
	assert_true(span_starts_nocase(SPAN("aBc"), SPAN("ab")));
	assert_false(span_starts_nocase(SPAN("a"), SPAN("ab")));
	assert_false(span_starts_nocase(SPAN("a\x0d"), SPAN("a-")));
	assert_true(span_eq(none, none));
	assert_true(span_starts(SPAN("a"), none));
	assert_true(span_starts_nocase(none, none));
}

static void
bytes_are_classed_as_ascii_whatever_the_locale(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		const uint8_t b = (uint8_t)c;
		const bool upper = c >= 65 && c <= 90;

		assert_int_equal(ascii_lower(b), upper ? c + 32 : c);
		assert_int_equal(ascii_digit(b), c >= 48 && c <= 57);
		assert_int_equal(ascii_wsp(b), c == 32 || c == 9);
		assert_int_equal(ascii_ftext(b),
		    c >= 33 && c <= 126 && c != 58);
	}
}

/* FIPS 180-2 appendix B, and the examples that NIST published with it. */
static const struct {
	const char *text, *hex;
} vectors[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	    "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	    "cf5b16a778af8380036ce59e7b049237"
	    "0b249b11e8f07a51afac45037afee9d1" },
};

static void
hash_is(struct hash *h, const char *hex)
{
	uint8_t sum[HASH_SIZE];
	struct buf b = { 0 };

	assert_true(hash_end(h, sum));
	buf_hex(&b, sum, sizeof(sum));
	assert_string_equal(buf_text(&b), hex);
	buf_free(&b);
}

static void
sha_256_is_as_published_at_every_cut(void **state)
{
	struct hash *h = hash_new();

	(void)state;
	assert_non_null(h);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const uint8_t *p = (const uint8_t *)vectors[i].text;
		const size_t n = strlen(vectors[i].text);

		for (size_t cut = 0; cut <= n; cut++) {
			hash_begin(h);
			hash_feed(h, (struct span){ p, cut });
			hash_feed(h, (struct span){ p + cut, n - cut });
			hash_is(h, vectors[i].hex);
		}
	}
	hash_free(h);
}

/* Of the empty one, all strings of a byte, and some of two. */
static void
a_mac_is_the_same_for_the_same_bytes_and_key_alone(void **state)
{
	struct mac *m = mac_new(), *other = mac_new();
	static uint8_t seen[1 + 256 + 1024][HASH_SIZE];
	uint8_t sum[HASH_SIZE], text[2] = { 0 };
	size_t n = 0;

	(void)state;
	assert_non_null(m);
	assert_non_null(other);
	assert_true(mac_of(m, (struct span){ text, 0 }, seen[n++]));
	for (unsigned i = 0; i < 256 + 1024; i++) {
		const size_t len = i < 256 ? 1 : 2;

		text[0] = (uint8_t)i;
		text[1] = (uint8_t)(i >> 8);
		assert_true(mac_of(m, (struct span){ text, len }, seen[n]));
		assert_true(mac_of(m, (struct span){ text, len }, sum));
		assert_memory_equal(sum, seen[n], HASH_SIZE);
		assert_true(mac_of(other, (struct span){ text, len }, sum));
		assert_memory_not_equal(sum, seen[n], HASH_SIZE);
		for (size_t k = 0; k < n; k++)
			assert_memory_not_equal(seen[k], seen[n], 8);
		n++;
	}
	mac_free(m);
	mac_free(other);
	mac_free(NULL);
}

static void
a_million_letters_have_their_sum(void **state)
{
	struct hash *h = hash_new();
	uint8_t a[1000];

	(void)state;
	assert_non_null(h);
	memset(a, 'a', sizeof(a));
	hash_begin(h);
	for (unsigned i = 0; i < 1000; i++)
		hash_feed(h, (struct span){ a, sizeof(a) });
	hash_is(h, "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0");
	hash_free(h);
}

static void
a_hash_may_be_begun_again_in_the_middle(void **state)
{
	struct hash *h = hash_new();

	(void)state;
	assert_non_null(h);
	hash_begin(h);
	hash_feed(h, SPAN("left behind"));
	hash_begin(h);
	hash_feed(h, SPAN("abc"));
	hash_is(h, vectors[1].hex);
	hash_free(h);
	hash_free(NULL);
}

static int
compare_tags(const void *a, const void *b)
{
	return memcmp(a, b, HASH_SIZE);
}

/* Of all strings over four letters up to six bytes, however they are fed. */
static void
tags_are_the_same_where_bytes_are(void **state)
{
	enum { LONGEST = 6, ALL = 1 + 4 + 16 + 64 + 256 + 1024 + 4096 };
	static uint8_t tags[ALL][HASH_SIZE];
	struct hash *a = hash_new_tag(), *b = hash_new_tag();
	uint8_t p[LONGEST], other[HASH_SIZE];
	size_t made = 0;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	for (size_t n = 0; n <= LONGEST; n++)
		for (size_t v = 0; v < (size_t)1 << 2 * n; v++, made++) {
			for (size_t i = 0; i < n; i++)
				p[i] = (uint8_t)"\0\1a\377"[v >> 2 * i & 3];
			hash_begin(a);
			hash_feed(a, (struct span){ p, n });
			assert_true(hash_end(a, tags[made]));
			for (size_t cut = 0; cut <= n; cut++) {
				hash_begin(b);
				hash_feed(b, (struct span){ p, cut });
				hash_feed(b, (struct span){ p + cut,
				    n - cut });
				assert_true(hash_end(b, other));
				assert_memory_equal(other, tags[made],
				    HASH_SIZE);
			}
		}
	assert_int_equal(made, ALL);
	qsort(tags, ALL, HASH_SIZE, compare_tags);
	for (size_t i = 1; i < ALL; i++)
		assert_memory_not_equal(tags[i - 1], tags[i], HASH_SIZE);
	hash_free(a);
	hash_free(b);
}

/* The key goes along with a child, and no other program has it. */
static void
a_child_makes_the_same_tags(void **state)
{
	struct hash *h = hash_new_tag();
	uint8_t tag[HASH_SIZE], other[HASH_SIZE];
	int ends[2];
	pid_t pid;

	(void)state;
	assert_non_null(h);
	hash_begin(h);
	hash_feed(h, SPAN("abc"));
	assert_true(hash_end(h, tag));
	assert_int_equal(pipe(ends), 0);
	if ((pid = fork()) == 0) {
		struct hash *mine = hash_new_tag();

		hash_begin(mine);
		hash_feed(mine, SPAN("abc"));
		_exit(!hash_end(mine, other) ||
		    write(ends[1], other, sizeof(other)) != sizeof(other));
	}
	assert_true(pid > 0);
	assert_int_equal(read(ends[0], other, sizeof(other)), sizeof(other));
	assert_memory_equal(other, tag, sizeof(tag));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(ends[0]);
	(void)close(ends[1]);
	hash_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_are_grouped_by_three),
		cmocka_unit_test(a_buffer_holds_what_was_appended),
		cmocka_unit_test(a_buffer_grows_at_every_length),
		cmocka_unit_test(a_cleared_buffer_keeps_its_memory),
		cmocka_unit_test(
		    a_buffer_that_failed_takes_nothing_until_cleared),
		cmocka_unit_test(printf_appends_text_of_any_length),
		cmocka_unit_test(an_error_says_what_failed_and_why),
		cmocka_unit_test(an_error_needs_no_place_to_be_written),
		cmocka_unit_test(an_error_that_is_too_long_is_cut),
		cmocka_unit_test(spans_are_compared_by_their_bytes),
		cmocka_unit_test(
		    bytes_are_classed_as_ascii_whatever_the_locale),
		cmocka_unit_test(sha_256_is_as_published_at_every_cut),
		cmocka_unit_test(
		    a_mac_is_the_same_for_the_same_bytes_and_key_alone),
		cmocka_unit_test(a_million_letters_have_their_sum),
		cmocka_unit_test(a_hash_may_be_begun_again_in_the_middle),
		cmocka_unit_test(tags_are_the_same_where_bytes_are),
		cmocka_unit_test(a_child_makes_the_same_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
