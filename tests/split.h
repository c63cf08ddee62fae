/*
 * An mbox split by the rule alone: the whole file in memory, line by line,
 * with regular expressions.  What the splitter of formats/ is judged by.
 */
#ifndef BAREDOT_SPLIT_H
#define BAREDOT_SPLIT_H

#include "dialects.h"

#include <regex.h>

#define SPLIT_MAX 256u

struct split_message {
	uint64_t separator;	/* where its From_ line starts */
	uint64_t off, len;
};

struct split {
	size_t n;
	struct split_message m[SPLIT_MAX];
	uint64_t end;		/* of the last message, real mail or not */
	struct dialects seen;
};

struct splitter {
	regex_t date, field;
};

/* Before the first use, and after the last. */
void splitter_open(struct splitter *);
void splitter_close(struct splitter *);

/* The byte that ends a line of this file. */
uint8_t split_last(struct span file);

/* The line that starts at file.p[at] separates messages. */
bool split_separates(const struct splitter *, struct span file, size_t at);

/* lengths: Content-Length is followed. */
void split_file(const struct splitter *, struct span file, bool lengths,
    struct split *out);

#endif
