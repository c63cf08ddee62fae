/*
 * What is in quarantine: a folder of runs that took messages out of mailboxes,
 * listed, checked, and as a file for others to read.
 */
#ifndef BAREDOT_CATALOGUE_H
#define BAREDOT_CATALOGUE_H

#include "run_entries.h"
#include "state_cmd.h"

#define MANIFEST_NAME "manifest.ndjson"
#define NO_QUARANTINE "there is no quarantine folder"	/* what to tell */

/*
 * Call fn for each message that was to be taken out of its mailbox, in the
 * order of the runs.  EXIT_CLEAN; EXIT_UNREADABLE: a run is damaged (others
 * were shown) or the folder cannot be read, or fn said so: told.
 */
int quarantine_visit(const struct statedir *, run_entry_fn *fn, void *ctx);

/*
 * Each message that was to be taken out, a line each, in the order of the
 * runs.  EXIT_CLEAN; EXIT_UNREADABLE: a run is damaged or the folder cannot be
 * read; EXIT_USAGE: dir is no quarantine folder.
 */
int quarantine_list(const char *dir, enum form);

/*
 * Read all originals and see that they are what their names say, and that none
 * is missing that a run needs; nothing is changed.  EXIT_CLEAN;
 * EXIT_FINDINGS: something is damaged or missing; else as above.
 */
int quarantine_verify(const char *dir, enum form);

/*
 * Write the list anew to manifest.ndjson in the state folder, whole or not at
 * all; where nothing was ever taken out, and there is none, nothing is
 * written.  Damaged runs are told, left out, and counted in *damaged, which may
 * be NULL.  ST_DEAD: it could not be written; the one that was there is.
 */
int manifest_write(const struct statedir *, uint64_t *damaged, struct err *);

/* manifest_write at the end of a command: status, or what failed is told. */
int manifest_refresh(const struct statedir *, uint64_t *damaged, int status);

/* A line of the list: of the manifest, where the form is NDJSON. */
void quarantine_put(const struct run_entry *, enum form, struct buf *);

#endif
