/*
 * See scan_run.h: a report that is made of its records when all are there.
 */
#include "scan_run.h"

#include <errno.h>

#include "html.h"

bool
scan_page_begin(struct scan_run *r, struct err *e)
{
	if (r->reporter->through == NULL)
		return true;
	r->reporter = r->reporter->through;
	if ((r->spool = report_spool(e)) == NULL)
		return false;
	r->page = r->out;
	r->out = output_to(fileno(r->spool), e);
	return r->out != NULL;
}

/* Nothing was written when the run could not begin. */
static int
make_page(struct scan_run *r, struct err *e)
{
	struct report_lines in = { .file = r->spool };
	int rc;

	if (fseeko(r->spool, 0, SEEK_END) != 0)
		return err_set(e, ST_DEAD, errno, "temporary file");
	if (ftello(r->spool) == 0)
		return ST_OK;
	rewind(r->spool);
	rc = html_page(&in, r->page, e);
	r->spool = in.file;
	report_lines_free(&in);
	return rc == ST_DEAD ? ST_DEAD : ST_OK;
}

int
scan_page_end(struct scan_run *r, struct err *e)
{
	int rc = ST_OK;

	if (r->page != NULL) {
		if (r->out != NULL)
			rc = output_close(r->out, false, e);
		if (rc == ST_OK)
			rc = make_page(r, e);
		r->out = r->page;
		r->page = NULL;
	}
	if (r->spool != NULL)
		(void)fclose(r->spool);
	r->spool = NULL;
	return rc;
}
