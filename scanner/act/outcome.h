/*
 * What came of one message: a refusal or a message that has changed is an
 * outcome, with a reason for people, and not an error.
 *
 * Calls that return one return ST_OK for every outcome; ST_DEAD means that the
 * whole run must stop: nothing more can be recorded, or the disk fails; what
 * was begun is left for recover_all.
 */
#ifndef BAREDOT_OUTCOME_H
#define BAREDOT_OUTCOME_H

#include "mailname.h"

enum outcome_kind {
	OUTCOME_DONE,
	OUTCOME_SAME,		/* nothing to do: it is so already */
	OUTCOME_REFUSED,	/* must not be touched, and was not */
	OUTCOME_GONE,		/* it is not there any more */
	OUTCOME_CHANGED,	/* it is not the one that was judged */
	OUTCOME_BUSY,		/* somebody is at it: left alone, try later */
	OUTCOME_FAILED,		/* could not be done, and was not; num */
	OUTCOME_UNSETTLED	/* cannot be finished or taken back now; the
				 * message is whole, in the mailbox or beside
				 * it; recover_all will try again */
};

#define OUTCOMES (OUTCOME_UNSETTLED + 1)

/* For reports: "done", "same", "refused", ... */
const char *outcome_name(enum outcome_kind);

struct outcome {
	enum outcome_kind kind;
	int num;		/* FAILED, REFUSED: an errno, or 0.  ENOSPC,
				 * EDQUOT: give up on this mailbox; EIO, EROFS:
				 * on the run */
	const char *lacks;	/* REFUSED: for what its file system does not
				 * have; there may be another way.  Else NULL */
	bool lost;		/* FAILED: the original is missing or damaged */
	char reason[256];	/* "" for DONE */
	char note[256];		/* DONE: what else there is to say, or "" */
	uint64_t seq;		/* of its intent in the journal; 0: none */
	struct mailname name;	/* DONE: what the message is called now */
};

/*
 * Fill *o and return ST_BAD, by which the calls below the public ones say that
 * the outcome is known.
 */
int outcome_set(struct outcome *o, enum outcome_kind, int num,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Its file system has no `what` (a literal: "RENAME_EXCHANGE", ...): REFUSED,
 * and the option for the way that goes without is named; NULL: there is none.
 */
int outcome_lacks(struct outcome *o, int num, const char *what,
    const char *option);

/* As outcome_set, with the text of *e, which says all. */
int outcome_from(struct outcome *o, enum outcome_kind, const struct err *e);

/*
 * An mbox was changed, and may have messages that are longer now, as IMAP
 * counts: what to do where Dovecot serves it.  (Dovecot 2.3.19 believes a size
 * that it noted.  It may cut off what is behind that, each time; where there is
 * less it complains once, and notes the right one.)
 */
void outcome_note_longer(struct outcome *);

/* For the public ones: an outcome is ST_OK. */
int outcome_status(int rc);

#endif
