/*
 * The formats that there are, and which of them a file is.
 */
#ifndef BAREDOT_KNOWN_H
#define BAREDOT_KNOWN_H

#include "format.h"

const struct format *format_at(size_t i);	/* i < FORMATS_N */
const struct format *format_named(const char *);	/* or NULL */

/* The one that is surest of data that begin with head; NULL: none is. */
const struct format *format_bid(struct span head, enum store_place);

/* It is an archive of a kind that is asked for. */
enum packed_as format_archive(struct span head, const struct store_how *);

#endif
