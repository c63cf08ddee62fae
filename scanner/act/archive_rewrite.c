/*
 * See archive_rewrite.h.
 */
#include "archive_rewrite.h"

#include <errno.h>

#include "archive_lib.h"
#include "archive_survey.h"
#include "kernel_calls.h"

#define PIECE (64u << 10)	/* bytes copied at once */
#define GZIP_HEAD 10u		/* RFC 1952 2.3, no optional field */
#define GZIP_TAIL 8u		/* CRC-32, size */

struct job {
	int spool_a, spool_b;
	const struct archive_rewrite_sink *sink;
	struct archive_what what;
	struct archive_in *in;
	struct archive_out *out;
	struct walker *walker;
	struct lister *lister;	/* packed formats: unpacks what is shown */
	struct ledger ledger;
	struct archive_facts *facts;
	uint64_t ordinal;	/* of the member at hand */
};

/* n bytes of the stream to the new archive; out NULL: passed over. */
static int
copy_stream(struct job *j, uint64_t n, struct archive_out *out,
    struct err *e)
{
	struct span s;
	int rc;

	while (n > 0) {
		if ((rc = archive_in_peek(j->in, 1, &s, e)) != ST_OK)
			return rc;
		if (s.n == 0)
			return err_set(e, ST_BAD, 0, "it became shorter");
		if (s.n > n)
			s.n = (size_t)n;
		if (out != NULL &&
		    (rc = archive_out_write(out, s, e)) != ST_OK)
			return rc;
		archive_in_take(j->in, s.n);
		n -= s.n;
	}
	return ST_OK;
}

/* Bytes [off, off + n) of a spool to an archive. */
static int
copy_file(int fd, uint64_t off, uint64_t n, struct archive_out *out,
    struct err *e)
{
	uint8_t buf[PIECE];
	int rc;

	while (n > 0) {
		const size_t want = n < PIECE ? (size_t)n : PIECE;
		const ssize_t k = call_read(fd, buf, want, off);

		if (k < 0)
			return err_set(e, ST_DEAD, errno, "cannot read");
		if ((size_t)k != want)
			return err_set(e, ST_DEAD, 0,
			    "a temporary file became shorter");
		if ((rc = archive_out_write(out, (struct span){ buf, want },
		    e)) != ST_OK)
			return rc;
		off += want;
		n -= want;
	}
	return ST_OK;
}

static int
spool(int fd, struct span s, uint64_t *off, struct err *e)
{
	if (call_write(fd, s.p, s.n, *off) != 0)
		return err_set(e, ST_DEAD, errno, "cannot write");
	*off += s.n;
	return ST_OK;
}

/* The contents to spool_a: from the stream, or unpacked by libarchive. */
static int
fill_spool(struct job *j, const struct archive_piece *p, struct err *e)
{
	uint64_t off = 0;
	struct span s;
	int rc = ST_OK;

	while (j->lister != NULL &&
	    (rc = lister_read(j->lister, &s, e)) == ST_OK) {
		if (s.n > p->size - off)
			return err_set(e, ST_BAD, 0, "it became longer");
		if ((rc = spool(j->spool_a, s, &off, e)) != ST_OK)
			return rc;
	}
	while (j->lister == NULL && off < p->size) {
		if ((rc = archive_in_peek(j->in, 1, &s, e)) != ST_OK)
			return rc;
		if (s.n == 0)
			break;
		if (s.n > p->size - off)
			s.n = (size_t)(p->size - off);
		if ((rc = spool(j->spool_a, s, &off, e)) != ST_OK)
			return rc;
		archive_in_take(j->in, s.n);
	}
	if (rc != ST_OK && rc != ST_END)
		return rc;
	return off == p->size ? ST_OK :
	    err_set(e, ST_BAD, 0, "it became shorter");
}

/* As it is; spooled: its contents were taken from the stream already. */
static int
keep(struct job *j, const struct archive_piece *p, bool spooled,
    struct err *e)
{
	int rc = ST_OK;

	if (j->what.form->kept != NULL)
		rc = j->what.form->kept(j->walker, p,
		    archive_out_off(j->out), e);
	if (rc != ST_OK ||
	    (rc = archive_out_write(j->out, p->head, e)) != ST_OK)
		return rc;
	if (spooled && (rc = copy_file(j->spool_a, 0, p->size, j->out, e)) !=
	    ST_OK)
		return rc;
	return copy_stream(j, (spooled ? 0 : p->stored) + p->tail, j->out, e);
}

/* Size, hash and sum of the new contents. */
static int
measure(int fd, uint64_t size, struct archive_contents *out,
    uint8_t sha[HASH_SIZE], struct err *e)
{
	struct hash *h = hash_new();
	uint8_t buf[PIECE];
	int rc = ST_OK;

	if (h == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "archive");
	*out = (struct archive_contents){ .stored = size };
	hash_begin(h);
	while (out->size < size && rc == ST_OK) {
		const uint64_t left = size - out->size;
		const ssize_t n = call_read(fd, buf, left < PIECE ?
		    (size_t)left : PIECE, out->size);

		if (n <= 0)
			rc = err_set(e, ST_DEAD, n < 0 ? errno : 0,
			    "cannot read what a member is to be");
		for (ssize_t i = 0; i < n; i++)
			out->sum += buf[i];
		if (n > 0) {
			hash_feed(h, (struct span){ buf, (size_t)n });
			out->size += (uint64_t)n;
		}
	}
	if (rc == ST_OK && !hash_end(h, sha))
		rc = err_set(e, ST_DEAD, 0, "cannot hash");
	hash_free(h);
	return rc;
}

static uint32_t
little_endian(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

/*
 * The new contents deflated, in spool_a.  A gzip file is a deflate stream with
 * ten bytes before it, and its CRC-32 behind it; !deflate: only that is used.
 */
static int
deflate_spool(struct job *j, bool deflate, struct archive_contents *c,
    struct err *e)
{
	struct archive_out *out = NULL;
	uint8_t sha[HASH_SIZE], head[GZIP_HEAD], tail[GZIP_TAIL];
	uint64_t n;
	int rc;

	if ((rc = archive_out_open(&out, j->spool_a, FILTER_GZIP, e)) !=
	    ST_OK ||
	    (rc = copy_file(j->spool_b, 0, c->size, out, e)) != ST_OK ||
	    (rc = archive_out_finish(out, &n, sha, e)) != ST_OK)
		goto out;
	if (n < GZIP_HEAD + GZIP_TAIL ||
	    call_read(j->spool_a, head, GZIP_HEAD, 0) != GZIP_HEAD ||
	    call_read(j->spool_a, tail, GZIP_TAIL, n - GZIP_TAIL) !=
	    GZIP_TAIL || head[3] != 0 ||
	    little_endian(tail + 4) != (uint32_t)c->size) {
		rc = err_set(e, ST_DEAD, 0, "cannot deflate");
		goto out;
	}
	c->crc = little_endian(tail);
	c->deflated = deflate;
	if (deflate)
		c->stored = n - GZIP_HEAD - GZIP_TAIL;
out:
	archive_out_close(out);
	return rc;
}

static int
write_changed(struct job *j, const struct archive_piece *p,
    const struct archive_contents *c, struct err *e)
{
	struct buf head = { 0 }, tail = { 0 };
	int rc;

	rc = j->what.form->replace(j->walker, p, c, archive_out_off(j->out),
	    &head, &tail, e);
	if (rc == ST_OK)
		rc = archive_out_write(j->out, buf_span(&head), e);
	if (rc == ST_OK)
		rc = c->deflated ? copy_file(j->spool_a, GZIP_HEAD,
		    c->stored, j->out, e) : copy_file(j->spool_b, 0,
		    c->stored, j->out, e);
	if (rc == ST_OK)
		rc = archive_out_write(j->out, buf_span(&tail), e);
	buf_free(&head);
	buf_free(&tail);
	return rc;
}

/* The bytes of the old member that are still in the stream. */
static int
pass_over(struct job *j, const struct archive_piece *p, struct err *e)
{
	return copy_stream(j, (j->lister != NULL ? p->stored : 0) + p->tail,
	    NULL, e);
}

static bool
is_same(const struct job *j, uint64_t size, const uint8_t sha[HASH_SIZE])
{
	const struct ledger_line *line = j->ledger.list + j->ordinal;

	return line->size == size && line->data == ledger_short(sha);
}

static int
replace(struct job *j, const struct archive_piece *p, uint64_t size,
    struct err *e)
{
	struct archive_contents c;
	uint8_t sha[HASH_SIZE];
	int rc;

	if (size > ARCHIVE_CHANGED_MAX)
		return err_set(e, ST_BAD, 0, "a member would be too long");
	if ((rc = measure(j->spool_b, size, &c, sha, e)) != ST_OK)
		return rc;
	if (is_same(j, size, sha))
		return keep(j, p, j->lister == NULL, e);
	if (j->what.form->packed &&
	    (rc = deflate_spool(j, p->deflate, &c, e)) != ST_OK)
		return rc;
	if ((rc = write_changed(j, p, &c, e)) != ST_OK ||
	    (rc = pass_over(j, p, e)) != ST_OK)
		return rc;
	ledger_replace(&j->ledger, j->ordinal, size, sha);
	j->facts->replaced++;
	return ST_OK;
}

static int
drop(struct job *j, const struct archive_piece *p, struct err *e)
{
	ledger_drop(&j->ledger, j->ordinal);
	j->facts->dropped++;
	return pass_over(j, p, e);
}

/* Show it, and do as the sink says. */
static int
ask(struct job *j, const struct archive_piece *p,
    const struct archive_member *m, struct err *e)
{
	enum archive_answer answer;
	uint64_t size = 0;
	int rc;

	if ((rc = fill_spool(j, p, e)) != ST_OK)
		return rc;
	answer = j->sink->member(j->sink->ctx, m, j->spool_a, j->spool_b,
	    &size, e);
	if ((answer == ARCHIVE_REPLACE || answer == ARCHIVE_DROP) &&
	    (p->linked || ledger_is_linked(&j->ledger, j->ordinal)))
		return err_set(e, ST_BAD, 0, "member %zu would change and has "
		    "hard links", (size_t)j->ordinal);
	switch (answer) {
	case ARCHIVE_KEEP:
		return keep(j, p, j->lister == NULL, e);
	case ARCHIVE_REPLACE:
		return replace(j, p, size, e);
	case ARCHIVE_DROP:
		return drop(j, p, e);
	case ARCHIVE_STOP:
		break;
	}
	return ST_DEAD;
}

static int
member(struct job *j, const struct archive_piece *p, struct err *e)
{
	const struct archive_rewrite_sink *k = j->sink;
	const struct archive_member m = { .ordinal = j->ordinal,
	    .name = p->name, .size = p->size, .mtime = p->mtime };
	struct seen seen;
	int rc;

	if (j->ordinal >= j->ledger.n)
		return err_set(e, ST_BAD, 0, "it became longer");
	if (j->lister != NULL &&
	    (rc = lister_next(j->lister, &seen, e)) != ST_OK)
		return rc == ST_END ? err_set(e, ST_BAD, 0,
		    "it became shorter") : rc;
	if (p->type == PIECE_REGULAR && (k->wants == NULL || k->wants(k->ctx,
	    &m)))
		rc = ask(j, p, &m, e);
	else
		rc = keep(j, p, false, e);
	j->ordinal++;
	return rc;
}

static int
all_members(struct job *j, struct err *e)
{
	struct archive_piece p;
	struct buf end = { 0 };
	int rc;

	while ((rc = j->what.form->next(j->walker, j->in, &p, e)) == ST_OK) {
		rc = p.type == PIECE_NONE ? archive_out_write(j->out, p.head,
		    e) : member(j, &p, e);
		if (rc != ST_OK)
			return rc;
	}
	if (rc != ST_END)
		return rc;
	rc = ST_OK;
	if (j->what.form->finish != NULL)
		rc = j->what.form->finish(j->walker,
		    archive_out_off(j->out), &end, e);
	if (rc == ST_OK)
		rc = archive_out_write(j->out, buf_span(&end), e);
	buf_free(&end);
	return rc;
}

static int
write_new(struct job *j, int from, int to, struct err *e)
{
	const struct archive_form *form = j->what.form;
	int rc;

	if ((rc = form->open(&j->walker, from, e)) != ST_OK ||
	    (rc = archive_in_open(&j->in, from, j->what.filter, e)) != ST_OK ||
	    (rc = archive_out_open(&j->out, to, j->what.filter, e)) != ST_OK)
		goto out;
	if (form->packed && !j->what.empty)
		rc = lister_open(&j->lister, from, j->what.format,
		    j->what.filter, e);
	if (rc == ST_OK && (rc = all_members(j, e)) == ST_OK)
		rc = archive_out_finish(j->out, &j->facts->size,
		    j->facts->sha, e);
out:
	lister_close(j->lister);
	archive_out_close(j->out);
	archive_in_close(j->in);
	form->close(j->walker);
	return rc;
}

/* The archive in fd is what the ledger says, and of the same kind. */
static int
verify(int fd, const struct archive_what *old, const struct ledger *wanted,
    struct err *e)
{
	struct ledger found = { 0 };
	struct archive_what what;
	int rc;

	if ((rc = archive_what(fd, &what, e)) != ST_OK)
		return rc;
	if (what.filter != old->filter || what.format != old->format)
		return err_set(e, ST_BAD, 0, "it is of another format");
	if ((rc = ledger_open(&found, e)) == ST_OK &&
	    (rc = archive_survey(fd, &what, &found, e)) == ST_OK)
		rc = ledger_compare(wanted, &found, e);
	ledger_close(&found);
	return rc;
}

static int
look(int fd, struct archive_what *what, struct ledger *l,
    struct archive_facts *out, struct err *e)
{
	int rc;

	if ((rc = archive_what(fd, what, e)) != ST_OK ||
	    (rc = ledger_open(l, e)) != ST_OK ||
	    (rc = archive_survey(fd, what, l, e)) != ST_OK)
		return rc;
	*out = (struct archive_facts){ .format = what->form->name,
	    .filter = packing_filter_name(what->filter), .members = l->n };
	return ST_OK;
}

int
archive_look(int fd, struct archive_facts *out, struct err *e)
{
	struct archive_what what;
	struct ledger l = { 0 };
	const int rc = look(fd, &what, &l, out, e);

	ledger_close(&l);
	return rc;
}

/* Damage of what was just written is our own. */
static int
wrong(struct err *e)
{
	char text[sizeof(e->text)];

	if (e == NULL)
		return ST_BAD;
	memcpy(text, e->text, sizeof(text));
	return err_set(e, ST_BAD, 0, "the new archive would be wrong: %.180s",
	    text);
}

int
archive_rewrite(int from, int to, int spool_a, int spool_b,
    const struct archive_rewrite_sink *sink, struct archive_facts *out,
    struct err *e)
{
	struct job j = { .spool_a = spool_a, .spool_b = spool_b,
	    .sink = sink };
	struct archive_facts facts;
	int rc;

	j.facts = &facts;
	if ((rc = look(from, &j.what, &j.ledger, &facts, e)) != ST_OK ||
	    (rc = write_new(&j, from, to, e)) != ST_OK)
		goto out;
	if (facts.replaced + facts.dropped == 0)
		facts.size = 0;
	else if ((rc = verify(to, &j.what, &j.ledger, e)) == ST_BAD)
		rc = wrong(e);
	if (rc == ST_OK)
		*out = facts;
out:
	ledger_close(&j.ledger);
	return rc;
}

int
archive_check(int old, int new, const struct archive_change *c, size_t n,
    struct err *e)
{
	struct archive_facts facts;
	struct archive_what what;
	struct ledger l = { 0 };
	int rc = look(old, &what, &l, &facts, e);

	for (size_t i = 0; i < n && rc == ST_OK; i++) {
		if (c[i].ordinal >= l.n)
			rc = err_set(e, ST_BAD, 0,
			    "a change is of no member");
		else if (c[i].drop)
			ledger_drop(&l, c[i].ordinal);
		else
			ledger_replace(&l, c[i].ordinal, c[i].size, c[i].sha);
	}
	if (rc == ST_OK)
		rc = verify(new, &what, &l, e);
	ledger_close(&l);
	return rc;
}
