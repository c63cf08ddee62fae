/*
 * See archive_child.h.
 *
 * The members are read, judged and changed in this one process, and the new
 * ones are what mend_apply makes of the old ones.  Who gets hold of it can
 * write what he likes into members, but no more: another process looks at all
 * else (ARCHIVE_CHECK).
 */
#include "archive_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive_kind.h"
#include "archive_name.h"
#include "archive_survey.h"
#include "escape.h"
#include "frames.h"
#include "kernel_calls.h"
#include "mailname.h"
#include "mend_apply.h"
#include "mend_file.h"
#include "sandbox.h"
#include "tell.h"
#include "wire.h"

#define TEXT_AT (16u << 10)	/* bytes of report */
#define TICK_AT (16ull << 20)	/* bytes read without a word */
#define PIECE (256u << 10)	/* bytes of a message that goes */

static const struct span nothing;

struct rewriting {
	const struct archive_order *order;
	struct frames_out *out;
	struct mend_file *file;
	struct mend_apply *apply;
	struct mend_job job;		/* of the member at hand */
	struct buf path;		/* likewise, ARCHIVE!MEMBER */
	uint64_t ordinal;		/* likewise, from 1 */
	bool sized;			/* likewise: its name tells sizes */
	struct buf text;		/* of the report, not sent yet */
	struct buf frame;		/* scratch */
	struct store_facts store;
	struct archive_counts counts;
	uint64_t changes;
	uint64_t quiet;			/* bytes read since a sign of life */
	bool refused;			/* it ended because of what is in it */
};

static void
on_tick(void *ctx, uint64_t bytes, uint64_t again)
{
	struct rewriting *w = ctx;

	w->quiet += bytes + again;
	if (w->quiet < TICK_AT)
		return;
	frames_add(w->out, ARCHIVE_TICK, NULL, 0, nothing);
	frames_flush(w->out);
	w->quiet = 0;
}

/* --- the report */

static void
flush_text(struct rewriting *w)
{
	if (!buf_ok(&w->text))
		_exit(1);	/* no memory: the parent sees it die */
	if (w->text.n > 0)
		frames_add(w->out, ARCHIVE_TEXT, w->text.p, w->text.n,
		    nothing);
	buf_clear(&w->text);
}

static void
did_report(struct rewriting *w)
{
	w->counts.totals.records++;
	if (w->text.n >= TEXT_AT)
		flush_text(w);
}

static void
report(struct rewriting *w, const struct msg *m, const struct judged *got,
    const struct repair_facts *f)
{
	const struct scan_options *o = w->order->scan;
	struct report_message r = { .path = buf_span(&w->path), .msg = m,
	    .verdict = got->verdict, .hashed = got->hashed, .repair = f,
	    .members = &w->ordinal, .members_n = 1 };

	memcpy(r.sha256, got->sha256, HASH_SIZE);
	tell_message(o->reporter, &w->text, &r, &o->report);
	did_report(w);
}

/* The report of --from names it.  True: and says that something is wrong. */
static bool
is_found(struct rewriting *w, const struct msg *m, const struct judged *got)
{
	const struct selection *only = w->order->scan->only;
	uint64_t number;
	size_t which;

	if (only == NULL || !got->hashed || !selection_has(only,
	    buf_span(&w->path), m->off, m->len, got->sha256, &which))
		return false;
	number = which;
	frames_add(w->out, ARCHIVE_FOUND, &number, sizeof(number), nothing);
	return selection_found(only, which);
}

/* A server believes the sizes in a name of a Maildir, more than the file; and
 * names of members stay. */
static bool
name_is_wrong_then(const struct rewriting *w, const struct msg *m,
    const struct repair_facts *f)
{
	return f->is == REPAIR_EDITS && w->sized &&
	    (f->new_len != m->len || f->new_wire != f->wire);
}

static void
refuse(struct repair_facts *f, const char *why)
{
	f->is = REPAIR_REFUSED;
	(void)snprintf(f->why, sizeof(f->why), "%s", why);
}

static void
on_decided(void *ctx, const struct msg *m, const struct judged *got,
    struct repair_facts *f)
{
	struct rewriting *w = ctx;
	struct repair_facts none;

	if (is_found(w, m, got) && f == NULL && !got->flagged) {
		f = &none;
		repair_unflagged(w->order->scan->repair, f);
	}

	if (f != NULL && f->is == REPAIR_TAKE_OUT && !w->order->takes)
		refuse(f, "with --output no message is taken out");
	if (f != NULL && name_is_wrong_then(w, m, f))
		refuse(f, "its name tells its size (S=, W=), which would be "
		    "another: Dovecot could not read it; unpack it, and "
		    "repair it there");
	if (f != NULL) {
		w->counts.totals.repairs[f->is]++;
		report(w, m, got, f);
	}
	store_facts_count(&w->store, m, got->verdict);
	totals_count(&w->counts.totals, m, got->verdict,
	    &w->order->scan->report);
}

static void
on_damaged(void *ctx, uint64_t off, const struct err *e)
{
	struct rewriting *w = ctx;
	const struct scan_options *o = w->order->scan;

	tell_problem(o->reporter, &w->text, &(struct problem_report){
	    .kind = PROBLEM_UNREADABLE, .path = buf_span(&w->path),
	    .off = off, .why = e->text, .plain = e->plain }, &o->report);
	w->counts.totals.unreadable++;
	did_report(w);
}

/* The archive as one store. */
static void
report_store(struct rewriting *w)
{
	const struct scan_options *o = w->order->scan;

	if (w->store.messages > 0) {
		tell_store(o->reporter, &w->text, span_text(w->order->path),
		    &w->store, &o->report);
		w->counts.totals.stores++;
		did_report(w);
	}
	flush_text(w);
}

/* --- one member */

static int
on_frame(void *ctx, enum mend_type type, const void *p, size_t n,
    struct span more, struct err *e)
{
	struct rewriting *w = ctx;

	if (more.n == 0)
		return mend_apply_frame(w->apply, type, (struct span){ p,
		    n });
	buf_clear(&w->frame);
	buf_add(&w->frame, p, n);
	buf_add(&w->frame, more.p, more.n);
	if (!buf_ok(&w->frame))
		return err_set(e, ST_DEAD, ENOMEM, "edits");
	return mend_apply_frame(w->apply, type, buf_span(&w->frame));
}

/* A message that goes, to the parent, who keeps it. */
static int
on_take(void *ctx, int old, const struct mend_taken *t, struct err *e)
{
	struct archive_taken taken = { .len = t->len };
	struct rewriting *w = ctx;
	uint8_t *p = malloc(PIECE);
	uint64_t done = 0;
	ssize_t n = 1;

	if (p == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "message");
	memcpy(taken.sha, t->sha, HASH_SIZE);
	frames_add(w->out, ARCHIVE_TAKEN, &taken, sizeof(taken), t->note);
	for (; done < t->len && n > 0; done += (uint64_t)n) {
		n = call_read(old, p, t->len - done < PIECE ?
		    (size_t)(t->len - done) : PIECE, t->off + done);
		if (n > 0)
			frames_add(w->out, ARCHIVE_BYTES, p, (size_t)n,
			    nothing);
	}
	free(p);
	return n > 0 ? ST_OK : err_set(e, ST_DEAD, n < 0 ? errno : 0,
	    "cannot read the message once more");
}

static void
count_member(struct rewriting *w)
{
	struct archive_counts *c = &w->counts;

	if (c->left == 0)
		memcpy(c->why, w->job.why, sizeof(c->why));
	c->totals.files++;
	c->messages += w->job.messages;
	c->edits += w->job.edits;
	c->taken += w->job.taken;
	c->left += w->job.left;
}

static enum archive_answer
give_up(struct rewriting *w, int rc)
{
	w->refused = rc == ST_BAD;
	return ARCHIVE_STOP;
}

/* All frames were made and taken: what has become of the member. */
static enum archive_answer
finish_member(struct rewriting *w, const struct archive_member *m,
    uint64_t *size)
{
	struct archive_change c = { .ordinal = m->ordinal };
	int rc;

	count_member(w);
	if (w->job.messages + w->job.taken == 0)
		return ARCHIVE_KEEP;
	c.drop = w->job.taken > 0 && !mend_file_is_container(w->file);
	if (!c.drop) {
		if ((rc = mend_apply_end(w->apply)) != ST_OK)
			return give_up(w, rc);
		c.size = *size = w->apply->made;
		memcpy(c.sha, w->job.sum, HASH_SIZE);
	}
	w->changes++;
	frames_add(w->out, ARCHIVE_CHANGE, &c, sizeof(c), nothing);
	return c.drop ? ARCHIVE_DROP : ARCHIVE_REPLACE;
}

static void
set_path(struct rewriting *w, struct span name)
{
	buf_clear(&w->path);
	buf_str(&w->path, w->order->path);
	buf_byte(&w->path, '!');
	buf_add(&w->path, name.p, name.n);
	if (!buf_ok(&w->path))
		_exit(1);
	w->job.path = buf_text(&w->path);
}

/* It is no mail; but an archive may hold some, which is not looked for. */
static enum archive_answer
keep_member(struct rewriting *w, int fd)
{
	const struct scan_options *o = w->order->scan;
	uint8_t bytes[ARCHIVE_KIND_BYTES];
	const ssize_t n = call_read(fd, bytes, sizeof(bytes), 0);
	const struct span head = { bytes, n > 0 ? (size_t)n : 0 };

	if (packing_archive(head) == PACKED_NOT &&
	    packing_filter(head) == FILTER_NONE)
		return ARCHIVE_KEEP;
	tell_problem(o->reporter, &w->text, &(struct problem_report){
	    .kind = PROBLEM_SKIPPED, .path = buf_span(&w->path),
	    .off = MSG_NOT_RAW, .why = "an archive within the archive, or "
	    "compressed: mail in it is not looked for, nor changed" },
	    &o->report);
	w->counts.totals.not_mail++;
	did_report(w);
	return ARCHIVE_KEEP;
}

/* In its last part. */
static bool
has_sizes(struct span name)
{
	char text[NAME_MAX + 1];
	size_t n = 0;

	while (n < name.n && name.p[name.n - 1 - n] != '/')
		n++;
	if (n > NAME_MAX)
		return false;
	memcpy(text, name.p + name.n - n, n);
	text[n] = '\0';
	return mailname_has_sizes(text);
}

static enum archive_answer
on_member(void *ctx, const struct archive_member *m, int fd, int to,
    uint64_t *size, struct err *e)
{
	struct rewriting *w = ctx;
	struct mend_what what = { .size = m->size,
	    .when = (time_t)(m->mtime != 0 ? m->mtime : w->order->mtime) };
	const int in = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int rc;

	if (in < 0) {
		(void)err_set(e, ST_DEAD, errno, "cannot read");
		return ARCHIVE_STOP;
	}
	(void)archive_name_place(m->name, &what.place);
	w->sized = has_sizes(m->name);
	set_path(w, m->name);
	w->ordinal = m->ordinal + 1;
	what.path = buf_span(&w->path);
	mend_apply_begin(w->apply, &w->job, fd, to, m->size, e);
	if ((rc = mend_file_run(w->file, in, &what, e)) == ST_END)
		rc = mend_apply_frame(w->apply, MEND_DONE, nothing);
	else if (rc == ST_BAD)
		return keep_member(w, fd);
	return rc == ST_END ? finish_member(w, m, size) : give_up(w, rc);
}

/* Larger ones cannot be replaced. */
static bool
wants(void *ctx, const struct archive_member *m)
{
	enum store_place place;

	(void)ctx;
	return m->size > 0 && m->size <= ARCHIVE_CHANGED_MAX &&
	    archive_name_place(m->name, &place);
}

/* --- the tasks */

static void
fail(struct frames_out *out, int status, const struct err *e)
{
	const struct archive_failed f = { .status = status, .num = e->num };

	frames_add(out, ARCHIVE_FAILED, &f, sizeof(f), span_text(e->text));
}

static void
done(struct frames_out *out, const struct archive_done *d)
{
	frames_add(out, ARCHIVE_DONE, d, sizeof(*d), nothing);
}

static void
find_kind(struct frames_out *out, int fd)
{
	const struct archive_done d = { 0 };
	struct archive_what what;
	struct err e = { 0 };
	const int rc = archive_what(fd, &what, &e);

	if (rc == ST_OK)
		done(out, &d);
	else
		fail(out, rc, &e);
}

static void
check(struct frames_out *out, const struct archive_order *o, const int *fds)
{
	const struct archive_done d = { 0 };
	struct err e = { 0 };
	const int rc = archive_check(fds[0], fds[1], o->changes, o->changes_n,
	    &e);

	if (rc == ST_OK)
		done(out, &d);
	else
		fail(out, rc, &e);
}

static void
open_rewriting(struct rewriting *w)
{
	const struct scan_options *o = w->order->scan;
	const struct mend_may may = mend_may(o);
	const struct mend_sink sink = { .frame = on_frame, .tick = on_tick,
	    .decided = on_decided, .damaged = on_damaged, .ctx = w };

	w->file = mend_file_new(o, &sink);
	w->apply = mend_apply_new(&may);
	if (w->file == NULL || w->apply == NULL)
		_exit(1);
	w->job.take = w->order->takes ? on_take : NULL;
	w->job.ctx = w;
}

static void
rewrite(struct frames_out *out, const struct archive_order *o, const int *fds)
{
	struct rewriting w = { .order = o, .out = out };
	const struct archive_rewrite_sink sink = { .wants = wants,
	    .member = on_member, .ctx = &w };
	struct archive_facts facts = { 0 };
	struct archive_done d = { 0 };
	struct err e = { 0 };
	int rc;

	open_rewriting(&w);
	rc = archive_rewrite(fds[0], fds[1], fds[2], fds[3], &sink, &facts,
	    &e);
	report_store(&w);
	frames_add(out, ARCHIVE_COUNTS, &w.counts, sizeof(w.counts), nothing);
	if (rc != ST_OK) {
		fail(out, w.refused ? ST_BAD : rc, &e);
		return;
	}
	d.changes = facts.replaced + facts.dropped;
	d.size = facts.size;
	memcpy(d.sha, facts.sha, HASH_SIZE);
	done(out, &d);
}

void
archive_child(int fd, const struct archive_order *o)
{
	static const size_t files[] = { [ARCHIVE_KIND] = 1,
	    [ARCHIVE_REWRITE] = 4, [ARCHIVE_CHECK] = 2 };
	struct frames_out out = { .fd = fd };
	int fds[FRAMES_FILES];
	uint8_t byte;

	sandbox_enter_writer(o->task == ARCHIVE_REWRITE ? ARCHIVE_BYTES_MAX :
	    0, ARCHIVE_MEMORY);
	if (!frames_receive_files(fd, &byte, 1, fds, files[o->task]))
		_exit(1);
	switch (o->task) {
	case ARCHIVE_KIND:
		find_kind(&out, fds[0]);
		break;
	case ARCHIVE_REWRITE:
		rewrite(&out, o, fds);
		break;
	case ARCHIVE_CHECK:
		check(&out, o, fds);
		break;
	}
	frames_flush(&out);
	_exit(0);
}
