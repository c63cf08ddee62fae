/*
 * What goes between the parent and the process that works on one archive.
 *
 * That process is forked for each task, so what it is to do stands in its
 * memory; files come by frames_send_files, in the order below.  Back: struct
 * frame (wire.h) and its payload.
 */
#ifndef BAREDOT_ARCHIVE_WIRE_H
#define BAREDOT_ARCHIVE_WIRE_H

#include "archive_rewrite.h"
#include "report.h"
#include "scan.h"

enum archive_task {
	ARCHIVE_KIND,		/* old.  Is it an archive at all? */
	ARCHIVE_REWRITE,	/* old, new, two spools */
	ARCHIVE_CHECK		/* old, new.  archive_check */
};

struct archive_order {
	enum archive_task task;
	const struct scan_options *scan;
	const char *path;	/* as the user wrote it */
	int64_t mtime;		/* of the archive: for members without one */
	bool takes;		/* messages may be taken out */
	const struct archive_change *changes;	/* ARCHIVE_CHECK */
	size_t changes_n;
};

enum archive_frame {
	ARCHIVE_TICK,		/* nothing; it is alive */
	ARCHIVE_TEXT,		/* of the report */
	ARCHIVE_CHANGE,		/* struct archive_change */
	ARCHIVE_TAKEN,		/* struct archive_taken and a note: its bytes
				 * follow */
	ARCHIVE_BYTES,
	ARCHIVE_FOUND,		/* uint64_t: number in the selection of a
				 * message that is there */
	ARCHIVE_COUNTS,		/* struct archive_counts; of a rewrite, once,
				 * before one of these: */
	ARCHIVE_DONE,		/* struct archive_done */
	ARCHIVE_FAILED		/* struct archive_failed and text */
};

/* A message that was taken out. */
struct archive_taken {
	uint64_t len;		/* bytes */
	uint8_t sha[HASH_SIZE];
};

struct archive_counts {
	struct totals totals;
	uint64_t messages, edits, taken, left;	/* as in mend_job */
	char why[200];
};

struct archive_done {
	uint64_t changes;	/* members that are replaced or left out */
	uint64_t size;		/* bytes of the new archive */
	uint8_t sha[HASH_SIZE];	/* SHA-256 of it */
};

struct archive_failed {
	int32_t status;		/* ST_BAD, ST_DEAD */
	int32_t num;		/* an errno, or 0 */
};

#endif
