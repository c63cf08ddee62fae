/*
 * One message's bytes in, a verdict out.
 *
 * engine_new -> (engine_begin -> engine_feed* -> engine_end)* -> engine_free
 *
 * An engine with topics is for the second look, which few messages get
 * (engine_is_suspect), or those topics for every message, fed beside the
 * first engine: engine_begin_again -> engine_feed* -> engine_end_again.
 *
 * After engine_new nothing is allocated and nothing can fail.  Memory does
 * not depend on the message.  The verdict does not depend on how the message
 * was cut into spans, on the kernel, nor on the census.
 */
#ifndef BAREDOT_ENGINE_H
#define BAREDOT_ENGINE_H

#include "finding.h"
#include "kernel.h"

enum eol_mode { EOL_AUTO, EOL_LF, EOL_CRLF, EOL_WIRE };

/* What the second look is at: bits. */
enum topic {
	TOPIC_MIME = 1,		/* the structure */
	TOPIC_DKIM = 2,		/* body hashes */
	TOPIC_SMUGGLE = 4,	/* an SMTP dialogue in the text */
	TOPIC_CONFORM = 8,	/* KumoMTA's checks */
	TOPIC_PATTERNS = 16,	/* rules of the user's own */
	TOPIC_TARGET = 32,	/* what a server would refuse or change */
	TOPIC_HEADER = 64	/* no rule: the header block is read alone */
};

struct pattern_rules;
struct target_server;

struct engine_options {
	unsigned topics;		/* 0: the first look */
	const struct kernel *kernel;	/* NULL: the best */
	enum eol_mode eol;		/* EOL_AUTO: each message's own */
	code_set codes;			/* those to report */
	bool no_census;			/* look at every line: for the tests */
	unsigned checks;		/* TOPIC_CONFORM: bits of enum
					 * conform_flag */
	const struct pattern_rules *rules;	/* TOPIC_PATTERNS; or NULL */
	const struct target_server *target;	/* TOPIC_TARGET; or NULL */
};

struct engine;

struct engine *engine_new(const struct engine_options *);  /* NULL: memory */
void engine_free(struct engine *);			   /* NULL is fine */

/* native: how the message's store ends lines; decides when it is a draw. */
void engine_begin(struct engine *, enum brk native);

/* The next bytes; they may be gone when this returns. */
void engine_feed(struct engine *, struct span);

/* Valid, with all it points to, until the next engine_begin. */
struct verdict *engine_end(struct engine *);

/*
 * `first` is fed before this one, each span or the whole message: it knows
 * where the header block ends.  For a second look; only saves time.
 */
void engine_follow(struct engine *, const struct engine *first);

/*
 * The second look at a message.  first: what the first look said; NULL: both
 * are fed at the same time.
 */
void engine_begin_again(struct engine *, enum brk native,
    const struct verdict *first);

/* Adds findings to *first, valid until the next engine_begin_again. */
void engine_end_again(struct engine *, struct verdict *first);

/* The first look saw something that a second one may explain: one of the
 * suspicious codes. */
bool engine_is_suspect(const struct verdict *);
code_set engine_suspicious(void);

#endif
