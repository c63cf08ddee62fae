/*
 * See outcome.h.
 */
#include "outcome.h"

#include <stdarg.h>
#include <stdio.h>

int
outcome_set(struct outcome *o, enum outcome_kind kind, int num,
    const char *fmt, ...)
{
	va_list ap;
	size_t n;

	o->kind = kind;
	o->num = num;
	va_start(ap, fmt);
	(void)vsnprintf(o->reason, sizeof(o->reason), fmt, ap);
	va_end(ap);
	n = strlen(o->reason);
	if (num != 0)
		(void)snprintf(o->reason + n, sizeof(o->reason) - n, ": %s",
		    strerror(num));
	return ST_BAD;
}

int
outcome_lacks(struct outcome *o, int num, const char *what,
    const char *option)
{
	(void)outcome_set(o, OUTCOME_REFUSED, 0, "its file system has no "
	    "%s%s%s%s", what, option != NULL ? "; --" : "", option != NULL ?
	    option : "", option != NULL ? " does without it" : "");
	o->num = num;
	o->lacks = what;
	return ST_BAD;
}

const char *
outcome_name(enum outcome_kind k)
{
	static const char *const names[OUTCOMES] = {
		[OUTCOME_DONE] = "done", [OUTCOME_SAME] = "same",
		[OUTCOME_REFUSED] = "refused", [OUTCOME_GONE] = "gone",
		[OUTCOME_CHANGED] = "changed", [OUTCOME_BUSY] = "busy",
		[OUTCOME_FAILED] = "failed",
		[OUTCOME_UNSETTLED] = "unsettled",
	};

	return names[k];
}

int
outcome_from(struct outcome *o, enum outcome_kind kind, const struct err *e)
{
	(void)outcome_set(o, kind, 0, "%s", e->text);
	o->num = e->num;
	return ST_BAD;
}

int
outcome_status(int rc)
{
	return rc == ST_BAD ? ST_OK : rc;
}

void
outcome_note_longer(struct outcome *o)
{
	(void)snprintf(o->note, sizeof(o->note), "messages in it may be "
	    "longer now; where Dovecot serves it they may be cut off at "
	    "the sizes it has noted until: "
	    "doveadm mailbox cache remove -u USER mailbox NAME");
}
