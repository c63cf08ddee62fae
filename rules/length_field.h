/*
 * Fields in which a store says how long the body is: Content-Length, in bytes
 * (mboxcl), and Lines.  A change of the body makes them wrong.
 */
#ifndef BAREDOT_LENGTH_FIELD_H
#define BAREDOT_LENGTH_FIELD_H

#include "fields.h"

#define LENGTH_DIGITS 20u	/* of a number below 2^64 */

struct length_field {
	bool there;		/* else nothing below is set */
	bool many;		/* there is another: readers differ on which
				 * of them counts */
	bool bad;		/* the value is not digits alone, on the line
				 * of the name; nothing below is set */
	uint8_t digits;		/* bytes, at off: an EDIT_LENGTH takes the
				 * place of these */
	uint64_t off;		/* in the message */
	uint64_t value;
};

/* The first field of that name ("content-length", "lines"). */
void length_field_find(const struct fields *, const char *name,
    struct length_field *out);

/* The value in decimal: how many bytes were put into out. */
size_t length_field_text(uint64_t value, uint8_t out[LENGTH_DIGITS]);

#endif
