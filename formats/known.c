/*
 * See known.h, and store.h for what options need.
 */
#include "known.h"

#define FORMAT_POINTER(name) &format_##name,
static const struct format *const formats[] = { FORMATS(FORMAT_POINTER) };

const struct format *
format_at(size_t i)
{
	return formats[i];
}

const struct format *
format_named(const char *name)
{
	for (size_t i = 0; i < FORMATS_N; i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

bool
store_format_known(const char *name)
{
	return format_named(name) != NULL;
}

const char *
store_format_name(size_t i)
{
	return i < FORMATS_N ? formats[i]->name : NULL;
}

const struct format *
format_bid(struct span head, enum store_place place)
{
	const struct format *best = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < FORMATS_N; i++) {
		const unsigned bid = formats[i]->bid(head, place);

		if (bid > most) {
			most = bid;
			best = formats[i];
		}
	}
	return best;
}

static bool
is_mail(struct span head)
{
	return span_begins_field(head) || span_starts(head, SPAN("From "));
}

/* A tar has a sum, others may look like mail. */
enum packed_as
format_archive(struct span head, const struct store_how *how)
{
	const enum packed_as as = how->archives == 0 ||
	    how->place == PLACE_MAILDIR || how->format != NULL ? PACKED_NOT :
	    packing_archive(head);

	return (how->archives >> as & 1) != 0 &&
	    (as == PACKED_TAR || !is_mail(head)) ? as : PACKED_NOT;
}
