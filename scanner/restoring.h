/*
 * What restore_cmd.c and restore_look.c have in common.
 */
#ifndef BAREDOT_RESTORING_H
#define BAREDOT_RESTORING_H

#include "run_entries.h"
#include "state_cmd.h"
#include "undo_cmd.h"
#include "undo_look.h"

/* An intent of which something is chosen. */
struct pick {
	char run[40];
	uint64_t seq;
	uint64_t chosen, all;	/* messages of it */
	enum outcome_kind kind;	/* what would come of it, */
	char *why;		/* and why; NULL: nothing to say */
};

struct restore {
	const struct state_options *options;
	const struct statedir *state;
	struct answer *answer;
	bool *meant;		/* for each word: it is of something */
	struct pick *list;	/* by run and seq */
	size_t n, cap, at;	/* at: that is shown */
	int to;			/* an open folder, or -1 */
	bool readable;		/* something that was left alone is */
	struct undo_look look;	/* without --apply */
	struct undoing undoing;
};

/* One of the words is for it, or there are none; and it is in quarantine. */
bool restore_is_meant(struct restore *, const struct run_entry *);
bool restore_is_chosen(struct restore *, const struct run_entry *);

/*
 * What happens to a message, by itself; word: its status in a record, text:
 * for people, why: may be "".
 */
void restore_put(struct restore *, const struct run_entry *,
    const char *word, const char *text, const char *why);

/* Of only some of the messages that were cut out of a mailbox together. */
struct outcome restore_part(void);

/*
 * fn for all picks of a run, first..last, run by run, the last first.  fn gives
 * ST_BAD: that run is damaged, and holds up no other; ST_DEAD: stop.  An exit
 * status.
 */
int restore_each_run(struct restore *, int (*fn)(struct restore *,
    size_t first, size_t last));

/* restore_look.c: without --apply; an exit status. */
int restore_look(struct restore *);

#endif
