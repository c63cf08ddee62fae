/*
 * Text that has to fit a screen.  Sequences that color count nothing; every
 * other character is as wide as a terminal has it.
 */
#ifndef BAREDOT_FIT_H
#define BAREDOT_FIT_H

#include "buf.h"

/* The screen that a summary is for. */
struct screen {
	size_t columns, rows;
	const char *paths;	/* what was scanned, for a shell, on one line;
				 * NULL: that cannot be said */
};

/* How many rows text takes that ends in a line break. */
size_t fit_rows(struct span, size_t columns);

/* The line from that byte on, without its break: cut it to one row, behind
 * which nothing is colored. */
void fit_cut(struct buf *, size_t from, size_t columns);

#endif
