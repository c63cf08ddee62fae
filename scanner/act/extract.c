/*
 * See extract.h.
 */
#include "extract.h"

#include <errno.h>
#include <fcntl.h>

#include "buf.h"
#include "kernel_calls.h"

#define PIECE (64u << 10)	/* bytes read at once */

int
extract_open(int dir, const uint8_t sha[HASH_SIZE], int *fd, struct err *e)
{
	struct buf name = { 0 };

	buf_hex(&name, sha, HASH_SIZE);
	*fd = buf_ok(&name) ? openat(dir, buf_text(&name), O_RDONLY |
	    O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
	buf_free(&name);
	if (*fd >= 0)
		return ST_OK;
	return err_set(e, errno == ENOENT ? ST_BAD : ST_DEAD, errno,
	    "cannot open the original");
}

static int
feed(int fd, uint64_t off, uint64_t left, struct whole_file *to,
    struct hash *h, struct err *e)
{
	uint8_t piece[PIECE];
	ssize_t n;
	int rc;

	while (left > 0) {
		n = call_read(fd, piece, left < PIECE ? (size_t)left : PIECE,
		    off);
		if (n < 0)
			return err_set(e, ST_DEAD, errno,
			    "cannot read the original");
		if (n == 0)
			return err_set(e, ST_BAD, 0,
			    "the original is too short");
		const struct span s = { piece, (size_t)n };
		hash_feed(h, s);
		if (to != NULL && (rc = whole_file_write(to, s, e)) != ST_OK)
			return rc;
		off += s.n;
		left -= s.n;
	}
	return ST_OK;
}

int
extract(int fd, uint64_t off, uint64_t length, struct whole_file *to,
    uint8_t sha[HASH_SIZE], struct err *e)
{
	struct hash *h = hash_new();
	int rc;

	if (h == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot hash");
	hash_begin(h);
	rc = off > INT64_MAX || length > INT64_MAX - off ?
	    err_set(e, ST_BAD, 0, "the original is too short") :
	    feed(fd, off, length, to, h, e);
	if (rc == ST_OK && !hash_end(h, sha))
		rc = err_set(e, ST_DEAD, 0, "cannot hash");
	hash_free(h);
	return rc;
}
