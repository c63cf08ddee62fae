/*
 * What stands in lines of Exim's spool files, by its spool_in.c.
 */
#ifndef BAREDOT_EXIM_LINES_H
#define BAREDOT_EXIM_LINES_H

#include "span.h"

#define EXIM_ID_MAX 32u		/* bytes, and more than there are */

/*
 * A spool file's name, with a line end: XXXXXX-XXXXXX-XX, or as of 4.97
 * XXXXXX-XXXXXXXXXXX-XXXX, then -H or -D; *which is that letter.  The bytes of
 * the ID, or 0.
 */
size_t exim_id(struct span, char *which);

/* At least one digit, and no more than 15, are taken off. */
bool exim_number(struct span *, uint64_t *out);

/* "-name value", "--name value" or "--(quoter)name value", from the name on. */
struct span exim_option(struct span line);

/* The address in a recipient's line; what follows it grew with the years. */
struct span exim_address(struct span line);

#endif
