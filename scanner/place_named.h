/*
 * What the path of a file that the user named says about it.
 */
#ifndef BAREDOT_PLACE_NAMED_H
#define BAREDOT_PLACE_NAMED_H

#include "store.h"

/*
 * on_disk: what is around it may be looked at, and where it really is: through
 * no link, "." or "..".
 */
enum store_place place_named(const char *path, bool on_disk);

#endif
