/*
 * Rows of data as text: KIND NAME { KEY = VALUE ... }, a value being a word, a
 * "string" or a list, { a, "b" }; # begins a comment.
 *
 * rows_open -> rows_next* -> rows_close.  One allocation, at the start: the
 * rows that are always read must not be lost when there is little memory.
 */
#ifndef BAREDOT_ROWS_H
#define BAREDOT_ROWS_H

#include "span.h"

#define ROW_KEYS 24u
#define ROW_VALUES 16u		/* of a list */

struct row_value {
	const char *key;
	bool list;
	size_t n;
	const char *values[ROW_VALUES];
};

struct row {
	const char *kind, *name;
	unsigned line;		/* from 1, where it begins */
	size_t n;
	struct row_value values[ROW_KEYS];
};

struct rows;

/* NULL: no memory.  The texts of rows live until rows_close. */
struct rows *rows_open(struct span text);
void rows_close(struct rows *);			/* NULL is fine */

enum rows_got { ROWS_ROW, ROWS_END, ROWS_WRONG };

/* The next row; ROWS_WRONG: *line and *why say what is wrong. */
enum rows_got rows_next(struct rows *, struct row *, unsigned *line,
    const char **why);

/* Of a key that has one value, or NULL; of one that has a list, or NULL.  What
 * is of the other kind is not there. */
const char *row_text(const struct row *, const char *key);
const struct row_value *row_list(const struct row *, const char *key);

/* A key that is not one of these (ended by NULL), or NULL. */
const char *row_stray(const struct row *, const char *const *known);

#endif
