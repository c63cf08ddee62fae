/*
 * See archive_directory.h.
 */
#include "archive_directory.h"

#include <errno.h>
#include <sys/stat.h>

#include "kernel_calls.h"

#define COMMENT_MAX 65535u
#define DIRECTORY_MAX (32u << 20)	/* bytes */

/*
 * The end record is the one whose comment ends with the file.  Two that do are
 * a trap: readers take one or the other.
 */
static int
find_end(struct span s, size_t *out, struct err *e)
{
	bool found = false;

	for (size_t i = 0; i + END_SIZE <= s.n; i++) {
		if (memcmp(s.p + i, "PK\5\6", 4) != 0 ||
		    i + END_SIZE + get16(s.p + i + 20) != s.n)
			continue;
		if (found)
			return err_set(e, ST_BAD, 0, "it has two ends");
		found = true;
		*out = i;
	}
	return found ? ST_OK : err_set(e, ST_BAD, 0,
	    "its end is missing, or other bytes are behind it");
}

static int
load(int fd, uint64_t off, size_t n, struct buf *out, struct err *e)
{
	uint8_t piece[4096];
	ssize_t k;

	for (size_t done = 0; done < n; done += (size_t)k) {
		const size_t want = n - done < sizeof(piece) ? n - done :
		    sizeof(piece);

		if ((k = call_read(fd, piece, want, off + done)) < 0)
			return err_set(e, ST_DEAD, errno, "cannot read");
		if ((size_t)k != want)
			return err_set(e, ST_BAD, 0, "it became shorter");
		buf_add(out, piece, want);
	}
	return buf_ok(out) ? ST_OK : err_set(e, ST_DEAD, ENOMEM, "zip");
}

/* Where the directory begins, and that it ends where the end record does. */
static int
check_end(struct directory *d, const uint8_t *p, uint64_t at, struct err *e)
{
	const uint32_t size = get32(p + 12), off = get32(p + 16);

	if (get16(p + 4) != 0 || get16(p + 6) != 0 ||
	    get16(p + 8) != get16(p + 10))
		return err_set(e, ST_BAD, 0, "it is one volume of many");
	if (size == UINT32_MAX || off == UINT32_MAX || get16(p + 10) ==
	    UINT16_MAX)
		return err_set(e, ST_BAD, 0, "it is a zip64 archive");
	if ((uint64_t)off + size != at)
		return err_set(e, ST_BAD, 0, "there are other bytes before "
		    "its end, or it is a zip64 archive");
	if (size > DIRECTORY_MAX)
		return err_set(e, ST_BAD, 0, "its directory is too long");
	d->n = get16(p + 10);
	d->begin = off;
	d->end = size;
	return ST_OK;
}

int
directory_load(struct directory *d, int fd, struct err *e)
{
	struct buf tail = { 0 };
	struct stat st;
	uint64_t size, from;
	size_t at = 0;
	int rc;

	if (fstat(fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	size = (uint64_t)st.st_size;
	from = size > END_SIZE + COMMENT_MAX ? size - END_SIZE - COMMENT_MAX :
	    0;
	if ((rc = load(fd, from, (size_t)(size - from), &tail, e)) == ST_OK &&
	    (rc = find_end(buf_span(&tail), &at, e)) == ST_OK &&
	    (rc = check_end(d, tail.p + at, from + at, e)) == ST_OK)
		rc = load(fd, d->begin, (size_t)(size - d->begin),
		    &d->bytes, e);
	buf_free(&tail);
	return rc;
}
