/*
 * See inner.h.
 */
#include "inner.h"

#include <errno.h>

#include "packed.h"

/* What the format shows, as a source of bytes. */
static int
stored_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	struct inner *s = ctx;

	(void)off;
	if (s->rest.n == 0 && s->status == ST_OK)
		s->status = s->format->read(s->state, s->in, &s->rest, &s->e);
	if (s->status == ST_BAD || s->status == ST_DEAD) {
		if (e != NULL)
			*e = s->e;
		return ST_DEAD;
	}
	if (s->status != ST_OK)
		return s->status;
	*got = n < s->rest.n ? n : s->rest.n;
	memcpy(p, s->rest.p, *got);
	s->rest = (struct span){ s->rest.p + *got, s->rest.n - *got };
	return ST_OK;
}

/* Take what is left.  Its status, and *e if that is an error. */
static int
drain(struct inner *s, struct err *e)
{
	while (s->status == ST_OK)
		s->status = s->format->read(s->state, s->in, &s->rest, &s->e);
	s->rest.n = 0;
	if (s->status != ST_END && e != NULL)
		*e = s->e;
	return s->status;
}

/* It cannot be unpacked: *e says so. */
static int
give_up(struct inner *s, struct err *e)
{
	return drain(s, NULL) != ST_DEAD ? ST_BAD : drain(s, e);
}

int
inner_open(struct inner *s, const struct format *f, void *state,
    struct input *in, enum filter filter, struct budget *budget,
    struct err *e)
{
	struct byte_source source;

	s->format = f;
	s->state = state;
	s->in = in;
	s->rest.n = 0;
	s->status = ST_OK;
	if ((s->stored == NULL && (s->stored = input_new()) == NULL) ||
	    (s->plain == NULL && (s->plain = input_new()) == NULL))
		return err_set(e, ST_DEAD, ENOMEM, "cannot unpack");
	input_open_source(s->stored, (struct byte_source){
	    .read = stored_read, .ctx = s });
	if (packed_source(filter, s->stored, budget, &source, e) != ST_OK)
		return give_up(s, e);
	input_open_source(s->plain, source);
	input_keep(s->plain, 0);
	return ST_OK;
}

int
inner_read(struct inner *s, struct span *out, struct err *e)
{
	const int rc = input_peek(s->plain, 1, out, e);

	if (rc == ST_END)
		return drain(s, e);
	if (rc != ST_OK)
		return give_up(s, e);
	input_consume(s->plain, out->n);
	return ST_OK;
}

void
inner_close(struct inner *s)
{
	if (s->plain != NULL)
		input_close(s->plain);	/* it reads from the other */
	if (s->stored != NULL)
		input_close(s->stored);
}

void
inner_free(struct inner *s)
{
	inner_close(s);
	input_free(s->plain);
	input_free(s->stored);
}
