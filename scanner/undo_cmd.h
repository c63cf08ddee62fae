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

/* What came of taking things back, or would. */
struct undoing {
	struct answer *answer;
	const char *run;
	bool applies;
	uint64_t files[OUTCOMES];	/* by what came of them */
	uint64_t lost;		/* of them: the original is missing, damaged */
};

/* An undo_fn, with a struct undoing. */
void undoing_tell(void *ctx, const struct intent *, const struct outcome *);

/* Files that are back, and those that were left alone. */
uint64_t undoing_done(const struct undoing *);
uint64_t undoing_left(const struct undoing *);

/* outcome_name; or "would-be". */
const char *outcome_word(enum outcome_kind, bool applies);

#endif
