/*
 * See mend_file.h.
 */
#include "mend_file.h"

#include <errno.h>
#include <stdlib.h>

#include "message_note.h"

static const struct span nothing;

struct mend_file {
	const struct scan_options *options;
	struct mend_sink sink;
	struct judge *judge;
	struct repair *repair;
	struct store *store;
	const struct mend_what *what;	/* the file at hand */
	bool container;
	int status;			/* of the sink, for this file */
	struct err *e;
	struct buf note;
	struct mend_say say;
};

static void
add_frame(struct mend_file *m, enum mend_type type, const void *p, size_t n,
    struct span more)
{
	if (m->status == ST_OK)
		m->status = m->sink.frame(m->sink.ctx, type, p, n, more,
		    m->e);
}

/* As mend_say wants it; add_frame latches. */
static int
on_frame(void *ctx, enum mend_type type, const void *p, size_t n,
    struct span more, struct err *e)
{
	(void)e;
	add_frame(ctx, type, p, n, more);
	return ST_OK;
}

static int
send_cut(struct mend_file *m, const struct msg *msg,
    const struct judged *got, struct err *e)
{
	struct mend_cut w = { .from = msg->from, .to = m->container ?
	    store_position(m->store) : msg->off + msg->len,
	    .off = msg->off, .len = msg->len };
	struct report_message r = { .msg = msg, .verdict = got->verdict,
	    .path = m->what->path, .hashed = true };

	if (!got->hashed)
		return err_set(e, ST_DEAD, 0, "no SHA-256");
	memcpy(w.sha, got->sha256, HASH_SIZE);
	memcpy(r.sha256, got->sha256, HASH_SIZE);
	buf_clear(&m->note);
	message_note(&m->note, m->store, &r, m->options->cwd,
	    &m->options->report);
	if (!buf_ok(&m->note))
		return err_set(e, ST_DEAD, ENOMEM, "message");
	add_frame(m, MEND_CUT, &w, sizeof(w), buf_span(&m->note));
	return ST_OK;
}

static bool
is_wanted(const struct mend_file *m, const struct msg *msg,
    const struct judged *got)
{
	return got->flagged && (m->options->only == NULL || (got->hashed &&
	    selection_has(m->options->only, m->what->path, msg->off,
	    msg->len, got->sha256, NULL)));
}

static void
tell(struct mend_file *m, const struct msg *msg, const struct judged *got,
    struct repair_facts *f)
{
	if (m->sink.decided != NULL)
		m->sink.decided(m->sink.ctx, msg, got, f);
}

static int
mend_judged(struct mend_file *m, const struct msg *msg,
    const struct judged *got, struct err *e)
{
	struct repair_facts f;
	int rc;

	if (!is_wanted(m, msg, got)) {
		tell(m, msg, got, NULL);
		return ST_OK;
	}
	if ((rc = repair_message(m->repair, m->store, msg, got->verdict,
	    m->what->when, &f, e)) != ST_OK)
		return rc;
	tell(m, msg, got, &f);
	if (f.is == REPAIR_EDITS)
		return mend_say_edits(&m->say, m->repair, m->store, msg, &f,
		    e);
	if (f.is == REPAIR_TAKE_OUT)
		return send_cut(m, msg, got, e);
	if (f.is == REPAIR_REFUSED)
		add_frame(m, MEND_LEFT, f.why, strlen(f.why), nothing);
	return ST_OK;
}

/* ST_BAD: what stands at msg->from is damaged, and no frame was made of it. */
static int
next_message(struct mend_file *m, struct msg *msg, struct err *e)
{
	struct judged got;
	int rc;

	if ((rc = store_next(m->store, msg, e)) != ST_OK ||
	    (rc = judge_message(m->judge, m->store, msg, false, &got, e)) !=
	    ST_END)
		return rc;
	rc = mend_judged(m, msg, &got, e);
	return rc == ST_BAD ? ST_DEAD : rc;
}

static int
mend_messages(struct mend_file *m, struct err *e)
{
	struct msg msg;
	int rc;

	m->container = store_is_container(m->store);
	while ((rc = next_message(m, &msg, e)) == ST_OK || rc == ST_BAD) {
		if (rc == ST_BAD && m->sink.damaged != NULL)
			m->sink.damaged(m->sink.ctx, msg.from, e);
		if (m->status != ST_OK)
			return m->status == ST_BAD ? ST_DEAD : m->status;
	}
	return rc;
}

int
mend_file_run(struct mend_file *m, int fd, const struct mend_what *what,
    struct err *e)
{
	const struct store_how how = { .format = m->options->format,
	    .place = what->place, .waits = what->waits };
	int rc;

	m->what = what;
	m->e = e;
	m->status = ST_OK;
	rc = store_open(m->store, fd, what->size, &how, e);
	if (rc == ST_OK)
		rc = mend_messages(m, e);
	store_close(m->store);
	return rc;
}

bool
mend_file_is_container(const struct mend_file *m)
{
	return m->container;
}

/* Who wants to know what a message was: who chose it, takes it, tells of it. */
static enum judge_hash
hash_for(const struct scan_options *o, const struct mend_sink *sink)
{
	if (sink->decided != NULL && o->hash)
		return HASH_ALL;
	return o->only != NULL || repair_takes_out(o->repair) ||
	    sink->decided != NULL ? HASH_FLAGGED : HASH_NONE;
}

struct mend_file *
mend_file_new(const struct scan_options *o, const struct mend_sink *sink)
{
	struct mend_file *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->options = o;
	m->sink = *sink;
	m->judge = judge_new(&(struct judge_options){ .engine = o->engine,
	    .hash = hash_for(o, sink), .report = o->report,
	    .parts = sink->decided == NULL && !repair_takes_out(o->repair),
	    .tick = sink->tick, .ctx = sink->ctx });
	mend_say_init(&m->say, on_frame, m);
	m->repair = repair_new(o->repair);
	m->store = store_new(o->engine.kernel);
	if (m->judge != NULL && m->repair != NULL && m->store != NULL)
		return m;
	mend_file_free(m);
	return NULL;
}

void
mend_file_free(struct mend_file *m)
{
	if (m == NULL)
		return;
	judge_free(m->judge);
	repair_free(m->repair);
	store_free(m->store);
	buf_free(&m->note);
	free(m);
}
