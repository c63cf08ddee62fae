/*
 * See sum.h.
 */
#include "sum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "kernel_calls.h"

#define PIECE (256u << 10)	/* bytes read at once */
#define DIRECT_PIECE (512u << 10)
#define DIRECT_MIN (1u << 20)	/* of a file: else it is not worth while */

/* The byte before p is last, 0 at the start. */
static uint64_t
count_lone_lf(struct span s, uint8_t last)
{
	const uint8_t *p = s.p, *end = s.p + s.n;
	uint64_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		n += (p == s.p ? last : p[-1]) != '\r';
		p++;
	}
	return n;
}

static void
add(struct summing *a, struct span s)
{
	struct sum *sum = &a->sum;

	if (s.n == 0)
		return;
	if (sum->size == 0)
		memcpy(sum->head, s.p, s.n < sizeof(sum->head) ? s.n :
		    sizeof(sum->head));
	if (a->sha != NULL)
		hash_feed(a->sha, s);
	if (a->tag != NULL)
		hash_feed(a->tag, s);
	if ((a->what & SUM_LONE_LF) != 0)
		sum->lone_lf += count_lone_lf(s, a->last);
	sum->size += s.n;
	a->last = s.p[s.n - 1];
}

int
summing_begin(struct summing *a, unsigned what, struct err *e)
{
	*a = (struct summing){ .what = what,
	    .sha = (what & SUM_SHA) != 0 ? hash_new() : NULL,
	    .tag = (what & SUM_TAG) != 0 ? hash_new_tag() : NULL };
	if ((a->sha == NULL && (what & SUM_SHA) != 0) ||
	    (a->tag == NULL && (what & SUM_TAG) != 0)) {
		summing_drop(a);
		return err_set(e, ST_DEAD, ENOMEM, "cannot hash");
	}
	if (a->sha != NULL)
		hash_begin(a->sha);
	if (a->tag != NULL)
		hash_begin(a->tag);
	return ST_OK;
}

void
summing_drop(struct summing *a)
{
	hash_free(a->sha);
	hash_free(a->tag);
	a->sha = a->tag = NULL;
	a->what = 0;
}

int
summing_end(struct summing *a, struct sum *out, struct err *e)
{
	const bool ok = (a->sha == NULL || hash_end(a->sha, a->sum.sha)) &&
	    (a->tag == NULL || hash_end(a->tag, a->sum.tag));

	if (ok)
		*out = a->sum;
	summing_drop(a);
	return ok ? ST_OK : err_set(e, ST_DEAD, 0, "cannot hash");
}

int
summing_file(struct summing *a, int fd, uint64_t end, int copy_to,
    struct err *e)
{
	uint8_t buf[PIECE];
	ssize_t n;

	for (;;) {
		const uint64_t at = a->sum.size, left = end - at;

		n = call_read(fd, buf, left < PIECE ? left : PIECE, at);
		if (n < 0)
			return err_set(e, ST_DEAD, errno, "cannot read");
		if (n == 0)
			return ST_OK;
		if (copy_to >= 0 && call_write(copy_to, buf, (size_t)n, at) !=
		    0)
			return err_set(e, ST_BAD, errno, "cannot write");
		if (copy_to >= 0)
			call_start_sync_upto(copy_to, at, (size_t)n);
		if (copy_to >= 0 && a->passes)
			call_forget_upto(copy_to, at, (size_t)n);
		add(a, (struct span){ buf, (size_t)n });
	}
}

/* Whole units, and none behind those of the n bytes. */
static size_t
direct_piece(uint64_t n)
{
	return n >= DIRECT_PIECE ? DIRECT_PIECE : (size_t)(n +
	    CALL_DIRECT_UNIT - 1) / CALL_DIRECT_UNIT * CALL_DIRECT_UNIT;
}

/* Past the page cache.  ST_BAD: it cannot be read in that way. */
static int
summing_direct(struct summing *a, int fd, uint64_t end)
{
	void *buf = NULL;
	ssize_t n = 1;

	if (posix_memalign(&buf, DIRECT_PIECE, DIRECT_PIECE) != 0)
		return ST_BAD;
	if (call_set_direct(fd, true) == 0) {
		while (a->sum.size < end && n > 0 &&
		    a->sum.size % CALL_DIRECT_UNIT == 0) {
			n = call_read_direct(fd, buf,
			    direct_piece(end - a->sum.size), a->sum.size);
			add(a, (struct span){ buf, n > 0 ? (size_t)n : 0 });
		}
		(void)call_set_direct(fd, false);
	}
	free(buf);
	return a->sum.size >= end ? ST_OK : ST_BAD;
}

/* The whole file, or its first `limit` bytes. */
static int
sum_all(int fd, unsigned what, uint64_t limit, int copy_to, struct sum *out,
    struct err *e)
{
	struct summing a;
	int rc;

	if ((rc = summing_begin(&a, what, e)) != ST_OK)
		return rc;
	a.passes = true;
	if ((rc = summing_file(&a, fd, limit, copy_to, e)) == ST_OK)
		return summing_end(&a, out, e);
	summing_drop(&a);
	return rc;
}

int
sum_file(int fd, uint64_t limit, int copy_to, struct sum *out, struct err *e)
{
	return sum_all(fd, SUM_SHA | SUM_LONE_LF, limit, copy_to, out, e);
}

int
sum_some(int fd, unsigned what, struct sum *out, struct err *e)
{
	return sum_all(fd, what, UINT64_MAX, -1, out, e);
}

/* ST_BAD: it is not large, or cannot be read in that way. */
static int
sum_direct(int fd, unsigned what, struct sum *out)
{
	struct summing a;
	struct stat st;
	int rc;

	if (fstat(fd, &st) != 0 || (uint64_t)st.st_size < DIRECT_MIN ||
	    summing_begin(&a, what, NULL) != ST_OK)
		return ST_BAD;
	rc = summing_direct(&a, fd, (uint64_t)st.st_size);
	if (rc == ST_OK && a.sum.size == (uint64_t)st.st_size)
		return summing_end(&a, out, NULL);
	summing_drop(&a);
	return ST_BAD;
}

int
sum_disk(int fd, unsigned what, struct sum *out, struct err *e)
{
	if (sum_direct(fd, what, out) == ST_OK)
		return ST_OK;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return sum_some(fd, what, out, e);
}

int
sum_bytes(struct span s, uint8_t out[HASH_SIZE], struct err *e)
{
	struct hash *h = hash_new();
	bool ok = false;

	if (h != NULL) {
		hash_begin(h);
		hash_feed(h, s);
		ok = hash_end(h, out);
	}
	hash_free(h);
	return ok ? ST_OK : err_set(e, ST_DEAD, 0, "cannot hash");
}

bool
sum_same(const struct sum *a, const struct sum *b)
{
	return a->size == b->size && memcmp(a->sha, b->sha, HASH_SIZE) == 0;
}

struct said
said_sha(const uint8_t sha[HASH_SIZE])
{
	struct said s = { 0 };

	memcpy(s.sum, sha, HASH_SIZE);
	return s;
}

bool
sum_is(const struct sum *a, const struct said *s)
{
	return memcmp(s->tag ? a->tag : a->sha, s->sum, HASH_SIZE) == 0;
}
