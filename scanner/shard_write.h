/*
 * Write the file of a shard: in sections, under a name of its own until it is
 * whole, and going on where another process had to stop.
 *
 * shard_writer_new -> (shard_write* -> shard_writer_seal [-> _sync])* ->
 *     shard_writer_finish | shard_writer_stop
 */
#ifndef BAREDOT_SHARD_WRITE_H
#define BAREDOT_SHARD_WRITE_H

#include "shard_read.h"

struct shard_writer;

/*
 * In an open folder, which stays the caller's.  When another process began the
 * same file and did not end it, its sections up to the last whole one are
 * copied, the longest such file's: each line of them is told, and *goes_on is
 * true.  Else what was told, if anything, does not count: it begins anew.
 * tell: false: it cannot be gone on with.  NULL: *e says why.
 */
struct shard_writer *shard_writer_new(int dir, const struct shard_head *,
    bool (*tell)(void *ctx, struct span line, enum shard_kind), void *ctx,
    bool *goes_on, struct err *e);

/* False: it failed, now or before. */
bool shard_write(struct shard_writer *, struct span);

/* All from here on may be taken back, as long as nothing is sealed behind it;
 * take it back.  False: likewise. */
void shard_writer_mark(struct shard_writer *);
bool shard_writer_back(struct shard_writer *);

/* A line without its final brace: put its sum.  False: likewise. */
bool shard_writer_seal(struct shard_writer *, struct span line);

/* See to it that all that is sealed is on the disk, as the end of it does too.
 * False: likewise. */
bool shard_writer_sync(struct shard_writer *);

/*
 * It is whole: give it its name, and remove what others left of the same.
 * Frees.  ST_DEAD: *e says why, and nothing has the name that had not before.
 */
int shard_writer_finish(struct shard_writer *, struct err *e);

/* Why it cannot be written, an errno; 0: it can. */
int shard_writer_failed(const struct shard_writer *);

/* It is not: what was sealed stays for the next one.  Frees; NULL is fine. */
void shard_writer_stop(struct shard_writer *);

#endif
