/*
 * Lines of a report, wherever blocks end that are read of it.
 */
#include <stdlib.h>

#include "t.h"
#include "report_lines.h"

/* Bytes: around the blocks of a reader, which double from 4 to 64 KiB. */
static const size_t lengths[] = { 1, 4094, 1, 2, 4096, 0, 8190, 3, 16384, 70,
	65535, 1, 65536, 65537, 0, 0, 131072, 5, 200000, 300 };
#define LINES (sizeof(lengths) / sizeof(lengths[0]))

struct file {
	FILE *f;
	uint64_t at[LINES + 1];
};

/* shift: bytes more of the first line. */
static void
make(struct file *m, size_t shift, bool cut)
{
	m->f = tmpfile();
	assert_non_null(m->f);
	m->at[0] = 0;
	for (size_t i = 0; i < LINES; i++) {
		const size_t n = lengths[i] + (i == 0 ? shift : 0);

		for (size_t k = 0; k < n; k++)
			(void)fputc((int)('a' + (i + k) % 23), m->f);
		if (!cut || i + 1 < LINES)
			(void)fputc('\n', m->f);
		m->at[i + 1] = m->at[i] + n + 1;
	}
	rewind(m->f);
}

static void
check(const struct span *s, size_t i, size_t shift)
{
	assert_int_equal(s->n, lengths[i] + (i == 0 ? shift : 0));
	for (size_t k = 0; k < s->n; k++)
		if (s->p[k] != 'a' + (i + k) % 23)
			fail_msg("line %zu, byte %zu", i, k);
}

static void
lines_do_not_depend_on_blocks(void **state)
{
	struct err e;
	struct span s;

	(void)state;
	for (size_t shift = 0; shift < 12; shift++) {
		struct file m;
		struct report_lines r = { .file = NULL };

		make(&m, shift, shift % 2 == 1);
		r.file = m.f;
		for (size_t i = 0; i < LINES; i++) {
			if (lengths[i] == 0)
				continue;	/* blank */
			assert_int_equal(report_lines_next(&r, &s, &e), ST_OK);
			check(&s, i, shift);
			assert_int_equal(r.at, m.at[i]);
			assert_int_equal(r.number, i + 1);
			assert_int_equal(r.next, m.at[i + 1] -
			    (r.cut ? 1 : 0));
			assert_int_equal(r.cut, shift % 2 == 1 &&
			    i + 1 == LINES);
		}
		assert_int_equal(report_lines_next(&r, &s, &e), ST_END);
		report_lines_close(&r);
	}
}

static void
a_line_is_the_same_from_wherever_a_reader_comes(void **state)
{
	struct report_lines r = { .file = NULL };
	struct file m;
	struct err e;
	struct span s;

	(void)state;
	make(&m, 0, false);
	r.file = m.f;
	for (size_t i = 0; i < LINES; i++)
		for (size_t k = 0; k < LINES; k++) {
			if (lengths[i] == 0 || lengths[k] == 0)
				continue;
			assert_int_equal(report_lines_at(&r, m.at[i], &s,
			    &e), ST_OK);
			check(&s, i, 0);
			assert_int_equal(report_lines_at(&r, m.at[k], &s,
			    &e), ST_OK);
			check(&s, k, 0);
		}
	assert_int_equal(report_lines_at(&r, m.at[LINES], &s, &e), ST_END);
	report_lines_close(&r);
}

static void
what_is_longer_than_a_record_is_none(void **state)
{
	struct report_lines r = { .file = tmpfile() };
	struct err e;
	struct span s;

	(void)state;
	assert_non_null(r.file);
	for (size_t i = 0; i < 17u << 20; i++)
		(void)putc_unlocked('x', r.file);
	rewind(r.file);
	assert_int_equal(report_lines_next(&r, &s, &e), ST_BAD);
	report_lines_close(&r);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_do_not_depend_on_blocks),
		cmocka_unit_test(
		    a_line_is_the_same_from_wherever_a_reader_comes),
		cmocka_unit_test(what_is_longer_than_a_record_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
