/*
 * The bytes of a message as they were, from the originals of its run.
 */
#ifndef BAREDOT_ORIGINALS_H
#define BAREDOT_ORIGINALS_H

#include "run_entries.h"
#include "whole_file.h"

/*
 * Find the message of an entry, read it and see that it is what it was; to:
 * where it is written, or NULL.  ST_BAD: it is missing or damaged, or it is
 * not known which part of a file it was.
 */
int original_read(const struct run_entry *, struct whole_file *to,
    struct err *);

/*
 * DIR/<sha256>.eml, where dir is open: mode 0600, never replacing.  ST_OK; with
 * *there: it was there already, and is right.  ST_BAD: damaged, or another
 * file has the name.
 */
int original_export(const struct run_entry *, int dir, bool *there,
    struct err *);

/*
 * What original_export would come to, by looking; dir: -1: it is not there
 * yet.
 */
int original_look(const struct run_entry *, int dir, bool *there,
    struct err *);

/* The name of that file. */
void original_name(const struct run_entry *, struct buf *out);

#endif
