/*
 * scanner/act/blob.c: an original is what it was, or it is not there.
 */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blob.h"
#include "folder.h"
#include "kernel_calls.h"
#include "listing.h"

static const char content[] = "From: a@b.example\r\n\nbody \0 \r end";

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

/* A file "source" with the content, its sum, and an open descriptor. */
static int
open_source(const struct folder *f, struct span s, struct sum *sum)
{
	int fd;

	folder_write(f, "source", s);
	fd = openat(f->fd, "source", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(sum_file(fd, UINT64_MAX, -1, sum, NULL), ST_OK);
	return fd;
}

static void
name_of(const struct sum *sum, char name[65])
{
	for (unsigned i = 0; i < HASH_SIZE; i++)
		(void)snprintf(name + 2 * i, 3, "%02x", sum->sha[i]);
}

static void
put(const struct folder *f, struct sum *sum, char name[65])
{
	const struct span s = { (const uint8_t *)content, sizeof(content) };
	const int fd = open_source(f, s, sum);

	assert_int_equal(blob_put(f->fd, fd, sum, NULL), ST_OK);
	(void)close(fd);
	name_of(sum, name);
}

/* blob_open says that it is what it was. */
static bool
is_sound(const struct folder *f, const struct sum *sum)
{
	struct sum found;
	int fd, rc = blob_open(f->fd, sum->sha, &fd, &found, NULL);

	if (rc != ST_OK) {
		assert_int_equal(rc, ST_BAD);
		return false;
	}
	assert_true(sum_same(&found, sum));
	(void)close(fd);
	return true;
}

static void
an_original_comes_back(void **state)
{
	const struct folder *f = *state;
	struct buf b = { 0 };
	struct sum sum;
	struct stat st;
	char name[65];

	put(f, &sum, name);
	assert_int_equal(fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	folder_read(f, name, &b);
	assert_int_equal(b.n, sizeof(content));
	assert_memory_equal(b.p, content, sizeof(content));
	assert_true(is_sound(f, &sum));
	put(f, &sum, name);	/* once more is fine */
	assert_true(is_sound(f, &sum));
	buf_free(&b);
}

static void
lines_are_counted(void **state)
{
	static const struct {
		const char *text;
		uint64_t lone;
	} cases[] = { { "", 0 }, { "\n", 1 }, { "\r\n", 0 }, { "\r\r\n", 0 },
		{ "\n\n", 2 }, { "a\nb\r\nc\rd\n", 2 }, { "\r\n\n", 1 } };
	const struct folder *f = *state;
	struct sum sum;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct span s = { (const uint8_t *)cases[i].text,
		    strlen(cases[i].text) };

		(void)close(open_source(f, s, &sum));
		assert_int_equal(sum.lone_lf, cases[i].lone);
		assert_int_equal(sum.size, s.n);
	}
}

/* Every flipped bit and every lost byte; and putting it again heals it. */
static void
damage_is_found_everywhere(void **state)
{
	const struct folder *f = *state;
	uint8_t copy[sizeof(content)];
	struct sum sum;
	char name[65];

	put(f, &sum, name);
	for (size_t i = 0; i < sizeof(content); i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(copy, content, sizeof(copy));
			copy[i] ^= (uint8_t)(1u << bit);
			folder_write(f, name, (struct span){ copy,
			    sizeof(copy) });
			assert_false(is_sound(f, &sum));
		}
	for (size_t n = 0; n < sizeof(content); n++) {
		folder_write(f, name, (struct span){
		    (const uint8_t *)content, n });
		assert_false(is_sound(f, &sum));
		put(f, &sum, name);
		assert_true(is_sound(f, &sum));
	}
}

static void
a_source_that_changed_is_not_stored(void **state)
{
	const struct folder *f = *state;
	const struct span other = { (const uint8_t *)"other", 5 };
	struct sum sum;
	char name[65];
	int fd;

	put(f, &sum, name);
	assert_int_equal(unlinkat(f->fd, name, 0), 0);
	folder_write(f, "source", other);
	fd = openat(f->fd, "source", O_RDONLY | O_CLOEXEC);
	assert_int_equal(blob_put(f->fd, fd, &sum, NULL), ST_BAD);
	assert_false(is_sound(f, &sum));
	(void)close(fd);
}

static void
a_link_is_no_original(void **state)
{
	const struct folder *f = *state;
	struct sum found, sum;
	char name[65];
	int fd;

	put(f, &sum, name);
	assert_int_equal(unlinkat(f->fd, name, 0), 0);
	assert_int_equal(symlinkat("source", f->fd, name), 0);
	assert_int_not_equal(blob_open(f->fd, sum.sha, &fd, &found, NULL),
	    ST_OK);
}

static void
what_a_crash_left_is_swept(void **state)
{
	const struct folder *f = *state;
	const struct span s = { (const uint8_t *)"x", 1 };
	struct listing l = { 0 };

	folder_write(f, ".new.0123456789abcdef", s);
	folder_write(f, ".new.", s);
	blob_sweep(f->fd);
	assert_int_equal(listing_read(&l, f->fd, NULL), ST_OK);
	for (size_t i = 0; i < l.n; i++)
		assert_true(l.list[i].name[0] != '.');
	listing_free(&l);
}

/* Whole units or not, and too small to be read past the cache: the same. */
static void
what_the_disk_has_is_what_was_written(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, 1048575, 1048576, 1048577,
	    1052671, 1052672, 1052673, 1572864, 3145729 };
	static uint8_t bytes[3145729];
	const struct folder *f = *state;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 4096);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct sum want, got;
		const int fd = open_source(f, (struct span){ bytes,
		    sizes[i] }, &want);

		assert_int_equal(fsync(fd), 0);
		assert_int_equal(sum_disk(fd, SUM_SHA | SUM_LONE_LF,
		    &got, NULL), ST_OK);
		assert_true(sum_same(&got, &want));
		assert_true(got.lone_lf == want.lone_lf);
		assert_memory_equal(got.head, want.head, sizeof(got.head));
		assert_true((fcntl(fd, F_GETFL) & O_DIRECT) == 0);
		(void)close(fd);
	}
}

/* Taken: read once, only to be read, and one like it is no harm. */
static void
an_original_is_taken_and_can_be_read(void **state)
{
	const struct span s = { (const uint8_t *)content, sizeof(content) };
	const struct folder *f = *state;
	struct sum sum;
	const int src = open_source(f, s, &sum);

	for (unsigned round = 0; round < 2; round++) {
		struct blob b;
		struct sum got;
		int fd;

		assert_int_equal(blob_take(f->fd, src, &b, NULL), ST_OK);
		assert_true(sum_same(&b.sum, &sum));
		for (unsigned finished = 0; finished < 2; finished++) {
			assert_int_equal(blob_read(&b, &fd, NULL), ST_OK);
			assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE,
			    O_RDONLY);
			assert_int_equal(sum_file(fd, UINT64_MAX, -1, &got,
			    NULL), ST_OK);
			assert_true(sum_same(&got, &sum));
			(void)close(fd);
			assert_int_equal(blob_finish(f->fd, &b, NULL), ST_OK);
		}
		blob_drop(f->fd, &b);
		assert_int_equal(blob_open(f->fd, sum.sha, &fd, &got, NULL),
		    ST_OK);
		(void)close(fd);
	}
	(void)close(src);
}

/* Whatever is under its name by now. */
static void
the_copy_is_read_and_no_other_file(void **state)
{
	const struct span s = { (const uint8_t *)content, sizeof(content) };
	const struct folder *f = *state;
	struct blob b;
	struct sum sum, got;
	const int src = open_source(f, s, &sum);
	int fd;

	assert_int_equal(blob_take(f->fd, src, &b, NULL), ST_OK);
	assert_int_equal(unlinkat(f->fd, b.temp, 0), 0);
	folder_write(f, b.temp, SPAN("another"));
	assert_int_equal(blob_read(&b, &fd, NULL), ST_OK);
	assert_int_equal(sum_file(fd, UINT64_MAX, -1, &got, NULL), ST_OK);
	assert_true(sum_same(&got, &sum));
	(void)close(fd);
	blob_drop(f->fd, &b);
	(void)close(src);
}

/* Also when another process reads it, which is the case for large ones. */
static void
what_is_not_what_it_should_be_is_not_stored(void **state)
{
	const struct folder *f = *state;
	uint8_t *p = malloc((3u << 20) + 5);

	assert_non_null(p);
	for (size_t i = 0; i < (3u << 20) + 5; i++)
		p[i] = (uint8_t)(i * 2654435761u >> 24);
	for (unsigned i = 0; i < 6; i++) {
		const size_t n = (i & 1) != 0 ? (3u << 20) + 5 : 1000;
		const bool bad = i < 4;
		uint8_t sha[HASH_SIZE];
		struct sum sum;
		struct blob b;
		int fd;

		assert_int_equal(blob_start(f->fd, &b, NULL), ST_OK);
		blob_follow(&b, n);
		assert_int_equal(call_write(b.fd, p, n / 3, 0), 0);
		assert_int_equal(usleep(3000), 0);
		assert_int_equal(call_write(b.fd, p + n / 3, n - n / 3,
		    n / 3), 0);
		assert_int_equal(sum_some(b.fd, SUM_SHA | SUM_TAG, &sum, NULL),
		    ST_OK);
		memcpy(sha, sum.sha, HASH_SIZE);
		memset(sum.sha, 0, HASH_SIZE);
		sum.tag[15] ^= i < 2;
		sum.size += i == 2 || i == 3;
		assert_int_equal(blob_written(&b, &sum, NULL), ST_OK);
		assert_int_equal(blob_finish(f->fd, &b, NULL), bad ?
		    ST_DEAD : ST_OK);
		assert_true(bad || memcmp(b.sum.sha, sha, HASH_SIZE) == 0);
		blob_drop(f->fd, &b);
		assert_int_equal(blob_open(f->fd, sha, &fd, &sum, NULL),
		    bad ? ST_BAD : ST_OK);
		if (!bad)
			(void)close(fd);
	}
	free(p);
}

/* What was begun is over when it is dropped. */
static void
no_process_is_left(void **state)
{
	const struct folder *f = *state;
	uint8_t *p = calloc(1, 2u << 20);
	struct blob b;

	assert_non_null(p);
	assert_int_equal(blob_start(f->fd, &b, NULL), ST_OK);
	blob_follow(&b, 2u << 20);
	assert_int_equal(call_write(b.fd, p, 2u << 20, 0), 0);
	assert_true(b.aside.child.pid > 0);
	blob_drop(f->fd, &b);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_original_comes_back,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(lines_are_counted, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(damage_is_found_everywhere,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_source_that_changed_is_not_stored, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_is_no_original, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(what_a_crash_left_is_swept,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_the_disk_has_is_what_was_written, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    an_original_is_taken_and_can_be_read, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_not_what_it_should_be_is_not_stored, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(no_process_is_left, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    the_copy_is_read_and_no_other_file, setup, teardown),
	};

	return cmocka_run_group_tests_name("blob", tests, NULL, NULL);
}
