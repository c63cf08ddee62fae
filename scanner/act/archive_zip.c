/*
 * Zip (PKWARE's APPNOTE.TXT 6.3), without zip64: at most 65,535 members and
 * 4 GiB.
 *
 * The directory at the end says where members are; that of the members before
 * it must lie one behind the other, from the first byte to the directory.
 * Overlaps, gaps, and what disagrees with the headers are refused: so neither
 * a bomb of shared contents nor a signature in a gap gets through.
 */
#include "archive_form.h"

#include <errno.h>
#include <stdlib.h>

#include "archive_directory.h"

#define LOCAL_SIZE 30u		/* APPNOTE 4.3.7 */
#define RECORD_SIZE 46u		/* 4.3.12 */
#define FLAG_DESCRIPTOR 8u
#define FLAGS_ENCRYPTED (1u | 1u << 6 | 1u << 13)
#define METHOD_STORED 0u
#define METHOD_DEFLATED 8u
#define EXTRA_ZIP64 1u
#define HOST_UNIX 3u
#define TYPE_MASK 0170000u
#define TYPE_REGULAR 0100000u

/* What is the same in both headers of a member: bytes from "flags" on. */
#define LOCAL_FLAGS 6u
#define RECORD_FLAGS 8u
#define FLAGS 0u
#define METHOD 2u
#define TIME 4u
#define CRC 8u
#define STORED 12u
#define SIZE 16u
#define NAME_LENGTH 20u
#define EXTRA_LENGTH 22u
#define COMMON 24u

struct entry {
	size_t record;		/* where in the directory */
	uint32_t local;		/* where its header is */
	uint32_t put;		/* where it will be */
	enum { LEFT_OUT, KEPT, CHANGED } fate;
	uint8_t common[COMMON];	/* CHANGED: of its headers */
};

struct walker {
	struct directory directory;
	struct entry *list;	/* by local; directory.n of them */
	uint32_t i;
	struct buf head;
};

static int
broken(struct err *e, const char *what)
{
	return err_set(e, ST_BAD, 0, "it is damaged: %s", what);
}

static void
zip_close(struct walker *w)
{
	if (w == NULL)
		return;
	buf_free(&w->directory.bytes);
	buf_free(&w->head);
	free(w->list);
	free(w);
}

static size_t
record_size(const uint8_t *p)
{
	return RECORD_SIZE + get16(p + RECORD_FLAGS + NAME_LENGTH) +
	    get16(p + RECORD_FLAGS + EXTRA_LENGTH) + get16(p + 32);
}

static struct span
record_name(const uint8_t *p)
{
	return (struct span){ p + RECORD_SIZE,
	    get16(p + RECORD_FLAGS + NAME_LENGTH) };
}

static bool
ends_nocase(struct span s, struct span end)
{
	return s.n >= end.n && span_starts_nocase((struct span){
	    s.p + s.n - end.n, end.n }, end);
}

/* Signatures of JAR (META-INF/), and of OpenDocument and EPUB. */
static bool
is_signature(struct span name)
{
	const struct span in = SPAN("meta-inf/");

	if (!span_starts_nocase(name, in))
		return false;
	name.p += in.n;
	name.n -= in.n;
	return memchr(name.p, '/', name.n) == NULL &&
	    (ends_nocase(name, SPAN(".sf")) || ends_nocase(name,
	    SPAN(".rsa")) || ends_nocase(name, SPAN(".dsa")) ||
	    ends_nocase(name, SPAN(".ec")) || span_starts_nocase(name,
	    SPAN("sig-")) || ends_nocase(name, SPAN("signatures.xml")));
}

static int
check_record(const uint8_t *p, struct err *e)
{
	const uint8_t *c = p + RECORD_FLAGS;

	if ((get16(c + FLAGS) & FLAGS_ENCRYPTED) != 0 ||
	    get16(c + METHOD) == 99)
		return err_set(e, ST_BAD, 0, "it is encrypted");
	if (get32(c + STORED) == UINT32_MAX || get32(c + SIZE) ==
	    UINT32_MAX || get32(p + 42) == UINT32_MAX)
		return err_set(e, ST_BAD, 0, "it is a zip64 archive");
	if (get16(p + 34) != 0)
		return err_set(e, ST_BAD, 0, "it is one volume of many");
	if (is_signature(record_name(p)))
		return err_set(e, ST_BAD, 0, "it is signed");
	return ST_OK;
}

static int
by_local(const void *a, const void *b)
{
	const uint32_t x = ((const struct entry *)a)->local;
	const uint32_t y = ((const struct entry *)b)->local;

	return (x > y) - (x < y);
}

static int
list_entries(struct walker *w, struct err *e)
{
	const size_t end = w->directory.end;
	size_t at = 0;
	int rc;

	if ((w->list = calloc(w->directory.n + 1, sizeof(*w->list))) == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "zip");
	for (uint32_t i = 0; i < w->directory.n; i++) {
		const uint8_t *p = w->directory.bytes.p + at;

		if (end - at < RECORD_SIZE || memcmp(p, "PK\1\2", 4) != 0 ||
		    end - at < record_size(p))
			return broken(e, "its directory");
		if ((rc = check_record(p, e)) != ST_OK)
			return rc;
		w->list[i] = (struct entry){ .record = at,
		    .local = get32(p + 42) };
		at += record_size(p);
	}
	if (at != end)
		return err_set(e, ST_BAD, 0, end - at > 6 &&
		    memcmp(w->directory.bytes.p + at, "PK\5\5", 4) == 0 ?
		    "it is signed" : "there are other bytes in its directory");
	qsort(w->list, w->directory.n, sizeof(*w->list), by_local);
	return ST_OK;
}

static int
zip_open(struct walker **out, int fd, struct err *e)
{
	struct walker *w = calloc(1, sizeof(*w));
	int rc;

	if (w == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "zip");
	if ((rc = directory_load(&w->directory, fd, e)) != ST_OK ||
	    (rc = list_entries(w, e)) != ST_OK) {
		zip_close(w);
		return rc;
	}
	*out = w;
	return ST_OK;
}

static int
take(struct walker *w, struct archive_in *in, size_t n, struct err *e)
{
	struct span s;
	int rc;

	while (n > 0) {
		if ((rc = archive_in_peek(in, 1, &s, e)) != ST_OK)
			return rc;
		if (s.n == 0)
			return broken(e, "it ends in a header");
		if (s.n > n)
			s.n = n;
		buf_add(&w->head, s.p, s.n);
		archive_in_take(in, s.n);
		n -= s.n;
	}
	return buf_ok(&w->head) ? ST_OK : err_set(e, ST_DEAD, ENOMEM, "zip");
}

/* Some write all sizes before a member in an extra field of zip64. */
static bool
same_size(const uint8_t *local, const uint8_t *record)
{
	return get32(local) == get32(record) || get32(local) == UINT32_MAX;
}

/* The header before a member, which must say what the directory does. */
static int
take_head(struct walker *w, struct archive_in *in, const uint8_t *record,
    struct err *e)
{
	const uint8_t *a, *b = record + RECORD_FLAGS;
	const struct span name = record_name(record);
	int rc;

	buf_clear(&w->head);
	if ((rc = take(w, in, LOCAL_SIZE, e)) != ST_OK)
		return rc;
	a = w->head.p + LOCAL_FLAGS;
	if (memcmp(w->head.p, "PK\3\4", 4) != 0)
		return broken(e, "no header where the directory has one");
	if (get16(a + FLAGS) != get16(b + FLAGS) || get16(a + METHOD) !=
	    get16(b + METHOD) || get16(a + NAME_LENGTH) != name.n ||
	    ((get16(a + FLAGS) & FLAG_DESCRIPTOR) == 0 &&
	    (get32(a + CRC) != get32(b + CRC) || !same_size(a + STORED,
	    b + STORED) || !same_size(a + SIZE, b + SIZE))))
		return broken(e, "a header and the directory differ");
	rc = take(w, in, name.n + get16(a + EXTRA_LENGTH), e);
	if (rc == ST_OK && memcmp(w->head.p + LOCAL_SIZE, name.p, name.n) != 0)
		return broken(e, "a header and the directory differ");
	return rc;
}

/* Bytes behind the contents: none, or one of the four forms of descriptors. */
static bool
tail_fits(uint64_t n, uint16_t flags)
{
	if ((flags & FLAG_DESCRIPTOR) == 0)
		return n == 0;
	return n == 12 || n == 16 || n == 20 || n == 24;
}

static bool
is_regular(const uint8_t *record, struct span name)
{
	const uint32_t type = get32(record + 38) >> 16 & TYPE_MASK;

	if (name.n > 0 && name.p[name.n - 1] == '/')
		return false;
	return record[5] != HOST_UNIX || type == 0 || type == TYPE_REGULAR;
}

static int
zip_next(struct walker *w, struct archive_in *in, struct archive_piece *p,
    struct err *e)
{
	const struct entry *t = w->list + w->i;
	const uint8_t *record = w->directory.bytes.p + t->record;
	const struct directory *d = &w->directory;
	const uint64_t limit = w->i + 1 < d->n ? t[1].local : d->begin;
	uint64_t end;
	int rc;

	*p = (struct archive_piece){ .type = PIECE_NONE };
	if (archive_in_off(in) != (w->i == d->n ? d->begin : t->local))
		return err_set(e, ST_BAD, 0,
		    "its members overlap, or other bytes are between them");
	if (w->i == d->n)
		return ST_END;
	if ((rc = take_head(w, in, record, e)) != ST_OK)
		return rc;
	p->name = (struct span){ w->head.p + LOCAL_SIZE,
	    record_name(record).n };
	p->type = is_regular(record, p->name) ? PIECE_REGULAR : PIECE_OTHER;
	p->head = buf_span(&w->head);
	p->deflate = get16(record + RECORD_FLAGS + METHOD) != METHOD_STORED;
	p->stored = get32(record + RECORD_FLAGS + STORED);
	p->size = get32(record + RECORD_FLAGS + SIZE);
	end = archive_in_off(in) + p->stored;
	if (end > limit || !tail_fits(limit - end,
	    get16(record + RECORD_FLAGS + FLAGS)))
		return err_set(e, ST_BAD, 0,
		    "its members overlap, or other bytes are between them");
	p->tail = limit - end;
	p->id = w->i++;
	return ST_OK;
}

/* The extra field without the sizes of zip64, which would be wrong. */
static int
copy_extra(struct span s, struct buf *out, struct err *e)
{
	while (s.n >= 4) {
		const size_t n = 4u + get16(s.p + 2);

		if (n > s.n)
			return err_set(e, ST_BAD, 0, "a member that would "
			    "change has a header that is damaged");
		if (get16(s.p) != EXTRA_ZIP64)
			buf_add(out, s.p, n);
		s.p += n;
		s.n -= n;
	}
	buf_add(out, s.p, s.n);
	return ST_OK;
}

static int
too_long(struct err *e)
{
	return err_set(e, ST_BAD, 0, "it would need zip64");
}

static int
zip_replace(struct walker *w, const struct archive_piece *p,
    const struct archive_contents *c, uint64_t off, struct buf *head,
    struct buf *tail, struct err *e)
{
	struct entry *t = w->list + p->id;
	const size_t fixed = LOCAL_SIZE + p->name.n;
	uint8_t *a;
	int rc;

	(void)tail;
	if (off >= UINT32_MAX || c->size >= UINT32_MAX ||
	    c->stored >= UINT32_MAX)
		return too_long(e);
	buf_add(head, p->head.p, fixed);
	if ((rc = copy_extra((struct span){ p->head.p + fixed,
	    p->head.n - fixed }, head, e)) != ST_OK)
		return rc;
	if (!buf_ok(head))
		return err_set(e, ST_DEAD, ENOMEM, "zip");
	a = head->p + LOCAL_FLAGS;
	put16(a + FLAGS, get16(a + FLAGS) & ~FLAG_DESCRIPTOR);
	put16(a + METHOD, c->deflated ? METHOD_DEFLATED : METHOD_STORED);
	put32(a + CRC, c->crc);
	put32(a + STORED, (uint32_t)c->stored);
	put32(a + SIZE, (uint32_t)c->size);
	put16(a + EXTRA_LENGTH, (uint32_t)(head->n - fixed));
	t->fate = CHANGED;
	t->put = (uint32_t)off;
	memcpy(t->common, a, COMMON);
	return ST_OK;
}

static int
zip_kept(struct walker *w, const struct archive_piece *p, uint64_t off,
    struct err *e)
{
	if (off >= UINT32_MAX)
		return too_long(e);
	w->list[p->id].fate = KEPT;
	w->list[p->id].put = (uint32_t)off;
	return ST_OK;
}

static int
by_record(const void *a, const void *b)
{
	const size_t x = ((const struct entry *)a)->record;
	const size_t y = ((const struct entry *)b)->record;

	return (x > y) - (x < y);
}

static void
put_record(const struct walker *w, const struct entry *t, struct buf *out)
{
	const uint8_t *record = w->directory.bytes.p + t->record;
	const size_t at = out->n;

	buf_add(out, record, record_size(record));
	if (!buf_ok(out))
		return;
	put32(out->p + at + 42, t->put);
	if (t->fate != CHANGED)
		return;
	memcpy(out->p + at + RECORD_FLAGS, t->common, TIME - FLAGS);
	memcpy(out->p + at + RECORD_FLAGS + CRC, t->common + CRC,
	    NAME_LENGTH - CRC);
}

static int
zip_finish(struct walker *w, uint64_t off, struct buf *out, struct err *e)
{
	uint32_t n = 0;
	size_t size;

	qsort(w->list, w->directory.n, sizeof(*w->list), by_record);
	for (uint32_t i = 0; i < w->directory.n; i++) {
		if (w->list[i].fate == LEFT_OUT)
			continue;
		put_record(w, w->list + i, out);
		n++;
	}
	size = out->n;
	buf_add(out, w->directory.bytes.p + w->directory.end,
	    w->directory.bytes.n - w->directory.end);
	if (!buf_ok(out))
		return err_set(e, ST_DEAD, ENOMEM, "zip");
	if (off + size >= UINT32_MAX)
		return too_long(e);
	put16(out->p + size + 8, n);
	put16(out->p + size + 10, n);
	put32(out->p + size + 12, (uint32_t)size);
	put32(out->p + size + 16, (uint32_t)off);
	return ST_OK;
}

const struct archive_form archive_zip = {
	.name = "zip", .packed = true, .open = zip_open, .close = zip_close,
	.next = zip_next, .replace = zip_replace, .kept = zip_kept,
	.finish = zip_finish,
};
