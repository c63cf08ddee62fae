/*
 * See scanning.h: the record of a file as evidence.  It is read once more for
 * its SHA-256, beside what was looked at in it.
 */
#include "scanning.h"

#include <errno.h>
#include <unistd.h>

#include "escape.h"

#define PIECE (256u << 10)	/* bytes read at once */

static int
hash_file(struct scanner *s, int fd, uint64_t size, uint8_t sha[HASH_SIZE])
{
	struct hash *h = hash_new();
	uint8_t buf[PIECE];
	uint64_t at = 0;
	ssize_t n = 1;
	bool ok;

	if (h == NULL)
		return ST_DEAD;
	hash_begin(h);
	while (at < size && n > 0) {
		n = pread(fd, buf, size - at < PIECE ? (size_t)(size - at) :
		    PIECE, (off_t)at);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0) {
			hash_feed(h, (struct span){ buf, (size_t)n });
			at += (uint64_t)n;
			scan_tick(s, 0, (uint64_t)n);
		}
	}
	ok = hash_end(h, sha) && at == size;
	hash_free(h);
	return ok ? ST_OK : ST_DEAD;
}

void
scan_evidence(struct scanner *s, const struct opened_file *f, int fd,
    const char *status)
{
	struct file_report r = { .path = buf_span(&s->path), .size = f->size,
	    .mtime = f->mtime, .mtime_ns = f->mtime_ns, .status = status };

	if (!scan_event(s))
		return;
	r.hashed = fd >= 0 && hash_file(s, fd, f->size, r.sha256) == ST_OK;
	s->options.reporter->file(&s->out, &r, &s->options.report);
	s->delta.totals.records++;
}
