/*
 * A folder of a test's own, and files in it.
 */
#ifndef BAREDOT_FOLDER_H
#define BAREDOT_FOLDER_H

#include "buf.h"

struct folder {
	char path[64];
	int fd;
};

void folder_make(struct folder *);
void folder_remove(struct folder *);	/* with what is in it, one level */

void folder_remove_tree(const char *path);	/* of any depth */

void folder_write(const struct folder *, const char *name, struct span);
void folder_read(const struct folder *, const char *name, struct buf *out);

#endif
