/*
 * The options of scans that are made again and again.
 */
#ifndef BAREDOT_OPTIONS_NIGHTLY_H
#define BAREDOT_OPTIONS_NIGHTLY_H

#include "fix_options.h"

/* False: it is another one. */
bool options_nightly_apply(struct scan_command *, enum option_id,
    const char *arg);

/* All options are known.  False: they do not go together, explained. */
bool options_nightly_settle(struct scan_command *);

#endif
