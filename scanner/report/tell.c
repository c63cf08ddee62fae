/*
 * See tell.h.
 */
#include "tell.h"

#include "redact.h"

/* NULL: what was to be redacted could not be, so nothing is said. */
static bool
may_tell(struct buf *b, const void *facts)
{
	b->failed = b->failed || facts == NULL;
	return facts != NULL;
}

void
tell_header(const struct reporter *to, struct buf *b,
    const struct scan_facts *f)
{
	if (f->options->redactor != NULL)
		f = redact_facts(f->options->redactor, f);
	if (may_tell(b, f))
		to->header(b, f);
}

void
tell_message(const struct reporter *to, struct buf *b,
    const struct report_message *r, const struct report_options *o)
{
	if (o->redactor != NULL)
		r = redact_message(o->redactor, r);
	if (may_tell(b, r))
		to->message(b, r, o);
}

/* Nothing that was redacted is kept. */
void
tell_again(const struct reporter *to, struct buf *b, struct span text,
    const char *time)
{
	to->again(b, text, time);
}

void
tell_store(const struct reporter *to, struct buf *b, struct span path,
    const struct store_facts *f, const struct report_options *o)
{
	if (o->redactor != NULL)
		path = redact_path(o->redactor, path);
	if (may_tell(b, path.p))
		to->store(b, path, f, o);
}

void
tell_problem(const struct reporter *to, struct buf *b,
    const struct problem_report *r, const struct report_options *o)
{
	if (o->redactor != NULL)
		r = redact_problem(o->redactor, r);
	if (may_tell(b, r))
		to->problem(b, r, o);
}

void
tell_file(const struct reporter *to, struct buf *b,
    const struct file_report *r, const struct report_options *o)
{
	if (o->redactor != NULL)
		r = redact_file(o->redactor, r);
	if (may_tell(b, r))
		to->file(b, r, o);
}

/* fix and quarantine know no --redact: there is nothing here for it. */
void
tell_acted(const struct reporter *to, struct buf *b,
    const struct act_report *r, const struct report_options *o)
{
	if (may_tell(b, o->redactor == NULL ? r : NULL))
		to->acted(b, r, o);
}

void
tell_summary(const struct reporter *to, struct buf *b,
    const struct scan_facts *f, const struct totals *t,
    const struct summary_facts *s)
{
	if (f->options->redactor != NULL)
		f = redact_facts(f->options->redactor, f);
	if (may_tell(b, f))
		to->summary(b, f, t, s);
}
