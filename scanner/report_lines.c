/*
 * See report_lines.h.
 */
#include "report_lines.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

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
	int c;

	buf_clear(&r->line);
	r->number++;
	while ((c = getc_unlocked(r->file)) != EOF && c != '\n' &&
	    r->line.n < LINE_MOST)
		buf_byte(&r->line, (uint8_t)c);
	if (ferror(r->file))
		return err_set(e, ST_DEAD, errno, "cannot read");
	if (!buf_ok(&r->line))
		return err_set(e, ST_DEAD, ENOMEM, "report");
	if (c != EOF && c != '\n')
		return err_set(e, ST_BAD, 0, "line %" PRIu64 ": too long for "
		    "a record of a report", r->number);
	return c == EOF && r->line.n == 0 ? ST_END : ST_OK;
}

int
report_lines_next(struct report_lines *r, struct span *out, struct err *e)
{
	int rc;

	do
		rc = read_line(r, e);
	while (rc == ST_OK && is_blank(buf_span(&r->line)));
	if (rc == ST_OK)
		*out = buf_span(&r->line);
	return rc;
}
