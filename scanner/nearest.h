/*
 * The word that was probably meant, where one is not known.
 *
 * nearest_begin -> nearest_try* -> nearest_hint
 */
#ifndef BAREDOT_NEAREST_H
#define BAREDOT_NEAREST_H

#include <stddef.h>

#define NEAREST_HINT 96u	/* bytes */

struct nearest {
	const char *word;	/* as it was written */
	const char *best;	/* NULL: none is near so far */
	size_t distance;	/* of it: letters to be changed */
};

struct nearest nearest_begin(const char *word);

/* One that is known; it must stay. */
void nearest_try(struct nearest *, const char *known);

/* "; did you mean PREFIXbest?", or "" when none is near. */
const char *nearest_hint(const struct nearest *, const char *prefix,
    char out[NEAREST_HINT]);

#endif
