/*
 * See queued.h.
 */
#include "queued.h"

int
queued_next(bool *given, const char *format, enum brk native,
    const struct input *in, struct msg *m)
{
	if (*given)
		return ST_END;
	*given = true;
	m->format = format;
	m->native = native;
	m->index = 1;
	m->from = m->off = input_offset(in);
	return ST_OK;
}

int
queued_read(void *state, struct input *in, struct span *out, struct err *e)
{
	int rc;

	(void)state;
	if ((rc = input_peek(in, 1, out, e)) == ST_OK)
		input_consume(in, out->n);
	return rc;
}

struct span
queued_base(struct span name)
{
	size_t n = name.n;

	while (n > 0 && name.p[n - 1] != '/')
		n--;
	return (struct span){ name.n > 0 ? name.p + n : NULL, name.n - n };
}
