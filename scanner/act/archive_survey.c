/*
 * See archive_survey.h.
 */
#include "archive_survey.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "archive_lib.h"
#include "kernel_calls.h"

struct survey {
	const struct archive_form *form;
	struct archive_in *in;
	struct walker *walker;
	struct lister *lister;
	struct hash *data, *seen, *raw, *rest;
	struct ledger *ledger;
	uint64_t size;		/* bytes of the file */
	uint64_t unpacked;	/* bytes of all contents so far */
};

int
archive_what(int fd, struct archive_what *out, struct err *e)
{
	static const struct archive_form *const forms[] = {
		[FORMAT_TAR] = &archive_tar, [FORMAT_CPIO] = &archive_cpio,
		[FORMAT_ZIP] = &archive_zip,
	};
	uint8_t head[ARCHIVE_KIND_BYTES];
	const ssize_t n = call_read(fd, head, sizeof(head), 0);
	struct archive_in *in = NULL;
	struct span s;
	int rc;

	if (n < 0)
		return err_set(e, ST_DEAD, errno, "cannot read");
	if ((rc = archive_filter_of((struct span){ head, (size_t)n },
	    &out->filter, e)) != ST_OK ||
	    (rc = archive_in_open(&in, fd, out->filter, e)) != ST_OK ||
	    (rc = archive_in_peek(in, ARCHIVE_KIND_BYTES, &s, e)) != ST_OK ||
	    (rc = archive_format_of(s, &out->format, e)) != ST_OK)
		goto out;
	out->form = forms[out->format];
	out->empty = out->format == FORMAT_ZIP && span_starts(s,
	    SPAN("PK\5\6"));
	if (out->form->packed && out->filter != FILTER_NONE)
		rc = err_set(e, ST_BAD, 0,
		    "it is an archive in a compressed file");
out:
	archive_in_close(in);
	return rc;
}

static int
readers_part(const struct survey *s, const char *what, struct err *e)
{
	return err_set(e, ST_BAD, 0, "readers part over the %s of member %zu",
	    what, s->ledger->n);
}

/* n bytes of the stream, to two hashes, of which b may be NULL. */
static int
hash_stream(struct survey *s, uint64_t n, struct hash *a, struct hash *b,
    struct err *e)
{
	struct span part;
	int rc;

	while (n > 0) {
		if ((rc = archive_in_peek(s->in, 1, &part, e)) != ST_OK)
			return rc;
		if (part.n == 0)
			return err_set(e, ST_BAD, 0,
			    "it is damaged: it ends in a member");
		if (part.n > n)
			part.n = (size_t)n;
		hash_feed(a, part);
		if (b != NULL)
			hash_feed(b, part);
		archive_in_take(s->in, part.n);
		n -= part.n;
	}
	return ST_OK;
}

static int
spend(struct survey *s, uint64_t n, struct err *e)
{
	s->unpacked += n;
	if (s->unpacked > ARCHIVE_BYTES_MAX ||
	    (s->unpacked > ARCHIVE_RATIO_FREE &&
	    s->unpacked / ARCHIVE_RATIO_MAX > s->size))
		return err_set(e, ST_BAD, 0,
		    "it expands to more than is allowed");
	return ST_OK;
}

/* The contents as libarchive unpacks them. */
static int
hash_seen(struct survey *s, uint64_t *size, struct err *e)
{
	struct span part;
	int rc;

	*size = 0;
	while ((rc = lister_read(s->lister, &part, e)) == ST_OK) {
		*size += part.n;
		hash_feed(s->seen, part);
		if ((rc = spend(s, part.n, e)) != ST_OK)
			return rc;
	}
	return rc == ST_END ? ST_OK : rc;
}

static int
end_hash(struct hash *h, uint64_t *out, struct err *e)
{
	uint8_t sha[HASH_SIZE];

	if (!hash_end(h, sha))
		return err_set(e, ST_DEAD, 0, "cannot hash");
	*out = ledger_short(sha);
	return ST_OK;
}

/* A folder may be named with a slash at its end, or without. */
static bool
same_name(struct span a, struct span b)
{
	while (a.n > 1 && a.p[a.n - 1] == '/')
		a.n--;
	while (b.n > 1 && b.p[b.n - 1] == '/')
		b.n--;
	return span_eq(a, b);
}

static int
compare(const struct survey *s, const struct archive_piece *p,
    const struct seen *seen, struct err *e)
{
	const bool cpio_link = p->linked && seen->link.p != NULL;

	if (seen->has_name && !same_name(p->name, seen->name))
		return readers_part(s, "name", e);
	if ((p->type == PIECE_REGULAR) != seen->regular && !cpio_link)
		return readers_part(s, "kind", e);
	if (seen->regular && p->size != seen->size)
		return readers_part(s, "size", e);
	if (p->link.p != NULL && seen->link.p != NULL && !span_eq(p->link,
	    seen->link))
		return readers_part(s, "link", e);
	return ST_OK;
}

/* Contents of both, and what is around them in the stream. */
static int
contents(struct survey *s, const struct archive_piece *p, bool regular,
    struct ledger_line *line, struct err *e)
{
	const bool plain = !s->form->packed && p->type == PIECE_REGULAR;
	uint64_t size, data = 0;
	int rc;

	hash_begin(s->data);
	hash_begin(s->seen);
	if ((rc = hash_stream(s, p->stored, s->data, plain ? NULL : s->raw,
	    e)) != ST_OK ||
	    (rc = hash_stream(s, p->tail, s->raw, NULL, e)) != ST_OK ||
	    (rc = end_hash(s->data, &line->data, e)) != ST_OK ||
	    (rc = hash_seen(s, &size, e)) != ST_OK ||
	    (rc = end_hash(s->seen, &data, e)) != ST_OK)
		return rc;
	if (!regular)
		return ST_OK;
	if (size != p->size)
		return readers_part(s, "size", e);
	if (!s->form->packed && data != line->data)
		return readers_part(s, "contents", e);
	line->data = data;
	return ST_OK;
}

static uint64_t
with_name(const struct seen *seen, struct span name, struct hash *h)
{
	uint8_t sha[HASH_SIZE] = { 0 };

	hash_begin(h);
	hash_feed(h, (struct span){ (const uint8_t *)&seen->attributes,
	    sizeof(seen->attributes) });
	hash_feed(h, name);
	(void)hash_end(h, sha);
	return ledger_short(sha);
}

static int
next_seen(struct survey *s, struct seen *out, struct err *e)
{
	return s->lister != NULL ? lister_next(s->lister, out, e) : ST_END;
}

static int
member(struct survey *s, const struct archive_piece *p, struct err *e)
{
	struct ledger_line line = { .size = p->size };
	struct seen seen;
	int rc;

	if (p->name.n > ARCHIVE_NAME_MAX)
		return err_set(e, ST_BAD, 0, "a member's name is too long");
	if ((rc = next_seen(s, &seen, e)) == ST_END)
		return readers_part(s, "presence", e);
	if (rc != ST_OK || (rc = compare(s, p, &seen, e)) != ST_OK)
		return rc;
	line.name = ledger_name(s->ledger, p->name);
	line.attributes = with_name(&seen, p->name, s->seen);
	if (p->link.p != NULL && (rc = ledger_add_link(s->ledger, p->link,
	    e)) != ST_OK)
		return rc;
	hash_begin(s->raw);
	hash_feed(s->raw, p->head);
	if ((rc = contents(s, p, seen.regular, &line, e)) != ST_OK ||
	    (rc = end_hash(s->raw, &line.raw, e)) != ST_OK)
		return rc;
	return ledger_add(s->ledger, &line, e);
}

/* One piece; with those before it, it reaches as far as the stream was read. */
static int
piece(struct survey *s, const struct archive_piece *p, uint64_t *off,
    struct err *e)
{
	int rc = ST_OK;

	if (s->form->kept != NULL && (rc = s->form->kept(s->walker, p, *off,
	    e)) != ST_OK)
		return rc;
	*off += p->head.n + p->stored + p->tail;
	if (p->type == PIECE_NONE)
		hash_feed(s->rest, p->head);
	else
		rc = member(s, p, e);
	if (rc == ST_OK && *off != archive_in_off(s->in))
		rc = err_set(e, ST_BAD, 0, "put together again it would not "
		    "be the same");
	return rc;
}

/* What is written behind the last piece would be what is there. */
static int
check_finish(struct survey *s, uint64_t off, struct err *e)
{
	struct buf b = { 0 };
	struct span part;
	size_t at = 0;
	int rc = ST_OK;

	if (s->form->finish != NULL)
		rc = s->form->finish(s->walker, off, &b, e);
	while (rc == ST_OK && (rc = archive_in_peek(s->in, 1, &part, e)) ==
	    ST_OK && part.n > 0) {
		if (part.n > b.n - at || memcmp(part.p, b.p + at, part.n) != 0)
			rc = err_set(e, ST_BAD, 0, "put together again its "
			    "directory would not be the same");
		archive_in_take(s->in, part.n);
		at += part.n;
	}
	if (rc == ST_OK && at != b.n)
		rc = err_set(e, ST_BAD, 0, "it became shorter");
	buf_free(&b);
	return rc;
}

static int
all_pieces(struct survey *s, struct err *e)
{
	struct archive_piece p;
	struct seen seen;
	uint64_t off = 0;
	int rc;

	while ((rc = s->form->next(s->walker, s->in, &p, e)) == ST_OK)
		if ((rc = piece(s, &p, &off, e)) != ST_OK)
			return rc;
	if (rc != ST_END)
		return rc;
	if ((rc = next_seen(s, &seen, e)) == ST_OK)
		return readers_part(s, "presence", e);
	if (rc != ST_END || (rc = check_finish(s, off, e)) != ST_OK)
		return rc;
	return end_hash(s->rest, &s->ledger->rest, e);
}

static int
survey_open(struct survey *s, int fd, const struct archive_what *w,
    struct err *e)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	s->size = (uint64_t)st.st_size;
	s->data = hash_new();
	s->seen = hash_new();
	s->raw = hash_new();
	s->rest = hash_new();
	if (s->data == NULL || s->seen == NULL || s->raw == NULL ||
	    s->rest == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "archive");
	hash_begin(s->rest);
	if ((rc = s->form->open(&s->walker, fd, e)) != ST_OK ||
	    (rc = archive_in_open(&s->in, fd, w->filter, e)) != ST_OK)
		return rc;
	return w->empty ? ST_OK :
	    lister_open(&s->lister, fd, w->format, w->filter, e);
}

int
archive_survey(int fd, const struct archive_what *w, struct ledger *out,
    struct err *e)
{
	struct survey s = { .form = w->form, .ledger = out };
	int rc;

	if ((rc = survey_open(&s, fd, w, e)) == ST_OK &&
	    (rc = all_pieces(&s, e)) == ST_OK)
		rc = ledger_seal(out, e);
	lister_close(s.lister);
	archive_in_close(s.in);
	s.form->close(s.walker);
	hash_free(s.data);
	hash_free(s.seen);
	hash_free(s.raw);
	hash_free(s.rest);
	return rc;
}
