/*
 * The file of a shard: it is whole as it was written, and with any bit of it
 * changed, anything cut off or put behind it, it is as good as none.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "t.h"
#include "shard_check.h"
#include "shard_write.h"

struct file {
	char folder[64];
	int dir;
	struct shard_head head;
	struct buf name, bytes;
};

static bool
tell_nothing(void *ctx, struct span line, enum shard_kind kind)
{
	(void)ctx;
	(void)line;
	(void)kind;
	return true;
}

static void
put_section(struct shard_writer *w, struct buf *b, bool mbox)
{
	const struct store_facts facts = { .format = "mbox", .messages = 3 };
	const struct part_facts part = { .path = SPAN("a/b"), .mbox = mbox,
	    .facts = &facts, .found = true, .first = 17,
	    .next = { 4711, false } };
	struct shard_sums *sums = calloc(1, sizeof(*sums));
	struct shard_place place = { .root = 1, .line = 99,
	    .at = mbox ? 12345 : 0 };

	assert_non_null(sums);
	sums->totals.messages = 3;
	buf_str(&place.folder, "a");
	assert_true(shard_write(w, SPAN("{\"type\":\"message\",\"path\":\"a/b\""
	    ",\"index\":\"+3\",\"codes\":[]}\n")));
	buf_clear(b);
	shard_part_put(b, &part);
	assert_true(shard_write(w, buf_span(b)));
	buf_clear(b);
	shard_piece_put(b, sums, NULL, &place);
	assert_true(shard_writer_seal(w, buf_span(b)));
	buf_free(&place.folder);
	free(sums);
}

static void
make(struct file *f)
{
	struct shard_tail tail = { .id = { 2, 3 }, .exit_status = 1,
	    .milliseconds = 12, .end = "2024-01-01T00:00:00Z",
	    .borders = { .begins = true, .to = 20, .found = true, .first = 17,
	    .ends = true, .next = { 4711, false } } };
	struct shard_writer *w;
	struct buf b = { 0 };
	bool goes_on;
	struct err e;

	memset(f, 0, sizeof(*f));
	(void)snprintf(f->folder, sizeof(f->folder), "/tmp/shard.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	f->dir = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->dir >= 0);
	f->head = (struct shard_head){ .id = tail.id, .basis = 1234567 };
	memset(f->head.plan, 0x5a, HASH_SIZE);
	memcpy(tail.plan, f->head.plan, HASH_SIZE);
	w = shard_writer_new(f->dir, &f->head, tell_nothing, NULL, &goes_on,
	    &e);
	assert_non_null(w);
	assert_true(shard_write(w, SPAN("{\"type\":\"header\"}\n")));
	shard_head_put(&b, &f->head, NULL);
	assert_true(shard_write(w, buf_span(&b)));
	put_section(w, &b, true);
	put_section(w, &b, false);
	buf_clear(&b);
	shard_tail_put(&b, &tail);
	assert_true(shard_writer_seal(w, buf_span(&b)));
	assert_int_equal(shard_writer_finish(w, &e), ST_OK);
	buf_free(&b);
	shard_file_name(&f->name, f->head.id);
}

static int
open_file(struct file *f)
{
	const int fd = openat(f->dir, buf_text(&f->name), O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void
load(struct file *f)
{
	uint8_t piece[8192];
	const int fd = open_file(f);
	const ssize_t n = read(fd, piece, sizeof(piece));

	assert_true(n > 1000 && n < (ssize_t)sizeof(piece));
	buf_add(&f->bytes, piece, (size_t)n);
	assert_int_equal(close(fd), 0);
}

static void
done(struct file *f)
{
	assert_int_equal(unlinkat(f->dir, buf_text(&f->name), 0), 0);
	assert_int_equal(close(f->dir), 0);
	assert_int_equal(rmdir(f->folder), 0);
	buf_free(&f->name);
	buf_free(&f->bytes);
}

static int
check(struct file *f, struct shard_id id)
{
	struct shard_head head;
	struct shard_tail tail;
	struct err e;
	const int rc = shard_check(f->dir, id, &head, &tail, NULL, NULL, &e);

	if (rc == ST_OK) {
		assert_int_equal(head.basis, f->head.basis);
		assert_memory_equal(head.plan, f->head.plan, HASH_SIZE);
		assert_int_equal(tail.borders.next.at, 4711);
	}
	return rc;
}

static void
it_is_whole_as_it_was_written(void **state)
{
	const struct shard_id other = { 1, 3 };
	struct file f;

	(void)state;
	make(&f);
	assert_int_equal(check(&f, f.head.id), ST_OK);
	assert_int_equal(check(&f, other), ST_END);
	done(&f);
}

static void
no_bit_of_it_may_be_another(void **state)
{
	struct file f;
	int fd;

	(void)state;
	make(&f);
	load(&f);
	fd = open_file(&f);
	for (size_t i = 0; i < f.bytes.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			const uint8_t bad = f.bytes.p[i] ^
			    (uint8_t)(1u << bit);

			assert_int_equal(pwrite(fd, &bad, 1, (off_t)i), 1);
			assert_int_equal(check(&f, f.head.id), ST_BAD);
			assert_int_equal(pwrite(fd, f.bytes.p + i, 1,
			    (off_t)i), 1);
		}
	assert_int_equal(check(&f, f.head.id), ST_OK);
	assert_int_equal(close(fd), 0);
	done(&f);
}

static void
nothing_may_be_missing_or_behind_it(void **state)
{
	struct file f;
	int fd;

	(void)state;
	make(&f);
	load(&f);
	fd = open_file(&f);
	for (size_t n = f.bytes.n; n-- > 0; ) {
		assert_int_equal(ftruncate(fd, (off_t)n), 0);
		assert_int_equal(check(&f, f.head.id), ST_BAD);
	}
	assert_int_equal(pwrite(fd, f.bytes.p, f.bytes.n, 0), f.bytes.n);
	assert_int_equal(check(&f, f.head.id), ST_OK);
	for (unsigned byte = 0; byte < 256; byte++) {
		const uint8_t more = (uint8_t)byte;

		assert_int_equal(pwrite(fd, &more, 1, (off_t)f.bytes.n), 1);
		assert_int_equal(check(&f, f.head.id), ST_BAD);
	}
	assert_int_equal(close(fd), 0);
	done(&f);
}

static void
the_file_of_another_shard_is_none(void **state)
{
	const struct shard_id other = { 3, 3 };
	struct buf name = { 0 };
	struct file f;

	(void)state;
	make(&f);
	shard_file_name(&name, other);
	assert_int_equal(renameat(f.dir, buf_text(&f.name), f.dir,
	    buf_text(&name)), 0);
	assert_int_equal(check(&f, other), ST_BAD);
	assert_int_equal(check(&f, f.head.id), ST_END);
	assert_int_equal(renameat(f.dir, buf_text(&name), f.dir,
	    buf_text(&f.name)), 0);
	buf_free(&name);
	done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_whole_as_it_was_written),
		cmocka_unit_test(no_bit_of_it_may_be_another),
		cmocka_unit_test(nothing_may_be_missing_or_behind_it),
		cmocka_unit_test(the_file_of_another_shard_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
