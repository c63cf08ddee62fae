/*
 * What is said about one message: findings, and what was counted.
 */
#ifndef BAREDOT_FINDING_H
#define BAREDOT_FINDING_H

#include "codes.h"
#include "target.h"

#define SPOTS_KEPT 8u		/* offsets kept of each kind of thing */
#define CONTEXT_BEFORE 16u	/* bytes shown on each side of the first */
#define CONTEXT_AFTER 24u

/* The bytes around one place. */
struct context {
	uint64_t off;		/* of bytes[0], in the message */
	uint8_t at;		/* bytes[at] is the place itself */
	uint8_t n;		/* bytes that are there */
	uint8_t want;		/* bytes, were the message long enough */
	uint8_t bytes[CONTEXT_BEFORE + CONTEXT_AFTER];
};

/* Where something was seen: how often, and the first few places. */
struct spots {
	uint64_t count;
	uint64_t off[SPOTS_KEPT];	/* min(count, SPOTS_KEPT) of them */
	struct context context;		/* around off[0] */
};

static inline size_t
spots_kept(const struct spots *s)
{
	return s->count < SPOTS_KEPT ? (size_t)s->count : SPOTS_KEPT;
}

/* Counted once, by the line splitter, for every rule to read at the end. */
struct tally {
	uint64_t size;			/* bytes */
	struct spots breaks[BRK_KINDS];	/* [BRK_NONE] is unused; [BRK_CR] are
					 * the CRs of no CRCRLF */
	struct spots lone[BRK_KINDS][BRK_KINDS];	/* lines of a dot alone,
					 * [break before][break after] */
	struct spots dot_crcrlf;	/* before CRCRLF, and in no other */
	struct spots dot_nul, nul_dot;	/* lines of a dot and what is beside */
	struct spots dot_space, space_dot;	/* it (line_is_dotty) */
	struct spots stuffed[BRK_KINDS];	/* "..", by the break on both
					 * sides; [BRK_NONE]: not the same */
	struct spots crcrlf;		/* the CR before a CRLF; that CRLF is
					 * among breaks[BRK_CRLF] too */
	struct spots nul;
	struct spots high;		/* bytes >= 0x80 in the header block */
	struct spots long_lines;	/* over 998 bytes without the break */
	struct spots wide_lines;	/* over 78, when they are asked for */
	struct spots no_final;		/* the end, if no break is there */
	struct spots rcpt;		/* lines that begin with RCPT and white
					 * space (line_is_rcpt), anywhere */
};

/*
 * The convention that the message is judged by: the user's when there is
 * one, else the break most of its lines have, else the store's.  CONV_WIRE:
 * as if these very bytes went out behind DATA, so CRLF and no un-stuffing.
 */
enum convention { CONV_LF, CONV_CRLF, CONV_CR, CONV_WIRE };
#define CONVENTIONS 4

#define USER_RULES_MAX 64u

/* What a rule of the user's own is called and says: struct pattern_rule. */
struct rule_name {
	const char *name, *message;
	unsigned index;		/* below USER_RULES_MAX; no other has it */
};

struct finding {
	enum code code;
	enum severity severity;
	const struct spots *where;	/* offsets in the message */
	const struct rule_name *rule;	/* of rule.*, else NULL */
	const struct target_row *target;	/* of target.*, else NULL */
	enum code because;		/* of target.*: it follows from this */
};

struct dkim_facts;
struct mime_facts;

struct verdict {
	enum convention convention;
	const struct tally *tally;
	code_set seen;		/* what was found, asked for or not */
	size_t n;
	struct finding list[CODE_COUNT + 2 * USER_RULES_MAX];	/* at most
				 * one per code; of rule.* one of each code
				 * for each rule of the user's own */
	const struct dkim_facts *dkim;	/* NULL: not looked at */
	const struct mime_facts *mime;	/* NULL: not looked at */
	const char *would_reject;	/* what KumoMTA would answer; or NULL */
	struct span message_id;	/* the field's value, unfolded, as it stands;
				 * empty when there is none */
	bool message_id_cut;	/* there was more of it */
	bool dated;		/* engine_end_again: there is a Date that can
				 * be read: */
	int64_t date;		/* seconds since 1970 */
	uint64_t head_size;	/* bytes of the header block, where the second
				 * look did not see all of its fields; else 0 */
	uint64_t head_seen;	/* bytes of it where it did */
	bool unclosed_maybe;	/* a multipart, and its last bytes do not show
				 * that it was closed; false when nobody wants
				 * to know */
};

/* What is found by and by: nothing yet. */
static inline void
verdict_clear(struct verdict *v)
{
	v->n = 0;
	v->seen = 0;
	v->dkim = NULL;
	v->mime = NULL;
	v->would_reject = NULL;
	v->head_size = v->head_seen = 0;
	v->dated = false;
}

static inline enum brk
convention_break(enum convention c)
{
	return c == CONV_LF ? BRK_LF : c == CONV_CR ? BRK_CR : BRK_CRLF;
}

#endif
