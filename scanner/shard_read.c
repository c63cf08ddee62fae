/*
 * See shard_read.h.
 */
#include "shard_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE (256u << 10)	/* bytes at once */
#define LINE_MOST (16u << 20)	/* bytes: no record is as long */

int
shard_reader_begin(struct shard_reader *r, int fd, struct err *e)
{
	*r = (struct shard_reader){ .fd = fd, .hash = hash_new() };
	if (r->hash == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot read");
	hash_begin(r->hash);
	hash_feed(r->hash, (struct span){ r->sum, sizeof(r->sum) });
	return ST_OK;
}

int
shard_reader_open(struct shard_reader *r, int dir, const char *name,
    struct err *e)
{
	struct stat st;

	*r = (struct shard_reader){ .fd = openat(dir, name, O_RDONLY |
	    O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) };
	if (r->fd < 0 && errno == ENOENT)
		return ST_END;
	if (r->fd < 0 || fstat(r->fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot open %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ST_DEAD, 0, "%s is not a file", name);
	return shard_reader_begin(r, r->fd, e);
}

void
shard_reader_close(struct shard_reader *r)
{
	if (r->fd >= 0)
		(void)close(r->fd);
	r->fd = -1;
	hash_free(r->hash);
	r->hash = NULL;
	buf_free(&r->in);
}

/* All at once up to n bytes of what was read: a record at a time costs. */
static void
hash_upto(struct shard_reader *r, size_t n)
{
	hash_feed(r->hash, (struct span){ r->in.p + r->hashed,
	    n - r->hashed });
	r->hashed = n;
}

/* More bytes behind those that are there. */
static int
fill(struct shard_reader *r, struct err *e)
{
	struct buf *b = &r->in;
	ssize_t n;

	if (r->from > 0) {
		hash_upto(r, r->from);
		memmove(b->p, b->p + r->from, b->n - r->from);
		b->n -= r->from;
		r->from = r->hashed = 0;
	}
	if (b->cap - b->n < READ_SIZE) {
		uint8_t *more = realloc(b->p, b->cap + b->cap / 2 +
		    READ_SIZE);

		if (more == NULL)
			return err_set(e, ST_DEAD, ENOMEM, "cannot read");
		b->p = more;
		b->cap += b->cap / 2 + READ_SIZE;
	}
	do
		n = read(r->fd, b->p + b->n, READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, ST_DEAD, errno, "cannot read");
	b->n += (size_t)n;
	r->eof = n == 0;
	return ST_OK;
}

/* ST_END: nothing is left. */
static int
next_line(struct shard_reader *r, struct span *out, struct err *e)
{
	size_t seen = 0;
	const uint8_t *end;
	int rc;

	for (;;) {
		const size_t left = r->in.n - r->from;

		end = left > seen ? memchr(r->in.p + r->from + seen, '\n',
		    left - seen) : NULL;
		if (end != NULL)
			break;
		if (r->eof)
			return left == 0 ? ST_END : err_set(e, ST_BAD, 0,
			    "it is cut off");
		if (left > LINE_MOST)
			return err_set(e, ST_BAD, 0, "a line is too long");
		seen = left;
		if ((rc = fill(r, e)) != ST_OK)
			return rc;
	}
	*out = (struct span){ r->in.p + r->from,
	    (size_t)(end - r->in.p) - r->from };
	r->from += out->n + 1;
	r->offset += out->n + 1;
	return ST_OK;
}

static enum shard_kind
kind_of(struct span s, uint64_t line)
{
	return line == 0 ? SHARD_HEADER : line == 1 ? SHARD_HEAD :
	    span_starts(s, SPAN("{\"type\":\"part\",")) ? SHARD_PART :
	    span_starts(s, SPAN("{\"type\":\"piece\",")) ? SHARD_PIECE :
	    span_starts(s, SPAN("{\"type\":\"end\",")) ? SHARD_TAIL :
	    SHARD_RECORD;
}

static bool
is_hex_of(const uint8_t *hex, const uint8_t sum[HASH_SIZE])
{
	struct buf b = { 0 };
	bool same;

	buf_hex(&b, sum, HASH_SIZE);
	same = buf_ok(&b) && memcmp(hex, b.p, b.n) == 0;
	buf_free(&b);
	return same;
}

/* The line ends in the sum of what is before that. */
static int
check_seal(struct shard_reader *r, struct span s, struct err *e)
{
	uint8_t sum[HASH_SIZE];
	const uint8_t *seal;

	if (s.n < SHARD_SEAL_SIZE)
		return err_set(e, ST_BAD, 0, "a sum is missing");
	seal = s.p + s.n - SHARD_SEAL_SIZE;
	if (memcmp(seal, SHARD_SEAL, sizeof(SHARD_SEAL) - 1) != 0 ||
	    memcmp(s.p + s.n - 2, "\"}", 2) != 0)
		return err_set(e, ST_BAD, 0, "a sum is missing");
	hash_upto(r, (size_t)(seal - r->in.p));
	if (!hash_end(r->hash, sum))
		return err_set(e, ST_DEAD, 0, "no SHA-256");
	if (!is_hex_of(seal + sizeof(SHARD_SEAL) - 1, sum))
		return err_set(e, ST_BAD, 0, "a sum is wrong");
	memcpy(r->sum, sum, sizeof(sum));
	r->hashed = r->from;
	r->sealed = r->offset;
	hash_begin(r->hash);
	hash_feed(r->hash, (struct span){ sum, sizeof(sum) });
	return ST_OK;
}

int
shard_reader_next(struct shard_reader *r, struct span *out,
    enum shard_kind *kind, struct err *e)
{
	int rc = next_line(r, out, e);

	if (rc == ST_END && !r->ended)
		return err_set(e, ST_BAD, 0, "it is cut off");
	if (rc != ST_OK)
		return rc;
	if (r->ended)
		return err_set(e, ST_BAD, 0, "something is behind its end");
	*kind = kind_of(*out, r->lines++);
	if ((*kind == SHARD_PIECE || *kind == SHARD_TAIL) &&
	    (rc = check_seal(r, *out, e)) != ST_OK)
		return rc;
	if (*kind == SHARD_TAIL) {
		if (r->last != SHARD_PIECE)
			return err_set(e, ST_BAD, 0, "a section is missing");
		r->ended = true;
	}
	r->last = *kind;
	return ST_OK;
}

int
shard_reader_last(struct shard_reader *r, struct span *out, struct err *e)
{
	const off_t size = lseek(r->fd, 0, SEEK_END);
	const off_t at = size > (off_t)READ_SIZE ? size - (off_t)READ_SIZE : 0;
	const uint8_t *from;
	int rc;

	if (size < 0 || lseek(r->fd, at, SEEK_SET) < 0)
		return err_set(e, ST_DEAD, errno, "cannot read");
	buf_clear(&r->in);
	r->from = r->hashed = 0;
	if ((rc = fill(r, e)) != ST_OK)
		return rc;
	if (r->in.n < 2 || r->in.p[r->in.n - 1] != '\n')
		return err_set(e, ST_BAD, 0, "it is cut off");
	from = memrchr(r->in.p, '\n', r->in.n - 1);
	from = from != NULL ? from + 1 : r->in.p;
	*out = (struct span){ from, (size_t)(r->in.p + r->in.n - 1 - from) };
	return ST_OK;
}
