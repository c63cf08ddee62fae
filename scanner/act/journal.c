/*
 * See journal.h; what a record looks like: journal_raw.h.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_raw.h"
#include "kernel_calls.h"
#include "sum.h"

#define UNSYNCED_MAX (1u << 20)	/* bytes of notes until they are synced */
#define VIEWS_MAX 8u		/* at a journal that is being written */

struct mark {
	uint64_t off;		/* of the record in the file */
	uint32_t notes;
	uint8_t type;
};

struct journal {
	int fd;
	bool dead;		/* an append failed */
	uint64_t size;		/* bytes of whole records */
	uint64_t cut;
	uint64_t synced;	/* of size, bytes known to be on the disk */
	uint32_t unsynced;	/* records behind those */
	uint32_t notes;		/* that wait for their INTENT */
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

static bool
add_mark(struct journal *j, uint8_t type, uint32_t notes)
{
	const size_t cap = j->cap > 0 ? 2 * j->cap : 64;
	struct mark *more;

	if (j->n == j->cap) {
		if ((more = realloc(j->list, cap * sizeof(*more))) == NULL)
			return false;
		j->list = more;
		j->cap = cap;
	}
	j->list[j->n++] = (struct mark){ .off = j->size, .type = type,
	    .notes = notes };
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

/* Read the record at off into j->raw; as parse_record. */
static int
load_record(struct journal *j, uint64_t off, struct err *e)
{
	size_t n;
	int rc;

	if ((rc = read_raw(j, off, RAW_HEAD, e)) != ST_OK)
		return rc;
	if (j->raw.n < RAW_HEAD)
		return ST_BAD;
	n = (size_t)journal_raw_number(j->raw.p, 4);
	if (n < RAW_PAYLOAD_HEAD || n > RAW_LEN_MAX)
		return ST_BAD;
	if ((rc = read_raw(j, off, RAW_HEAD + n, e)) != ST_OK)
		return rc;
	return journal_raw_whole(buf_span(&j->raw), &n, e);
}

/* j->raw follows the last record. */
static bool
is_next(const struct journal *j)
{
	const uint8_t *p = j->raw.p, type = p[RAW_HEAD];

	return journal_raw_number(p + RAW_SEQ_AT, 8) == j->n + 1 &&
	    memcmp(p + RAW_PREV_AT, j->last, HASH_SIZE) == 0 &&
	    (j->n == 0) == (type == RECORD_RUN) &&
	    type >= RECORD_RUN && type <= RECORD_OVERWRITE &&
	    journal_raw_number(p + RAW_UNSYNCED_AT, 4) <= j->n &&
	    journal_raw_number(p + RAW_NOTES_AT, 4) <= (type == RECORD_INTENT ?
	    j->notes : 0);
}

static int
accept(struct journal *j, struct err *e)
{
	const uint8_t type = j->raw.p[RAW_HEAD];

	if (!add_mark(j, type, (uint32_t)journal_raw_number(j->raw.p +
	    RAW_NOTES_AT, 4)))
		return err_set(e, ST_DEAD, ENOMEM, "journal");
	memcpy(j->last, j->raw.p + RAW_SUM_AT, HASH_SIZE);
	j->size += j->raw.n;
	j->unsynced++;
	j->notes = type == RECORD_NOTE ? j->notes + 1 : 0;
	return ST_OK;
}

static int
damaged(const struct journal *j, struct err *e)
{
	return err_set(e, ST_DEAD, 0,
	    "the journal is damaged at byte %llu, after record %zu",
	    (unsigned long long)j->size, j->n);
}

/* raw, a whole record, was written when the one after the last was not. */
static bool
is_of_crash(const struct journal *j, struct span raw)
{
	const uint64_t seq = journal_raw_number(raw.p + RAW_SEQ_AT, 8);

	return seq > j->n + 1 &&
	    seq - 1 <= j->n + journal_raw_number(raw.p + RAW_UNSYNCED_AT, 4);
}

/*
 * Bytes remain that are not the next record.  A crash leaves pieces of what
 * was not synced: an append, and the notes before it.  If there is more than
 * that, or a whole record that came later, it was no crash.
 */
static int
check_tail(struct journal *j, uint64_t left, struct err *e)
{
	size_t n;
	int rc;

	if (left > UNSYNCED_MAX + 2 * (RAW_HEAD + RAW_LEN_MAX))
		return damaged(j, e);
	if ((rc = read_raw(j, j->size, (size_t)left, e)) != ST_OK)
		return rc;
	for (size_t i = 0; i < j->raw.n; i++) {
		const struct span s = { j->raw.p + i, j->raw.n - i };

		if (s.n > RAW_HEAD && journal_raw_number(s.p + RAW_SEQ_AT,
		    8) > j->n + left)
			continue;
		if ((rc = journal_raw_whole(s, &n, e)) == ST_OK &&
		    !is_of_crash(j, s))
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

static int
sync_all(struct journal *j, struct err *e)
{
	if (fdatasync(j->fd) != 0)
		return err_set(e, ST_DEAD, errno, "cannot sync the journal");
	j->synced = j->size;
	j->unsynced = 0;
	return ST_OK;
}

/* What is believed from now on must not go again with the power. */
static int
make_sure(struct journal *j, struct err *e)
{
	if (j->cut > 0 && ftruncate(j->fd, (off_t)j->size) != 0)
		return err_set(e, ST_DEAD, errno,
		    "cannot cut the torn end of the journal");
	j->notes = 0;
	return sync_all(j, e);
}

static int
open_file(struct journal *j, int dir, int flags, struct err *e)
{
	j->fd = openat(dir, JOURNAL_NAME, flags | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK, 0600);
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

	if (j == NULL || (rc = open_file(j, dir, O_RDWR | O_CREAT |
	    O_EXCL, e)) !=
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

/* flags: O_RDWR, or O_RDONLY: a view. */
static int
open_old(struct journal **out, int dir, int flags, struct err *e)
{
	struct journal *j = journal_new(e);
	struct stat st;
	int rc = ST_DEAD;

	if (j == NULL || (rc = open_file(j, dir, flags, e)) != ST_OK)
		goto out;
	if (fstat(j->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		rc = err_set(e, ST_DEAD, errno, "cannot open the journal");
		goto out;
	}
	if ((rc = load(j, (uint64_t)st.st_size, e)) != ST_OK ||
	    (flags == O_RDWR && (rc = make_sure(j, e)) != ST_OK))
		goto out;
	if (j->n == 0) {
		rc = err_set(e, ST_END, 0, "the journal is empty");
		goto out;
	}
	j->dead = flags != O_RDWR;
	*out = j;
	j = NULL;
out:
	journal_close(j);
	return rc;
}

int
journal_open(struct journal **out, int dir, struct err *e)
{
	return open_old(out, dir, O_RDWR, e);
}

/* Half a record may become a whole one while we look: then it looks damaged. */
int
journal_view(struct journal **out, int dir, struct err *e)
{
	int rc = ST_DEAD;

	for (unsigned i = 0; i < VIEWS_MAX && rc == ST_DEAD; i++)
		rc = open_old(out, dir, O_RDONLY, e);
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

uint64_t
journal_notes(const struct journal *j, uint64_t seq)
{
	return j->list[seq - 1].notes;
}

int
journal_read(struct journal *j, uint64_t seq, struct buf *out, struct err *e)
{
	const int rc = load_record(j, j->list[seq - 1].off, e);

	if (rc == ST_BAD || (rc == ST_OK &&
	    journal_raw_number(j->raw.p + RAW_SEQ_AT, 8) != seq))
		return err_set(e, ST_DEAD, 0,
		    "the journal was changed meanwhile");
	if (rc != ST_OK)
		return rc;
	buf_clear(out);
	buf_add(out, j->raw.p + RAW_HEAD + RAW_PAYLOAD_HEAD,
	    j->raw.n - RAW_HEAD - RAW_PAYLOAD_HEAD);
	return buf_ok(out) ? ST_OK : err_set(e, ST_DEAD, ENOMEM, "journal");
}

/* It is written when this returns, and not known to be on the disk. */
static int
write_record(struct journal *j, enum record_type type, struct span fields,
    struct err *e)
{
	const struct journal_raw r = {
		.type = type, .seq = j->n + 1, .unsynced = j->unsynced,
		.notes = type == RECORD_INTENT ? j->notes : 0,
		.prev = j->last, .fields = fields,
	};
	int rc;

	if (j->dead)
		return err_set(e, ST_DEAD, 0,
		    "the journal could not be written before");
	if (fields.n > JOURNAL_PAYLOAD_MAX)
		return err_set(e, ST_DEAD, 0,
		    "too much for one record of the journal");
	if ((rc = journal_raw_compose(&r, &j->raw, e)) != ST_OK)
		return rc;
	j->dead = true;
	if (call_write(j->fd, j->raw.p, j->raw.n, j->size) != 0)
		return err_set(e, ST_DEAD, errno,
		    "cannot write the journal");
	if ((rc = accept(j, e)) == ST_OK)
		j->dead = false;
	return rc;
}

static int
sync_written(struct journal *j, struct err *e)
{
	const int rc = sync_all(j, e);

	j->dead = rc != ST_OK;
	return rc;
}

/* What a crash may leave is bounded, so that damage shows. */
static int
add(struct journal *j, enum record_type type, struct span fields,
    struct err *e)
{
	const int rc = write_record(j, type, fields, e);

	if (rc == ST_OK && j->size - j->synced > UNSYNCED_MAX)
		return sync_written(j, e);
	return rc;
}

int
journal_add(struct journal *j, enum record_type type, struct span fields,
    uint64_t *seq, struct err *e)
{
	const int rc = add(j, type, fields, e);

	if (rc == ST_OK && seq != NULL)
		*seq = j->n;
	return rc;
}

int
journal_sync(struct journal *j, struct err *e)
{
	if (j->dead)
		return err_set(e, ST_DEAD, 0,
		    "the journal could not be written before");
	return j->unsynced > 0 ? sync_written(j, e) : ST_OK;
}

int
journal_append(struct journal *j, enum record_type type, struct span fields,
    uint64_t *seq, struct err *e)
{
	int rc;

	if ((rc = write_record(j, type, fields, e)) != ST_OK ||
	    (rc = sync_written(j, e)) != ST_OK)
		return rc;
	if (seq != NULL)
		*seq = j->n;
	return ST_OK;
}

int
journal_append_fields(struct journal *j, enum record_type type,
    struct buf *fields, struct err *e)
{
	const int rc = buf_ok(fields) ? journal_append(j, type,
	    buf_span(fields), NULL, e) :
	    err_set(e, ST_DEAD, ENOMEM, "journal");

	buf_free(fields);
	return rc;
}

int
journal_note(struct journal *j, struct span fields, struct err *e)
{
	return add(j, RECORD_NOTE, fields, e);
}

void
journal_drop_notes(struct journal *j)
{
	j->notes = 0;
}
