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

static int
read_line(struct report_lines *r, struct err *e)
{
	uint8_t part[512];	/* of it: a byte at a time costs */
	size_t n = 0;
	int c;

	if (r->stop != NULL && *r->stop != 0)
		return err_set(e, ST_DEAD, EINTR, "interrupted");
	buf_clear(&r->line);
	r->number++;
	r->at = r->next;
	while ((c = getc_unlocked(r->file)) != EOF && c != '\n' &&
	    r->line.n < LINE_MOST) {
		part[n++] = (uint8_t)c;
		if (n == sizeof(part)) {
			buf_add(&r->line, part, n);
			n = 0;
		}
	}
	buf_add(&r->line, part, n);
	r->next += r->line.n + (c != EOF);
	r->cut = c == EOF;
	if (ferror(r->file))
		return err_set(e, ST_DEAD, errno, "cannot read");
	if (!buf_ok(&r->line))
		return err_set(e, ST_DEAD, ENOMEM, "report");
	if (c != EOF && c != '\n')
		return err_set(e, ST_BAD, 0, "line %" PRIu64 ": too long for "
		    "a record of a report", r->number);
	return c == EOF && r->line.n == 0 ? ST_END : ST_OK;
}

static int
next(struct report_lines *r, struct span *out, struct err *e)
{
	int rc;

	do
		rc = read_line(r, e);
	while (rc == ST_OK && is_blank(buf_span(&r->line)));
	if (rc == ST_OK)
		*out = buf_span(&r->line);
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
	if (r->next != at && fseeko(r->file, (off_t)at, SEEK_SET) != 0)
		return err_set(e, ST_DEAD, errno, "cannot read again");
	r->next = at;
	progress_at(r->progress, &r->told);	/* all was read once */
	return next(r, out, e);
}
