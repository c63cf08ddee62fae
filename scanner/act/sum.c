/*
 * See sum.h.
 */
#include "sum.h"

#include <errno.h>

#include "kernel_calls.h"

#define PIECE (64u << 10)	/* bytes read at once */

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

static int
sum_pieces(int fd, uint64_t limit, int copy_to, struct hash *h,
    struct sum *out, struct err *e)
{
	uint8_t buf[PIECE], last = 0;
	ssize_t n;

	for (;;) {
		const uint64_t left = limit - out->size;

		n = call_read(fd, buf, left < PIECE ? left : PIECE,
		    out->size);
		if (n < 0)
			return err_set(e, ST_DEAD, errno, "cannot read");
		if (n == 0)
			return ST_OK;
		if (out->size == 0)
			memcpy(out->head, buf, (size_t)n < sizeof(out->head) ?
			    (size_t)n : sizeof(out->head));
		const struct span s = { buf, (size_t)n };
		hash_feed(h, s);
		if (copy_to >= 0 && call_write(copy_to, buf, s.n,
		    out->size) != 0)
			return err_set(e, ST_BAD, errno, "cannot write");
		out->lone_lf += count_lone_lf(s, last);
		out->size += s.n;
		last = buf[n - 1];
	}
}

int
sum_file(int fd, uint64_t limit, int copy_to, struct sum *out, struct err *e)
{
	struct hash *h = hash_new();
	struct sum sum = { 0 };
	int rc = ST_DEAD;

	if (h == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot hash");
	hash_begin(h);
	if ((rc = sum_pieces(fd, limit, copy_to, h, &sum, e)) != ST_OK)
		goto out;
	if (!hash_end(h, sum.sha)) {
		rc = err_set(e, ST_DEAD, 0, "cannot hash");
		goto out;
	}
	*out = sum;
out:
	hash_free(h);
	return rc;
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
