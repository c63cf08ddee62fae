/*
 * The inside of a scanner: what scan.c, scan_store.c and scan_packed.c share.
 */
#ifndef BAREDOT_SCANNING_H
#define BAREDOT_SCANNING_H

#include <time.h>

#include "judge.h"
#include "keeper.h"
#include "mend_say.h"
#include "open.h"
#include "piece.h"
#include "reach.h"
#include "scan.h"

struct scanner {
	struct scan_options options;
	struct judge *judge;
	struct store *store;	/* that is read now */
	struct store *levels[1 + NESTING_MAX];	/* of the file, and of members
				 * in members; made when they are needed */
	struct opener *opener;
	struct repair *repair;	/* or NULL */
	struct mend_say *say;	/* with it */
	struct buf frames;	/* of the message at hand */
	struct buf path;	/* of what is at hand; members behind a '!' */
	struct buf asked;	/* of the file, as the job says */
	const char *name;	/* of the file at hand, in its folder */
	int64_t mtime;		/* of what is at hand */
	struct stamp stamp;	/* of the file at hand, when it was opened */
	bool settled;		/* as in plan_item */
	const struct keeper *keeper;	/* of it; NULL: nobody */
	struct buf way_path;	/* named by the user, and how one gets there */
	struct reach way;
	struct err barred;	/* it must not be acted on, by its way: why */
	bool is_barred;
	struct budget budget;	/* of the file at hand */
	struct timespec begun;	/* when it was opened */
	uint64_t size;		/* of what is read of it; 0: not known */
	bool late;		/* it took too long */
	uint64_t ordinals[NESTING_MAX];	/* of the members at hand */
	size_t ordinals_n;

	/* What was counted or told of the file at hand (messages, problems,
	 * stores, that it is mail), and how much of that was committed by a
	 * worker that died later. */
	uint64_t events, known;
	uint64_t mail;		/* files and members that held mail, ever */
	uint64_t unreadable;	/* those that could not be read, or in part */

	/* With scan_options.keep: */
	struct hash *ids;	/* scratch */
	struct buf id_list;	/* likewise */
	struct buf pieces;	/* of out, which is in them up to `pieced` */
	size_t pieced;
	struct delta of_name;	/* of the file at hand, but for delta */
	struct delta sum;	/* not committed yet, but for delta */
	bool beside, moved;	/* other files were looked at, for it; it has
				 * another name now */
	bool grown;		/* an mbox that is known, and was left alone */

	/* Of the job at hand: */
	const struct job_spec *job;
	const struct job_sink *sink;
	struct buf out, plan;	/* not committed yet */
	struct delta delta;	/* likewise */
	uint64_t unticked;	/* bytes read since the last sign of life */
	uint64_t again;		/* likewise, for the second time, or
				 * unpacked */
};

/* scan.c: a sign of life, as judge_options.tick. */
void scan_tick(void *scanner, uint64_t bytes, uint64_t again);

/* Whether the file at hand takes too long, as judge_options.late. */
int scan_late(void *scanner, struct err *e);

/* Between two messages or files: commit when it is time. */
void scan_maybe_commit(struct scanner *, struct resume);

/* scan_store.c: one more event; false: it is known, and not to be told. */
bool scan_event(struct scanner *);

/* *e, of what s->path is; off: bytes into it, or MSG_NOT_RAW. */
void scan_unreadable(struct scanner *, uint64_t off, const struct err *e);

/* Not mail, a FIFO, gone: counted, and listed with -v or if it was named. */
void scan_skipped(struct scanner *, uint64_t *counter, const struct err *why);

/*
 * What the job says of the name-th file, which is at hand, is compared with
 * what it is; an event, also if that is the same.  f: NULL: it was not opened.
 */
void scan_compare(struct scanner *, uint64_t name,
    const struct opened_file *f);

/* The record of a store. */
void scan_tell_store(struct scanner *, const struct store_facts *);

/*
 * The open s->store, which is the job's name-th, or in it: an archive, a store
 * of its own, or a single message, which counts for `folder`.
 */
void scan_opened(struct scanner *, uint64_t name, struct store_facts *folder);

/* True: it is an mbox to be cut into ranges, and was left alone. */
bool scan_file(struct scanner *, uint64_t name, struct opened_file);

/* The messages of s->store. */
void scan_store(struct scanner *, uint64_t name, struct store_facts *);

/*
 * scan_plan.c: what would be done to a message that was judged, and a plan
 * where that is something.  *told: *out is set, and there is something to be
 * said of it.  ST_DEAD: it cannot be read once more.
 */
struct mend_say *scan_say_new(struct scanner *);	/* NULL: memory */

/* The file at hand, which is open: would who acts be let go there? */
void scan_reach(struct scanner *, const struct opened_file *);
int scan_repair(struct scanner *, const struct msg *, const struct judged *,
    struct repair_facts *out, bool *told, struct err *);

/*
 * scan_evidence.c: the record of the file at hand, which was opened as *f; fd:
 * the same, or -1.  status: "scanned", "not-mail" or "unreadable".
 */
void scan_evidence(struct scanner *, const struct opened_file *f, int fd,
    const char *status);

/* --- scan_keep.c; what they do, they do with scan_options.keep alone */

/* A descriptor for later, or -1. */
int scan_keep_hold(const struct scanner *, int fd);

/* What was told last is such a piece; the record of a message. */
void scan_keep_text(struct scanner *, enum piece_kind);
void scan_keep_message(struct scanner *, const struct judged *);

/* Take delta into the sums, and clear it. */
void scan_keep_fold(struct scanner *);

/* The file at hand is done; whole: nothing of it could not be read. */
void scan_keep_end(struct scanner *, uint64_t name,
    const struct opened_file *, int fd, bool whole);

/* The mbox is the one that was shorter: job_spec. */
bool scan_keep_grown(struct scanner *, const struct opened_file *);

/* The range is done: set delta's stamp. */
void scan_keep_range(struct scanner *, const struct opened_file *, int fd);

/* scan_packed.c: the members of s->store, which is an archive. */
void scan_packed(struct scanner *, uint64_t name);

#endif
