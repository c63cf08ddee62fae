/*
 * See journal.h.  A record: length (4 bytes, of the payload), number (8),
 * checksum of the record before (32), checksum (32, over all the rest), then
 * the payload: its type (1 byte) and fields.  Little-endian.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "sum.h"

#define PREV_AT 12u
#define SUM_AT (PREV_AT + HASH_SIZE)
#define HEAD_SIZE (SUM_AT + HASH_SIZE)
#define LEN_MAX (JOURNAL_PAYLOAD_MAX + 1u)

struct mark {
	uint64_t off;		/* of the record in the file */
	uint8_t type;
};

struct journal {
	int fd;
	bool dead;		/* an append failed */
	uint64_t size;		/* bytes of whole records */
	uint64_t cut;
	uint8_t last[HASH_SIZE];	/* checksum of the last record */
	struct mark *list;
	size_t n, cap;
	struct buf raw;		/* scratch: one record */
};

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->fd >= 0)
		(void)close(j->fd);
	buf_free(&j->raw);
	free(j->list);
	free(j);
}

/* What the first record follows: the format, by its name. */
static struct journal *
journal_new(struct err *e)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL) {
		(void)err_set(e, ST_DEAD, ENOMEM, "journal");
		return NULL;
	}
	j->fd = -1;
	if (sum_bytes(SPAN("baredot journal 1\n"), j->last, e) != ST_OK) {
		journal_close(j);
		return NULL;
	}
	return j;
}

static void
put_number(struct buf *b, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_byte(b, (uint8_t)(v >> (8 * i)));
}

static uint64_t
get_number(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

/* The checksum of a whole record in memory, its own field left out. */
static int
record_sum(struct span raw, uint8_t out[HASH_SIZE], struct err *e)
{
	struct hash *h = hash_new();
	bool ok = false;

	if (h != NULL) {
		hash_begin(h);
		hash_feed(h, (struct span){ raw.p, SUM_AT });
		hash_feed(h, (struct span){ raw.p + HEAD_SIZE,
		    raw.n - HEAD_SIZE });
		ok = hash_end(h, out);
	}
	hash_free(h);
	return ok ? ST_OK : err_set(e, ST_DEAD, 0, "journal: cannot hash");
}

static bool
add_mark(struct journal *j, uint8_t type)
{
	const size_t cap = j->cap > 0 ? 2 * j->cap : 64;
	struct mark *more;

	if (j->n == j->cap) {
		if ((more = realloc(j->list, cap * sizeof(*more))) == NULL)
			return false;
		j->list = more;
		j->cap = cap;
	}
	j->list[j->n++] = (struct mark){ .off = j->size, .type = type };
	return true;
}

/* n bytes at off into j->raw, fewer only at the end of the file. */
static int
read_raw(struct journal *j, uint64_t off, size_t n, struct err *e)
{
	uint8_t piece[4096];
	ssize_t k;

	buf_clear(&j->raw);
	while (j->raw.n < n) {
		const size_t left = n - j->raw.n;

		k = call_read(j->fd, piece, left < sizeof(piece) ? left :
		    sizeof(piece), off + j->raw.n);
		if (k < 0)
			return err_set(e, ST_DEAD, errno,
			    "cannot read the journal");
		if (k == 0)
			break;
		buf_add(&j->raw, piece, (size_t)k);
	}
	return buf_ok(&j->raw) ? ST_OK :
	    err_set(e, ST_DEAD, ENOMEM, "journal");
}

/*
 * A whole record with a right checksum at raw.p, whatever its place in the
 * chain.  ST_OK, with *n its bytes; ST_BAD: no; ST_DEAD: no memory.
 */
static int
parse_record(struct span raw, size_t *n, struct err *e)
{
	uint8_t sum[HASH_SIZE];
	uint64_t len;

	if (raw.n < HEAD_SIZE)
		return ST_BAD;
	len = get_number(raw.p, 4);
	if (len == 0 || len > LEN_MAX || len > raw.n - HEAD_SIZE)
		return ST_BAD;
	*n = HEAD_SIZE + (size_t)len;
	if (record_sum((struct span){ raw.p, *n }, sum, e) != ST_OK)
		return ST_DEAD;
	return memcmp(sum, raw.p + SUM_AT, HASH_SIZE) == 0 ? ST_OK : ST_BAD;
}

/* Read the record at off into j->raw; as parse_record. */
static int
load_record(struct journal *j, uint64_t off, struct err *e)
{
	size_t n;
	int rc;

	if ((rc = read_raw(j, off, HEAD_SIZE, e)) != ST_OK)
		return rc;
	if (j->raw.n < HEAD_SIZE)
		return ST_BAD;
	n = (size_t)get_number(j->raw.p, 4);
	if (n == 0 || n > LEN_MAX)
		return ST_BAD;
	if ((rc = read_raw(j, off, HEAD_SIZE + n, e)) != ST_OK)
		return rc;
	return parse_record(buf_span(&j->raw), &n, e);
}

/* j->raw follows the last record. */
static bool
is_next(const struct journal *j)
{
	const uint8_t *p = j->raw.p, type = p[HEAD_SIZE];

	return get_number(p + 4, 8) == j->n + 1 &&
	    memcmp(p + PREV_AT, j->last, HASH_SIZE) == 0 &&
	    (j->n == 0) == (type == RECORD_RUN) &&
	    type >= RECORD_RUN && type <= RECORD_SWAPPED;
}

static int
accept(struct journal *j, struct err *e)
{
	if (!add_mark(j, j->raw.p[HEAD_SIZE]))
		return err_set(e, ST_DEAD, ENOMEM, "journal");
	memcpy(j->last, j->raw.p + SUM_AT, HASH_SIZE);
	j->size += j->raw.n;
	return ST_OK;
}

static int
damaged(const struct journal *j, struct err *e)
{
	return err_set(e, ST_DEAD, 0,
	    "the journal is damaged at byte %llu, after record %zu",
	    (unsigned long long)j->size, j->n);
}

/*
 * Bytes remain that are not the next record.  Appends are synced one by one,
 * so a crash leaves a piece of one record: if there is more than that, or a
 * whole record anywhere, it was no crash.
 */
static int
check_tail(struct journal *j, uint64_t left, struct err *e)
{
	size_t n;
	int rc;

	if (left > HEAD_SIZE + LEN_MAX)
		return damaged(j, e);
	if ((rc = read_raw(j, j->size, (size_t)left, e)) != ST_OK)
		return rc;
	for (size_t i = 0; i < j->raw.n; i++) {
		const struct span s = { j->raw.p + i, j->raw.n - i };

		if (s.n > HEAD_SIZE && get_number(s.p + 4, 8) > j->n + left)
			continue;
		if ((rc = parse_record(s, &n, e)) == ST_OK)
			return damaged(j, e);
		if (rc == ST_DEAD)
			return rc;
	}
	j->cut = left;
	return ST_OK;
}

static int
load(struct journal *j, uint64_t size, struct err *e)
{
	int rc = ST_OK;

	while (j->size < size && rc == ST_OK) {
		rc = load_record(j, j->size, e);
		if (rc == ST_OK && !is_next(j))
			return damaged(j, e);
		if (rc == ST_OK)
			rc = accept(j, e);
	}
	return rc == ST_BAD ? check_tail(j, size - j->size, e) : rc;
}

/* What is believed from now on must not go again with the power. */
static int
make_sure(struct journal *j, struct err *e)
{
	if (j->cut > 0 && ftruncate(j->fd, (off_t)j->size) != 0)
		return err_set(e, ST_DEAD, errno,
		    "cannot cut the torn end of the journal");
	if (fdatasync(j->fd) != 0)
		return err_set(e, ST_DEAD, errno, "cannot sync the journal");
	return ST_OK;
}

static int
open_file(struct journal *j, int dir, int flags, struct err *e)
{
	j->fd = openat(dir, JOURNAL_NAME, flags | O_RDWR | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0600);
	if (j->fd >= 0)
		return ST_OK;
	return err_set(e, errno == ENOENT ? ST_END : ST_DEAD, errno,
	    "cannot open the journal");
}

int
journal_create(struct journal **out, int dir, struct err *e)
{
	struct journal *j = journal_new(e);
	int rc = ST_DEAD;

	if (j == NULL || (rc = open_file(j, dir, O_CREAT | O_EXCL, e)) !=
	    ST_OK)
		goto out;
	if (fsync(j->fd) != 0 || fsync(dir) != 0) {
		rc = err_set(e, ST_DEAD, errno, "cannot sync the journal");
		goto out;
	}
	*out = j;
	j = NULL;
out:
	journal_close(j);
	return rc;
}

int
journal_open(struct journal **out, int dir, struct err *e)
{
	struct journal *j = journal_new(e);
	struct stat st;
	int rc = ST_DEAD;

	if (j == NULL || (rc = open_file(j, dir, 0, e)) != ST_OK)
		goto out;
	if (fstat(j->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		rc = err_set(e, ST_DEAD, errno, "cannot open the journal");
		goto out;
	}
	if ((rc = load(j, (uint64_t)st.st_size, e)) != ST_OK ||
	    (rc = make_sure(j, e)) != ST_OK)
		goto out;
	if (j->n == 0) {
		rc = err_set(e, ST_END, 0, "the journal is empty");
		goto out;
	}
	*out = j;
	j = NULL;
out:
	journal_close(j);
	return rc;
}

uint64_t
journal_cut(const struct journal *j)
{
	return j->cut;
}

bool
journal_ok(const struct journal *j)
{
	return !j->dead;
}

uint64_t
journal_count(const struct journal *j)
{
	return j->n;
}

enum record_type
journal_type(const struct journal *j, uint64_t seq)
{
	return (enum record_type)j->list[seq - 1].type;
}

int
journal_read(struct journal *j, uint64_t seq, struct buf *out, struct err *e)
{
	const int rc = load_record(j, j->list[seq - 1].off, e);

	if (rc == ST_BAD || (rc == ST_OK &&
	    get_number(j->raw.p + 4, 8) != seq))
		return err_set(e, ST_DEAD, 0,
		    "the journal was changed meanwhile");
	if (rc != ST_OK)
		return rc;
	buf_clear(out);
	buf_add(out, j->raw.p + HEAD_SIZE + 1, j->raw.n - HEAD_SIZE - 1);
	return buf_ok(out) ? ST_OK : err_set(e, ST_DEAD, ENOMEM, "journal");
}

/* The record, whole, in j->raw. */
static int
compose(struct journal *j, enum record_type type, struct span fields,
    struct err *e)
{
	static const uint8_t no_sum[HASH_SIZE];
	int rc;

	buf_clear(&j->raw);
	put_number(&j->raw, fields.n + 1, 4);
	put_number(&j->raw, j->n + 1, 8);
	buf_add(&j->raw, j->last, HASH_SIZE);
	buf_add(&j->raw, no_sum, HASH_SIZE);
	buf_byte(&j->raw, (uint8_t)type);
	buf_add(&j->raw, fields.p, fields.n);
	if (!buf_ok(&j->raw))
		return err_set(e, ST_DEAD, ENOMEM, "journal");
	uint8_t sum[HASH_SIZE];
	if ((rc = record_sum(buf_span(&j->raw), sum, e)) == ST_OK)
		memcpy(j->raw.p + SUM_AT, sum, HASH_SIZE);
	return rc;
}

int
journal_append(struct journal *j, enum record_type type, struct span fields,
    uint64_t *seq, struct err *e)
{
	int rc;

	if (j->dead)
		return err_set(e, ST_DEAD, 0,
		    "the journal could not be written before");
	if (fields.n > JOURNAL_PAYLOAD_MAX)
		return err_set(e, ST_DEAD, 0,
		    "too much for one record of the journal");
	if ((rc = compose(j, type, fields, e)) != ST_OK)
		return rc;
	j->dead = true;
	if (call_write(j->fd, j->raw.p, j->raw.n, j->size) != 0 ||
	    fdatasync(j->fd) != 0)
		return err_set(e, ST_DEAD, errno,
		    "cannot write the journal");
	if ((rc = accept(j, e)) != ST_OK)
		return rc;
	j->dead = false;
	if (seq != NULL)
		*seq = j->n;
	return ST_OK;
}
