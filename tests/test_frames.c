/*
 * scanner/frames.c: frames come as they were sent, in whatever pieces, and
 * what is no frame is said to be none.
 */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frames.h"
#include "gen.h"
#include "wire.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define FRAMES 5u

struct sent {
	struct gen g;
	struct buf all;		/* the bytes */
	struct { uint32_t type; size_t at, n; } f[FRAMES];
};

static void
make_frames(struct sent *s)
{
	buf_clear(&s->all);
	for (size_t i = 0; i < FRAMES; i++) {
		const size_t n = gen_below(&s->g, i == 2 ? 400 : 9);
		const struct frame head = { .size = (uint32_t)n,
		    .type = (uint32_t)gen_below(&s->g, UINT32_MAX) };

		buf_add(&s->all, &head, sizeof(head));
		s->f[i].type = head.type;
		s->f[i].at = s->all.n;
		s->f[i].n = n;
		for (size_t k = 0; k < n; k++)
			buf_byte(&s->all, (uint8_t)gen_below(&s->g, 256));
	}
	assert_true(buf_ok(&s->all));
}

/* Who writes the next piece whenever it is asked whether to go on. */
struct feeder {
	int fd;			/* -1: all was written */
	struct span left;
	size_t step;
	unsigned asked;
};

static bool
feed(void *ctx)
{
	struct feeder *f = ctx;
	const size_t n = f->step < f->left.n ? f->step : f->left.n;

	f->asked++;
	if (f->fd < 0)
		return true;
	if (n > 0)
		assert_int_equal(write(f->fd, f->left.p, n), n);
	f->left.p += n;
	f->left.n -= n;
	if (f->left.n == 0) {
		(void)close(f->fd);
		f->fd = -1;
	}
	return true;
}

/* The first n bytes in steps: how many frames came, and what then. */
static size_t
receive(const struct sent *s, size_t n, size_t step, struct err *e)
{
	static struct frames_in in;
	struct feeder f = { .left = { s->all.p, n }, .step = step };
	const struct frames_wait wait = { .timeout = 9, .going = feed,
	    .ctx = &f };
	struct span got;
	uint32_t type;
	size_t i = 0;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	f.fd = fds[1];
	frames_begin(&in);
	for (; frames_next(&in, fds[0], &wait, &type, &got, e) == ST_OK; i++) {
		assert_true(i < FRAMES);
		assert_int_equal(type, s->f[i].type);
		assert_int_equal(got.n, s->f[i].n);
		assert_memory_equal(got.p, s->all.p + s->f[i].at, got.n);
	}
	(void)close(fds[0]);
	frames_free(&in);
	return i;
}

static void
pieces_do_not_matter(void **state)
{
	static const size_t steps[] = { 1, 2, 7, 8, 9, 100, SIZE_MAX };
	static struct sent s = { .g.seed = 0xf4a };
	struct err e;

	(void)state;
	for (unsigned k = 0; k < 20; k++) {
		make_frames(&s);
		for (size_t i = 0; i < N(steps); i++) {
			assert_int_equal(receive(&s, s.all.n, steps[i], &e),
			    FRAMES);
			assert_non_null(strstr(e.text, "died"));
		}
	}
	buf_free(&s.all);
}

/* A frame that is cut is none. */
static void
what_is_cut_off_is_not_a_frame(void **state)
{
	static struct sent s = { .g.seed = 0xc07 };
	size_t whole = 0;
	struct err e;

	(void)state;
	make_frames(&s);
	for (size_t n = 0; n <= s.all.n; n++) {
		while (whole < FRAMES && s.f[whole].at + s.f[whole].n <= n)
			whole++;
		assert_int_equal(receive(&s, n, SIZE_MAX, &e), whole);
		assert_non_null(strstr(e.text, "died"));
	}
	buf_free(&s.all);
}

static void
too_long_a_frame_is_garbage(void **state)
{
	static const uint32_t sizes[] = { FRAMES_MAX + 1, INT32_MAX,
	    UINT32_MAX };
	static struct sent s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < N(sizes); i++) {
		const struct frame head = { .size = sizes[i] };

		buf_clear(&s.all);
		buf_add(&s.all, &head, sizeof(head));
		assert_int_equal(receive(&s, s.all.n, SIZE_MAX, &e), 0);
		assert_non_null(strstr(e.text, "garbage"));
	}
	buf_free(&s.all);
}

/* What another child said is forgotten. */
static void
a_new_child_begins_anew(void **state)
{
	static struct frames_in in;
	const struct frames_wait wait = { .timeout = 9 };
	const struct frame head = { .type = 7 };
	struct span got;
	struct err e;
	uint32_t type;
	int fds[2];

	(void)state;
	for (size_t n = 0; n < sizeof(head); n++) {
		assert_int_equal(pipe(fds), 0);
		if (n > 0)
			assert_int_equal(write(fds[1], "\1\1\1\1\1\1\1\1", n),
			    n);
		(void)close(fds[1]);
		frames_begin(&in);
		assert_int_equal(frames_next(&in, fds[0], &wait, &type, &got,
		    &e), ST_BAD);
		(void)close(fds[0]);
		assert_int_equal(pipe(fds), 0);
		assert_int_equal(write(fds[1], &head, sizeof(head)),
		    sizeof(head));
		(void)close(fds[1]);
		frames_begin(&in);
		assert_int_equal(frames_next(&in, fds[0], &wait, &type, &got,
		    &e), ST_OK);
		assert_int_equal(type, 7);
		(void)close(fds[0]);
	}
	frames_free(&in);
}

static bool
give_up(void *ctx)
{
	unsigned *left = ctx;

	return (*left)-- > 0;
}

static void
silence_is_no_frame(void **state)
{
	static struct frames_in in;
	struct frames_wait wait = { .timeout = 1 };
	unsigned left = 1;
	struct span got;
	struct err e;
	uint32_t type;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(frames_next(&in, fds[0], &wait, &type, &got, &e),
	    ST_BAD);
	assert_non_null(strstr(e.text, "--timeout"));
	wait = (struct frames_wait){ .going = give_up, .ctx = &left };
	assert_int_equal(frames_next(&in, fds[0], &wait, &type, &got, &e),
	    ST_BAD);
	assert_int_equal(e.num, EINTR);
	(void)close(fds[0]);
	(void)close(fds[1]);
	frames_free(&in);
}

/* A child that is never silent, and never done. */
static void
talk_has_an_end(void **state)
{
	static struct frames_in in;
	const struct frames_wait wait = { .timeout = 60, .most = 1 };
	const struct frame tick = { .type = 7 };
	struct span got;
	struct err e;
	uint32_t type;
	int fds[2], rc;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		while (write(fds[1], &tick, sizeof(tick)) == sizeof(tick))
			(void)usleep(100);
		_exit(0);
	}
	frames_begin(&in);
	while ((rc = frames_next(&in, fds[0], &wait, &type, &got, &e)) ==
	    ST_OK)
		assert_int_equal(type, 7);
	assert_int_equal(rc, ST_BAD);
	assert_non_null(strstr(e.text, "an end"));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(fds[0]);
	(void)close(fds[1]);
	frames_free(&in);
}

/* --- both ends */

#define MANY 300u

/* What frame i says: some are longer than what is sent at once. */
static void
say(struct buf *b, size_t i)
{
	const size_t n = i % 50 == 49 ? 300000 : i * 3;

	buf_clear(b);
	for (size_t k = 0; k < n; k++)
		buf_byte(b, (uint8_t)(i + k));
}

static void
send_many(int fd)
{
	struct frames_out out = { .fd = fd };
	struct buf b = { 0 };

	for (size_t i = 0; i < MANY; i++) {
		const size_t cut = (say(&b, i), b.n / 3);

		frames_add(&out, (uint32_t)i, b.p, cut, (struct span){
		    cut > 0 ? b.p + cut : NULL, cut > 0 ? b.n - cut : 0 });
	}
	frames_flush(&out);
	buf_free(&b);
	buf_free(&out.out);
}

/* Fork a child that sends all; returns our end. */
static int
start(pid_t *pid)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	*pid = fork();
	assert_true(*pid >= 0);
	if (*pid == 0) {
		(void)close(fds[0]);
		send_many(fds[1]);
		_exit(0);
	}
	(void)close(fds[1]);
	return fds[0];
}

static void
what_is_sent_comes(void **state)
{
	static struct frames_in in;
	const struct frames_wait wait = { .timeout = 30 };
	struct buf b = { 0 };
	struct span got;
	struct err e;
	uint32_t type;
	int fd, status;
	pid_t pid;

	(void)state;
	fd = start(&pid);
	frames_begin(&in);
	for (size_t i = 0; i < MANY; i++) {
		say(&b, i);
		if (b.n < 3)
			b.n = 0;
		assert_int_equal(frames_next(&in, fd, &wait, &type, &got, &e),
		    ST_OK);
		assert_int_equal(type, i);
		assert_true(span_eq(got, buf_span(&b)));
	}
	assert_int_equal(frames_next(&in, fd, &wait, &type, &got, &e),
	    ST_BAD);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(fd);
	frames_free(&in);
	buf_free(&b);
}

/* It ends by itself, and not by a signal. */
static void
who_sends_to_nobody_ends(void **state)
{
	int fd, status;
	pid_t pid;

	(void)state;
	fd = start(&pid);
	(void)close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

/* --- files */

static bool
same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 &&
	    x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static void
files_are_handed_on(void **state)
{
	int pair[2], files[FRAMES_FILES], got[FRAMES_FILES];
	uint8_t word[300], back[300];
	struct err e;

	(void)state;
	memset(word, 7, sizeof(word));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (size_t i = 0; i < FRAMES_FILES; i++)
		assert_true((files[i] = open(i % 2 ? "/dev/null" :
		    "/dev/zero", O_RDONLY | O_CLOEXEC)) >= 0);
	for (size_t n = 1; n <= FRAMES_FILES; n++) {
		assert_int_equal(frames_send_files(pair[0], word,
		    sizeof(word), files, n, &e), ST_OK);
		assert_true(frames_receive_files(pair[1], back, sizeof(back),
		    got, n));
		assert_memory_equal(word, back, sizeof(word));
		for (size_t i = 0; i < n; i++) {
			assert_true(same_file(files[i], got[i]));
			assert_int_equal(fcntl(got[i], F_GETFD), FD_CLOEXEC);
			(void)close(got[i]);
		}
	}
	for (size_t i = 0; i < FRAMES_FILES; i++)
		(void)close(files[i]);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
other_files_are_refused(void **state)
{
	uint8_t word[8] = { 0 };
	int pair[2], got[FRAMES_FILES];
	struct err e;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[0], word, sizeof(word)), sizeof(word));
	assert_false(frames_receive_files(pair[1], word, sizeof(word), got,
	    1));
	assert_int_equal(frames_send_files(pair[0], word, sizeof(word),
	    (const int[]){ 0 }, 1, &e), ST_OK);
	assert_false(frames_receive_files(pair[1], word, sizeof(word), got,
	    2));
	assert_int_equal(frames_send_files(pair[0], word, 4,
	    (const int[]){ 0 }, 1, &e), ST_OK);
	(void)close(pair[0]);
	assert_false(frames_receive_files(pair[1], word, sizeof(word), got,
	    1));
	assert_false(frames_receive_files(pair[1], word, sizeof(word), got,
	    1));
	assert_int_equal(frames_send_files(pair[1], word, sizeof(word),
	    (const int[]){ 0 }, 1, &e), ST_BAD);
	assert_non_null(strstr(e.text, "died"));
	(void)close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_do_not_matter),
		cmocka_unit_test(what_is_cut_off_is_not_a_frame),
		cmocka_unit_test(too_long_a_frame_is_garbage),
		cmocka_unit_test(a_new_child_begins_anew),
		cmocka_unit_test(silence_is_no_frame),
		cmocka_unit_test(talk_has_an_end),
		cmocka_unit_test(what_is_sent_comes),
		cmocka_unit_test(who_sends_to_nobody_ends),
		cmocka_unit_test(files_are_handed_on),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests_name("frames", tests, NULL, NULL);
}
