/*
 * The rules of a command line.
 */
#ifndef BAREDOT_RULES_LOAD_H
#define BAREDOT_RULES_LOAD_H

#include "config.h"

/*
 * baredot's own rules, unless not, and those of these files behind them; own_n
 * (or NULL): how many are its own.  NULL: something is wrong, and was explained
 * on standard error; *status is the exit status.
 */
struct config *rules_load(bool own, const char *const *files, size_t n,
    size_t *own_n, int *status);

#endif
