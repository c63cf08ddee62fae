/*
 * See mend_apply.h.
 */
#include "mend_apply.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel_calls.h"
#include "mend_cut.h"

/* --- writing */

static void
flush(struct mend_apply *m)
{
	if (m->status == ST_OK && m->out_n > 0) {
		if (call_write(m->to, m->out, m->out_n, m->made -
		    m->out_n) != 0)
			m->status = err_set(m->e, ST_DEAD, errno,
			    "cannot write the new file");
		else if (m->may.keeps)
			call_start_sync_upto(m->to, m->made - m->out_n,
			    m->out_n);
		hash_feed(m->made_hash, (struct span){ m->out, m->out_n });
	}
	m->out_n = 0;
}

static void
put(void *ctx, struct span s)
{
	struct mend_apply *m = ctx;
	size_t n;

	for (; s.n > 0; s.p += n, s.n -= n) {
		n = s.n < MEND_CHUNK - m->out_n ? s.n : MEND_CHUNK - m->out_n;
		memcpy(m->out + m->out_n, s.p, n);
		m->out_n += n;
		m->made += n;
		if (m->out_n == MEND_CHUNK)
			flush(m);
	}
}

/* Old bytes at off, one at least; those up to off + want are there before. */
static int
read_old(struct mend_apply *m, uint64_t off, uint64_t want, uint8_t *p,
    size_t room, size_t *out)
{
	ssize_t got;
	int rc;

	if (want > room)
		want = room;
	if (m->filling != NULL && (rc = filling_upto(m->filling, off + want,
	    m->e)) != ST_OK)
		return rc;
	got = call_read(m->from, p, room, off);
	if (got <= 0)
		return err_set(m->e, ST_DEAD, got < 0 ? errno : 0,
		    "cannot read the file once more");
	*out = (size_t)got;
	return ST_OK;
}

bool
mend_apply_look(struct mend_apply *m, uint64_t off, uint8_t *p, size_t n)
{
	size_t got = 0;

	return read_old(m, off, n, p, n, &got) == ST_OK && got == n;
}

/* Up to n old bytes at pos, at least one, which is then behind them. */
static int
next_old(struct mend_apply *m, uint64_t n, struct span *out)
{
	const uint64_t at = m->pos - m->old_off;
	int rc;

	if (m->pos < m->old_off || at >= m->old_n) {
		m->old_n = 0;
		rc = read_old(m, m->pos, n, m->old, MEND_CHUNK, &m->old_n);
		if (rc != ST_OK)
			return rc;
		m->old_off = m->pos;
		return next_old(m, n, out);
	}
	*out = (struct span){ m->old + at, m->old_n - (size_t)at };
	if (out->n > n)
		out->n = (size_t)n;
	m->pos += out->n;
	return ST_OK;
}

/* Old bytes up to that byte of the file, as they are. */
static int
copy_upto(struct mend_apply *m, uint64_t end)
{
	struct span s;
	int rc = ST_OK;

	while (m->pos < end && rc == ST_OK)
		if ((rc = next_old(m, end - m->pos, &s)) == ST_OK)
			put(m, s);
	return rc;
}

static int
wrong(struct mend_apply *m, const char *what)
{
	return err_set(m->e, ST_BAD, 0, "no edit is made: %s", what);
}

/* Old bytes up to that byte of the file through splice, with these edits. */
static int
splice_upto(struct mend_apply *m, uint64_t end, const struct edit *e, size_t n)
{
	struct span s;
	int rc;

	while (m->pos < end) {
		if ((rc = next_old(m, end - m->pos, &s)) != ST_OK)
			return rc;
		const size_t used = splice_feed(&m->splice, s, e, n);

		e += used;
		n -= used;
	}
	return n == 0 ? ST_OK : wrong(m, "edits out of order");
}

/* --- what the child says */

/* The SHA-256 of that much of the old file. */
static int
hash_old(struct mend_apply *m, uint64_t off, uint64_t len,
    uint8_t sha[HASH_SIZE])
{
	size_t got = 0;
	int rc;

	m->old_n = 0;
	hash_begin(m->seen);
	for (; len > 0; off += got, len -= got) {
		rc = read_old(m, off, len, m->old, len < MEND_CHUNK ?
		    (size_t)len : MEND_CHUNK, &got);
		if (rc != ST_OK)
			return rc;
		hash_feed(m->seen, (struct span){ m->old, got });
	}
	return hash_end(m->seen, sha) ? ST_OK : err_set(m->e, ST_DEAD, 0,
	    "no SHA-256");
}

/* It is one of those that were asked for. */
static int
check_wanted(struct mend_apply *m, uint64_t off, uint64_t len)
{
	uint8_t sha[HASH_SIZE];
	int rc;

	if (m->may.only == NULL)
		return ST_OK;
	if ((rc = hash_old(m, off, len, sha)) != ST_OK)
		return rc;
	if (m->job->path != NULL && selection_has(m->may.only,
	    span_text(m->job->path), off, len, sha, NULL))
		return ST_OK;
	return wrong(m, "a message that nobody asked for");
}

static int
on_message(struct mend_apply *m, struct span s)
{
	struct mend_message w;
	int rc;

	if (s.n != sizeof(w) || m->in_message)
		return wrong(m, "it makes no sense");
	memcpy(&w, s.p, sizeof(w));
	if (w.off < m->pos || w.off > m->size || w.len > m->size - w.off)
		return wrong(m, "a message that is not there");
	if ((rc = check_wanted(m, w.off, w.len)) != ST_OK)
		return rc;
	m->message = w;
	m->growth = (struct edit_growth){ 0 };
	m->in_message = true;
	m->fields_n = 0;
	splice_begin(&m->splice, m->may.kinds, put, m);
	/* What it says of line ends it may choose: both are allowed. */
	m->check.native = w.native == BRK_LF ? BRK_LF : BRK_CRLF;
	splice_text(&m->splice, w.to == BRK_LF ? BRK_LF : BRK_CRLF,
	    &m->check.hook);
	return copy_upto(m, w.off);
}

/* The first n of m->edits, sorted; the last takes `del` old bytes. */
static int
make_edits(struct mend_apply *m, size_t n, uint64_t del)
{
	const uint64_t last = n > 0 ? m->edits[n - 1].off : 0;
	int rc;

	if (n == 0)
		return ST_OK;
	if (!m->in_message || last >= m->message.len ||
	    del > m->message.len - last)
		return wrong(m, "an edit outside of its message");
	m->job->edits += n;
	for (size_t i = 0; i < n; i++)
		edit_grows(&m->growth, &m->edits[i]);
	rc = splice_upto(m, m->message.off + last + (del > 0 ? del : 1),
	    m->edits, n);
	m->fields_n = 0;
	buf_clear(&m->text);
	return rc;
}

/* The fields that wait, as the first of m->edits; how many. */
static size_t
put_fields(struct mend_apply *m)
{
	for (size_t i = 0; i < m->fields_n; i++) {
		/* Their text was moved while it grew. */
		m->fields[i].ins.p = m->text.p +
		    (i > 0 ? m->fields[i - 1].ins.p - m->text.p +
		    (ptrdiff_t)m->fields[i - 1].ins.n : 0);
		m->edits[i] = (struct edit){ .off = m->fields[i].off,
		    .graft = &m->fields[i] };
	}
	return m->fields_n;
}

static int
on_edits(struct mend_apply *m, struct span s)
{
	const size_t n = s.n / sizeof(struct edit);
	struct edit *list = m->edits + put_fields(m);

	if (s.n % sizeof(struct edit) != 0 || n > MEND_EDITS_MAX)
		return wrong(m, "it makes no sense");
	memcpy(list, s.p, s.n);
	for (size_t i = 0; i < n; i++)
		list[i].graft = NULL;
	return make_edits(m, m->fields_n + n, 0);
}

/* A field waits for the edits at its place: splice wants them together. */
static int
on_field(struct mend_apply *m, const struct graft *g)
{
	int rc;

	if (m->fields_n > 0 && (m->fields[0].off != g->off ||
	    m->fields_n == MEND_SAME) &&
	    (rc = make_edits(m, put_fields(m), 0)) != ST_OK)
		return rc;
	buf_add(&m->text, g->ins.p, g->ins.n);
	m->fields[m->fields_n++] = *g;
	return buf_ok(&m->text) ? ST_OK : err_set(m->e, ST_DEAD, ENOMEM,
	    "edits");
}

static int
on_graft(struct mend_apply *m, struct span s)
{
	struct mend_graft w;
	int rc;

	if (s.n <= sizeof(w) || !m->in_message)
		return wrong(m, "it makes no sense");
	memcpy(&w, s.p, sizeof(w));
	m->graft = (struct graft){ .off = w.off, .del = w.del,
	    .kind = w.kind, .why = w.why,
	    .ins = { s.p + sizeof(w), s.n - sizeof(w) } };
	if (w.del == 0)
		return on_field(m, &m->graft);
	if ((rc = make_edits(m, put_fields(m), 0)) != ST_OK)
		return rc;
	/* All bytes that go are fed at once, so the text may stay in s. */
	m->edits[0] = (struct edit){ .off = w.off, .graft = &m->graft };
	return make_edits(m, 1, w.del);
}

static int
on_end(struct mend_apply *m)
{
	const char *bad;
	int rc;

	if (!m->in_message)
		return wrong(m, "it makes no sense");
	if ((rc = make_edits(m, put_fields(m), 0)) != ST_OK)
		return rc;
	rc = splice_upto(m, m->message.off + m->message.len, m->edits, 0);
	if (rc != ST_OK)
		return rc;
	if ((bad = splice_end(&m->splice)) != NULL)
		return wrong(m, bad);
	m->in_message = false;
	m->job->longer = m->job->longer || edit_growth(&m->growth) > 0;
	m->job->messages++;
	return ST_OK;
}

static int
on_cut(struct mend_apply *m, struct span s)
{
	struct mend_cut w;
	int rc;

	if (s.n < sizeof(w) || m->in_message || !m->may.take ||
	    m->job->take == NULL)
		return wrong(m, "it makes no sense");
	memcpy(&w, s.p, sizeof(w));
	if (w.from < m->pos || w.off < w.from || w.to > m->size ||
	    w.off > w.to || w.from == w.to || w.len > w.to - w.off)
		return wrong(m, "a message that is not there");
	if (!mend_cut_is_message(m, &w))
		return wrong(m, "what would go is not a message");
	if ((rc = check_wanted(m, w.off, w.len)) != ST_OK ||
	    (rc = copy_upto(m, w.from)) != ST_OK ||
	    (m->filling != NULL && (rc = filling_upto(m->filling, w.to,
	    m->e)) != ST_OK))
		return rc;
	rc = m->job->take(m->job->ctx, m->from, &(struct mend_taken){
	    .off = w.off, .len = w.len, .from = w.from, .to = w.to,
	    .sha = w.sha, .note = { s.p + sizeof(w), s.n - sizeof(w) } },
	    m->e);
	if (rc == ST_OK) {
		m->pos = w.to;
		m->job->taken++;
	}
	return rc;
}

static int
on_left(struct mend_apply *m, struct span s)
{
	const size_t n = s.n < sizeof(m->job->why) - 1 ? s.n :
	    sizeof(m->job->why) - 1;

	if (m->job->left++ == 0) {
		memcpy(m->job->why, s.p, n);
		m->job->why[n] = '\0';
	}
	return ST_OK;
}

/* ST_END: all was said. */
static int
take_frame(struct mend_apply *m, uint32_t type, struct span s)
{
	switch (type) {
	case MEND_TICK:
		return ST_OK;
	case MEND_MESSAGE:
		return on_message(m, s);
	case MEND_EDITS:
		return on_edits(m, s);
	case MEND_GRAFT:
		return on_graft(m, s);
	case MEND_END:
		return on_end(m);
	case MEND_CUT:
		return on_cut(m, s);
	case MEND_LEFT:
		return on_left(m, s);
	case MEND_DONE:
		return m->in_message ? wrong(m, "it makes no sense") : ST_END;
	case MEND_FAILED:
		return err_set(m->e, ST_BAD, 0, "%.*s", (int)(s.n < 200 ?
		    s.n : 200), (const char *)s.p);
	default:
		return wrong(m, "it makes no sense");
	}
}

int
mend_apply_frame(struct mend_apply *m, uint32_t type, struct span s)
{
	const int rc = take_frame(m, type, s);

	return rc == ST_OK ? m->status : rc;
}

void
mend_apply_begin(struct mend_apply *m, struct mend_job *job, int from,
    int to, uint64_t size, struct err *e)
{
	m->job = job;
	m->from = from;
	m->filling = NULL;
	m->to = to;
	m->size = size;
	m->e = e;
	m->pos = m->made = m->old_off = 0;
	m->old_n = m->out_n = 0;
	m->in_message = false;
	m->fields_n = 0;
	buf_clear(&m->text);
	m->status = ST_OK;
	job->messages = job->edits = job->taken = job->left = 0;
	job->longer = false;
	job->why[0] = '\0';
	m->made_hash = job->tag ? m->tag : m->sha;
	hash_begin(m->made_hash);
}

void
mend_apply_fills(struct mend_apply *m, struct filling *f)
{
	m->filling = f;
}

int
mend_apply_end(struct mend_apply *m)
{
	int rc = copy_upto(m, m->size);

	flush(m);
	if (rc == ST_OK)
		rc = m->status;
	if (rc == ST_OK && !hash_end(m->made_hash, m->job->sum))
		rc = err_set(m->e, ST_DEAD, 0, "cannot hash");
	return rc;
}

struct mend_may
mend_may(const struct scan_options *o)
{
	return (struct mend_may){ .kinds = repair_kinds(o->repair),
	    .take = repair_takes_out(o->repair), .only = o->only };
}

struct mend_apply *
mend_apply_new(const struct mend_may *may)
{
	struct mend_apply *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->may = *may;
	m->sha = hash_new();
	m->tag = hash_new_tag();
	m->seen = hash_new();
	m->has_check = reencode_splice_open(&m->check, BRK_LF);
	if (m->sha != NULL && m->tag != NULL && m->seen != NULL &&
	    m->has_check)
		return m;
	mend_apply_free(m);
	return NULL;
}

void
mend_apply_free(struct mend_apply *m)
{
	if (m == NULL)
		return;
	hash_free(m->sha);
	hash_free(m->tag);
	hash_free(m->seen);
	if (m->has_check)
		reencode_splice_close(&m->check);
	buf_free(&m->text);
	free(m);
}
