/*
 * Text that a pattern cannot match without, so that most lines need not be
 * shown to it.
 */
#ifndef BAREDOT_LITERAL_H
#define BAREDOT_LITERAL_H

#include "span.h"

#define LITERAL_MAX 24u		/* bytes kept of one; the rest is dropped */
#define LITERAL_MIN 3u		/* shorter ones are no use */
#define LITERALS_MAX 16u	/* of a pattern */

struct literal {
	uint8_t n;
	uint8_t p[LITERAL_MAX];	/* A to Z in lower case */
};

/* Whatever the pattern matches holds one of these, in any ASCII case. */
struct literals {
	size_t n;		/* 0: nothing is known */
	struct literal list[LITERALS_MAX];
};

/*
 * pattern is one that PCRE2 takes, without options of the compilation.  What
 * is not understood here makes *out empty: it may say too little, never
 * something wrong.
 */
void literals_of(struct span pattern, struct literals *out);

#endif
