/*
 * The directory at the end of a zip archive, in memory (PKWARE's APPNOTE.TXT
 * 4.3.12 and 4.3.16), and the numbers of that format.
 */
#ifndef BAREDOT_ARCHIVE_DIRECTORY_H
#define BAREDOT_ARCHIVE_DIRECTORY_H

#include "buf.h"
#include "err.h"

#define END_SIZE 22u		/* bytes of the end record without comment */

struct directory {
	struct buf bytes;	/* records, end record, comment */
	size_t end;		/* of the records: where the end record is */
	uint64_t begin;		/* of the records, in the file */
	uint32_t n;		/* how many members the end record counts */
};

/*
 * Load it; a zeroed one is empty, and the caller calls buf_free on d->bytes.
 * ST_BAD: there is none, or not one only, or it is of zip64, of more than one
 * volume, too long, or not right before the end record.
 */
int directory_load(struct directory *, int fd, struct err *);

static inline uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static inline void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

#endif
