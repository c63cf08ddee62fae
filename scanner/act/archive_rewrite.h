/*
 * An archive of mail anew, with some of its members replaced or left out.
 *
 * Two readers, libarchive and our own of the format at hand, must see the same
 * members in it; what is not replaced is copied byte for byte, as it stands in
 * the archive (reliability 3.4).  Of a compressed tar that holds for what is
 * in the compression.  The result is read again by both, and compared.
 *
 * Tar (v7, ustar, GNU, pax) and cpio (odc, newc, crc), plain or under one of
 * gzip, bzip2, xz, zstd, lz4; zip, stored or deflated, without zip64.
 *
 * These calls read what attackers wrote: they are for a process that can be
 * thrown away.  They open no file (libraries ask for /etc/localtime,
 * openssl.cnf and the cache of iconv, and do without), fork nothing, and
 * truncate nothing; files are read and written by offset.  40 bytes are
 * remembered of each member, besides what decompressing and compressing take:
 * 256 MiB of address space are enough for xz -9.
 */
#ifndef BAREDOT_ARCHIVE_REWRITE_H
#define BAREDOT_ARCHIVE_REWRITE_H

#include "err.h"
#include "hash.h"

/* Limits (reliability 6). */
#define ARCHIVE_MEMBERS_MAX 1000000u
#define ARCHIVE_NAME_MAX 4096u		/* bytes of a member's name */
#define ARCHIVE_HEAD_MAX (1u << 20)	/* bytes of a member's headers */
#define ARCHIVE_RATIO_MAX 200u		/* bytes out for each byte in ... */
#define ARCHIVE_RATIO_FREE (64ull << 20)	/* ... behind so many */
#define ARCHIVE_BYTES_MAX (64ull << 30)	/* in all */
#define ARCHIVE_CHANGED_MAX (1ull << 32)	/* of a replaced member */

/* A regular file in the archive. */
struct archive_member {
	uint64_t ordinal;	/* from 0; folders and links count too */
	struct span name;	/* as it is written; valid during the call */
	uint64_t size;		/* bytes */
	int64_t mtime;		/* seconds; 0 if there is none */
};

enum archive_answer {
	ARCHIVE_KEEP,
	ARCHIVE_REPLACE,	/* by what is in `to` now */
	ARCHIVE_DROP,		/* without it */
	ARCHIVE_STOP		/* *e says why: ST_DEAD */
};

struct archive_rewrite_sink {
	/*
	 * Whether to show this member; NULL: all are shown.  What is not shown
	 * is kept, and costs less.
	 */
	bool (*wants)(void *ctx, const struct archive_member *);
	/*
	 * One member: its contents are the first m->size bytes of the file fd
	 * (more may be behind them, of members before).  REPLACE: the new ones
	 * are the first *size bytes of the file `to`.  Both: by pread, pwrite.
	 */
	enum archive_answer (*member)(void *ctx,
	    const struct archive_member *m, int fd, int to, uint64_t *size,
	    struct err *e);
	void *ctx;
};

struct archive_facts {
	const char *format;	/* "tar", "cpio", "zip" */
	const char *filter;	/* "none", "gzip", ... */
	uint64_t members;	/* of the old archive; all kinds */
	uint64_t replaced, dropped;
	uint64_t size;		/* bytes of the new archive; 0: not written */
	uint8_t sha[HASH_SIZE];	/* SHA-256 of it */
};

/*
 * Whether the archive in the file fd can be rewritten, by reading it once: all
 * refusals but those that depend on which members change.  ST_BAD: it is not
 * to be rewritten, *e says why.  ST_DEAD: it cannot be read, or no memory.
 */
int archive_look(int fd, struct archive_facts *out, struct err *);

/*
 * Write the archive in `from` anew into `to`, an empty file that can be read
 * as well, as the sink says of each regular member, in order.  spool_a,
 * spool_b: two files to be used for contents; of what was in them nothing is
 * read.  Reads `from` twice and `to` once.  ST_BAD, ST_DEAD: as above, and what
 * is in `to` is worthless.  So it is with out->size 0: nothing was to change.
 */
int archive_rewrite(int from, int to, int spool_a, int spool_b,
    const struct archive_rewrite_sink *, struct archive_facts *out,
    struct err *);

/* What was meant to become of one member. */
struct archive_change {
	uint64_t ordinal;	/* in the old archive */
	bool drop;
	uint64_t size;		/* bytes of the new contents ... */
	uint8_t sha[HASH_SIZE];	/* ... and their SHA-256 */
};

/*
 * The archive in `new` is that in `old` with these changes (by ordinal, each
 * once) and no other: names, kinds, contents, times, mode, owner, links,
 * extended attributes, order, and the bytes of the headers of all others.
 * ST_BAD: it is not, *e says which member differs in what.  For a second
 * process, if the one that wrote it is not to be believed; archive_rewrite has
 * done the same.
 */
int archive_check(int old, int new, const struct archive_change *, size_t n,
    struct err *);

#endif
