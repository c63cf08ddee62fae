/*
 * The file of the state's database, in a folder that is ours.
 */
#ifndef BAREDOT_STATE_FILE_H
#define BAREDOT_STATE_FILE_H

#include "err.h"

/*
 * It is there, is ours, and nobody else's; made with mode 0600 if it is not.
 * ST_DEAD: else.
 */
int state_file_make(int dir, struct err *e);

/* It is called NAME.damaged from now on, its journal is gone. */
int state_file_aside(int dir, struct err *e);

#endif
