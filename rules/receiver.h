/*
 * What a server that receives mail by SMTP does with the bytes behind DATA:
 * rows of rules/data/receivers.conf, each made into one small automaton.
 */
#ifndef BAREDOT_RECEIVER_H
#define BAREDOT_RECEIVER_H

#include "wire_pattern.h"

/* How a row is known: the server was tried, its source was read, or people
 * say so. */
enum known { KNOWN_MEASURED, KNOWN_SOURCE, KNOWN_PROSE };
#define KNOWN_N 3
extern const char *const known_names[KNOWN_N];	/* "measured" ... */

/* What becomes of bytes that came along behind the end of the data. */
enum pipelining {
	PIPELINING_READ,	/* they are read as commands */
	PIPELINING_NO_DATA,	/* likewise, but what comes along behind a
				 * DATA command is refused */
	PIPELINING_REFUSED	/* all of it is refused */
};
#define PIPELINING_N 3
extern const char *const pipelining_names[PIPELINING_N];

/* A row; all texts are borrowed.  NULL: not known, or none. */
struct receiver_row {
	const char *name;	/* "postfix-no" */
	const char *title, *versions, *cve, *fixed, *note, *source;
	enum known known;
	struct wire_patterns patterns;	/* of what it gets behind DATA */
	bool chunking;		/* it offers CHUNKING: BDAT, and nothing in the
				 * message ends it */
	struct wire_patterns bdat;	/* of what it gets by that; no ends */
	bool late_start;	/* the break of the DATA command's line is no
				 * part of an end */
	bool cr_ends_line;	/* also a command's; else only LF does */
	bool unstuffs_doubled;	/* takes away the first of two dots, not any
				 * first dot */
	enum pipelining pipelining;
};

/* What happens when a byte is read: bits. */
enum receiver_act {
	RECEIVER_END = 1,	/* that was the end of the data */
	RECEIVER_REFUSE = 2,	/* the session is over; wins over the end */
	RECEIVER_TAINT = 4	/* the message will be refused at its end */
};

#define RECEIVER_STATES 255u

/*
 * The automaton of one row or more.  It goes on as if nothing had happened
 * behind an end or a refusal: what then is, is up to whoever asks.
 */
struct receiver_dfa {
	uint16_t n;		/* states */
	uint8_t start;		/* behind the line of the DATA command */
	uint8_t next[RECEIVER_STATES][WIRE_CLASSES];
	uint8_t act[RECEIVER_STATES][WIRE_CLASSES];
};

/* The smallest there is, so rows that do the same get the same bytes.  False:
 * it would have more than RECEIVER_STATES. */
bool receiver_compile(const struct receiver_row *, struct receiver_dfa *);

/* The same of what comes by BDAT; the smallest, where the row does not offer
 * it. */
bool receiver_compile_bdat(const struct receiver_row *,
    struct receiver_dfa *);

/* They are the same automaton, and read commands in the same way. */
bool receiver_same(const struct receiver_row *, const struct receiver_dfa *,
    const struct receiver_row *, const struct receiver_dfa *);

/*
 * What it makes of bytes that stand in the middle of a message whose first
 * line ended in CRLF: bits, of all that happened at one of them.
 */
unsigned receiver_sees(const struct receiver_dfa *, struct span);

#endif
