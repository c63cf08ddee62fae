/*
 * See dialects.h.
 */
#include "dialects.h"

void
dialects_dispute(struct dialects *d, uint64_t off, enum dispute_kind kind)
{
	if (d->disputes < DIALECTS_KEPT) {
		d->dispute[d->disputes].off = off;
		d->dispute[d->disputes].kind = kind;
	}
	d->disputes++;
}

void
dialects_add(struct dialects *d, const struct dialects *later)
{
	const uint64_t all = d->disputes + later->disputes;

	for (size_t i = 0; i < later->disputes && i < DIALECTS_KEPT; i++)
		dialects_dispute(d, later->dispute[i].off,
		    later->dispute[i].kind);
	d->disputes = all;
	d->messages += later->messages;
	d->any_from += later->any_from;
	d->blank_from += later->blank_from;
	d->no_length += later->no_length;
	d->by_length += later->by_length;
	d->internal += later->internal;
	d->at_end = d->at_end || later->at_end;
}
