/*
 * What the commands that act, or look at runs, have in common: the state
 * folder, the report on standard output, and words.
 */
#ifndef BAREDOT_STATE_CMD_H
#define BAREDOT_STATE_CMD_H

#include "json.h"
#include "outcome.h"
#include "output.h"
#include "recover.h"
#include "scan_cmd.h"
#include "statedir.h"

/*
 * Open the state folder for acting; path NULL: where it is by default, with
 * the folders above it.  what: the command.  EXIT_CLEAN, or an exit status,
 * told on standard error: EXIT_INTERRUPTED when another process has it.
 */
int state_open(struct statedir *out, const char *path, const char *what);

/* The same for looking.  EXIT_FINDINGS: there is none, nothing is told. */
int state_view(struct statedir *out, const char *path);

/*
 * Settle what a crash left, before anything else is done; *r (may be NULL):
 * what came of it.  What was done, and what is left unsettled, is told on
 * standard error.  EXIT_CLEAN: also when something is unsettled, which keeps
 * nobody from acting on other messages; EXIT_UNREADABLE: stop.
 */
int recover_first(const struct statedir *, struct recovered *r);

/*
 * The run that a word means: its id or the beginning of it, into id.  "last":
 * the newest that did something to a message.  EXIT_CLEAN, or EXIT_USAGE,
 * told on standard error.
 */
int state_find_run(const struct statedir *, const char *word, char id[40]);

enum form { FORM_TEXT, FORM_NDJSON };

/* "text" or "ndjson".  False: neither. */
bool form_parse(const char *word, enum form *);

/* Without --format: text on a terminal, else NDJSON, as scan has it. */
enum form form_default(void);

/* Where a command's lines go: one after another, to standard output. */
struct lines {
	struct output *out;
	struct buf line;
	enum form form;
};

/* EXIT_CLEAN or EXIT_UNREADABLE. */
int lines_begin(struct lines *, enum form);

/* l->line is whole: a line of text, or a JSON object; its end is added. */
void lines_put(struct lines *);

/* status, or EXIT_UNREADABLE if not all could be written, which is told. */
int lines_end(struct lines *, int status);

/* Escaped, for l->line as text. */
void lines_text(struct lines *, const char *);

/* "2026-01-31T23:59:59Z"; "" where it cannot be told. */
void utc_text(uint64_t seconds, char out[32]);

/* "put back", "changed since, left alone"; for JSON "changed". */
const char *outcome_text(enum outcome_kind);
const char *outcome_word(enum outcome_kind);

#endif
