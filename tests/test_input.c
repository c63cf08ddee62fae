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

/* Take what is before an end that stands at `at`, or nowhere. */
static void
check_until(struct drip d, size_t at, size_t most, struct input *in)
{
	const size_t left = d.bytes.n - 2;
	struct span s = { NULL, 0 };
	int rc, want;

	input_open_source(in, drip_source(&d));
	assert_int_equal(input_peek(in, 2, &s, NULL), ST_OK);
	input_consume(in, 2);
	want = d.fail_at < 2 + (at < most + 1 ?
	    at + 1 : most + 1) ? ST_DEAD : left == 0 ? ST_END :
	    at <= most && at < left ? ST_OK : ST_BAD;
	rc = input_until(in, 'E', most, &s, NULL);
	assert_int_equal(rc, want);
	if (rc == ST_OK)
		assert_true(s.n == at && input_offset(in) == 2 + at + 1);
	else
		assert_true(input_offset(in) == 2);
	if (rc == ST_BAD)
		assert_true(s.n == (left < most + 1 ? left : most + 1));
	if (rc == ST_OK || rc == ST_BAD)
		assert_memory_equal(s.p, d.bytes.p + 2, s.n);
	input_close(in);
}

static void
until_takes_what_is_before_an_end(void **state)
{
	struct input *in = input_new();

	(void)state;
	for (size_t n = 2; n < 9; n++)
		for (size_t at = 0; at <= 8; at++)
			for (size_t most = 0; most < 9; most++)
				for (size_t step = 1; step < 9; step++) {
					uint8_t buf[9] = "EEabcdefg";
					struct drip d = { .bytes = { buf, n },
					    .step = step,
					    .fail_at = DRIP_NEVER };

					if (2 + at < n)
						buf[2 + at] = 'E';
					check_until(d, at, most, in);
					d.fail_at = 2 + step % (n - 1);
					d.step = 1;
					check_until(d, at, most, in);
				}
	input_free(in);
}

/* Look anywhere: that is right, moves nothing, and leaves the last peek. */
static void
check_look(struct input *in, struct span all, size_t most, uint64_t *seed)
{
	const size_t want = 1 + (size_t)drip_random(seed) % most;
	const uint64_t off = drip_random(seed) % (all.n + 3);
	const uint64_t back = input_offset(in);
	struct span s, shown = { NULL, 0 };
	int rc;

	(void)input_peek(in, 1, &shown, NULL);
	rc = input_look(in, off, want, &s, NULL);
	if (off >= all.n) {
		assert_int_equal(rc, ST_END);
	} else {
		assert_int_equal(rc, ST_OK);
		assert_true(s.n > 0 && s.n <= all.n - off);
		assert_true(s.n >= want || s.n == all.n - off);
		assert_memory_equal(s.p, all.p + off, s.n);
	}
	assert_true(input_offset(in) == back);
	if (shown.n > 0)
		assert_memory_equal(shown.p, all.p + back, shown.n);
}

/* Random walks with seeks and looks over in, which holds all. */
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
		if (drip_random(&seed) % 3 == 0)
			check_look(in, all, most < INPUT_LOOK_MAX ? most :
			    INPUT_LOOK_MAX, &seed);
		if (drip_random(&seed) % 3 != 0)
			continue;
		input_seek(in, to);
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

/* A read ends there, or the buffer does. */
static const size_t edges[] = { INPUT_PEEK_MAX, INPUT_BUFFER - INPUT_PEEK_MAX,
	INPUT_BUFFER, 2 * INPUT_BUFFER - INPUT_PEEK_MAX, 2 * INPUT_BUFFER };
#define EDGES (sizeof(edges) / sizeof(edges[0]))
#define BIG (2 * INPUT_BUFFER + INPUT_PEEK_MAX + 99)

static void
check_file(struct input *in, struct span all)
{
	input_open_fd(in, file_of(all.p, all.n), all.n);
	assert_true(input_can_seek(in));
	assert_true(input_size(in) == all.n);
	take_all(in, all, INPUT_PEEK_MAX, 50000);
	input_seek(in, 0);
	check_walk(in, all, INPUT_PEEK_MAX, 5 + all.n);
	input_seek(in, all.n + 9);
	assert_true(input_offset(in) == all.n);
	check_peek(in, all, 1);
}

static void
files_show_what_they_hold(void **state)
{
	static const size_t sizes[] = { 1, 2, INPUT_LOOK_MAX - 1,
	    INPUT_LOOK_MAX, INPUT_LOOK_MAX + 1, 700001 };
	struct input *in = input_new();
	uint8_t *buf = malloc(BIG);

	(void)state;
	fill(buf, BIG);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_file(in, (struct span){ buf, sizes[i] });
	for (size_t i = 0; i < EDGES; i++)
		for (size_t n = edges[i] - 1; n <= edges[i] + 1; n++)
			check_file(in, (struct span){ buf, n });
	free(buf);
	input_free(in);
}

/* Take what is before byte to, at most step bytes at a time. */
static void
take_to(struct input *in, uint64_t to, size_t step)
{
	struct span s;

	while (input_offset(in) < to) {
		const uint64_t left = to - input_offset(in);

		assert_int_equal(input_peek(in, 1, &s, NULL), ST_OK);
		if (s.n > step)
			s.n = step;
		input_consume(in, left < s.n ? (size_t)left : s.n);
	}
}

/* Stop at each byte around an edge, ask for any number, and go back. */
static void
reads_join_wherever_they_end(void **state)
{
	static const size_t wants[] = { 1, 2, 9, 4096, INPUT_PEEK_MAX - 1,
	    INPUT_PEEK_MAX };
	const size_t n = sizeof(wants) / sizeof(wants[0]);
	struct input *in = input_new();
	uint8_t *buf = malloc(BIG);
	const struct span all = { buf, BIG };

	(void)state;
	fill(buf, BIG);
	input_open_fd(in, file_of(buf, BIG), BIG);
	for (size_t i = 0; i < EDGES * n; i++)
		for (size_t at = edges[i / n] - 9; at <= edges[i / n] + 9;
		    at++) {
			input_seek(in, BIG);
			input_seek(in, 0);
			take_to(in, at, at % 2 ? 10007 : BIG);
			check_peek(in, all, wants[i % n]);
			take_to(in, at + 5, BIG);
			input_seek(in, at - 7 * (i % 3));
			check_peek(in, all, 16);
		}
	free(buf);
	input_free(in);
}

/* A file with the number i at byte i, for each of the places, and holes. */
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
jumps_in_a_big_file_go_to_the_right_place(void **state)
{
	static const uint64_t size = 5 * (uint64_t)INPUT_BUFFER * 1024 + 12345;
	static const uint64_t places[] = { 16, INPUT_BUFFER - 3,
	    8 * (uint64_t)INPUT_BUFFER - 4, UINT32_MAX - 3ull,
	    5 * (uint64_t)INPUT_BUFFER * 1024 + 12337 };
	const size_t n = sizeof(places) / sizeof(places[0]);
	struct input *in = input_new();
	struct span s;
	uint64_t got;

	(void)state;
	input_open_fd(in, numbered_file(size, places, n), size);
	for (size_t i = 0; i < 2 * n; i++) {
		const uint64_t at = places[i < n ? i : 2 * n - 1 - i];

		input_seek(in, at - 3);
		assert_int_equal(input_peek(in, 11, &s, NULL), ST_OK);
		assert_true(s.n >= 11);
		memcpy(&got, s.p + 3, 8);
		assert_true(got == at);
		assert_int_equal(input_look(in, places[i % n], 8, &s, NULL),
		    ST_OK);
		memcpy(&got, s.p, 8);
		assert_true(got == places[i % n]);
	}
	take_to(in, 3 * (uint64_t)INPUT_BUFFER, BIG);
	input_free(in);
}

/* As an mbox with Content-Length does: look far ahead, go on, come back. */
static void
nothing_is_read_twice_without_need(void **state)
{
	struct input *in = input_new();
	uint8_t *buf = malloc(BIG);
	struct drip d = { .bytes = { buf, BIG }, .step = SIZE_MAX,
	    .seekable = true, .fail_at = DRIP_NEVER };
	uint64_t looks = 0;
	struct span s;

	(void)state;
	fill(buf, BIG);
	input_open_source(in, drip_source(&d));
	assert_int_equal(input_peek(in, 1, &s, NULL), ST_OK);
	assert_true(d.served <= INPUT_PEEK_MAX);
	for (uint64_t at = 0; at < BIG; at += 30011) {
		take_to(in, at, BIG);
		assert_int_equal(input_peek(in, INPUT_PEEK_MAX, &s, NULL),
		    ST_OK);
		(void)input_look(in, at + 300000, 2051, &s, NULL);
		looks++;
		take_to(in, at + 30000 < BIG ? at + 30000 : BIG, BIG);
		input_seek(in, at);
	}
	take_to(in, BIG, BIG);
	assert_true(d.served <= BIG + looks * INPUT_LOOK_MAX);
	input_free(in);
	free(buf);
}

/* A message of any size that the buffer holds, for its hash. */
static void
what_fits_the_buffer_is_read_once(void **state)
{
	static const size_t sizes[] = { 1, INPUT_PEEK_MAX, INPUT_PEEK_MAX + 1,
	    INPUT_BUFFER - INPUT_PEEK_MAX };
	struct input *in = input_new();
	uint8_t *buf = malloc(BIG);

	(void)state;
	fill(buf, BIG);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t step = 20011; step < BIG; step += BIG / 2) {
			struct drip d = { .bytes = { buf, sizes[i] },
			    .step = step, .seekable = true,
			    .fail_at = DRIP_NEVER };

			input_open_source(in, drip_source(&d));
			take_all(in, d.bytes, 1, BIG);
			input_seek(in, 0);
			take_all(in, d.bytes, 1, BIG);
			assert_true(d.served == sizes[i]);
			input_close(in);
		}
	input_free(in);
	free(buf);
}

/* So a few bytes are left at the end of the buffer, now and then. */
static void
short_reads_join_wherever_they_end(void **state)
{
	static const size_t steps[] = { 997, 4096, 30011, INPUT_PEEK_MAX - 1,
	    INPUT_PEEK_MAX + 1, INPUT_BUFFER - 1 };
	static const size_t wants[] = { 1, 4096, INPUT_PEEK_MAX };
	struct input *in = input_new();
	uint8_t *buf = malloc(BIG);

	(void)state;
	fill(buf, BIG);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		for (size_t k = 0; k < 3; k++) {
			struct drip d = { .bytes = { buf, BIG },
			    .step = steps[i], .fail_at = DRIP_NEVER };

			input_open_source(in, drip_source(&d));
			take_all(in, d.bytes, wants[k], 25000 * (1 + i % 2));
			input_close(in);
		}
	input_free(in);
	free(buf);
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

		input_open_fd(in, file_of(buf, real), SMALL);
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
	static const size_t sizes[] = { 1, 5, SMALL - 1, INPUT_PEEK_MAX - 1,
	    INPUT_PEEK_MAX, INPUT_PEEK_MAX + 1, INPUT_BUFFER - 1,
	    INPUT_BUFFER, INPUT_BUFFER + 1 };
	struct input *in = input_new();
	uint8_t *buf = malloc(INPUT_BUFFER + 100);

	(void)state;
	fill(buf, INPUT_BUFFER + 100);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t more = 1; more < 40; more += 19) {
			const struct span all = { buf, sizes[i] };

			input_open_fd(in, file_of(buf, all.n + more), all.n);
			take_all(in, all, INPUT_PEEK_MAX, 60000);
			check_walk(in, all, INPUT_PEEK_MAX, 3 + more);
			input_seek(in, 1);
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

/* An error at a place that is only looked at is not one at the next byte. */
static void
a_failed_read_of_a_file_is_dead_and_shows_nothing(void **state)
{
	static const uint64_t size = (uint64_t)INPUT_BUFFER + 9;
	struct input *in = input_new();
	int fd = numbered_file(size, &size, 0);
	int ends[2];
	struct span s;

	(void)state;
	input_open_fd(in, fd, size);
	assert_int_equal(input_peek(in, 1, &s, NULL), ST_OK);
	input_consume(in, s.n - 4);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], fd), fd);	/* has no places */
	s = (struct span){ NULL, 0 };
	assert_int_equal(input_look(in, size - 1, 1, &s, NULL), ST_DEAD);
	assert_null(s.p);
	assert_int_equal(input_peek(in, 4, &s, NULL), ST_OK);
	assert_int_equal(s.n, 4);
	s = (struct span){ NULL, 0 };
	assert_int_equal(input_peek(in, 9, &s, NULL), ST_DEAD);
	assert_int_equal(input_peek(in, 9, &s, NULL), ST_DEAD);
	assert_null(s.p);
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
		cmocka_unit_test(until_takes_what_is_before_an_end),
		cmocka_unit_test(seek_goes_to_any_byte_of_a_source),
		cmocka_unit_test(files_show_what_they_hold),
		cmocka_unit_test(reads_join_wherever_they_end),
		cmocka_unit_test(jumps_in_a_big_file_go_to_the_right_place),
		cmocka_unit_test(nothing_is_read_twice_without_need),
		cmocka_unit_test(what_fits_the_buffer_is_read_once),
		cmocka_unit_test(short_reads_join_wherever_they_end),
		cmocka_unit_test(a_file_that_became_shorter_is_dead),
		cmocka_unit_test(bytes_added_to_a_file_are_not_shown),
		cmocka_unit_test(a_read_error_at_any_byte_is_dead),
		cmocka_unit_test(
		    a_failed_read_of_a_file_is_dead_and_shows_nothing),
		cmocka_unit_test(a_pipe_ends_when_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
