/*
 * What a command has to say, line by line: as text or as NDJSON, on standard
 * output.
 *
 * answer_begin -> (fill line -> answer_put)* -> answer_end
 */
#ifndef BAREDOT_ANSWER_H
#define BAREDOT_ANSWER_H

#include "json.h"
#include "output.h"

enum form { FORM_TEXT, FORM_NDJSON };

/* "text" or "ndjson".  False: neither. */
bool form_parse(const char *word, enum form *);

/* Without --format: text on a terminal, else NDJSON, as scan has it. */
enum form form_default(void);

/* Where a command's lines go: one after another, to standard output. */
struct answer {
	struct output *out;
	struct buf line;
	enum form form;
};

/*
 * EXIT_CLEAN or EXIT_UNREADABLE.  From here on a pipe that nobody reads is an
 * error, and no signal.
 */
int answer_begin(struct answer *, enum form);

/* l->line is whole: a line of text, or a JSON object; its end is added. */
void answer_put(struct answer *);

/*
 * status, or EXIT_UNREADABLE if not all could be written, which is told;
 * EXIT_INTERRUPTED if that is because nobody reads it, unless status is graver.
 */
int answer_end(struct answer *, int status);

/* Escaped, for l->line as text. */
void answer_text(struct answer *, const char *);

/* "2026-01-31T23:59:59Z"; "" where it cannot be told. */
void utc_text(uint64_t seconds, char out[32]);

#endif
