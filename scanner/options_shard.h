/*
 * The options of a scan that is one of many (scan --plan).
 */
#ifndef BAREDOT_OPTIONS_SHARD_H
#define BAREDOT_OPTIONS_SHARD_H

#include "fix_options.h"

/* It is one of them. */
bool options_shard_has(enum option_id);

/* False: a usage error, which was explained. */
bool options_shard_apply(struct scan_command *, enum option_id,
    const char *arg);

/* All options are known.  False: they do not go together, explained. */
bool options_shard_settle(struct scan_command *);

#endif
