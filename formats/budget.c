/*
 * See budget.h.
 */
#include "budget.h"

#include <inttypes.h>

#define BYTES_FOR_EACH 8u	/* see limits.bytes */

const char *
limit_name(enum limit l)
{
	static const char *const names[] = {
		[LIMIT_NONE] = "none", [LIMIT_RATIO] = "ratio",
		[LIMIT_BYTES] = "bytes", [LIMIT_MEMBERS] = "members",
		[LIMIT_NESTING] = "nesting", [LIMIT_FILTERS] = "filters",
		[LIMIT_SECONDS] = "seconds",
	};

	return names[l];
}

/* most: what was allowed. */
static int
hit(struct budget *b, enum limit l, const char *what, uint64_t most,
    struct err *e)
{
	if (b->hit == LIMIT_NONE)
		b->hit = l;
	return err_set(e, ST_DEAD, 0, "%s: more than %" PRIu64, what, most);
}

static unsigned
most_of(unsigned limit, unsigned max)
{
	return limit > 0 && limit < max ? limit : max;
}

static uint64_t
bytes_in(const struct budget *b)
{
	const uint64_t size = input_size(b->file), at = input_offset(b->file);

	return size > at ? size : at;
}

int
budget_bytes(struct budget *b, uint64_t n, struct err *e)
{
	const struct limits *l = b->limits;
	uint64_t in;

	b->out += n;
	if (b->unpacked != NULL)
		b->unpacked(b->ctx, n);
	if (b->late != NULL && b->late(b->ctx, e) != ST_OK)
		return ST_DEAD;
	if (b->out <= l->ratio_free)
		return ST_OK;
	in = bytes_in(b);
	if (l->ratio > 0 && b->out / l->ratio > in)
		return hit(b, LIMIT_RATIO, "it unpacks to too much for its "
		    "size: bytes for each byte", l->ratio, e);
	if (l->bytes > 0 && b->out > l->bytes &&
	    b->out / BYTES_FOR_EACH > in)
		return hit(b, LIMIT_BYTES, "it unpacks to too much: bytes",
		    l->bytes, e);
	return ST_OK;
}

int
budget_member(struct budget *b, struct err *e)
{
	const uint64_t most = b->limits->members;

	return ++b->members <= most || most == 0 ? ST_OK :
	    hit(b, LIMIT_MEMBERS, "too many members", most, e);
}

int
budget_nesting(struct budget *b, unsigned level, struct err *e)
{
	return level <= most_of(b->limits->nesting, NESTING_MAX) ? ST_OK :
	    hit(b, LIMIT_NESTING, "archives in archives, too deep",
	    most_of(b->limits->nesting, NESTING_MAX), e);
}

int
budget_filters(struct budget *b, unsigned n, struct err *e)
{
	return n <= most_of(b->limits->filters, FILTERS_MAX) ? ST_OK :
	    hit(b, LIMIT_FILTERS, "compressed too many times over",
	    most_of(b->limits->filters, FILTERS_MAX), e);
}
