/*
 * What becomes of one message: which edits repair it, what they do to its
 * size and its signatures, and when it is better left alone.
 *
 * repair_new -> (repair_message -> repair_edits?)* -> repair_free
 *
 * It reads, and decides; nothing is written.  The same message and options
 * give the same edits, so what a dry run shows is what is done later.
 */
#ifndef BAREDOT_REPAIR_H
#define BAREDOT_REPAIR_H

#include <time.h>

#include "fix.h"
#include "repair_count.h"
#include "seals.h"
#include "store.h"

#define REPAIR_LIMIT (64ull << 20)	/* bytes: larger messages are not
					 * rewritten unless asked */

/* What line ends become. */
enum repair_to { REPAIR_NATIVE, REPAIR_CRLF, REPAIR_LF };

/* What a look-alike of the end of data becomes. */
enum repair_eod { REPAIR_EOD_NATIVE, REPAIR_EOD_STUFF, REPAIR_EOD_CRLF,
    REPAIR_EOD_ENCODE, REPAIR_EOD_REMOVE, REPAIR_EOD_QUARANTINE,
    REPAIR_EOD_KEEP };

struct repair_options {
	bool take_out;		/* quarantine: messages go, nothing is edited */
	enum repair_to to;
	code_set codes;		/* defects that are repaired ... */
	enum severity least;	/* ... where they are no less than that ... */
	code_set behind;	/* ... or are these */
	enum eol_mode eol;	/* by which messages are judged */
	enum fix_cr cr;
	enum fix_nul nul;
	enum repair_eod eod;
	unsigned flags;		/* of enum conform_flag: header fields and
				 * lines that are repaired */
	bool reencode;		/* parts may be encoded */
	bool allow_signed;	/* signatures may break */
	uint64_t limit;		/* bytes */
	const struct kernel *kernel;
};

enum repair_is {
	REPAIR_NOTHING,		/* none of what is repaired is in it */
	REPAIR_EDITS,
	REPAIR_TAKE_OUT,	/* it goes into quarantine */
	REPAIR_REFUSED		/* left alone: why */
};
#define REPAIR_KINDS 4

struct repair_facts {
	enum repair_is is;
	char why[200];		/* REFUSED; else "", or what was left alone */
	code_set codes;		/* defects that are repaired in it */
	struct fix_counts counts;	/* of line ends, NULs, look-alikes */
	uint64_t before[REPAIR_CLASSES];	/* what is in it: in the old */
	uint64_t after[REPAIR_CLASSES];		/* message, in the new one */
	uint64_t fields;	/* edits in the header block: for flags, and
				 * of Content-Length */
	uint64_t encoded;	/* parts */
	uint64_t new_len;	/* bytes */
	uint64_t wire, new_wire;	/* repair_wire_size */
	enum brk native, to;	/* how its lines end, and will */
	struct seals_effect seals;
};

struct repair;

struct repair *repair_new(const struct repair_options *);  /* NULL: memory */
void repair_free(struct repair *);			   /* NULL is fine */

/*
 * Decide on the message of st that was just judged (verdict) and can be read
 * again.  when: its delivery, for a Date that is missing.  ST_OK, or ST_DEAD:
 * it cannot be read.
 */
int repair_message(struct repair *, struct store *st, const struct msg *,
    const struct verdict *, time_t when, struct repair_facts *out,
    struct err *);

/* A message that somebody asked for, and there is no finding in it. */
void repair_unflagged(const struct repair_options *, struct repair_facts *out);

/*
 * After REPAIR_EDITS: all edits, in order; offsets are of the message.
 * ST_OK; ST_DEAD: it cannot be read.  ST_BAD: it is not what it was.
 */
int repair_edits(struct repair *, struct store *st, edit_fn *, void *ctx,
    struct err *);

/* repair_edits will not have to read the message once more. */
bool repair_has_edits(const struct repair *);

/* All kinds of edits (enum edit_kind) that these options can lead to. */
unsigned repair_kinds(const struct repair_options *);

/* These options can lead to REPAIR_TAKE_OUT. */
bool repair_takes_out(const struct repair_options *);

/* The kind's name in reports: "edit", "none", "quarantine", "refused". */
const char *repair_is_name(enum repair_is);

#endif
