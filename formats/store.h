/*
 * A file (or what it decompresses to) as a row of messages.
 *
 * store_new -> (store_open -> (store_next -> store_read*)* -> store_close)*
 *           -> store_free
 *
 * One struct store serves one file after another; its buffers are kept.
 */
#ifndef BAREDOT_STORE_H
#define BAREDOT_STORE_H

#include "budget.h"
#include "dialects.h"
#include "envelope.h"
#include "kernel.h"
#include "msg.h"
#include "packing.h"

/* What the file's place and name say about it. */
enum store_place {
	PLACE_OTHER,		/* nothing: the content must tell */
	PLACE_MAILDIR,		/* new/, cur/ or tmp/ of a Maildir: a message */
	PLACE_MH,		/* a number for a name: likely a message */
	PLACE_EML,		/* .eml: likely a message */
	PLACE_CYRUS,		/* a number and a dot: likely one of Cyrus */
	PLACE_EMLX,		/* .emlx: likely one of Apple Mail */
	PLACE_EMLX_PARTIAL,	/* .partial.emlx: that without attachments */
	PLACE_NAMED,		/* the user named this very file */

	/* of a mail server's queue: queue_names.h and spool.h know them */
	PLACE_OPENSMTPD,	/* a message in the queue of OpenSMTPD */
	PLACE_KUMOMTA,		/* of KumoMTA: a message, or its envelope */
	PLACE_SENDMAIL_BODY,	/* dfID, with sendmail's qfID */
	PLACE_QMAIL,		/* mess/ of qmail's queue: a message */
	PLACE_QMAIL_OTHER,	/* another folder of it: of a message */
	PLACE_COURIER		/* DID and CID of Courier's queue */
};
#define PLACES (PLACE_COURIER + 1)

struct store_how {
	const char *format;	/* forced, or NULL: probe */
	enum store_place place;
	struct span name;	/* of the file or member, perhaps with folders
				 * before it; n 0: none */

	/*
	 * Open another file, for who keeps a message in two: through no link.
	 * name: in the same folder, or "../", once or more often, and folders
	 * before it, but never out of the folder that the user named; of a
	 * file that was named by itself, around it.  ST_END: it is not there.
	 * NULL: there is no such folder.
	 */
	int (*sibling)(void *ctx, const char *name, struct input *into,
	    struct err *);

	/*
	 * Tell the names of files in the same folder, in byte order, until each
	 * says false.  ST_OK, or ST_DEAD: they cannot be had.  NULL: likewise.
	 */
	int (*siblings)(void *ctx, bool (*each)(void *, const char *name),
	    void *each_ctx, struct err *);
	void *sibling_ctx;

	uint64_t from, to;	/* bytes: only messages whose separator starts
				 * there; to == 0: all.  For mbox only */
	bool exact;		/* a separator starts at from */
	unsigned archives;	/* the kinds that store_archive may name: bits
				 * 1 << enum packed_as; never in a Maildir */
	bool member;		/* of an archive */
	struct budget *budget;	/* borrowed until store_close, its file is set
				 * here unless it is a member's; NULL: none */
	bool waits;		/* the file is still being written: wait for
				 * what is not there yet */
};

struct store;

/* kernel: for searching; NULL: the best.  NULL: no memory. */
struct store *store_new(const struct kernel *);
void store_free(struct store *);		/* NULL is fine */

/*
 * Open what fd is (a regular file of size bytes, or with size 0 a pipe or
 * anything else to be read to its end); the store owns fd, also on failure.
 * ST_BAD: not mail, *e says what it seems to be.  ST_DEAD: read error.
 * store_foreign: after ST_BAD: mail it is, or may be, that others can read.
 */
int store_open(struct store *, int fd, uint64_t size,
    const struct store_how *, struct err *);

bool store_foreign(const struct store *);

/* The same for any source of bytes, which the store then owns. */
int store_open_source(struct store *, struct byte_source,
    const struct store_how *, struct err *);

void store_close(struct store *);

/*
 * After ST_OK: the kind of archive that it is, for members_open with the
 * input, which stands at its start.  Then it has no messages of its own: no
 * other call but store_compressed and store_close.  PACKED_NOT: it has.
 */
enum packed_as store_archive(const struct store *);
struct input *store_input(struct store *);

/*
 * The next message; what was not read of the one before is skipped.
 * m->len is known only when store_read has returned ST_END.
 * ST_END: no more.  ST_BAD: what stands at m->from is damaged, or cannot be
 * read here; call again for what is behind it.  ST_DEAD: read error.
 */
int store_next(struct store *, struct msg *m, struct err *);

/*
 * Bytes of the message, valid until the next call.  ST_END: that was all,
 * and m->len of store_next's m is set.  ST_BAD: the message is not whole, or
 * not of the length that is said; store_next goes on.  ST_DEAD: read error.
 */
int store_read(struct store *, struct span *, struct err *);

/* The message can be read once more, from now on: store_again is allowed. */
bool store_can_again(const struct store *);

/* The same, and still after the next store_read. */
bool store_will_again(const struct store *);

/*
 * Begin the same message anew: after ST_END of store_read, or in the midst of
 * it; then ST_END comes where it had come to, and it goes on from there.
 */
void store_again(struct store *);

/*
 * The n bytes of the store's data at off, without moving; only if
 * store_can_again.  ST_END: there are fewer.  ST_DEAD: read error.
 */
int store_look(struct store *, uint64_t off, uint8_t *p, size_t n,
    struct err *);

/*
 * Where the next message's separator starts, after ST_END of store_read or of
 * store_next; no such place if nothing began in the range (store_first says
 * so).
 */
uint64_t store_position(const struct store *);

/* Where the first one starts, after store_open; store_how.to: in none. */
uint64_t store_first(const struct store *);

const char *store_format(const struct store *);	/* "mbox", "maildir", ... */
bool store_splits(const struct store *);	/* from and to are honoured */
bool store_is_container(const struct store *);	/* holds many messages */
bool store_compressed(const struct store *);

/*
 * What a mail queue says of the message at hand; complete once store_read has
 * returned ST_END, valid until the next store_next.  NULL: it is in no queue.
 */
const struct envelope *store_envelope(const struct store *);

/*
 * What kinds of readers would see, since the last call; false: there is no
 * such question in this format.
 */
bool store_take_dialects(struct store *, struct dialects *);

/* A format by name exists; for options. */
bool store_format_known(const char *name);
const char *store_format_name(size_t i);	/* the i-th, or NULL */

#endif
