/*
 * See over_log.h.
 */
#include "over_log.h"

#include <errno.h>
#include <unistd.h>

#include "blob.h"
#include "box_settle.h"
#include "kernel_calls.h"
#include "over.h"
#include "record.h"

int
over_log_add(struct run *r, uint64_t seq, const struct over_log *l,
    struct err *e)
{
	struct buf b = { 0 };

	record_u64(&b, "of", seq);
	record_u64(&b, "written", l->written);
	record_u64(&b, "commit", l->commit);
	record_u64(&b, "len", l->len);
	record_u64(&b, "extent", l->extent);
	record_bytes(&b, "sha", (struct span){ l->sha, HASH_SIZE });
	return journal_append_fields(r->journal, RECORD_OVERWRITE, &b, e);
}

static int
decode(struct span s, uint64_t seq, struct over_log *out, struct err *e)
{
	struct over_log l = { .any = true };
	uint64_t of, written, commit;
	struct span sha;

	if (!record_find_u64(s, "of", &of) ||
	    !record_find_u64(s, "written", &written) ||
	    !record_find_u64(s, "commit", &commit) ||
	    !record_find_u64(s, "len", &l.len) ||
	    !record_find_u64(s, "extent", &l.extent) || l.len > l.extent ||
	    l.extent > INT64_MAX ||
	    !record_find(s, "sha", &sha) || sha.n != HASH_SIZE)
		return err_set(e, ST_DEAD, 0, "the journal makes no sense");
	if (of != seq)
		return ST_OK;
	l.written = written != 0;
	l.commit = commit != 0;
	memcpy(l.sha, sha.p, HASH_SIZE);
	*out = l;
	return ST_OK;
}

int
over_log_read(struct run *r, uint64_t seq, struct over_log *out,
    struct err *e)
{
	const uint64_t n = journal_count(r->journal);
	struct buf b = { 0 };
	int rc = ST_OK;

	*out = (struct over_log){ 0 };
	for (uint64_t i = seq + 1; i <= n && rc == ST_OK; i++)
		if (journal_type(r->journal, i) == RECORD_OVERWRITE &&
		    (rc = journal_read(r->journal, i, &b, e)) == ST_OK)
			rc = decode(buf_span(&b), seq, out, e);
	buf_free(&b);
	return rc;
}

int
over_log_end(struct run *r, uint64_t seq, const struct settled *s,
    struct err *e)
{
	struct buf b = { 0 };

	record_u64(&b, "of", seq);
	record_text(&b, "name", s->name.text);
	record_u64(&b, "message", s->message);
	return journal_append_fields(r->journal, s->committed ?
	    RECORD_COMMIT : RECORD_ABORT, &b, e);
}

int
over_log_open(struct run *r, const uint8_t sha[HASH_SIZE], int *fd,
    struct err *e)
{
	struct sum sum;
	const int rc = blob_open(r->blobs, sha, fd, &sum, e);

	return rc == ST_BAD ? ST_DEAD : rc;
}

int
over_log_join(struct run *r, const uint8_t first[HASH_SIZE], uint64_t a,
    int fd, uint64_t at, uint64_t end, uint8_t sha[HASH_SIZE],
    struct err *e)
{
	int image = -1, to = -1, rc;
	struct sum sum;

	if ((rc = over_log_open(r, first, &image, e)) != ST_OK)
		return rc;
	if ((to = call_new_unnamed(r->blobs)) < 0)
		rc = err_set(e, ST_DEAD, errno, "cannot store the mailbox");
	if (rc == ST_OK &&
	    (rc = box_join(image, a, fd, at, end, to, sha, e)) == ST_OK &&
	    (rc = sum_file(to, UINT64_MAX, -1, &sum, e)) == ST_OK) {
		rc = memcmp(sum.sha, sha, HASH_SIZE) == 0 ?
		    blob_put(r->blobs, to, &sum, e) : err_set(e, ST_DEAD, 0,
		    "what was stored cannot be read back");
	}
	if (to >= 0)
		(void)close(to);
	(void)close(image);
	return rc == ST_BAD ? ST_DEAD : rc;
}

int
over_log_explains(struct run *r, const struct intent *in,
    const struct over_log *l, int fd, bool *out, struct err *e)
{
	struct over_images im = { .old = -1, .new = -1, .last = -1,
	    .len = l->len, .extent = l->extent };
	int rc;

	if ((rc = over_log_open(r, in->old.sha, &im.old, e)) == ST_OK &&
	    (rc = over_log_open(r, in->new.sha, &im.new, e)) == ST_OK &&
	    (rc = over_log_open(r, l->sha, &im.last, e)) == ST_OK)
		rc = over_explains(fd, &im, out, e);
	if (im.old >= 0)
		(void)close(im.old);
	if (im.new >= 0)
		(void)close(im.new);
	if (im.last >= 0)
		(void)close(im.last);
	return rc;
}

int
over_log_blind(int rc, const struct err *e)
{
	return rc != ST_DEAD || e->num == EIO || e->num == EROFS ||
	    e->num == ENOMEM || e->num == 0 ? rc : ST_BAD;
}
