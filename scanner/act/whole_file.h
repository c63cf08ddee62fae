/*
 * A file of our own that appears whole or not at all.
 *
 * whole_file_begin -> whole_file_write* -> whole_file_end | whole_file_drop
 */
#ifndef BAREDOT_WHOLE_FILE_H
#define BAREDOT_WHOLE_FILE_H

#include "err.h"
#include "span.h"

struct whole_file {
	int dir, fd;
	uint64_t size;		/* bytes written */
	char temp[48];
};

/* Open a folder for them, made with mode 0700 if new; the way there is gone as
 * reach.h says.  ST_DEAD: cannot.  e: not NULL. */
int whole_file_folder(const char *path, int *dir, struct err *);

/* In the open folder dir, mode 0600.  ST_DEAD: it cannot be made. */
int whole_file_begin(struct whole_file *, int dir, struct err *);

/* ST_DEAD: it cannot be written; drop it. */
int whole_file_write(struct whole_file *, struct span, struct err *);

/*
 * Durable, under this name.  replace: also if there is one, else that is
 * ST_BAD.  ST_DEAD: it could not be done.  In each case nothing of the
 * temporary is left, unless we die.
 */
int whole_file_end(struct whole_file *, const char *name, bool replace,
    struct err *);

void whole_file_drop(struct whole_file *);

/* Remove temporaries that a crash left in dir. */
void whole_file_sweep(int dir);

/* The same of others, whose names begin so. */
void sweep_names(int dir, const char *prefix);

#endif
