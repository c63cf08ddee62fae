/*
 * Cpio: odc (POSIX.1-1997 cpio, "070707"), newc and crc (SVR4, "070701" and
 * "070702"); cpio(5).
 */
#include "archive_form.h"

#include <errno.h>
#include <stdlib.h>

#define MAGIC_SIZE 6u
#define NEWC_SIZE 110u		/* bytes of the header before the name */
#define ODC_SIZE 76u
#define TRAILER SPAN("TRAILER!!!")
#define TYPE_MASK 0170000u
#define TYPE_REGULAR 0100000u
#define TYPE_LINK 0120000u
#define ODC_FILE_MAX 077777777777ull

/* A field: where it is, how many digits of what base. */
struct field {
	uint8_t off, digits;
};

struct dialect {
	unsigned base;		/* of numbers */
	unsigned align;		/* of names and contents; 1: not at all */
	size_t size;
	struct field mode, nlink, mtime, filesize, namesize, check;
};

static const struct dialect newc = {
	.base = 16, .align = 4, .size = NEWC_SIZE, .mode = { 14, 8 },
	.nlink = { 38, 8 }, .mtime = { 46, 8 }, .filesize = { 54, 8 },
	.namesize = { 94, 8 }, .check = { 102, 8 },
};
static const struct dialect odc = {
	.base = 8, .align = 1, .size = ODC_SIZE, .mode = { 18, 6 },
	.nlink = { 36, 6 }, .mtime = { 48, 11 }, .filesize = { 65, 11 },
	.namesize = { 59, 6 },
};

struct walker {
	struct buf head;
	bool ended;
	const struct dialect *dialect;	/* of the member at hand */
	bool crc;
};

static void
cpio_close(struct walker *w)
{
	if (w == NULL)
		return;
	buf_free(&w->head);
	free(w);
}

static int
cpio_open(struct walker **out, int fd, struct err *e)
{
	(void)fd;
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? ST_OK : err_set(e, ST_DEAD, ENOMEM, "cpio");
}

static int
broken(struct err *e, const char *what)
{
	return err_set(e, ST_BAD, 0, "it is damaged: %s", what);
}

static int
digit(uint8_t c, unsigned base)
{
	int v = -1;

	if (ascii_digit(c))
		v = c - '0';
	else if (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f')
		v = ascii_lower(c) - 'a' + 10;
	return v < (int)base ? v : -1;
}

static bool
number(const uint8_t *head, struct field f, unsigned base, uint64_t *out)
{
	uint64_t v = 0;
	int d;

	for (unsigned i = 0; i < f.digits; i++) {
		if ((d = digit(head[f.off + i], base)) < 0)
			return false;
		v = v * base + (uint64_t)d;
	}
	*out = v;
	return true;
}

static void
put_number(uint8_t *head, struct field f, unsigned base, uint64_t v)
{
	static const char digits[] = "0123456789ABCDEF";

	for (unsigned i = f.digits; i-- > 0; v /= base)
		head[f.off + i] = (uint8_t)digits[v % base];
}

static uint64_t
padding(uint64_t size, unsigned align)
{
	return (align - size % align) % align;
}

/* n bytes of the stream to the head. */
static int
take(struct walker *w, struct archive_in *in, size_t n, struct err *e)
{
	struct span s;
	int rc;

	if ((rc = archive_in_peek(in, n, &s, e)) != ST_OK)
		return rc;
	if (s.n < n)
		return broken(e, "it ends in a header");
	buf_add(&w->head, s.p, n);
	archive_in_take(in, n);
	return buf_ok(&w->head) ? ST_OK :
	    err_set(e, ST_DEAD, ENOMEM, "cpio");
}

static int
choose(struct walker *w, struct archive_in *in, struct err *e)
{
	struct span s;
	int rc;

	if ((rc = archive_in_peek(in, MAGIC_SIZE, &s, e)) != ST_OK)
		return rc;
	w->crc = span_starts(s, SPAN("070702"));
	if (w->crc || span_starts(s, SPAN("070701")))
		w->dialect = &newc;
	else if (span_starts(s, SPAN("070707")))
		w->dialect = &odc;
	else
		return broken(e, s.n < MAGIC_SIZE ? "its end is missing" :
		    "no header where one should be");
	return ST_OK;
}

struct numbers {
	uint64_t mode, nlink, mtime, size, namesize, check;
};

static bool
numbers(const struct dialect *d, const uint8_t *p, struct numbers *out)
{
	return number(p, d->mode, d->base, &out->mode) &&
	    number(p, d->nlink, d->base, &out->nlink) &&
	    number(p, d->mtime, d->base, &out->mtime) &&
	    number(p, d->filesize, d->base, &out->size) &&
	    number(p, d->namesize, d->base, &out->namesize) &&
	    number(p, d->check, d->base, &out->check);
}

static int
member(const struct walker *w, const struct numbers *n,
    struct archive_piece *p, struct err *e)
{
	const uint64_t type = n->mode & TYPE_MASK;

	if (n->mode > UINT16_MAX)
		return broken(e, "a mode that cannot be");
	p->type = type == TYPE_REGULAR ? PIECE_REGULAR : PIECE_OTHER;
	if (p->type == PIECE_OTHER && type != TYPE_LINK && n->size != 0)
		return err_set(e, ST_BAD, 0, "it has a folder or device with "
		    "contents, on which readers part");
	p->linked = n->nlink > 1 && p->type == PIECE_REGULAR;
	p->mtime = (int64_t)n->mtime;		/* 36 bits at most */
	p->stored = p->size = n->size;
	p->tail = padding(n->size, w->dialect->align);
	return ST_OK;
}

/* Zeros up to a whole block of the tape; nothing else. */
static int
trailer(struct walker *w, struct archive_in *in, struct archive_piece *p,
    struct err *e)
{
	struct span s;
	int rc;

	if ((rc = archive_in_peek(in, STREAM_PEEK, &s, e)) != ST_OK)
		return rc;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != 0)
			return err_set(e, ST_BAD, 0,
			    "there are other bytes behind its end");
	if (s.n == 0)
		return (rc = archive_in_end(in, e)) != ST_OK ? rc : ST_END;
	buf_add(&w->head, s.p, s.n);
	archive_in_take(in, s.n);
	p->head = buf_span(&w->head);
	return buf_ok(&w->head) ? ST_OK :
	    err_set(e, ST_DEAD, ENOMEM, "cpio");
}

/* Header, name and its padding. */
static int
take_head(struct walker *w, struct archive_in *in, struct numbers *n,
    struct err *e)
{
	const struct dialect *d;
	int rc;

	if ((rc = choose(w, in, e)) != ST_OK)
		return rc;
	d = w->dialect;
	if ((rc = take(w, in, d->size, e)) != ST_OK)
		return rc;
	if (!numbers(d, w->head.p, n))
		return broken(e, "a number that is none");
	if (n->namesize == 0 || n->namesize > ARCHIVE_NAME_MAX + 1)
		return broken(e, "the length of a name");
	rc = take(w, in, (size_t)(n->namesize + padding(d->size +
	    n->namesize, d->align)), e);
	if (rc == ST_OK && w->head.p[d->size + n->namesize - 1] != 0)
		return broken(e, "a name without an end");
	return rc;
}

static int
cpio_next(struct walker *w, struct archive_in *in, struct archive_piece *p,
    struct err *e)
{
	struct numbers n;
	int rc;

	buf_clear(&w->head);
	*p = (struct archive_piece){ .type = PIECE_NONE };
	if (w->ended)
		return trailer(w, in, p, e);
	if ((rc = take_head(w, in, &n, e)) != ST_OK)
		return rc;
	p->head = buf_span(&w->head);
	p->name = (struct span){ w->head.p + w->dialect->size,
	    (size_t)n.namesize - 1 };
	if (memchr(p->name.p, 0, p->name.n) != NULL)
		return broken(e, "a NUL in a name");
	w->ended = span_eq(p->name, TRAILER);
	if (w->ended && n.size != 0)
		return broken(e, "its end has contents");
	return w->ended ? ST_OK : member(w, &n, p, e);
}

static int
cpio_replace(struct walker *w, const struct archive_piece *p,
    const struct archive_contents *c, uint64_t off, struct buf *head,
    struct buf *tail, struct err *e)
{
	const struct dialect *d = w->dialect;

	(void)off;
	if (c->size > (d == &odc ? ODC_FILE_MAX : UINT32_MAX))
		return err_set(e, ST_BAD, 0, "a member would be too long for "
		    "its format");
	buf_add(head, p->head.p, p->head.n);
	for (uint64_t i = padding(c->size, d->align); i > 0; i--)
		buf_byte(tail, 0);
	if (!buf_ok(head) || !buf_ok(tail))
		return err_set(e, ST_DEAD, ENOMEM, "cpio");
	put_number(head->p, d->filesize, d->base, c->size);
	if (w->crc)
		put_number(head->p, d->check, d->base, c->sum);
	return ST_OK;
}

const struct archive_form archive_cpio = {
	.name = "cpio", .open = cpio_open, .close = cpio_close,
	.next = cpio_next, .replace = cpio_replace,
};
