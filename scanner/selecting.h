/*
 * The inside of a selection: what selection.c and selection_within.c share.
 */
#ifndef BAREDOT_SELECTING_H
#define BAREDOT_SELECTING_H

#include "selection.h"

struct wanted {
	size_t path;		/* of selection.paths */
	uint64_t off, len;
	uint8_t sha[HASH_SIZE];
	bool found;		/* the report has findings of it */
	bool seen;
};

/* As the report writes it. */
struct named {
	char *text;
	bool maildir, archive;	/* it is a member of one */
	size_t order;		/* in the report */
	size_t file_n;		/* bytes of text that are the file's */
};

/* A file to look into. */
struct place {
	char *path;
	bool maildir, archive;
	size_t order;
};

struct selection {
	struct wanted *list;	/* sorted by path, then place */
	size_t n, cap;
	struct named *paths;	/* sorted by text */
	size_t paths_n, paths_cap;
	struct place *places;	/* in the report's order */
	size_t places_n;
};

#endif
