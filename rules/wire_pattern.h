/*
 * Patterns of bytes on the wire: what a server takes for the end of the data,
 * and what it refuses.
 *
 * A pattern is words with spaces between them: CR, LF, NUL, . and any; a|b is
 * one byte of either, !a one that is not; ? behind a word makes it optional,
 * * any number, + at least one.  CRLF is CR LF.  "LF . CR* LF" is a line that
 * is a dot alone for a server whose lines end at LF and that drops CRs.
 */
#ifndef BAREDOT_WIRE_PATTERN_H
#define BAREDOT_WIRE_PATTERN_H

#include "span.h"

/* All that such a server tells apart. */
enum wire_class {
	WIRE_OTHER, WIRE_CR, WIRE_LF, WIRE_DOT, WIRE_NUL
};
#define WIRE_CLASSES 5

extern const uint8_t wire_classes[256];

/* What it means that a pattern matched. */
enum wire_kind {
	WIRE_END,		/* the end of the data */
	WIRE_END_LF_FIRST,	/* likewise, where the first line ended with
				 * LF alone; WIRE_END, where it did not */
	WIRE_REFUSE,		/* something that is refused at once */
	WIRE_REFUSE_LATE,	/* likewise, at the end of the data */
	WIRE_REFUSE_LF_FIRST	/* likewise, where the first line ended with
				 * LF alone */
};
#define WIRE_KINDS 5

#define WIRE_PLACES 64u		/* words, and one more for each pattern */

/* Places are bits; a place is before a word, or behind the last one. */
struct wire_patterns {
	size_t n;
	uint8_t classes[WIRE_PLACES];	/* of the word: bits; 0: the end */
	uint64_t optional, loops;	/* words that are, or may be again */
	uint64_t starts[WIRE_KINDS];
	uint64_t ends[WIRE_KINDS];
};

/*
 * Add a pattern to what was zeroed.  False: it is none, or there is no more
 * room; why, if it is not NULL, is set to a literal.
 */
bool wire_patterns_add(struct wire_patterns *, enum wire_kind,
    const char *text, const char **why);

/* The places that are reached from some by a byte; a match can start at any
 * byte. */
uint64_t wire_patterns_step(const struct wire_patterns *, uint64_t places,
    enum wire_class);

#endif
