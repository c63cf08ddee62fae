/*
 * scanner/act/journal.c and record.c: what was recorded comes back, or it
 * shows.
 */
#include "t.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "journal.h"
#include "record.h"

#define RECORDS 4u

static const enum record_type types[RECORDS] = { RECORD_RUN, RECORD_INTENT,
	RECORD_COMMIT, RECORD_ABORT };
static const char *const texts[RECORDS] = { "first", "", "a longer one\n\n",
	"x" };

static int
setup(void **state)
{
	static struct folder f;

	folder_make(&f);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	folder_remove(*state);
	return 0;
}

static struct span
text_span(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

/* A journal with all of them, the first with this text; ends[i]: its size
 * after i + 1 records. */
static void
write_journal_of(const struct folder *f, const char *first,
    size_t ends[RECORDS])
{
	struct journal *j;
	struct stat st;
	uint64_t seq;

	(void)unlinkat(f->fd, JOURNAL_NAME, 0);
	assert_int_equal(journal_create(&j, f->fd, NULL), ST_OK);
	for (unsigned i = 0; i < RECORDS; i++) {
		assert_int_equal(journal_append(j, types[i],
		    text_span(i == 0 ? first : texts[i]), &seq, NULL), ST_OK);
		assert_int_equal(seq, i + 1);
		assert_int_equal(fstatat(f->fd, JOURNAL_NAME, &st, 0), 0);
		ends[i] = (size_t)st.st_size;
	}
	journal_close(j);
}

static void
write_journal(const struct folder *f, size_t ends[RECORDS])
{
	write_journal_of(f, texts[0], ends);
}

/* The first n records are there, and nothing else. */
static void
check_records(struct journal *j, size_t n)
{
	struct buf b = { 0 };

	assert_int_equal(journal_count(j), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(journal_type(j, i + 1), types[i]);
		assert_int_equal(journal_read(j, i + 1, &b, NULL), ST_OK);
		assert_true(span_eq(buf_span(&b), text_span(texts[i])));
	}
	buf_free(&b);
}

static void
records_come_back(void **state)
{
	const struct folder *f = *state;
	size_t ends[RECORDS];
	struct journal *j;

	write_journal(f, ends);
	assert_int_equal(journal_open(&j, f->fd, NULL), ST_OK);
	check_records(j, RECORDS);
	assert_int_equal(journal_cut(j), 0);
	journal_close(j);
	assert_int_equal(journal_create(&j, f->fd, NULL), ST_DEAD);
}

/* Cut anywhere: the whole records before that are there, and it goes on. */
static void
a_torn_tail_is_cut_at_every_byte(void **state)
{
	const struct folder *f = *state;
	size_t ends[RECORDS], kept = 0;
	struct journal *j;
	struct buf all = { 0 };
	int rc;

	write_journal(f, ends);
	folder_read(f, JOURNAL_NAME, &all);
	assert_int_equal(all.n, ends[RECORDS - 1]);
	for (size_t n = 0; n <= all.n; n++) {
		folder_write(f, JOURNAL_NAME, (struct span){ all.p, n });
		for (kept = 0; kept < RECORDS && ends[kept] <= n; kept++)
			;
		rc = journal_open(&j, f->fd, NULL);
		assert_int_equal(rc, kept > 0 ? ST_OK : ST_END);
		if (rc != ST_OK)
			continue;
		check_records(j, kept);
		assert_int_equal(journal_cut(j), n - ends[kept - 1]);
		for (; kept < RECORDS; kept++)
			assert_int_equal(journal_append(j, types[kept],
			    text_span(texts[kept]), NULL, NULL), ST_OK);
		journal_close(j);
		assert_int_equal(journal_open(&j, f->fd, NULL), ST_OK);
		check_records(j, RECORDS);
		journal_close(j);
	}
	buf_free(&all);
}

/*
 * A changed byte is damage, or, in the last record, as if that had been torn;
 * never a record that was not written.
 */
static void
a_flipped_byte_is_found_everywhere(void **state)
{
	const struct folder *f = *state;
	size_t ends[RECORDS];
	struct buf all = { 0 };
	struct journal *j;
	int rc;

	write_journal(f, ends);
	folder_read(f, JOURNAL_NAME, &all);
	for (size_t i = 0; i < all.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			all.p[i] ^= (uint8_t)(1u << bit);
			folder_write(f, JOURNAL_NAME, buf_span(&all));
			all.p[i] ^= (uint8_t)(1u << bit);
			rc = journal_open(&j, f->fd, NULL);
			if (i < ends[RECORDS - 2]) {
				assert_int_equal(rc, ST_DEAD);
				continue;
			}
			assert_int_equal(rc, ST_OK);
			check_records(j, RECORDS - 1);
			assert_true(journal_cut(j) > 0);
			journal_close(j);
		}
	buf_free(&all);
}

/* A record left out, doubled, or from another place. */
static void
the_chain_shows_what_was_moved(void **state)
{
	const struct folder *f = *state;
	size_t ends[RECORDS];
	struct buf all = { 0 }, b = { 0 };
	struct journal *j;

	write_journal(f, ends);
	folder_read(f, JOURNAL_NAME, &all);
	for (unsigned from = 0; from < RECORDS; from++)
		for (unsigned to = 0; to < RECORDS; to++) {
			const size_t a = from > 0 ? ends[from - 1] : 0;
			const size_t at = to > 0 ? ends[to - 1] : 0;

			buf_clear(&b);
			buf_add(&b, all.p, at);
			buf_add(&b, all.p + a, ends[from] - a);
			buf_add(&b, all.p + at, all.n - at);
			folder_write(f, JOURNAL_NAME, buf_span(&b));
			assert_int_equal(journal_open(&j, f->fd, NULL),
			    ST_DEAD);
		}
	for (unsigned gone = 0; gone + 1 < RECORDS; gone++) {
		const size_t at = gone > 0 ? ends[gone - 1] : 0;

		buf_clear(&b);
		buf_add(&b, all.p, at);
		buf_add(&b, all.p + ends[gone], all.n - ends[gone]);
		folder_write(f, JOURNAL_NAME, buf_span(&b));
		assert_int_equal(journal_open(&j, f->fd, NULL), ST_DEAD);
	}
	buf_free(&all);
	buf_free(&b);
}

/* Whole, and with the right number: only what it follows is not right. */
static void
a_record_of_another_journal_is_damage(void **state)
{
	const struct folder *f = *state;
	size_t ends[RECORDS], same[RECORDS];
	struct buf all = { 0 }, other = { 0 }, b = { 0 };
	struct journal *j;

	write_journal_of(f, "other", same);
	folder_read(f, JOURNAL_NAME, &other);
	write_journal(f, ends);
	folder_read(f, JOURNAL_NAME, &all);
	assert_memory_equal(ends, same, sizeof(ends));
	for (unsigned i = 1; i < RECORDS; i++) {
		buf_clear(&b);
		buf_add(&b, all.p, ends[i - 1]);
		buf_add(&b, other.p + ends[i - 1], ends[i] - ends[i - 1]);
		buf_add(&b, all.p + ends[i], all.n - ends[i]);
		folder_write(f, JOURNAL_NAME, buf_span(&b));
		assert_int_equal(journal_open(&j, f->fd, NULL), ST_DEAD);
	}
	buf_free(&all);
	buf_free(&other);
	buf_free(&b);
}

static void
too_much_for_a_record_is_refused(void **state)
{
	const struct folder *f = *state;
	uint8_t *big = calloc(1, JOURNAL_PAYLOAD_MAX + 1);
	size_t ends[RECORDS];
	struct journal *j;

	assert_non_null(big);
	write_journal(f, ends);
	assert_int_equal(journal_open(&j, f->fd, NULL), ST_OK);
	assert_int_equal(journal_append(j, RECORD_INTENT, (struct span){ big,
	    JOURNAL_PAYLOAD_MAX + 1 }, NULL, NULL), ST_DEAD);
	assert_int_equal(journal_append(j, RECORD_INTENT, (struct span){ big,
	    JOURNAL_PAYLOAD_MAX }, NULL, NULL), ST_OK);
	journal_close(j);
	assert_int_equal(journal_open(&j, f->fd, NULL), ST_OK);
	assert_int_equal(journal_count(j), RECORDS + 1);
	journal_close(j);
	free(big);
}

static void
fields_hold_any_bytes(void **state)
{
	static const uint8_t odd[] = { 0, '\n', ' ', ':', 255, '9' };
	const struct span any = { odd, sizeof(odd) };
	struct buf b = { 0 };
	struct span v;
	char text[4];
	uint64_t n;

	(void)state;
	record_bytes(&b, "odd", any);
	record_u64(&b, "most", UINT64_MAX);
	record_text(&b, "word", "abc");
	assert_true(record_find(buf_span(&b), "odd", &v));
	assert_true(span_eq(v, any));
	assert_true(record_find_u64(buf_span(&b), "most", &n));
	assert_true(n == UINT64_MAX);
	assert_true(record_find_text(buf_span(&b), "word", text, 4));
	assert_string_equal(text, "abc");
	assert_false(record_find_text(buf_span(&b), "word", text, 3));
	assert_false(record_find_text(buf_span(&b), "odd", text, 4));
	assert_false(record_find_u64(buf_span(&b), "word", &n));
	assert_false(record_find(buf_span(&b), "none", &v));
	buf_free(&b);
}

static void
damaged_fields_are_not_read(void **state)
{
	static const char *const bad[] = { "", "a", "a ", "a 1", "a 1:",
		"a 1:x", "a 2:x\n", " 1:x\n", "a x:x\n", "a 01:x\n",
		"a 18446744073709551616:x\n", "a 18446744073709551615:x\n",
		"a -1:x\n", "a 1:xy\n" };
	struct span s, k, v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = text_span(bad[i]);
		assert_false(record_next(&s, &k, &v));
		assert_int_equal(s.n, strlen(bad[i]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_back),
		cmocka_unit_test(a_torn_tail_is_cut_at_every_byte),
		cmocka_unit_test(a_flipped_byte_is_found_everywhere),
		cmocka_unit_test(the_chain_shows_what_was_moved),
		cmocka_unit_test(a_record_of_another_journal_is_damage),
		cmocka_unit_test(too_much_for_a_record_is_refused),
		cmocka_unit_test(fields_hold_any_bytes),
		cmocka_unit_test(damaged_fields_are_not_read),
	};

	return cmocka_run_group_tests_name("journal", tests, setup, teardown);
}
