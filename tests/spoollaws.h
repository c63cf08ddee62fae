/*
 * Laws for every format of queues, over one file that is whole.
 */
#ifndef BAREDOT_SPOOLLAWS_H
#define BAREDOT_SPOOLLAWS_H

#include "buf.h"
#include "drip.h"
#include "store.h"

struct spool {
	const char *format;		/* as messages are said to be */
	enum brk native;
	bool raw;			/* the message stands in the file */
	struct store_how how;
	struct span file, message;
	const char *envelope;		/* as spool_envelope writes it */
};

/* Another file of the queue, and perhaps more of them. */
struct lent {
	const char *name;	/* as the format asks for it */
	struct drip d;
	struct lent *next;
};

/* It comes 3 bytes at a time. */
struct lent lent_of(const char *name, struct span data,
    struct lent *next);

/* store_how.sibling; the context is the first of them. */
int lent_open(void *first, const char *name, struct input *into,
    struct err *);

/* "ID from SENDER at SECONDS for A,B +MORE", each as far as it is known. */
void spool_envelope(const struct envelope *, struct buf *out);

/*
 * Read *d as it is said: the status where it ended, ST_END or ST_DEAD, or
 * ST_BAD; *message and *envelope: what came, and *e.
 */
int spool_read(struct store *, struct drip *d, const struct store_how *,
    struct buf *message, struct buf *envelope, struct err *e);

/* The message and the envelope are these, however the file is cut. */
void spool_is_whole(struct store *, const struct spool *);

/* A read error at any byte, also the one behind the last: ST_DEAD. */
void spool_never_shorter(struct store *, const struct spool *);

/* The same in one of the others, which is in how's list. */
void spool_lent_never_shorter(struct store *, const struct spool *,
    struct lent *);

/* Cut off after any n bytes of the first `size`, with the format forced. */
void spool_tells_cuts(struct store *, const struct spool *, size_t size);

#endif
