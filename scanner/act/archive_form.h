/*
 * One format of archive, read as bytes that can be put together again.
 *
 * A walker cuts the stream into pieces.  Head, contents and tail of all pieces,
 * in order, are the whole stream, so an archive written from them without a
 * change is the same, byte for byte.
 *
 * open -> (next -> contents and tail are taken from the stream ->
 *     kept | replace | nothing: it was left out)* -> finish -> close
 */
#ifndef BAREDOT_ARCHIVE_FORM_H
#define BAREDOT_ARCHIVE_FORM_H

#include "archive_rewrite.h"
#include "archive_stream.h"
#include "buf.h"

enum piece_type {
	PIECE_REGULAR,		/* a regular file */
	PIECE_OTHER,		/* a folder, link, device, ... */
	PIECE_NONE		/* no member: belongs to the archive */
};

/* What is valid until the next call of the walker only: spans. */
struct archive_piece {
	enum piece_type type;
	bool linked;		/* regular, and may have more names: changing
				 * it would change those, or not */
	bool deflate;		/* packed: new contents are deflated */
	struct span name;
	struct span link;	/* hard link's target; p NULL: it is none */
	struct span head;	/* bytes before the contents; already taken */
	uint64_t stored;	/* bytes of contents in the stream */
	uint64_t tail;		/* bytes behind them */
	uint64_t size;		/* bytes of contents, unpacked */
	int64_t mtime;		/* seconds; 0: none */
	uint32_t id;		/* the walker's own */
};

/* New contents, and what some formats want to know of them. */
struct archive_contents {
	uint64_t size;
	uint64_t stored;	/* bytes as they will be in the stream */
	bool deflated;		/* so they will be packed */
	uint32_t crc;		/* CRC-32 (zip) */
	uint32_t sum;		/* of all bytes (cpio, crc) */
};

struct walker;

struct archive_form {
	const char *name;
	bool packed;		/* contents are not as they stand there */

	int (*open)(struct walker **, int fd, struct err *);
	void (*close)(struct walker *);	/* NULL is fine */

	/* The next piece, its head taken.  ST_END: nothing is left. */
	int (*next)(struct walker *, struct archive_in *,
	    struct archive_piece *, struct err *);

	/*
	 * Head and tail of the same member with other contents, which will
	 * be written at offset off of the new stream.  ST_BAD: it cannot be
	 * said in this format.  Buffers come empty.
	 */
	int (*replace)(struct walker *, const struct archive_piece *,
	    const struct archive_contents *, uint64_t off, struct buf *head,
	    struct buf *tail, struct err *);

	/* The piece is written as it was, at off.  May be NULL. */
	int (*kept)(struct walker *, const struct archive_piece *,
	    uint64_t off, struct err *);

	/* What goes behind the last piece, at off.  May be NULL. */
	int (*finish)(struct walker *, uint64_t off, struct buf *,
	    struct err *);
};

/*
 * All formats, by enum archive_format.
 */
extern const struct archive_form archive_tar, archive_cpio, archive_zip;

#endif
