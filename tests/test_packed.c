/*
 * formats/packing.c, members.c, budget.c: members as they were put in, however
 * the bytes come; errors are errors, never an end; what is beyond the budget is
 * not made.  Other formats and programs: tests/cli/test_unpack.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "buf.h"
#include "drip.h"
#include "members.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(text) { (const uint8_t *)(text), sizeof(text) - 1 }

static const struct limits no_limits = { 0 };

static const struct {
	const char *name;
	size_t size;		/* bytes of contents */
} members[] = {
	{ "a", 0 }, { "b/c", 1 }, { "d", 511 }, { "e", 512 }, { "f", 513 },
	{ "g", 3000 },
};

static uint8_t
byte_of(size_t member, size_t i)
{
	return (uint8_t)('a' + (member * 7 + i * 13 + i / 512) % 26);
}

/* A header by POSIX.1-1988, ustar. */
static void
put_header(struct buf *b, const char *name, size_t size)
{
	uint8_t h[512] = { 0 };
	unsigned sum = 0;

	(void)snprintf((char *)h, 100, "%s", name);
	(void)snprintf((char *)h + 100, 8, "%07o", 0644u);
	(void)snprintf((char *)h + 108, 8, "%07o", 0u);
	(void)snprintf((char *)h + 116, 8, "%07o", 0u);
	(void)snprintf((char *)h + 124, 12, "%011zo", size);
	(void)snprintf((char *)h + 136, 12, "%011o", 1000000000u);
	h[156] = '0';
	memcpy(h + 257, "ustar\00000", 8);
	memset(h + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += h[i];
	(void)snprintf((char *)h + 148, 8, "%06o", sum);
	buf_add(b, h, sizeof(h));
}

static void
put_tar(struct buf *b)
{
	for (size_t k = 0; k < COUNT(members); k++) {
		put_header(b, members[k].name, members[k].size);
		for (size_t i = 0; i < members[k].size; i++)
			buf_byte(b, byte_of(k, i));
		while (b->n % 512 != 0)
			buf_byte(b, '\0');
	}
	for (size_t i = 0; i < 1024; i++)
		buf_byte(b, '\0');
}

/* The contents of the k-th member: all of it (ST_END), or its start. */
static int
read_member(struct members *m, size_t k, size_t piece)
{
	const struct byte_source s = members_source(m);
	uint8_t p[700];
	size_t at = 0, got;
	struct err e;
	int rc;

	while ((rc = s.read(s.ctx, at, p, piece, &got, &e)) == ST_OK) {
		assert_true(got > 0 && got <= piece);
		for (size_t i = 0; i < got; i++)
			assert_int_equal(p[i], byte_of(k, at + i));
		at += got;
		assert_true(at <= members[k].size);
	}
	if (rc == ST_END)
		assert_true(at == members[k].size);
	return rc;
}

/* All members, those with a bit in `skip` passed over; *n: read whole. */
static int
read_archive(struct input *in, struct drip *d, unsigned skip, size_t piece,
    size_t *n)
{
	struct budget b = { .limits = &no_limits, .file = in };
	struct members *m = NULL;
	struct member one;
	struct err e;
	size_t k = 0;
	int rc;

	*n = 0;
	input_open_source(in, drip_source(d));
	rc = members_open(&m, PACKED_TAR, in, &b, &e);
	while (rc == ST_OK && (rc = members_next(m, &one, &e)) == ST_OK) {
		assert_true(k < COUNT(members) && one.ordinal == k + 1);
		assert_true(span_eq(one.name, (struct span){
		    (const uint8_t *)members[k].name,
		    strlen(members[k].name) }));
		assert_true(one.regular && one.size == members[k].size &&
		    one.mtime == 1000000000);
		if ((skip >> k & 1) == 0) {
			if ((rc = read_member(m, k, piece)) != ST_END)
				break;
			++*n;
			rc = ST_OK;
		}
		k++;
	}
	members_close(m);
	input_close(in);
	return rc;
}

static void
members_do_not_depend_on_how_they_are_read(void **state)
{
	static const size_t steps[] = { 1, 7, 64, 0, SIZE_MAX };
	static const size_t pieces[] = { 1, 64, 700 };
	struct buf b = { 0 };
	struct input *in = input_new();
	size_t n;

	(void)state;
	put_tar(&b);
	for (size_t i = 0; i < COUNT(steps) * COUNT(pieces) * 2; i++)
		for (unsigned skip = 0; skip < 1u << COUNT(members); skip +=
		    i < 4 ? 1 : 7) {
			struct drip d = { .bytes = buf_span(&b), .seed = 1,
			    .step = steps[i / 2 % COUNT(steps)],
			    .seekable = i % 2, .fail_at = DRIP_NEVER };

			assert_int_equal(read_archive(in, &d, skip,
			    pieces[i % COUNT(pieces)], &n), ST_END);
			assert_true(n == COUNT(members) -
			    (size_t)__builtin_popcount(skip));
		}
	buf_free(&b);
	input_free(in);
}

/* The last of the zeros may be missing: that is an end for many. */
static void
a_read_error_or_a_cut_at_any_byte_is_told(void **state)
{
	struct buf b = { 0 };
	struct input *in = input_new();
	size_t n, whole = 0;

	(void)state;
	put_tar(&b);
	for (size_t at = 0; at < b.n - 1024; at++) {
		struct drip d = { .bytes = buf_span(&b), .seed = 1,
		    .step = 100, .fail_at = at };

		assert_int_equal(read_archive(in, &d, 0, 700, &n), ST_DEAD);
		assert_true(n <= COUNT(members));
		whole += n;
		d = (struct drip){ .bytes = { b.p, at }, .seed = 1,
		    .step = 100, .fail_at = DRIP_NEVER };
		/* Between two members it is just a shorter archive. */
		if (read_archive(in, &d, 0, 700, &n) == ST_END)
			assert_true(at % 512 == 0 || n == COUNT(members));
	}
	assert_true(whole > 1000);
	buf_free(&b);
	input_free(in);
}

/* --- kinds */

static void
first_bytes_tell_how_a_file_is_packed(void **state)
{
	static const struct {
		struct span head;
		enum filter filter;
		enum packed_as as;
	} cases[] = {
		{ BYTES("\x1f\x8b\x08"), FILTER_GZIP, PACKED_NOT },
		{ BYTES("\x1f\x8b\x07"), FILTER_NONE, PACKED_NOT },
		{ BYTES("BZh91AY&SY"), FILTER_BZIP2, PACKED_NOT },
		{ BYTES("BZh1\x17rE8P\x90"), FILTER_BZIP2, PACKED_NOT },
		{ BYTES("BZh01AY&SY"), FILTER_NONE, PACKED_NOT },
		{ BYTES("BZhang writes:\n"), FILTER_NONE, PACKED_NOT },
		{ BYTES("\xfd" "7zXZ\0"), FILTER_XZ, PACKED_NOT },
		{ BYTES("\x28\xb5\x2f\xfd"), FILTER_ZSTD, PACKED_NOT },
		{ BYTES("\x04\x22\x4d\x18"), FILTER_LZ4, PACKED_NOT },
		{ BYTES("LZIP\1"), FILTER_LZIP, PACKED_NOT },
		{ BYTES("LZIP: x\n"), FILTER_NONE, PACKED_NOT },
		{ BYTES("\x1f\x9d\x90"), FILTER_COMPRESS, PACKED_NOT },
		{ BYTES("\x1f\x9d\x11"), FILTER_NONE, PACKED_NOT },
		{ BYTES("\x1f\x9d\xff"), FILTER_NONE, PACKED_NOT },
		{ BYTES("PK\3\4"), FILTER_NONE, PACKED_ZIP },
		{ BYTES("PK\5\6"), FILTER_NONE, PACKED_ZIP },
		{ BYTES("PK\3"), FILTER_NONE, PACKED_NOT },
		{ BYTES("7z\xbc\xaf\x27\x1c"), FILTER_NONE, PACKED_7Z },
		{ BYTES("!<arch>\n"), FILTER_NONE, PACKED_AR },
		{ BYTES("070701 is a number\n"), FILTER_NONE, PACKED_NOT },
		{ BYTES("From a@b.example Mon Jan  1 00:00:00 2024\n"),
		    FILTER_NONE, PACKED_NOT },
		{ BYTES(""), FILTER_NONE, PACKED_NOT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %zu\n", i);
		assert_int_equal(packing_filter(cases[i].head),
		    cases[i].filter);
		assert_int_equal(packing_archive(cases[i].head),
		    cases[i].as);
	}
}

static void
a_tar_is_known_by_its_sum(void **state)
{
	struct buf b = { 0 };
	uint8_t zeros[512] = { 0 };

	(void)state;
	/* Whatever its first member is called. */
	put_header(&b, "BZh91AY&SY", 0);
	assert_int_equal(packing_filter(buf_span(&b)), FILTER_NONE);
	assert_int_equal(packing_archive(buf_span(&b)), PACKED_TAR);
	for (size_t i = 0; i < 512; i++) {
		b.p[i] ^= 1;
		/* The last two bytes of the sum are no part of it. */
		if (i != 154 && i != 155)
			assert_int_equal(packing_archive(buf_span(&b)),
			    PACKED_NOT);
		b.p[i] ^= 1;
	}
	assert_int_equal(packing_archive((struct span){ b.p, 511 }),
	    PACKED_NOT);
	assert_int_equal(packing_archive((struct span){ zeros, 512 }),
	    PACKED_NOT);
	buf_free(&b);
}

static void
a_cpio_is_known_by_its_header(void **state)
{
	uint8_t h[256];

	(void)state;
	for (size_t n = 0; n <= 120; n++) {
		memset(h, '0', sizeof(h));
		memcpy(h, "070701", 6);
		h[n] = 'x';
		assert_int_equal(packing_archive((struct span){ h, 120 }),
		    n < 110 ? PACKED_NOT : PACKED_CPIO);
	}
	for (size_t n = 0; n < 120; n++) {
		memset(h, '0', sizeof(h));
		memcpy(h, "070707", 6);
		assert_int_equal(packing_archive((struct span){ h, n }),
		    n < 76 ? PACKED_NOT : PACKED_CPIO);
	}
}

/* --- budget */

static void
what_is_too_much_is_told(void **state)
{
	const struct limits l = { .ratio = 10, .ratio_free = 1000,
	    .bytes = 5000, .members = 3, .nesting = 2, .filters = 1 };
	struct input *in = input_new();
	struct drip d = { .bytes = BYTES("0123456789"), .step = SIZE_MAX,
	    .fail_at = DRIP_NEVER };
	struct budget b = { .limits = &l, .file = in };
	struct span s;
	struct err e;

	(void)state;
	input_open_source(in, drip_source(&d));
	assert_int_equal(budget_bytes(&b, 1000, &e), ST_OK);
	assert_int_equal(budget_bytes(&b, 1, &e), ST_DEAD);
	assert_int_equal(b.hit, LIMIT_RATIO);
	assert_non_null(strstr(e.text, "10"));
	/* With 10 bytes in: 100 are 10 for each, and 1,001 are not. */
	b = (struct budget){ .limits = &l, .file = in };
	assert_int_equal(input_peek(in, 1, &s, &e), ST_OK);
	input_consume(in, 10);
	assert_int_equal(budget_bytes(&b, 1001, &e), ST_DEAD);
	b = (struct budget){ .limits = &no_limits, .file = in };
	assert_int_equal(budget_bytes(&b, UINT64_MAX / 2, &e), ST_OK);
	for (unsigned n = 1; n <= 5; n++) {
		b = (struct budget){ .limits = &l, .file = in,
		    .members = n - 1 };
		assert_int_equal(budget_member(&b, &e), n <= 3 ? ST_OK :
		    ST_DEAD);
		assert_int_equal(b.hit, n <= 3 ? LIMIT_NONE : LIMIT_MEMBERS);
		b.hit = LIMIT_NONE;
		assert_int_equal(budget_nesting(&b, n, &e), n <= 2 ? ST_OK :
		    ST_DEAD);
		assert_int_equal(b.hit, n <= 2 ? LIMIT_NONE : LIMIT_NESTING);
		b.hit = LIMIT_NONE;
		assert_int_equal(budget_filters(&b, n, &e), n <= 1 ? ST_OK :
		    ST_DEAD);
		assert_int_equal(b.hit, n <= 1 ? LIMIT_NONE : LIMIT_FILTERS);
	}
	input_free(in);
}

/* In all, where the ratio alone would let it pass. */
static void
bytes_are_limited_too(void **state)
{
	const struct limits l = { .ratio = 1000, .ratio_free = 10,
	    .bytes = 100 };
	struct drip d = { .bytes = BYTES("0123456789"), .step = SIZE_MAX,
	    .fail_at = DRIP_NEVER };
	struct input *in = input_new();
	struct budget b = { .limits = &l, .file = in };
	struct span s;
	struct err e;

	(void)state;
	input_open_source(in, drip_source(&d));
	assert_int_equal(input_peek(in, 10, &s, &e), ST_OK);
	input_consume(in, 10);
	assert_int_equal(budget_bytes(&b, 100, &e), ST_OK);
	assert_int_equal(budget_bytes(&b, 1, &e), ST_DEAD);
	assert_int_equal(b.hit, LIMIT_BYTES);
	/* 8 for each byte are fine, rounded down: 87 for 10. */
	b = (struct budget){ .limits = &(struct limits){ .ratio_free = 1,
	    .bytes = 10 }, .file = in };
	assert_int_equal(budget_bytes(&b, 87, &e), ST_OK);
	assert_int_equal(budget_bytes(&b, 1, &e), ST_DEAD);
	input_free(in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_do_not_depend_on_how_they_are_read),
		cmocka_unit_test(a_read_error_or_a_cut_at_any_byte_is_told),
		cmocka_unit_test(first_bytes_tell_how_a_file_is_packed),
		cmocka_unit_test(a_tar_is_known_by_its_sum),
		cmocka_unit_test(a_cpio_is_known_by_its_header),
		cmocka_unit_test(what_is_too_much_is_told),
		cmocka_unit_test(bytes_are_limited_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
