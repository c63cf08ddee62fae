/*
 * See acting.h: files of many messages, which are made anew as a whole.
 */
#include "acting_core.h"

#include <errno.h>
#include <stdlib.h>

#include "act_archive.h"
#include "archive_replace.h"
#include "escape.h"
#include "frames.h"
#include "kernel_calls.h"
#include "mailbox.h"
#include "mend_wire.h"

#define TOLD_MAX (256ull << 20)	/* bytes of frames; behind that mailboxes are
				 * looked at again */

static struct mailbox_item *
last(struct acting *a)
{
	return a->mailboxes_n > 0 ? &a->mailboxes[a->mailboxes_n - 1] : NULL;
}

/* Frames behind those that are kept. */
static void
tell(struct acting *a, struct mailbox_item *m, struct span frames)
{
	if (a->told < 0 && a->told_n == 0)
		a->told = call_new_unnamed(a->state.fd);
	m->known = m->known && a->told >= 0 && frames.n > 0 &&
	    frames.n <= TOLD_MAX && a->told_n <= TOLD_MAX - frames.n &&
	    call_write(a->told, frames.p, frames.n, a->told_n) == 0;
	if (m->known)
		a->told_n += frames.n;
}

void
acting_end_mailbox(struct acting *a)
{
	struct mailbox_item *m = last(a);
	struct buf b = { 0 };

	if (m == NULL || !m->known)
		return;
	frames_put(&b, MEND_DONE, NULL, 0, (struct span){ NULL, 0 });
	if (buf_ok(&b))
		tell(a, m, buf_span(&b));
	else
		m->known = false;
	buf_free(&b);
}

static bool
is_last(struct acting *a, const struct plan_item *i)
{
	const struct mailbox_item *m = last(a);

	return m != NULL && span_eq(buf_span(&m->folder), i->folder) &&
	    span_eq(buf_span(&m->name), i->name);
}

static bool
add_mailbox(struct acting *a, const struct plan_item *i)
{
	const size_t cap = a->mailboxes_cap == 0 ? 16 : 2 * a->mailboxes_cap;
	struct mailbox_item *p = a->mailboxes, *m;

	acting_end_mailbox(a);
	if (a->mailboxes_n == a->mailboxes_cap) {
		p = realloc(p, cap * sizeof(*p));
		if (p == NULL)
			return false;
		a->mailboxes = p;
		a->mailboxes_cap = cap;
	}
	m = &p[a->mailboxes_n++];
	*m = (struct mailbox_item){ .root = i->root,
	    .place = (enum store_place)i->place, .known = i->settled,
	    .stamp = i->stamp, .told = a->told_n };
	buf_add(&m->folder, i->folder.p, i->folder.n);
	buf_add(&m->name, i->name.p, i->name.n);
	return true;
}

void
acting_keep_mailbox(struct acting *a, const struct plan_item *i)
{
	struct mailbox_item *m;
	struct err e;

	if (!is_last(a, i) && !add_mailbox(a, i)) {
		(void)err_set(&e, ST_DEAD, ENOMEM, "plan");
		(void)acting_stop(a, &e);
		return;
	}
	m = last(a);
	m->acts = m->acts || !i->left;
	m->known = m->known && i->settled && stamp_same(&m->stamp, &i->stamp);
	if (m->known)
		tell(a, m, i->frames);
}

void
acting_on_mailbox(struct acting *a, const struct mailbox_item *m)
{
	const struct mend_told told = { .fd = a->told, .off = m->told,
	    .stamp = m->stamp };
	struct mend_job j = { .place = m->place };
	struct act_mend w = { .mender = a->mender, .job = &j,
	    .run = &a->run };
	const struct change c = { .write = act_mend_write, .ctx = &w,
	    .reason = a->options.what };
	const struct mailbox_options how = { .wait = a->options.wait };
	struct outcome o = { 0 };
	struct target t = { 0 };
	struct err e = { 0 };
	int rc;

	if (!m->acts)
		return;
	if (m->known)
		j.told = &told;
	plan_names_set(&a->names, buf_span(&m->folder), buf_span(&m->name));
	j.path = buf_text(&a->names.path);
	a->options.about(a->options.ctx, j.path,
	    (size_t)(m - a->mailboxes) + 1, a->mailboxes_n);
	t.folder = buf_text(&a->names.folder);
	t.root = m->folder.n > 0 ? m->root : a->names.folder.n;
	t.name = buf_text(&a->names.name);
	if ((rc = acting_begin_run(a, &e)) == ST_OK)
		rc = mailbox_change(&a->run, &t, &c, &how, &o, &e);
	if (rc != ST_OK) {
		(void)acting_stop(a, &e);
		return;
	}
	if (o.kind == OUTCOME_DONE && j.longer)
		outcome_note_longer(&o);
	acting_tell(a, &o, &j, true);
}

/* --- archives */

static int
replace_archive(struct acting *a, struct act_archive *w, const char *output,
    struct outcome *o, struct err *e)
{
	const struct change c = { .write = act_archive_write, .ctx = w,
	    .reason = a->options.what };
	const size_t root = w->job->root, n = a->names.folder.n;
	const struct target t = { .folder = buf_text(&a->names.folder),
	    .root = root < n ? root : n, .name = buf_text(&a->names.name) };
	struct run beside = { 0 };	/* nothing is recorded of a new file */
	int rc;

	if (output == NULL && (rc = acting_begin_run(a, e)) != ST_OK)
		return rc;
	if ((rc = act_archive_open(w, a->state.fd, e)) == ST_OK)
		rc = archive_replace(output == NULL ? &a->run : &beside, &t,
		    &c, output, o, e);
	if (rc == ST_OK && w->same && o->kind == OUTCOME_REFUSED)
		(void)outcome_set(o, OUTCOME_SAME, 0,
		    "there is nothing to change");
	run_end(&beside);
	return rc;
}

void
acting_archive(struct acting *a, struct archiver *by, struct archive_job *j,
    const char *output)
{
	struct act_archive w = { .archiver = by, .job = j,
	    .run = output == NULL ? &a->run : NULL };
	const struct archive_counts *n = &j->counts;
	struct outcome o = { 0 };
	struct err e = { 0 };

	if (!acting_going(a))
		return;
	plan_names_set(&a->names, (struct span){ NULL, 0 }, span_text(j->path));
	if (replace_archive(a, &w, output, &o, &e) != ST_OK)
		(void)acting_stop(a, &e);
	else
		acting_tell(a, &o, &(struct mend_job){ .messages = n->messages,
		    .edits = n->edits, .taken = n->taken, .left = n->left },
		    true);
	act_archive_close(&w);
}
