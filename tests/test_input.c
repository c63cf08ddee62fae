/*
 * formats/input.c: what is shown is what is there, however it arrives.
 */
#include "t.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "drip.h"

#define SMALL 37u		/* bytes in the exhaustive tests */

static void
fill(uint8_t *p, size_t n)
{
	uint64_t seed = 99;

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)drip_random(&seed);
}

/* An unnamed file with these bytes; its offset is 0. */
static int
file_of(const uint8_t *p, size_t n)
{
	const int fd = memfd_create("test", MFD_CLOEXEC);
	size_t done = 0;

	assert_true(fd >= 0);
	while (done < n) {
		const ssize_t w = write(fd, p + done, n - done);

		assert_true(w > 0);
		done += (size_t)w;
	}
	assert_true(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* Peek, and check the answer against all there is. */
static void
check_peek(struct input *in, struct span all, size_t want)
{
	const uint64_t off = input_offset(in);
	struct span s = { NULL, 0 };
	const int rc = input_peek(in, want, &s, NULL);

	if (off >= all.n) {
		assert_int_equal(rc, ST_END);
		return;
	}
	assert_int_equal(rc, ST_OK);
	assert_true(s.n > 0 && s.n <= all.n - off);
	assert_true(s.n >= want || s.n == all.n - off);
	assert_memory_equal(s.p, all.p + off, s.n);
	assert_true(input_offset(in) == off);
}

/* Take all, want bytes asked for and take of them consumed each time. */
static void
take_all(struct input *in, struct span all, size_t want, size_t take)
{
	struct span s;

	while (input_offset(in) < all.n) {
		check_peek(in, all, want);
		assert_int_equal(input_peek(in, want, &s, NULL), ST_OK);
		input_consume(in, take < s.n ? take : s.n);
	}
	check_peek(in, all, want);
}

static void
peek_shows_the_source_at_every_chunk_size(void **state)
{
	struct input *in = input_new();
	uint8_t buf[SMALL];

	(void)state;
	fill(buf, sizeof(buf));
	for (size_t step = 0; step <= SMALL; step++)
		for (size_t want = 1; want <= SMALL + 1; want++)
			for (size_t take = 1; take <= 9; take += 2) {
				struct drip d = { .bytes = { buf, SMALL },
				    .step = step, .seed = 1 + want,
				    .fail_at = DRIP_NEVER };

				input_open_source(in, drip_source(&d));
				assert_false(input_can_seek(in));
				take_all(in, d.bytes, want, take);
				input_close(in);
				assert_int_equal(d.closed, 1);
			}
	input_free(in);
}

/* Random walks with seeks over in, which holds all. */
static void
check_walk(struct input *in, struct span all, size_t most, uint64_t seed)
{
	struct span s;

	for (unsigned i = 0; i < 200; i++) {
		const size_t want = 1 + (size_t)drip_random(&seed) % most;
		const uint64_t to = drip_random(&seed) % (all.n + 3);

		check_peek(in, all, want);
		if (input_peek(in, want, &s, NULL) == ST_OK)
			input_consume(in, (size_t)drip_random(&seed) %
			    (s.n + 1));
		if (drip_random(&seed) % 3 != 0)
			continue;
		assert_int_equal(input_seek(in, to, NULL), ST_OK);
		if (to <= all.n)
			assert_true(input_offset(in) == to);
	}
}

static void
seek_goes_to_any_byte_of_a_source(void **state)
{
	struct input *in = input_new();
	uint8_t buf[SMALL];

	(void)state;
	fill(buf, sizeof(buf));
	for (size_t step = 0; step <= SMALL; step++) {
		struct drip d = { .bytes = { buf, SMALL }, .step = step,
		    .seed = 7, .seekable = true, .fail_at = DRIP_NEVER };

		input_open_source(in, drip_source(&d));
		assert_true(input_can_seek(in));
		check_walk(in, d.bytes, SMALL + 2, 1000 + step);
		input_close(in);
	}
	input_free(in);
}

static void
files_show_the_same_read_and_mapped(void **state)
{
	static const size_t sizes[] = { 1, 2, 4095, 4096, 4097, INPUT_PEEK_MAX,
	    INPUT_BUFFER - 1, INPUT_BUFFER, INPUT_BUFFER + 1, 700001 };
	struct input *in = input_new();
	uint8_t *buf = malloc(700001);

	(void)state;
	fill(buf, 700001);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int map = 0; map < 2; map++) {
			const struct span all = { buf, sizes[i] };

			input_open_fd(in, file_of(buf, all.n), all.n, map);
			assert_true(input_can_seek(in));
			assert_true(input_size(in) == all.n);
			take_all(in, all, INPUT_PEEK_MAX, 50000);
			assert_int_equal(input_seek(in, 0, NULL), ST_OK);
			check_walk(in, all, INPUT_PEEK_MAX, 5 + i);
			assert_int_equal(input_seek(in, all.n + 9, NULL),
			    ST_OK);
			assert_true(input_offset(in) == all.n);
			check_peek(in, all, 1);
		}
	free(buf);
	input_free(in);
}

/* A file whose byte at 8 * i is the number i, with holes between. */
static int
numbered_file(uint64_t size, const uint64_t *places, size_t n)
{
	const int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	for (size_t i = 0; i < n; i++)
		assert_true(pwrite(fd, &places[i], 8, (off_t)places[i]) == 8);
	return fd;
}

static void
windows_and_buffers_join_in_a_big_file(void **state)
{
	static const uint64_t size = 2 * (uint64_t)INPUT_WINDOW + 12345;
	static const uint64_t places[] = { 16, INPUT_BUFFER - 3,
	    INPUT_WINDOW - 4, INPUT_WINDOW + 4091, 2 * INPUT_WINDOW - 5,
	    2 * (uint64_t)INPUT_WINDOW + 12337 };
	const size_t n = sizeof(places) / sizeof(places[0]);
	struct input *in = input_new();
	struct span s;
	uint64_t got;

	(void)state;
	for (int map = 0; map < 2; map++) {
		input_open_fd(in, numbered_file(size, places, n), size, map);
		for (size_t i = 0; i < 2 * n; i++) {
			const uint64_t at = places[i < n ? i : 2 * n - 1 - i];

			assert_int_equal(input_seek(in, at - 3, NULL), ST_OK);
			assert_int_equal(input_peek(in, 11, &s, NULL), ST_OK);
			assert_true(s.n >= 11);
			memcpy(&got, s.p + 3, 8);
			assert_true(got == at);
		}
		assert_int_equal(input_seek(in, 0, NULL), ST_OK);
		for (got = 0; input_peek(in, INPUT_PEEK_MAX, &s, NULL) ==
		    ST_OK; got += s.n)
			input_consume(in, s.n);
		assert_true(got == size && input_offset(in) == size);
	}
	input_free(in);
}

static void
a_file_that_became_shorter_is_dead(void **state)
{
	struct input *in = input_new();
	uint8_t buf[SMALL];
	struct span s;
	int rc;

	(void)state;
	fill(buf, sizeof(buf));
	for (size_t real = 0; real < SMALL; real++) {
		size_t sum = 0;

		input_open_fd(in, file_of(buf, real), SMALL, false);
		while ((rc = input_peek(in, 1, &s, NULL)) == ST_OK) {
			sum += s.n;
			input_consume(in, s.n);
		}
		assert_int_equal(rc, ST_DEAD);
		assert_true(sum == real);
		assert_int_equal(input_peek(in, 1, &s, NULL), ST_DEAD);
	}
	input_free(in);
}

/* A mailbox in use grows: what is added belongs to the next scan. */
static void
bytes_added_to_a_file_are_not_shown(void **state)
{
	static const size_t sizes[] = { 1, 5, SMALL - 1, INPUT_BUFFER - 1,
	    INPUT_BUFFER, INPUT_BUFFER + 1 };
	struct input *in = input_new();
	uint8_t *buf = malloc(INPUT_BUFFER + 100);

	(void)state;
	fill(buf, INPUT_BUFFER + 100);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t more = 1; more < 40; more += 19)
			for (int map = 0; map < 2; map++) {
				const struct span all = { buf, sizes[i] };

				input_open_fd(in, file_of(buf, all.n + more),
				    all.n, map);
				take_all(in, all, INPUT_PEEK_MAX, 60000);
				assert_int_equal(input_seek(in, 1, NULL),
				    ST_OK);
				take_all(in, all, 3, 70000);
			}
	free(buf);
	input_free(in);
}

static void
a_read_error_at_any_byte_is_dead(void **state)
{
	struct input *in = input_new();
	uint8_t buf[SMALL];
	struct span s;
	int rc;

	(void)state;
	fill(buf, sizeof(buf));
	for (size_t step = 0; step <= 5; step++)
		for (size_t fail = 0; fail <= SMALL; fail++)
			for (size_t want = 1; want <= SMALL + 1; want++) {
				struct drip d = { .bytes = { buf, SMALL },
				    .step = step, .seed = 3, .fail_at = fail };
				size_t sum = 0;

				input_open_source(in, drip_source(&d));
				while ((rc = input_peek(in, want, &s, NULL)) ==
				    ST_OK) {
					assert_true(s.n >= want);
					assert_true(s.n <= fail - sum);
					assert_memory_equal(s.p, buf + sum,
					    s.n);
					sum += s.n;
					input_consume(in, s.n);
				}
				assert_int_equal(rc, ST_DEAD);
				assert_int_equal(input_peek(in, want, &s,
				    NULL), ST_DEAD);
				input_close(in);
			}
	input_free(in);
}

/* The window is gone by then: nothing of it may be shown. */
static void
a_failed_map_is_dead_and_shows_nothing(void **state)
{
	static const uint64_t size = (uint64_t)INPUT_WINDOW + 9;
	struct input *in = input_new();
	int fd = numbered_file(size, &size, 0);
	int ends[2];
	struct span s;

	(void)state;
	input_open_fd(in, fd, size, true);
	assert_int_equal(input_peek(in, 1, &s, NULL), ST_OK);
	input_consume(in, INPUT_WINDOW - 4);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], fd), fd);	/* cannot be mapped */
	assert_int_equal(input_peek(in, 9, &s, NULL), ST_DEAD);
	assert_int_equal(input_peek(in, 1, &s, NULL), ST_DEAD);
	(void)close(ends[0]);
	(void)close(ends[1]);
	input_free(in);
}

static void
a_pipe_ends_when_it_ends(void **state)
{
	struct input *in = input_new();
	uint8_t buf[SMALL];
	int ends[2];

	(void)state;
	fill(buf, sizeof(buf));
	assert_int_equal(pipe(ends), 0);
	assert_true(write(ends[1], buf, SMALL) == SMALL);
	(void)close(ends[1]);
	input_open_pipe(in, ends[0]);
	assert_false(input_can_seek(in));
	assert_true(input_size(in) == 0);
	take_all(in, (struct span){ buf, SMALL }, 10, 4);
	input_free(in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peek_shows_the_source_at_every_chunk_size),
		cmocka_unit_test(seek_goes_to_any_byte_of_a_source),
		cmocka_unit_test(files_show_the_same_read_and_mapped),
		cmocka_unit_test(windows_and_buffers_join_in_a_big_file),
		cmocka_unit_test(a_file_that_became_shorter_is_dead),
		cmocka_unit_test(bytes_added_to_a_file_are_not_shown),
		cmocka_unit_test(a_read_error_at_any_byte_is_dead),
		cmocka_unit_test(a_failed_map_is_dead_and_shows_nothing),
		cmocka_unit_test(a_pipe_ends_when_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
