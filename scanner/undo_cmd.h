/*
 * `baredot undo` and `baredot recover`.
 */
#ifndef BAREDOT_UNDO_CMD_H
#define BAREDOT_UNDO_CMD_H

#include "answer.h"
#include "cmdline.h"
#include "intent.h"
#include "outcome.h"

/* argv[0] is "undo", "recover". */
int undo_cmd(int argc, char **argv);
int recover_cmd(int argc, char **argv);

/* Their options. */
struct cmdline undo_line(int argc, char **argv);
struct cmdline recover_line(int argc, char **argv);

void undo_help(void);		/* to standard output */
void recover_help(void);

/* What came of taking things back, and the exit status that makes. */
struct undoing {
	struct answer *answer;
	const char *run;
	uint64_t done, left, unsettled;
};

/* An undo_fn, with a struct undoing. */
void undoing_tell(void *ctx, const struct intent *, const struct outcome *);

/* EXIT_CLEAN, EXIT_FINDINGS: something was left alone, EXIT_INTERRUPTED. */
int undoing_status(const struct undoing *);

#endif
