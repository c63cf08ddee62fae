/*
 * See box_settle.h: the swap of a mailbox file for another, and moving mail by
 * one more of those.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "box_settle.h"
#include "hold.h"
#include "kernel_calls.h"

#define PIECE (256u << 10)	/* bytes read at once */
#define DEPTH_MAX 3u		/* changes within changes */

/* Bytes at..end of a file, to the end of another. */
static int
append(int from, uint64_t at, uint64_t end, int to, uint64_t *size,
    struct hash *h, struct err *e)
{
	uint8_t buf[PIECE];
	ssize_t n;

	while (at < end) {
		n = call_read(from, buf, end - at < PIECE ?
		    (size_t)(end - at) : PIECE, at);
		if (n <= 0)
			return err_set(e, ST_DEAD, n < 0 ? errno : EIO,
			    "cannot read");
		if (call_write(to, buf, (size_t)n, *size) != 0)
			return err_set(e, ST_DEAD, errno, "cannot write");
		call_start_sync_upto(to, *size, (size_t)n);
		hash_feed(h, (struct span){ buf, (size_t)n });
		*size += (size_t)n;
		at += (size_t)n;
	}
	return ST_OK;
}

int
box_join(int a, uint64_t a_end, int b, uint64_t b_at, uint64_t b_end,
    int to, uint8_t sha[HASH_SIZE], struct err *e)
{
	struct hash *h = hash_new();
	uint64_t size = 0;
	int rc;

	if (h == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot hash");
	hash_begin(h);
	if ((rc = append(a, 0, a_end, to, &size, h, e)) == ST_OK &&
	    (rc = append(b, b_at, b_end, to, &size, h, e)) == ST_OK &&
	    !hash_end(h, sha))
		rc = err_set(e, ST_DEAD, 0, "cannot hash");
	hash_free(h);
	return rc;
}

static bool
is_at(const struct box *b, const char *name, int fd)
{
	struct stat here, there;

	return fstat(fd, &here) == 0 &&
	    fstatat(b->place->dir, name, &there,
	    AT_SYMLINK_NOFOLLOW) == 0 && here.st_ino == there.st_ino &&
	    here.st_dev == there.st_dev && here.st_nlink == 1;
}

/*
 * errno, or 0.  What came of it settle finds out.  The new file has a name on
 * the disk first: if we die after the swap there may be mail in it, and then
 * a power cut.
 */
static int
swap(const struct box *b, const struct deed *d, int old)
{
	if (fsync(b->place->dir) != 0)
		return errno;
	if (hold_lock(d->stage.fd) != 0 || hold_lease(d->stage.fd) != 0)
		return errno;
	if (!hold_lasts(old) || !is_at(b, d->intent.temp.text, d->stage.fd) ||
	    !is_at(b, b->name.text, old))
		return EBUSY;
	return call_swap(b->place->dir, d->intent.temp.text, b->place->dir,
	    b->name.text) == 0 ? 0 : errno;
}

int
box_exchange(struct box *b, struct deed *d, const struct meta *meta, int old,
    struct settled *out, int *num, struct err *e)
{
	const struct box_known known = { .live = true, .old = old,
	    .new = d->stage.fd };
	int rc;

	*num = 0;
	stage_id(&d->stage, &d->intent.new);
	d->intent.name = b->name;
	if ((rc = deed_record(d, meta, e)) != ST_OK ||
	    (rc = owner_enter(b->place->owner, e)) != ST_OK)
		return rc;
	if (stage_place(&d->stage, b->place, &d->intent, d->out) == ST_OK)
		*num = swap(b, d, old);
	rc = box_settle(b, &d->intent, d->seq, &known, out, e);
	owner_leave();
	return rc;
}

static int
open_stage(struct box *b, struct deed *d, struct err *e)
{
	int rc;

	if ((rc = owner_enter(b->place->owner, e)) != ST_OK)
		return rc;
	rc = stage_open(b->place, &d->stage, d->out);
	owner_leave();
	return rc;
}

/* What was added to a file, alone. */
static int
stage_rest(struct box *b, struct deed *d, const struct post *from,
    uint64_t at, struct err *e)
{
	struct said said = { 0 };
	int rc;

	if ((rc = open_stage(b, d, e)) != ST_OK)
		return rc;
	if (fstat(from->fd, &d->source.st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if ((rc = meta_read(from->fd, &d->source.st, &d->source.meta, e)) !=
	    ST_OK ||
	    (rc = box_join(from->fd, 0, from->fd, at, from->size,
	    d->stage.fd, said.sum, e)) != ST_OK)
		return rc;
	return deed_seal(d, &d->source.meta, &said, e);
}

/* The mailbox as it is, and what was added to the other file. */
static int
stage_merge(struct box *b, struct deed *d, const struct post *from,
    uint64_t at, const struct post *onto, struct err *e)
{
	struct said said = { 0 };
	struct stat st;
	int rc;

	if ((rc = open_stage(b, d, e)) != ST_OK)
		return rc;
	if (fstat(from->fd, &st) != 0 ||
	    fstat(onto->fd, &d->source.st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if ((rc = meta_read(onto->fd, &d->source.st, &d->source.meta, e)) !=
	    ST_OK ||
	    (rc = sum_file(onto->fd, UINT64_MAX, -1, &d->source.sum, e)) !=
	    ST_OK ||
	    (rc = box_join(onto->fd, d->source.sum.size, from->fd, at,
	    from->size, d->stage.fd, said.sum, e)) != ST_OK)
		return rc;
	if (meta_is_later(st.st_mtim, d->source.meta.mtime))
		d->source.meta.mtime = st.st_mtim;
	return deed_seal(d, &d->source.meta, &said, e);
}

static int
merge(struct box *b, struct deed *d, uint64_t of, const struct post *from,
    uint64_t at, const struct post *onto, bool *moved, struct err *e)
{
	struct settled s;
	int num, rc;

	if ((rc = intent_begin(&d->intent, ACT_MBOX, b->place, e)) != ST_OK ||
	    (rc = stage_merge(b, d, from, at, onto, e)) != ST_OK)
		return rc;
	d->intent.old = (struct file_id){ .ino = d->source.st.st_ino,
	    .size = d->source.sum.size };
	memcpy(d->intent.old.sha, d->source.sum.sha, HASH_SIZE);
	d->intent.merges = of;
	d->intent.upto = from->size;
	buf_str(&d->intent.reason, "mail that came meanwhile");
	rc = box_exchange(b, d, &d->source.meta, onto->fd, &s, &num, e);
	*moved = rc == ST_OK && s.committed;
	return rc;
}

/* A change within a change: with rights as it was called, and not deeper. */
static int
nest(struct box *b, struct deed *d, struct err *e)
{
	if (b->depth >= DEPTH_MAX)
		return err_set(e, ST_BAD, 0, "mail comes all the time");
	d->run = b->run;
	d->place = b->place;
	b->depth++;
	owner_leave();
	return ST_OK;
}

static int
unnest(struct box *b, struct deed *d, int rc, struct err *e)
{
	b->depth--;
	deed_free(d);
	if (rc == ST_BAD && d->out->kind != OUTCOME_DONE)
		(void)err_set(e, ST_BAD, d->out->num, "%s", d->out->reason);
	return owner_enter(b->place->owner, e) == ST_OK ? rc : ST_DEAD;
}

int
box_merge(struct box *b, uint64_t of, const struct post *from, uint64_t at,
    const struct post *onto, bool *moved, struct err *e)
{
	struct outcome o = { 0 };
	struct deed d = { .out = &o };
	int rc;

	*moved = false;
	if ((rc = nest(b, &d, e)) != ST_OK)
		return rc;
	rc = merge(b, &d, of, from, at, onto, moved, e);
	return unnest(b, &d, rc, e);
}

/*
 * As if a change had been stopped after the swap: the temporary is an old file
 * that was empty, and has mail in it.
 */
static int
carry(struct box *b, struct deed *d, uint64_t of, const struct post *from,
    uint64_t at, struct err *e)
{
	const struct box_known known = { .old = -1, .new = -1 };
	struct settled s;
	int rc;

	if ((rc = intent_begin(&d->intent, ACT_MBOX, b->place, e)) != ST_OK ||
	    (rc = stage_rest(b, d, from, at, e)) != ST_OK)
		return rc;
	d->intent.name = b->name;
	d->intent.merges = of;
	d->intent.old.ino = d->stage.st.st_ino;
	if ((rc = sum_bytes(SPAN(""), d->intent.old.sha, e)) != ST_OK ||
	    (rc = deed_record(d, &d->source.meta, e)) != ST_OK ||
	    (rc = owner_enter(b->place->owner, e)) != ST_OK)
		return rc;
	rc = stage_place(&d->stage, b->place, &d->intent, d->out);
	stage_close(&d->stage);		/* or it could not be held */
	if (rc == ST_OK)
		rc = box_settle(b, &d->intent, d->seq, &known, &s, e);
	owner_leave();
	return rc;
}

int
box_carry(struct box *b, uint64_t of, const struct post *from, uint64_t at,
    struct err *e)
{
	struct outcome o = { 0 };
	struct deed d = { .out = &o };
	int rc;

	if ((rc = nest(b, &d, e)) != ST_OK)
		return rc;
	rc = carry(b, &d, of, from, at, e);
	return unnest(b, &d, rc, e);
}
