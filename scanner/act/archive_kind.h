/*
 * What kind of archive a file is, by its first bytes.
 */
#ifndef BAREDOT_ARCHIVE_KIND_H
#define BAREDOT_ARCHIVE_KIND_H

#include "err.h"
#include "packing.h"

enum archive_format {
	FORMAT_TAR,
	FORMAT_CPIO,
	FORMAT_ZIP
};

#define ARCHIVE_KIND_BYTES 512u	/* that the calls below look at, at most */

/*
 * The compression around it, from the first bytes of the file.  ST_BAD: one
 * that is not written, or an archive of a format that is not; *e names it.
 */
int archive_filter_of(struct span head, enum filter *out,
    struct err *);

/* The format, from the first bytes of what is in the compression. */
int archive_format_of(struct span head, enum archive_format *out,
    struct err *);

#endif
