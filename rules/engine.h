/*
 * One message's bytes in, a verdict out.
 *
 * engine_new -> (engine_begin -> engine_feed* -> engine_end)* -> engine_free
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

struct engine_options {
	const struct kernel *kernel;	/* NULL: the best */
	enum eol_mode eol;		/* EOL_AUTO: each message's own */
	code_set codes;			/* those to report */
	bool no_census;			/* look at every line: for the tests */
};

struct engine;

struct engine *engine_new(const struct engine_options *);  /* NULL: memory */
void engine_free(struct engine *);			   /* NULL is fine */

/* native: how the message's store ends lines; decides when it is a draw. */
void engine_begin(struct engine *, enum brk native);

/* The next bytes; they may be gone when this returns. */
void engine_feed(struct engine *, struct span);

/* Valid, with all it points to, until the next engine_begin. */
const struct verdict *engine_end(struct engine *);

#endif
