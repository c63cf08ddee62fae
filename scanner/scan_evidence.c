/*
 * See scanning.h: the record of a file as evidence.  It is read once more for
 * its SHA-256, beside what was looked at in it.
 */
#include "scanning.h"

#include <sys/stat.h>

#include "sum.h"
#include "tell.h"

#define STEP (16ull << 20)	/* bytes without a sign of life */

static int
sum_with_ticks(struct scanner *s, int fd, struct sum *out, struct err *e)
{
	struct summing sum;
	uint64_t at = 0;
	int rc;

	if ((rc = summing_begin(&sum, SUM_SHA, e)) != ST_OK)
		return rc;
	do {
		at = sum.sum.size;
		rc = summing_file(&sum, fd, at + STEP, -1, e);
		scan_tick(s, 0, sum.sum.size - at);
	} while (rc == ST_OK && sum.sum.size == at + STEP);
	if (rc == ST_OK)
		return summing_end(&sum, out, e);
	summing_drop(&sum);
	return rc;
}

/* Its sum, if it is still what was looked at. */
static int
sum_evidence(struct scanner *s, const struct opened_file *f, int fd,
    struct sum *out, struct err *e)
{
	struct stat st;
	int rc;

	if (fd < 0)
		return err_set(e, ST_DEAD, 0, "no SHA-256: too many files "
		    "are open");
	if ((rc = sum_with_ticks(s, fd, out, e)) != ST_OK)
		return rc;
	return fstat(fd, &st) == 0 && out->size == f->size &&
	    (uint64_t)st.st_size == f->size &&
	    st.st_mtim.tv_sec == f->mtime &&
	    st.st_mtim.tv_nsec == (long)f->mtime_ns ? ST_OK :
	    err_set(e, ST_DEAD, 0, "it changed while it was scanned");
}

void
scan_evidence(struct scanner *s, const struct opened_file *f, int fd,
    const char *status)
{
	struct file_report r = { .path = buf_span(&s->path), .size = f->size,
	    .mtime = f->mtime, .mtime_ns = f->mtime_ns, .status = status };
	struct err e = { 0 };
	struct sum sum;

	r.hashed = sum_evidence(s, f, fd, &sum, &e) == ST_OK;
	if (r.hashed) {
		memcpy(r.sha256, sum.sha, HASH_SIZE);
	} else {
		scan_unreadable(s, MSG_NOT_RAW, &e);
		r.status = "unreadable";
	}
	if (!scan_event(s))
		return;
	tell_file(s->options.reporter, &s->out, &r, &s->options.report);
	s->delta.totals.records++;
}
