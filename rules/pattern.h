/*
 * A regular expression over bytes, and searching with it.  pattern.c is the
 * one file that sees PCRE2.
 *
 * pattern_new -> pattern_search* -> pattern_free; a pattern does not change
 * and may be shared.  matcher_new -> pattern_search* -> matcher_free; one
 * matcher for each that searches.
 *
 * Bytes, never UTF-8: a dot is one byte.  ^ and $ match at every line, which
 * ends in CRLF, LF or CR, unless the pattern begins with (*LF) or the like.
 */
#ifndef BAREDOT_PATTERN_H
#define BAREDOT_PATTERN_H

#include "span.h"
#include "stopwatch.h"

#define PATTERN_MAX 4096u	/* bytes of a pattern */
#define SUBJECT_MAX 8192u	/* bytes that are searched at once */
#define LOOK_BEHIND_MAX 255u	/* bytes that a pattern may look behind */

struct pattern;
struct matcher;

struct pattern_error {
	size_t at;		/* byte of the pattern, from 0 */
	char text[128];
};

/*
 * jit: translate it to machine code where that can be had; what it finds does
 * not depend on that.  NULL: *e says why.
 */
struct pattern *pattern_new(struct span text, bool jit,
    struct pattern_error *e);
void pattern_free(struct pattern *);		/* NULL is fine */

struct matcher *matcher_new(void);		/* NULL: memory */
void matcher_free(struct matcher *);		/* NULL is fine */

/*
 * MATCH_GAVE_UP: it takes more steps or memory than a pattern may.  How many
 * steps are too many differs between machine code and none.
 */
enum match { MATCH_NO, MATCH_YES, MATCH_GAVE_UP };

/* What of the subject is searched. */
struct search {
	struct span subject;	/* at most SUBJECT_MAX bytes */
	size_t from;		/* what is before it may be looked at */
	bool goes_on;		/* its end is not the end of what it is of */
	struct stopwatch *watch;	/* NULL: there is time.  Else it is
				 * looked at now and then where there is no
				 * machine code, which takes 10 times longer
				 * or much more, and one search must not take
				 * far longer than is left */
};

/* s.p[at] is the LF of a CRLF; 0 < at < s.n. */
static inline bool
span_in_crlf(struct span s, size_t at)
{
	return s.p[at] == '\n' && s.p[at - 1] == '\r';
}

/* MATCH_YES: the first match is subject.p[*at] to [*end], not included.
 * Allocates nothing. */
enum match pattern_search(const struct pattern *, struct matcher *,
    const struct search *, size_t *at, size_t *end);

#endif
