/*
 * scanner/act/journal.c, note.c and history.c: notes share the fate of the
 * intent behind them, also when a crash cuts them; looking changes nothing.
 */
#include "t.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "note.h"
#include "record.h"

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

/*
 * What is written, a letter a record: R a run, n a note, x: the notes so far
 * are void, I an intent, U one that undoes the first, C commit and A abort of
 * the first that is open.  ends[i]: size after record i + 1, synced[i]: it
 * was on the disk when it returned.
 */
#define RECORDS_MAX 16u

struct script {
	size_t n;
	size_t ends[RECORDS_MAX];
	bool synced[RECORDS_MAX];
};

static void
append(struct journal *j, char letter, uint64_t first, uint64_t *open)
{
	const bool intent = letter == 'I' || letter == 'U';
	struct buf b = { 0 };
	uint64_t seq;

	if (intent)
		record_u64(&b, "undoes", letter == 'U' ? first : 0);
	else
		record_u64(&b, "of", *open);
	assert_int_equal(journal_append(j, letter == 'R' ? RECORD_RUN :
	    intent ? RECORD_INTENT : letter == 'C' ? RECORD_COMMIT :
	    RECORD_ABORT, buf_span(&b), &seq, NULL), ST_OK);
	if (intent)
		*open = seq;
	buf_free(&b);
}

static void
write_script(const struct folder *f, const char *letters, struct script *s)
{
	struct journal *j;
	uint64_t open = 0, first = 0;
	struct run r = { 0 };
	struct stat st;

	*s = (struct script){ 0 };
	(void)unlinkat(f->fd, JOURNAL_NAME, 0);
	assert_int_equal(journal_create(&j, f->fd, NULL), ST_OK);
	r.journal = j;
	for (; *letters != '\0'; letters++) {
		if (*letters == 'x') {
			journal_drop_notes(j);
			continue;
		}
		if (*letters == 'n')
			assert_int_equal(run_note(&r, SPAN("{\"a\":1}"),
			    NULL), ST_OK);
		else
			append(j, *letters, first, &open);
		if (*letters == 'I' && first == 0)
			first = open;
		assert_int_equal(fstatat(f->fd, JOURNAL_NAME, &st, 0), 0);
		s->synced[s->n] = *letters != 'n';
		s->ends[s->n++] = (size_t)st.st_size;
	}
	journal_close(j);
}

static void
notes_belong_to_the_intent_behind_them(void **state)
{
	static const struct {
		const char *letters;
		size_t intents;
		uint64_t first[3], notes[3];	/* of each intent */
	} cases[] = {
		{ "RIC", 1, { 2 }, { 0 } },
		{ "RnIC", 1, { 2 }, { 1 } },
		{ "RnnnIC", 1, { 2 }, { 3 } },
		{ "RnxIC", 1, { 3 }, { 0 } },
		{ "RnnxnIC", 1, { 4 }, { 1 } },
		{ "RnICnnIA", 2, { 2, 5 }, { 1, 2 } },
		{ "RnICIC", 2, { 2, 5 }, { 1, 0 } },
		{ "RnInC", 1, { 2 }, { 1 } },
		{ "RnICnxUC", 2, { 2, 6 }, { 1, 0 } },
		{ "Rn", 0, { 0 }, { 0 } },
	};
	const struct folder *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct history h = { 0 };
		struct script s;
		struct journal *j;

		write_script(f, cases[i].letters, &s);
		assert_int_equal(journal_open(&j, f->fd, NULL), ST_OK);
		assert_int_equal(history_read(&h, j, NULL), ST_OK);
		assert_int_equal(h.n, cases[i].intents);
		for (size_t k = 0; k < h.n; k++) {
			assert_int_equal(h.list[k].notes, cases[i].notes[k]);
			assert_int_equal(h.list[k].first_note,
			    cases[i].first[k]);
		}
		history_free(&h);
		journal_close(j);
	}
}

/* A note of a process that died is not on what the next one does. */
static void
stale_notes_are_on_nothing(void **state)
{
	const struct folder *f = *state;
	struct history h = { 0 };
	struct script s;
	struct journal *j;
	uint64_t open = 0;

	write_script(f, "RnICn", &s);
	assert_int_equal(journal_open(&j, f->fd, NULL), ST_OK);
	append(j, 'U', 3, &open);
	append(j, 'C', 3, &open);
	journal_close(j);
	assert_int_equal(journal_open(&j, f->fd, NULL), ST_OK);
	assert_int_equal(history_read(&h, j, NULL), ST_OK);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.list[0].fate, FATE_UNDONE);
	assert_int_equal(h.list[0].end, 4);
	assert_int_equal(h.list[0].notes, 1);
	assert_int_equal(h.list[1].notes, 0);
	history_free(&h);
	journal_close(j);
}

/* Whole records of the file, from its start, by what was written. */
static size_t
same_prefix(const struct script *s, const struct buf *all,
    const struct buf *now)
{
	size_t n = 0;

	while (n < s->n && s->ends[n] <= now->n &&
	    memcmp(all->p, now->p, s->ends[n]) == 0)
		n++;
	return n;
}

/* The last record that was synced before record i (from 0) was whole. */
static size_t
durable_before(const struct script *s, size_t i)
{
	size_t n = i;

	while (n > 0 && !s->synced[n - 1])
		n--;
	return n;
}

/*
 * With n whole records, is there one behind that was written when record n + 1
 * was on the disk already?  Then that was not a crash.
 */
static bool
shows_damage(const struct script *s, const struct buf *all,
    const struct buf *now, size_t n)
{
	for (size_t i = n + 1; i < s->n; i++)
		if (s->ends[i] <= now->n && memcmp(all->p + s->ends[i - 1],
		    now->p + s->ends[i - 1], s->ends[i] - s->ends[i - 1]) ==
		    0 && durable_before(s, i) > n)
			return true;
	return false;
}

/*
 * Notes and their intent go to the disk together: a crash may leave any part
 * of them.  Bytes from..to are lost (zeros, or the end of the file).
 */
static void
lose(const struct folder *f, const struct script *s, const struct buf *all,
    size_t from, size_t to)
{
	struct buf now = { 0 };
	struct journal *j;
	size_t n;

	buf_add(&now, all->p, all->n);
	memset(now.p + from, 0, to - from);
	if (to == all->n)
		now.n = from;
	folder_write(f, JOURNAL_NAME, buf_span(&now));
	n = same_prefix(s, all, &now);
	if (shows_damage(s, all, &now, n)) {
		assert_int_equal(journal_view(&j, f->fd, NULL), ST_DEAD);
	} else {
		assert_int_equal(journal_view(&j, f->fd, NULL), ST_OK);
		assert_int_equal(journal_count(j), n);
		journal_close(j);
	}
	buf_free(&now);
}

static void
a_crash_may_leave_any_part_of_what_was_not_synced(void **state)
{
	static const char *const scripts[] = { "RnI", "RnnnI", "RInnnI",
		"RnnICnnI", "RnICnn", "RnnIC" };
	const struct folder *f = *state;

	for (size_t k = 0; k < sizeof(scripts) / sizeof(scripts[0]); k++) {
		struct buf all = { 0 };
		struct script s;

		write_script(f, scripts[k], &s);
		folder_read(f, JOURNAL_NAME, &all);
		for (size_t from = s.ends[0]; from < all.n; from += 31)
			for (size_t to = from + 1; to <= all.n; to += 37)
				lose(f, &s, &all, from, to);
		for (size_t from = s.ends[0]; from < all.n; from++) {
			lose(f, &s, &all, from, from + 1);
			lose(f, &s, &all, from, all.n);
		}
		buf_free(&all);
	}
}

/*
 * Every bit of every record: what is read is what was written, up to some
 * record, or nothing is.
 */
static void
a_flipped_bit_never_shows_as_another_record(void **state)
{
	const struct folder *f = *state;
	struct buf all = { 0 };
	struct script s;
	struct journal *j;
	int rc;

	write_script(f, "RnnICnI", &s);
	folder_read(f, JOURNAL_NAME, &all);
	for (size_t i = 0; i < all.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			size_t whole = 0;

			all.p[i] ^= (uint8_t)(1u << bit);
			folder_write(f, JOURNAL_NAME, buf_span(&all));
			all.p[i] ^= (uint8_t)(1u << bit);
			while (s.ends[whole] <= i)
				whole++;
			rc = journal_view(&j, f->fd, NULL);
			/* The last note and intent are one write. */
			assert_int_equal(rc, whole >= 5 ? ST_OK : ST_DEAD);
			if (rc != ST_OK)
				continue;
			assert_int_equal(journal_count(j), whole);
			journal_close(j);
		}
	buf_free(&all);
}

static void
looking_changes_nothing(void **state)
{
	const struct folder *f = *state;
	struct buf all = { 0 }, now = { 0 };
	struct script s;
	struct journal *j;

	write_script(f, "RnICnI", &s);
	folder_read(f, JOURNAL_NAME, &all);
	for (size_t n = 0; n <= all.n; n++) {
		size_t whole = 0;
		int rc;

		folder_write(f, JOURNAL_NAME, (struct span){ all.p, n });
		while (whole < s.n && s.ends[whole] <= n)
			whole++;
		rc = journal_view(&j, f->fd, NULL);
		assert_int_equal(rc, whole > 0 ? ST_OK : ST_END);
		if (rc == ST_OK) {
			assert_int_equal(journal_count(j), whole);
			assert_int_equal(journal_cut(j),
			    n - s.ends[whole - 1]);
			assert_int_equal(journal_append(j, RECORD_COMMIT,
			    SPAN(""), NULL, NULL), ST_DEAD);
			journal_close(j);
		}
		folder_read(f, JOURNAL_NAME, &now);
		assert_true(span_eq(buf_span(&now),
		    ((struct span){ all.p, n })));
	}
	buf_free(&all);
	buf_free(&now);
}

static void
notes_come_back(void **state)
{
	const struct folder *f = *state;
	struct buf b = { 0 };
	struct script s;
	struct journal *j;

	write_script(f, "RnI", &s);
	assert_int_equal(journal_view(&j, f->fd, NULL), ST_OK);
	assert_int_equal(note_read(j, 2, &b, NULL), ST_OK);
	assert_string_equal(buf_text(&b), "{\"a\":1}");
	assert_int_equal(note_read(j, 3, &b, NULL), ST_BAD);
	journal_close(j);
	buf_free(&b);
}

/* More notes than may wait for the disk at once. */
static void
many_notes_on_one_intent(void **state)
{
	static const size_t count = 30000;
	const struct folder *f = *state;
	struct history h = { 0 };
	struct run r = { 0 };
	struct journal *j;
	uint64_t open;

	(void)unlinkat(f->fd, JOURNAL_NAME, 0);
	assert_int_equal(journal_create(&j, f->fd, NULL), ST_OK);
	append(j, 'R', 0, &(uint64_t){ 0 });
	r.journal = j;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(run_note(&r, SPAN("{\"path\":\"x\"}"),
		    NULL), ST_OK);
	append(j, 'I', 0, &open);
	journal_close(j);
	assert_int_equal(journal_open(&j, f->fd, NULL), ST_OK);
	assert_int_equal(history_read(&h, j, NULL), ST_OK);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.list[0].first_note, 2);
	assert_int_equal(h.list[0].notes, count);
	history_free(&h);
	journal_close(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_belong_to_the_intent_behind_them),
		cmocka_unit_test(stale_notes_are_on_nothing),
		cmocka_unit_test(
		    a_crash_may_leave_any_part_of_what_was_not_synced),
		cmocka_unit_test(a_flipped_bit_never_shows_as_another_record),
		cmocka_unit_test(looking_changes_nothing),
		cmocka_unit_test(notes_come_back),
		cmocka_unit_test(many_notes_on_one_intent),
	};

	return cmocka_run_group_tests_name("notes", tests, setup, teardown);
}
