/*
 * See err.h.
 */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *e, int status, int num, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (e == NULL)
		return status;
	e->num = num;
	e->plain = NULL;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	if (num != 0)
		(void)snprintf(e->text + n, sizeof(e->text) - n, "%s%s",
		    n > 0 ? ": " : "", strerror(num));
	return status;
}

int
err_plain(struct err *e, int status, const char *plain)
{
	if (e != NULL)
		e->plain = plain;
	return status;
}
