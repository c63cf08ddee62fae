/*
 * One run that changes mail: its journal, its originals, and whether it may
 * have left something unsettled.
 *
 * run_begin | run_again -> exchange_file, remove_file, ... -> run_end
 *
 * The mark "open" in its folder says that the run was not ended in order, or
 * that something in it is not settled: recovery looks at those only.
 */
#ifndef BAREDOT_RUN_H
#define BAREDOT_RUN_H

#include "journal.h"
#include "place.h"
#include "statedir.h"

/* What was asked for by name, for file systems that lack what it takes. */
enum run_may {
	MAY_COPY_SWAP = 1,	/* messages by links: see link_swap.h */
	MAY_IN_PLACE = 2	/* an mbox written over: see in_place.h */
};

struct run {
	const struct statedir *state;
	char id[40];
	int dir, blobs;		/* its folder; its originals */
	struct journal *journal;
	struct place *place;	/* of run_place, or NULL */
	char *asked;		/* for it, by this path and root */
	size_t asked_root;
	unsigned may;		/* enum run_may; set by whoever begins it */
	bool by_links;		/* run_try_links said so, */
	dev_t links_dev;	/* the last time of this device */
	bool pending;		/* an intent may be recorded, and settling it
				 * has not come to its end */
	bool unsettled;		/* something is left as it is: the mark stays */
};

/* What a run says of itself. */
struct run_facts {
	const char *what;	/* a word for people, "fix" */
	const char *const *argv;	/* the command line, NULL-terminated;
				 * NULL: none */
};

/*
 * A new one.  The statedir must outlive it.  A very long command line is cut.
 * ST_DEAD: nothing can be recorded, so nothing may be changed.
 */
int run_begin_as(struct run *out, const struct statedir *,
    const struct run_facts *, struct err *);

/* The same, without a command line. */
int run_begin(struct run *out, const struct statedir *, const char *what,
    struct err *);

/*
 * An old one, to add to; it is marked as open, and only if it was not before
 * run_end takes the mark away.  ST_END: there is no such run, or it never
 * began.  ST_DEAD: it is damaged, or cannot be read.
 */
int run_again(struct run *out, const struct statedir *, const char *id,
    struct err *);

/* The mark of an unfinished run is there, or that cannot be seen. */
bool run_is_open(const struct statedir *, const char *id);

/*
 * Remove what there is of a run that never began.  False: it has originals, so
 * it did begin, and its journal was lost; nothing of it was removed but
 * originals that were not whole yet.
 */
bool run_discard(const struct statedir *, const char *id);

/*
 * Take the mark away, unless something is pending or unsettled, or an append
 * to the journal failed; free all.
 */
void run_end(struct run *);

/*
 * The folder at path, for this message; open until another is asked for.
 * As place_open.
 */
int run_place(struct run *, const char *path, size_t root,
    const struct place **out, struct err *);

/* The same, where that temporary is, or was: place_tmp_with. */
int run_place_of(struct run *, const char *path, size_t root,
    const char *temp, const struct place **out, struct err *);

/* Messages of this place go by links: run_try_links said so of its device. */
bool run_by_links(const struct run *, const struct place *);

/*
 * Something was refused there for what its file system lacks.  True: try
 * again, by links.  False: that was not asked for, or it has been tried.  The
 * place may be NULL.
 */
bool run_try_links(struct run *, const struct place *);

#endif
