/*
 * New contents in the place of a message that is a file of its own: protocol
 * E+R (reliability 3.2).
 *
 * The mailbox has the old message or the new one, whole, at every moment; the
 * original is stored before.  Owner, mode, times and attributes are those of
 * the old file; in a Maildir the message gets a new base name and keeps its
 * flags, whoever renames it meanwhile.
 */
#ifndef BAREDOT_EXCHANGE_H
#define BAREDOT_EXCHANGE_H

#include "filling.h"
#include "intent.h"
#include "run.h"
#include "source.h"

struct change {
	/*
	 * Write the new message to `to` (an empty file), reading the old one
	 * from `from`; *said: of what was written, by which it is read back; a
	 * tag only while `from` is filled (it is large, or may be).  Called
	 * with the owner's rights.  ST_OK, or
	 * ST_BAD: leave this message as it is, *e says why.  ST_DEAD: cannot
	 * read or write.
	 */
	int (*write)(void *ctx, struct filling *from, int to, struct said *,
	    struct err *e);
	void *ctx;
	/*
	 * NULL, or: run_note what there is to say about this message.  Called
	 * after write, when it is about to be recorded; not when it is
	 * refused.
	 */
	int (*note)(void *ctx, struct run *, struct err *e);
	bool keep_base;		/* a Maildir name without sizes stays */
	const char *reason;	/* for the journal; may be NULL */
};

/*
 * Change one message.  See outcome.h for the result; e: not NULL.  It needs
 * renameat2(2) and O_TMPFILE from the file system, and refuses where they are
 * not to be had, unless the run may do without (MAY_COPY_SWAP).
 */
int exchange_file(struct run *, const struct target *, const struct change *,
    struct outcome *, struct err *);

/* One of several; out: see outcome.h. */
struct exchange {
	const struct target *target;
	const struct change *change;
	struct outcome *out;
};

#define EXCHANGE_MAX 32u

/*
 * Change n messages, each as exchange_file does, in groups of EXCHANGE_MAX at
 * most of one folder: what must be on the disk before a step is synced for
 * all of a group together, which is several times faster.  Each message is
 * open until its group is done: three descriptors.  Notes: by change.note.
 * ST_DEAD: outcomes of the group that it was at, and of those behind it, say
 * nothing.
 */
int exchange_files(struct run *, const struct exchange *, size_t n,
    struct err *);

/*
 * Put the original of intent `past`, number seq of this run, back in its
 * place, with its own name and times; a message that has been changed since is
 * left alone.  For undo.c.
 */
int exchange_undo(struct run *, uint64_t seq, struct intent *past,
    struct outcome *, struct err *);

/* What exchange_undo would come to, by looking; nothing is written. */
int exchange_look(struct run *, struct intent *past, struct outcome *,
    struct err *);

#endif
