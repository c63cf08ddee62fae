/*
 * The state folder of a command that acts.
 */
#ifndef BAREDOT_ACTING_STATE_H
#define BAREDOT_ACTING_STATE_H

#include "statedir.h"

/*
 * Open the one at path; NULL: where it is by default, with the folders above
 * it.  what: a word for people.  One that is in any of the paths (NULL-
 * terminated), which are to be acted on, is refused before anything is made:
 * originals must be out of reach of a mailbox's owner, and are no mail.
 * ST_BAD: another process has it.  ST_DEAD: else.  *e says why.
 */
int acting_state_open(struct statedir *out, const char *path,
    const char *what, char **paths, struct err *);

#endif
