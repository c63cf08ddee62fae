/*
 * See complain.h.
 */
#include "complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "escape.h"

void
complain_va(const char *fmt, va_list ap)
{
	struct buf safe = { 0 };
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	escape_text(&safe, span_text(text != NULL ? text : fmt));
	(void)fprintf(stderr, "baredot: %s\n", buf_text(&safe));
	buf_free(&safe);
	free(text);
}

void
complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain_va(fmt, ap);
	va_end(ap);
}
