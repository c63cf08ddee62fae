/*
 * Tar: v7, ustar, GNU and pax (POSIX.1-2017 pax, "ustar Interchange Format"
 * and "pax Interchange Format"; GNU tar manual, "Basic Tar Format").
 *
 * A member's head is all that says something of it: extended headers and long
 * names that come before, and its own block.  Where new contents need another
 * size only that field and the checksum change.
 */
#include "archive_form.h"

#include <errno.h>
#include <stdlib.h>

#define BLOCK 512u
#define NAME 0u
#define NAME_SIZE 100u
#define SIZE 124u
#define SIZE_SIZE 12u
#define MTIME 136u
#define CHECKSUM 148u
#define CHECKSUM_SIZE 8u
#define TYPE 156u
#define LINK 157u
#define MAGIC 257u
#define PREFIX 345u
#define PREFIX_SIZE 155u
#define END_MARK (2u * BLOCK)

struct walker {
	struct buf head;
	struct buf name, link;	/* of long name and extended headers, then of
				 * the member */
	bool has_name, has_link, has_size;
	uint64_t size;		/* has_size: of an extended header */
	bool ended;
	uint64_t trailer;	/* bytes of zeros at the end */
};

static const struct {
	char type;
	const char *what;
} refused[] = {
	{ 'S', "it has a sparse member" },
	{ 'M', "it is one volume of many" },
	{ 'V', "it has a volume label" },
	{ 'D', "it is an incremental backup" },
	{ 'N', "it has a header of a kind that is not understood" },
	{ 'X', "it has a header of a kind that is not understood" },
	{ 'A', "it has a header of a kind that is not understood" },
	{ 'I', "it has a header of a kind that is not understood" },
};

static void
tar_close(struct walker *w)
{
	if (w == NULL)
		return;
	buf_free(&w->head);
	buf_free(&w->name);
	buf_free(&w->link);
	free(w);
}

static int
tar_open(struct walker **out, int fd, struct err *e)
{
	(void)fd;
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? ST_OK : err_set(e, ST_DEAD, ENOMEM, "tar");
}

static int
broken(struct err *e, const char *what)
{
	return err_set(e, ST_BAD, 0, "it is damaged: %s", what);
}

/* GNU's binary numbers: the first bit set, the rest a number. */
static bool
binary_number(struct span s, uint64_t *out)
{
	uint64_t v = s.p[0] & 0x7f;

	for (size_t i = 1; i < s.n; i++) {
		if (v >> 55 != 0)
			return false;
		v = v << 8 | s.p[i];
	}
	*out = v;
	return true;
}

/* Octal digits, white space or NULs around them; none are 0. */
static bool
number(const uint8_t *p, size_t n, uint64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;

	if ((p[0] & 0x80) != 0)
		return binary_number((struct span){ p, n }, out);
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');
	for (; i < n; i++)
		if (p[i] != ' ' && p[i] != '\0')
			return false;
	*out = v;	/* at most 12 digits: 36 bits */
	return true;
}

static uint64_t
checksum(const uint8_t *block)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= CHECKSUM && i < CHECKSUM + CHECKSUM_SIZE ? ' ' :
		    block[i];
	return sum;
}

static bool
is_zero(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != 0)
			return false;
	return true;
}

static struct span
until_nul(const uint8_t *p, size_t n)
{
	const uint8_t *end = memchr(p, 0, n);

	return (struct span){ p, end != NULL ? (size_t)(end - p) : n };
}

/* Move n bytes of the stream to the head; they are shown in *out. */
static int
take(struct walker *w, struct archive_in *in, uint64_t n, struct span *out,
    struct err *e)
{
	const size_t begin = w->head.n;
	struct span s;
	int rc;

	if (n > ARCHIVE_HEAD_MAX - begin)
		return err_set(e, ST_BAD, 0, "a member's header is too long");
	while (n > 0) {
		if ((rc = archive_in_peek(in, n < BLOCK ? (size_t)n : BLOCK,
		    &s, e)) != ST_OK)
			return rc;
		if (s.n == 0)
			return broken(e, "it ends in a header");
		if (s.n > n)
			s.n = (size_t)n;
		buf_add(&w->head, s.p, s.n);
		archive_in_take(in, s.n);
		n -= s.n;
	}
	if (!buf_ok(&w->head))
		return err_set(e, ST_DEAD, ENOMEM, "tar");
	*out = (struct span){ w->head.p + begin, w->head.n - begin };
	return ST_OK;
}

static uint64_t
padding(uint64_t size)
{
	return (BLOCK - size % BLOCK) % BLOCK;
}

static void
set(struct buf *b, bool *has, struct span s)
{
	buf_clear(b);
	buf_add(b, s.p, s.n);
	*has = true;
}

static bool
decimal(struct span s, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_digit(s.p[i]) || v > (UINT64_MAX >> 1) / 10 - 1)
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = v;
	return s.n > 0;
}

/* One record of an extended header; global: it is for all that follow. */
static int
use_record(struct walker *w, struct span key, struct span value, bool global,
    struct err *e)
{
	if (span_starts(key, SPAN("GNU.sparse.")) ||
	    span_eq(key, SPAN("SCHILY.realsize")) ||
	    span_eq(key, SPAN("SUN.holesdata")))
		return err_set(e, ST_BAD, 0, "it has a sparse member");
	if (span_starts(key, SPAN("GNU.volume.")))
		return err_set(e, ST_BAD, 0, "it is one volume of many");
	if (global && !span_eq(key, SPAN("comment")))
		return err_set(e, ST_BAD, 0,
		    "it has a global header that says more than a comment");
	if (span_eq(key, SPAN("path")))
		set(&w->name, &w->has_name, value);
	else if (span_eq(key, SPAN("linkpath")))
		set(&w->link, &w->has_link, value);
	else if (span_eq(key, SPAN("size"))) {
		w->has_size = true;
		if (!decimal(value, &w->size))
			return broken(e, "a size that is none");
	}
	return ST_OK;
}

/* "LENGTH KEY=VALUE\n", the length of all of it: one record off *s. */
static bool
cut_record(struct span *s, struct span *key, struct span *value)
{
	const uint8_t *space = memchr(s->p, ' ', s->n), *equals;
	struct span digits, rest;
	uint64_t n;

	if (space == NULL)
		return false;
	digits = (struct span){ s->p, (size_t)(space - s->p) };
	if (!decimal(digits, &n) || n > s->n || n < digits.n + 3 ||
	    s->p[n - 1] != '\n')
		return false;
	rest = (struct span){ space + 1, (size_t)n - digits.n - 2 };
	if ((equals = memchr(rest.p, '=', rest.n)) == NULL)
		return false;
	*key = (struct span){ rest.p, (size_t)(equals - rest.p) };
	*value = (struct span){ equals + 1, rest.n - key->n - 1 };
	s->p += n;
	s->n -= (size_t)n;
	return true;
}

static int
use_records(struct walker *w, struct span s, bool global, struct err *e)
{
	struct span key, value;
	int rc;

	while (s.n > 0) {
		if (!cut_record(&s, &key, &value))
			return broken(e, "an extended header");
		if ((rc = use_record(w, key, value, global, e)) != ST_OK)
			return rc;
	}
	return ST_OK;
}

/* The contents of a header that is about another one. */
static int
extended(struct walker *w, struct archive_in *in, uint8_t type,
    uint64_t size, struct err *e)
{
	struct span s;
	int rc;

	if (size > ARCHIVE_HEAD_MAX)
		return err_set(e, ST_BAD, 0, "a member's header is too long");
	if ((rc = take(w, in, size + padding(size), &s, e)) != ST_OK)
		return rc;
	s.n = (size_t)size;
	switch (type) {
	case 'L':
		set(&w->name, &w->has_name, until_nul(s.p, s.n));
		return ST_OK;
	case 'K':
		set(&w->link, &w->has_link, until_nul(s.p, s.n));
		return ST_OK;
	default:
		return use_records(w, s, type == 'g', e);
	}
}

/* Name and link of the block itself, where nothing said other ones. */
static void
own_names(struct walker *w, const uint8_t *b)
{
	const struct span name = until_nul(b + NAME, NAME_SIZE);

	if (!w->has_name) {
		buf_clear(&w->name);
		if (memcmp(b + MAGIC, "ustar", 6) == 0 && b[PREFIX] != 0) {
			const struct span s = until_nul(b + PREFIX,
			    PREFIX_SIZE);

			buf_add(&w->name, s.p, s.n);
			buf_byte(&w->name, '/');
		}
		buf_add(&w->name, name.p, name.n);
	}
	if (!w->has_link) {
		const struct span s = until_nul(b + LINK, NAME_SIZE);

		buf_clear(&w->link);
		buf_add(&w->link, s.p, s.n);
	}
}

/* In v7 a folder is a file with a slash at the end of its name. */
static bool
is_regular(uint8_t type, struct span name)
{
	return (type == '0' || type == 0 || type == '7') &&
	    (name.n == 0 || name.p[name.n - 1] != '/');
}

/* The block itself; b stays where it is until the head grows. */
static int
member(struct walker *w, const uint8_t *b, struct archive_piece *p,
    struct err *e)
{
	const uint8_t type = b[TYPE];
	uint64_t size, mtime;

	if (!number(b + SIZE, SIZE_SIZE, &size))
		return broken(e, "a size that is none");
	if (w->has_size)
		size = w->size;
	own_names(w, b);
	if (!buf_ok(&w->name) || !buf_ok(&w->link))
		return err_set(e, ST_DEAD, ENOMEM, "tar");
	if (type != 0 && (type < '0' || type > '7'))
		return err_set(e, ST_BAD, 0, "it has a member of a kind that "
		    "is not known");
	p->type = is_regular(type, buf_span(&w->name)) ? PIECE_REGULAR :
	    PIECE_OTHER;
	if (p->type == PIECE_OTHER && size != 0)
		return err_set(e, ST_BAD, 0, "it has a link or folder with "
		    "contents, on which readers part");
	if (size > UINT64_MAX / 4)
		return broken(e, "a size that cannot be");
	p->name = buf_span(&w->name);
	p->link = type == '1' ? buf_span(&w->link) : (struct span){ 0 };
	if (type == '1' && p->link.n == 0)
		return broken(e, "a link to nothing");
	p->head = buf_span(&w->head);
	p->stored = p->size = size;
	p->tail = padding(size);
	if (number(b + MTIME, SIZE_SIZE, &mtime) && mtime <= INT64_MAX)
		p->mtime = (int64_t)mtime;
	return ST_OK;
}

/* Zeros to the end: the rest of the last record of a tape. */
static int
trailer(struct walker *w, struct archive_in *in, struct archive_piece *p,
    struct err *e)
{
	struct span s;
	int rc;

	if ((rc = archive_in_peek(in, STREAM_PEEK, &s, e)) != ST_OK)
		return rc;
	if (!is_zero(s))
		return err_set(e, ST_BAD, 0,
		    "there are other bytes behind its end");
	w->trailer += s.n;
	if (s.n == 0 && (w->trailer < END_MARK || w->trailer % BLOCK != 0))
		return broken(e, "its end is missing");
	if (s.n == 0)
		return (rc = archive_in_end(in, e)) != ST_OK ? rc : ST_END;
	buf_add(&w->head, s.p, s.n);
	archive_in_take(in, s.n);
	*p = (struct archive_piece){ .type = PIECE_NONE,
	    .head = buf_span(&w->head) };
	return buf_ok(&w->head) ? ST_OK :
	    err_set(e, ST_DEAD, ENOMEM, "tar");
}

/* Take the next block.  ST_END: it is the first of the end mark; not taken. */
static int
block(struct walker *w, struct archive_in *in, struct span *out,
    struct err *e)
{
	uint64_t sum;
	struct span s;
	int rc;

	if ((rc = archive_in_peek(in, BLOCK, &s, e)) != ST_OK)
		return rc;
	if (s.n < BLOCK)
		return broken(e, "its end is missing");
	s.n = BLOCK;
	if (is_zero(s))
		return w->head.n == 0 ? ST_END :
		    broken(e, "it ends behind an extended header");
	if (!number(s.p + CHECKSUM, CHECKSUM_SIZE, &sum) ||
	    sum != checksum(s.p))
		return broken(e, "the checksum of a header");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (s.p[TYPE] == refused[i].type)
			return err_set(e, ST_BAD, 0, "%s", refused[i].what);
	return take(w, in, BLOCK, out, e);
}

static void
begin(struct walker *w, struct archive_piece *p)
{
	buf_clear(&w->head);
	w->has_name = w->has_link = w->has_size = false;
	*p = (struct archive_piece){ .type = PIECE_NONE };
}

static int
tar_next(struct walker *w, struct archive_in *in, struct archive_piece *p,
    struct err *e)
{
	uint64_t size;
	struct span b;
	int rc = ST_OK;

	begin(w, p);
	while (!w->ended) {
		const bool first = w->head.n == 0;

		if ((rc = block(w, in, &b, e)) == ST_END) {
			w->ended = true;
			break;
		}
		if (rc != ST_OK)
			return rc;
		if (b.p[TYPE] == 0 || strchr("LKxg", b.p[TYPE]) == NULL)
			return member(w, b.p, p, e);
		if (b.p[TYPE] == 'g' && !first)
			return broken(e, "a global header behind another");
		const uint8_t type = b.p[TYPE];
		if (!number(b.p + SIZE, SIZE_SIZE, &size))
			return broken(e, "a size that is none");
		if ((rc = extended(w, in, type, size, e)) != ST_OK)
			return rc;
		p->head = buf_span(&w->head);
		if (type == 'g')
			return ST_OK;
	}
	return trailer(w, in, p, e);
}

static int
tar_replace(struct walker *w, const struct archive_piece *p,
    const struct archive_contents *c, uint64_t off, struct buf *head,
    struct buf *tail, struct err *e)
{
	uint64_t sum, size = c->size;
	uint8_t *b;

	(void)off;
	if (w->has_size)
		return err_set(e, ST_BAD, 0, "the size of a member that would "
		    "change stands in an extended header");
	buf_add(head, p->head.p, p->head.n);
	for (uint64_t i = padding(size); i > 0; i--)
		buf_byte(tail, 0);
	if (!buf_ok(head) || !buf_ok(tail))
		return err_set(e, ST_DEAD, ENOMEM, "tar");
	b = head->p + head->n - BLOCK;
	for (unsigned i = SIZE_SIZE - 1; i-- > 0; size >>= 3)
		b[SIZE + i] = (uint8_t)('0' + (size & 7));
	if (b[SIZE + SIZE_SIZE - 1] != ' ')
		b[SIZE + SIZE_SIZE - 1] = 0;
	sum = checksum(b);
	for (unsigned i = 6; i-- > 0; sum >>= 3)
		b[CHECKSUM + i] = (uint8_t)('0' + (sum & 7));
	b[CHECKSUM + 6] = 0;
	b[CHECKSUM + 7] = ' ';
	return ST_OK;
}

const struct archive_form archive_tar = {
	.name = "tar", .open = tar_open, .close = tar_close,
	.next = tar_next, .replace = tar_replace,
};
