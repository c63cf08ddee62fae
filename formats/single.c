/*
 * See single.h.
 */
#include "single.h"

int
single_next(bool *given, const char *format, enum brk native,
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
single_read(void *state, struct input *in, struct span *out, struct err *e)
{
	(void)state;
	return input_some(in, UINT64_MAX, out, e);
}

struct span
single_base(struct span name)
{
	size_t n = name.n;

	while (n > 0 && name.p[n - 1] != '/')
		n--;
	return (struct span){ name.n > 0 ? name.p + n : NULL, name.n - n };
}
