/*
 * How a file is packed, by its first bytes: compressed, an archive, or neither.
 */
#ifndef BAREDOT_PACKING_H
#define BAREDOT_PACKING_H

#include "span.h"

enum filter {
	FILTER_NONE, FILTER_GZIP, FILTER_BZIP2, FILTER_XZ, FILTER_ZSTD,
	FILTER_LZ4, FILTER_LZIP, FILTER_COMPRESS, FILTER_DOVECOT_LZ4
};

enum packed_as {
	PACKED_NOT, PACKED_TAR, PACKED_CPIO, PACKED_ZIP, PACKED_7Z,
	PACKED_AR, PACKED_ISO
};

/* The outermost compression. */
enum filter packing_filter(struct span head);

/* An archive that is not compressed around its members; what an iso has stands
 * 33 KiB from its start. */
enum packed_as packing_archive(struct span head);

/* A tar's header: its sum is right.  Of 512 zeros too, a tar's end. */
bool packing_is_tar(struct span head);

const char *packing_filter_name(enum filter);		/* "gzip" ... */
const char *packing_archive_name(enum packed_as);		/* "tar" ... */

#endif
