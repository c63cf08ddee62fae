/*
 * See nearest.h.  Letters that were left out, added, changed, or changed
 * places with their neighbour count one each; small and large ones are the
 * same.
 */
#include "nearest.h"

#include <stdio.h>
#include <string.h>

#include "span.h"

#define LETTERS 40u		/* of longer words nothing is said */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t
distance(const char *a, const char *b)
{
	size_t row[3][LETTERS + 1];
	const size_t na = strlen(a), nb = strlen(b);

	if (na > LETTERS || nb > LETTERS)
		return SIZE_MAX;
	for (size_t k = 0; k <= nb; k++)
		row[0][k] = k;
	for (size_t i = 1; i <= na; i++) {
		size_t *at = row[i % 3];
		const size_t *up = row[(i + 2) % 3];
		const size_t *upper = row[(i + 1) % 3];

		at[0] = i;
		for (size_t k = 1; k <= nb; k++) {
			const uint8_t x = ascii_lower((uint8_t)a[i - 1]);
			const uint8_t y = ascii_lower((uint8_t)b[k - 1]);

			at[k] = least(least(at[k - 1], up[k]) + 1,
			    up[k - 1] + (x != y));
			if (i > 1 && k > 1 &&
			    x == ascii_lower((uint8_t)b[k - 2]) &&
			    y == ascii_lower((uint8_t)a[i - 2]))
				at[k] = least(at[k], upper[k - 2] + 1);
		}
	}
	return row[na % 3][nb];
}

struct nearest
nearest_begin(const char *word)
{
	return (struct nearest){ .word = word };
}

/* A third of the letters may be wrong; one of two or three, too. */
void
nearest_try(struct nearest *n, const char *known)
{
	const size_t letters = strlen(n->word);
	size_t d = distance(n->word, known);

	if (letters >= 2 && strncmp(n->word, known, letters) == 0)
		d = 1;
	if (d <= (letters < 3 ? 1 : letters / 3) && d < letters &&
	    (n->best == NULL || d < n->distance)) {
		n->best = known;
		n->distance = d;
	}
}

const char *
nearest_hint(const struct nearest *n, const char *prefix,
    char out[NEAREST_HINT])
{
	out[0] = '\0';
	if (n->best != NULL)
		(void)snprintf(out, NEAREST_HINT, "; did you mean %s%s?",
		    prefix, n->best);
	return out;
}
