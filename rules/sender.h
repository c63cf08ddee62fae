/*
 * What a program that sends mail by SMTP puts on the wire behind DATA: rows of
 * rules/data/senders.conf.  A transducer: a byte of the message in, a few
 * bytes of the wire out.
 */
#ifndef BAREDOT_SENDER_H
#define BAREDOT_SENDER_H

#include "receiver.h"

enum sender_holds { HOLDS_LF, HOLDS_CRLF, HOLDS_FILE };

/* What becomes of a CR or LF that is not its line end. */
enum sender_does {
	SENDER_KEEPS, SENDER_CRLF, SENDER_SPACE, SENDER_REFUSES
};

/* Behind what a dot is doubled: bits. */
enum sender_behind {
	BEHIND_OTHER = 1,	/* anything else: never */
	BEHIND_START = 2, BEHIND_CRLF = 4, BEHIND_LF = 8, BEHIND_CR = 16
};

/* All that what goes out depends on. */
struct sender_does_what {
	uint8_t holds, lf, cr, stuffs;
	bool drops_cr;		/* HOLDS_LF: the CR of a CRLF */
	bool nul_truncates;	/* the line, up to its LF */
	bool bdat;		/* no end of the data is sent behind it */
};

/* A row; all texts are borrowed.  NULL: not known, or none. */
struct sender_row {
	const char *name;	/* "postfix" */
	const char *title, *versions, *cve, *fixed, *note, *source;
	enum known known;
	struct sender_does_what does;	/* by DATA */
	bool bdat;		/* where CHUNKING is offered it uses BDAT, */
	struct sender_does_what by_bdat;	/* and does this then */
};

/* Where it is in the message; zeroed it is none, see sender_begin. */
struct sender_state {
	uint8_t behind;		/* the last that went out: enum sender_behind */
	bool cr;		/* a CR came in, and did not go out yet */
	bool cut;		/* behind a NUL that truncates */
};
#define SENDER_OUT 8u		/* bytes, of one that comes in, or of the end */

struct sender_state sender_begin(void);

/*
 * For messages whose own lines end in LF, or do not: what does the same as d,
 * with all set alike that makes no difference then.
 */
struct sender_does_what sender_essence(const struct sender_does_what *d,
    bool lf);

/*
 * The next byte, of one of the classes (other: 'x' goes out).  lf: the
 * message's own lines end in LF.  Returns how many bytes go out, at most
 * SENDER_OUT; more than that: it refuses to send the message.
 */
size_t sender_step(const struct sender_does_what *, bool lf,
    struct sender_state *, enum wire_class, uint8_t out[SENDER_OUT]);

/* The end of the message: what goes out, with the end of the data.  *dot:
 * where in it the dot is that ends it; bdat: it is the end of what goes out. */
size_t sender_end(const struct sender_does_what *, struct sender_state *,
    uint8_t out[SENDER_OUT], size_t *dot);

#define SENDER_STATES 20u	/* numbers of states, below that */
size_t sender_number(struct sender_state);

#endif
