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

static int
pieces_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	struct pieces *s = ctx;
	size_t more;

	(void)off;
	for (*got = 0; *got < n && s->status == ST_OK; ) {
		more = 0;
		s->status = s->some(s->ctx, p + *got, n - *got, &more);
		if (s->status == ST_OK)
			*got += more;
	}
	if (*got > 0)
		return ST_OK;
	if (s->status == ST_DEAD && e != NULL)
		*e = *s->said;
	return s->status;
}

static void
pieces_close(void *ctx)
{
	struct pieces *s = ctx;

	if (s->close != NULL)
		s->close(s->ctx);
}

int
single_begun(struct pieces *p, int rc, struct byte_source *out, struct err *e)
{
	if (rc == ST_OK) {
		*out = (struct byte_source){ .read = pieces_read,
		    .close = pieces_close, .ctx = p };
		return ST_OK;
	}
	if (e != NULL)
		*e = *p->said;
	if (p->close != NULL)
		p->close(p->ctx);
	return rc;
}

struct span
single_base(struct span name)
{
	size_t n = name.n;

	while (n > 0 && name.p[n - 1] != '/')
		n--;
	return (struct span){ name.n > 0 ? name.p + n : NULL, name.n - n };
}
