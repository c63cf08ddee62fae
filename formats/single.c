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

int
single_fill(single_copy *copy, void *ctx, int *status, const struct err *why,
    uint8_t *p, size_t n, size_t *got, struct err *e)
{
	size_t more = 0;

	for (*got = 0; *got < n && *status == ST_OK; )
		if ((*status = copy(ctx, p + *got, n - *got, &more)) == ST_OK)
			*got += more;
	if (*got > 0)
		return ST_OK;
	if (*status == ST_DEAD && e != NULL)
		*e = *why;
	return *status;
}
