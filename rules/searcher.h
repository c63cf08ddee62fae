/*
 * Rules' patterns run over one message after another, and what they found.
 * No pattern can hold up a scan: who uses up the time of a message gives up,
 * and so do those behind it.
 *
 * searcher_open -> (searcher_begin -> (searcher_start -> searcher_try*
 * -> searcher_note*)*)* -> searcher_close
 */
#ifndef BAREDOT_SEARCHER_H
#define BAREDOT_SEARCHER_H

#include "patterns.h"
#include "stopwatch.h"

struct found {
	bool off;		/* it is not tried (any more) on this message */
	struct spots match, gave_up;
};

struct searcher {
	const struct pattern_rules *rules;
	struct matcher *matcher;
	struct stopwatch watch;
	bool late;		/* the time is used up */
	size_t unwatched;	/* searched since the clock was looked at */
	struct found found[USER_RULES_MAX];	/* by index in rules */
};

bool searcher_open(struct searcher *, const struct pattern_rules *);
void searcher_close(struct searcher *);

/* Every rule is on again. */
void searcher_begin(struct searcher *);

/* Searching goes on, in so many bytes more of the message. */
void searcher_start(struct searcher *, size_t bytes);

/*
 * Search for a rule's pattern; off: of the subject, in the message.  False:
 * it is off, or there is no match, or it gave up, which was noted.
 */
bool searcher_try(struct searcher *, size_t rule, const struct search *,
    uint64_t off, size_t *at, size_t *end);

/* The match is at around.p[at], which is off in the message. */
void searcher_note(struct searcher *, size_t rule, uint64_t off,
    struct span around, size_t at);

/* It could not look at all that it should have: at off. */
void searcher_gave_up(struct searcher *, size_t rule, uint64_t off,
    struct span around, size_t at);

/*
 * Every match in the text, however long, in windows of SUBJECT_MAX bytes; off:
 * of the text.  What is no longer than WINDOW_OVERLAP bytes, with what the
 * pattern looks at behind it, is found wherever it is.
 */
#define WINDOW_OVERLAP 2048u
void searcher_windows(struct searcher *, size_t rule, struct span text,
    uint64_t off, bool goes_on);

#endif
