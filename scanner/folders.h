/*
 * The folders that a walk has been in and will come back to.
 */
#ifndef BAREDOT_FOLDERS_H
#define BAREDOT_FOLDERS_H

#include "report.h"

struct folder {
	struct folder *up;
	struct store_facts *facts;	/* not freed here */
	char *path;
};

/* The new innermost.  False: no memory. */
bool folder_push(struct folder **innermost, const char *path);
void folder_pop(struct folder **innermost);

/* The path of a file in it, as in records.  dir is "": the name is a path. */
void folder_join(struct buf *, const char *dir, const char *name);

#endif
