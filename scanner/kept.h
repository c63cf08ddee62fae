/*
 * Files that a server keeps so that nobody else may change them
 * (formats/keeper.h), as fix and quarantine tell of them.
 */
#ifndef BAREDOT_KEPT_H
#define BAREDOT_KEPT_H

#include "keeper.h"
#include "plan.h"

/* Whose is the open file name in the folder path, or with path "" that the
 * user named?  NULL: nobody's. */
const struct keeper *kept_by(const char *path, const char *name, int fd);

/* Why nothing is done, for people: it is a message, or not read as mail. */
void kept_why(const struct keeper *, bool message, char *out, size_t size);

#endif
