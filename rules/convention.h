/*
 * Which convention a message is judged by.
 */
#ifndef BAREDOT_CONVENTION_H
#define BAREDOT_CONVENTION_H

#include "engine.h"

/* native: how the message's store ends lines. */
enum convention convention_of(const struct tally *, enum eol_mode,
    enum brk native);

#endif
