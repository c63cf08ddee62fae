/*
 * A piece of an original, to look at or to write elsewhere.
 */
#ifndef BAREDOT_EXTRACT_H
#define BAREDOT_EXTRACT_H

#include "sum.h"
#include "whole_file.h"

/*
 * Open the original with this SHA-256 in the folder dir, unread: what is in it
 * is not known to be right.  ST_BAD: there is none.
 */
int extract_open(int dir, const uint8_t sha[HASH_SIZE], int *fd,
    struct err *);

/*
 * Read length bytes at off and hash them; to (NULL: nowhere): where they are
 * written.  ST_BAD: the file has not that many.
 */
int extract(int fd, uint64_t off, uint64_t length, struct whole_file *to,
    uint8_t sha[HASH_SIZE], struct err *);

#endif
