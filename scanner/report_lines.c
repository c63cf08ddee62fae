/*
 * See report_lines.h.
 */
#include "report_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MOST (16u << 20)	/* bytes: no record is as long */
#define STEP_FIRST (4u << 10)	/* bytes to read where a reader went, */
#define STEP_MOST (64u << 10)	/* and when it stays */

int
report_lines_open(struct report_lines *r, const char *name, struct err *e)
{
	*r = (struct report_lines){ .file = strcmp(name, "-") == 0 ? stdin :
	    fopen(name, "re") };
	return r->file != NULL ? ST_OK : err_set(e, ST_DEAD, errno,
	    "cannot open");
}

void
report_lines_close(struct report_lines *r)
{
	if (r->file != NULL && r->file != stdin)
		(void)fclose(r->file);
	report_lines_free(r);
}

void
report_lines_free(struct report_lines *r)
{
	buf_free(&r->in);
	buf_free(&r->line);
}

uint64_t
report_lines_size(const struct report_lines *r)
{
	struct stat st;

	return fstat(fileno(r->file), &st) == 0 && S_ISREG(st.st_mode) ?
	    (uint64_t)st.st_size : 0;
}

static bool
is_blank(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_wsp(s.p[i]) && s.p[i] != '\r')
			return false;
	return true;
}

/* All in r->in was used: more of the file.  None: its end. */
static int
fill(struct report_lines *r, struct err *e)
{
	if (r->in.p == NULL) {
		if ((r->in.p = malloc(STEP_MOST)) == NULL)
			return err_set(e, ST_DEAD, ENOMEM, "report");
		r->in.cap = STEP_MOST;
	}
	r->step = r->step == 0 ? STEP_FIRST : r->step < STEP_MOST ?
	    2 * r->step : STEP_MOST;
	r->from = 0;
	r->in.n = fread(r->in.p, 1, r->step, r->file);
	return ferror(r->file) ? err_set(e, ST_DEAD, errno, "cannot read") :
	    ST_OK;
}

/* As much of the line as is there.  True: that was its end. */
static bool
take(struct report_lines *r, struct span *out)
{
	const size_t left = r->in.n - r->from;
	const uint8_t *p = left > 0 ? r->in.p + r->from : NULL;
	const uint8_t *end = left > 0 ? memchr(p, '\n', left) : NULL;

	*out = (struct span){ p, end != NULL ? (size_t)(end - p) : left };
	r->from += out->n + (end != NULL);
	return end != NULL;
}

static int
read_line(struct report_lines *r, struct span *out, struct err *e)
{
	bool whole;
	int rc;

	if (r->stop != NULL && *r->stop != 0)
		return err_set(e, ST_DEAD, EINTR, "interrupted");
	buf_clear(&r->line);
	r->number++;
	r->at = r->next;
	while (!(whole = take(r, out)) && r->line.n + out->n <= LINE_MOST) {
		buf_add(&r->line, out->p, out->n);
		if ((rc = fill(r, e)) != ST_OK)
			return rc;
		if (r->in.n == 0)
			break;
	}
	if (whole ? r->line.n + out->n > LINE_MOST : r->in.n > 0)
		return err_set(e, ST_BAD, 0, "line %" PRIu64 ": too long for "
		    "a record of a report", r->number);
	if (r->line.n > 0) {
		buf_add(&r->line, out->p, whole ? out->n : 0);
		*out = buf_span(&r->line);
	}
	if (!buf_ok(&r->line))
		return err_set(e, ST_DEAD, ENOMEM, "report");
	r->next += out->n + whole;
	r->cut = !whole;
	return !whole && out->n == 0 ? ST_END : ST_OK;
}

static int
next(struct report_lines *r, struct span *out, struct err *e)
{
	int rc;

	do
		rc = read_line(r, out, e);
	while (rc == ST_OK && is_blank(*out));
	return rc;
}

int
report_lines_next(struct report_lines *r, struct span *out, struct err *e)
{
	r->told = (struct progress_at){ .bytes = r->next, .count = r->number };
	progress_at(r->progress, &r->told);
	return next(r, out, e);
}

FILE *
report_spool(struct err *e)
{
	const char *dir = getenv("TMPDIR");
	const int fd = open(dir != NULL && dir[0] != '\0' ? dir : "/tmp",
	    O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w+") : tmpfile();

	if (f == NULL) {
		(void)err_set(e, ST_DEAD, errno, "no temporary file");
		if (fd >= 0)
			(void)close(fd);
	}
	return f;
}

int
report_lines_keep(struct report_lines *r, struct err *e)
{
	static const char what[] = "cannot keep a copy of the report";
	uint8_t piece[16384];
	FILE *spool;
	size_t n;

	if (fseeko(r->file, 0, SEEK_CUR) == 0 && ftello(r->file) == 0)
		return ST_OK;
	if ((spool = report_spool(e)) == NULL)
		return ST_DEAD;
	while (!ferror(r->file) &&
	    (n = fread(piece, 1, sizeof(piece), r->file)) > 0 &&
	    fwrite(piece, 1, n, spool) == n)
		;
	if (ferror(r->file) || fflush(spool) != 0 || ferror(spool)) {
		const int why = errno;

		(void)fclose(spool);
		return err_set(e, ST_DEAD, why, "%s", what);
	}
	if (r->file != stdin)
		(void)fclose(r->file);
	r->file = spool;
	return fseeko(spool, 0, SEEK_SET) == 0 ? ST_OK :
	    err_set(e, ST_DEAD, errno, "%s", what);
}

int
report_lines_at(struct report_lines *r, uint64_t at, struct span *out,
    struct err *e)
{
	const uint64_t first = r->next - r->from;	/* in r->in */

	if (at >= first && at - first <= r->in.n) {
		r->from = (size_t)(at - first);
	} else {
		if (fseeko(r->file, (off_t)at, SEEK_SET) != 0)
			return err_set(e, ST_DEAD, errno, "cannot read again");
		r->in.n = r->from = r->step = 0;
	}
	r->next = at;
	progress_at(r->progress, &r->told);	/* all was read once */
	return next(r, out, e);
}
