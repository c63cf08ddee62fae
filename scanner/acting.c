/*
 * See acting.h.
 */
#include "acting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act_archive.h"
#include "act_mend.h"
#include "archive_replace.h"
#include "escape.h"
#include "exchange.h"
#include "mailbox.h"
#include "mender.h"
#include "note.h"
#include "plan.h"
#include "recover.h"
#include "remove.h"
#include "statehome.h"

/* An mbox that is acted on at the end. */
struct mailbox_item {
	struct buf folder, name;
	uint64_t root;
	enum store_place place;
};

struct acting {
	struct acting_options options;
	struct statedir state;
	struct run run;
	bool begun;
	struct mender *mender;
	struct act_facts facts;
	struct mailbox_item *mailboxes;
	size_t mailboxes_n, mailboxes_cap;
	struct buf folder, name, path;	/* of the file at hand */
	struct buf full;	/* a folder whose file system is full */
	int status;		/* ST_DEAD: *e, and nothing more is done */
	struct err e;
};

/* By enum outcome_kind. */
static const char *const statuses[ACT_OUTCOMES] = {
	[OUTCOME_DONE] = "done", [OUTCOME_SAME] = "same",
	[OUTCOME_REFUSED] = "refused", [OUTCOME_GONE] = "gone",
	[OUTCOME_CHANGED] = "changed", [OUTCOME_BUSY] = "busy",
	[OUTCOME_FAILED] = "failed", [OUTCOME_UNSETTLED] = "unsettled",
};

/* --- set up */

/* The folder, or one that it is in, is one of these. */
static bool
is_below(int fd, char **paths)
{
	struct stat here, up, st;
	int at = dup(fd), next;
	bool in = false;

	while (at >= 0 && !in && fstat(at, &here) == 0) {
		for (char **p = paths; *p != NULL && !in; p++)
			in = stat(*p, &st) == 0 && S_ISDIR(st.st_mode) &&
			    st.st_ino == here.st_ino &&
			    st.st_dev == here.st_dev;
		next = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)close(at);
		at = next;
		if (at >= 0 && fstat(at, &up) == 0 &&
		    up.st_ino == here.st_ino && up.st_dev == here.st_dev)
			break;		/* it was the root */
	}
	if (at >= 0)
		(void)close(at);
	return in;
}

static int
open_state(struct acting *a, struct err *e)
{
	const char *path = a->options.state;
	struct buf b = { 0 };
	int rc = ST_OK;

	if (path == NULL) {
		if ((rc = statehome_path(&b, e)) == ST_OK)
			rc = statehome_make(buf_text(&b), e);
		path = buf_text(&b);
	}
	if (rc == ST_OK)
		rc = statedir_open(&a->state, path, a->options.what, e);
	if (rc == ST_DEAD && e->num == EWOULDBLOCK)
		rc = ST_BAD;
	if (rc == ST_OK && is_below(a->state.fd, a->options.paths))
		rc = err_set(e, ST_DEAD, 0, "%s is in the mail store: "
		    "originals must be kept outside of it", path);
	buf_free(&b);
	return rc;
}

/* A run that does nothing leaves nothing. */
static int
begin_run(struct acting *a, struct err *e)
{
	const struct run_facts f = { .what = a->options.what,
	    .argv = a->options.argv };
	int rc;

	if (a->begun)
		return ST_OK;
	if ((rc = run_begin_as(&a->run, &a->state, &f, e)) != ST_OK)
		return rc;
	a->begun = true;
	a->facts.run = a->run.id;
	return ST_OK;
}

int
acting_new(struct acting **out, const struct acting_options *o,
    struct err *e)
{
	struct acting *a = calloc(1, sizeof(*a));
	struct recovered r;
	int rc;

	if (a == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot start");
	a->options = *o;
	a->facts.applies = true;
	if ((rc = open_state(a, e)) == ST_OK &&
	    (rc = recover_all(&a->state, &r, NULL, NULL, e)) == ST_OK &&
	    (a->mender = mender_new(o->scan, o->timeout, e)) == NULL)
		rc = ST_DEAD;
	if (rc != ST_OK) {
		acting_free(a);
		return rc;
	}
	*out = a;
	return ST_OK;
}

void
acting_free(struct acting *a)
{
	if (a == NULL)
		return;
	mender_free(a->mender);
	if (a->begun)
		run_end(&a->run);
	statedir_close(&a->state);
	for (size_t i = 0; i < a->mailboxes_n; i++) {
		buf_free(&a->mailboxes[i].folder);
		buf_free(&a->mailboxes[i].name);
	}
	free(a->mailboxes);
	buf_free(&a->folder);
	buf_free(&a->name);
	buf_free(&a->path);
	buf_free(&a->full);
	free(a);
}

const struct act_facts *
acting_facts(const struct acting *a)
{
	return &a->facts;
}

/* --- one file */

static int
stop(struct acting *a, const struct err *e)
{
	a->status = ST_DEAD;
	a->e = *e;
	a->facts.dead = true;
	return ST_DEAD;
}

static bool
going(const struct acting *a)
{
	return a->status == ST_OK && *a->options.stop == 0;
}

/*
 * Its folder and name as the acting core wants them; what the user named may
 * lead through links.
 */
static void
set_names(struct acting *a, struct span folder, struct span name)
{
	const uint8_t *slash = folder.n == 0 ?
	    memrchr(name.p, '/', name.n) : NULL;

	buf_clear(&a->path);
	buf_add(&a->path, folder.p, folder.n);
	if (folder.n > 0 && folder.p[folder.n - 1] != '/')
		buf_byte(&a->path, '/');
	buf_add(&a->path, name.p, name.n);
	buf_clear(&a->folder);
	buf_clear(&a->name);
	if (folder.n > 0) {
		buf_add(&a->folder, folder.p, folder.n);
	} else if (slash == NULL) {
		buf_str(&a->folder, ".");
	} else {
		buf_add(&a->folder, name.p, slash == name.p ? 1 :
		    (size_t)(slash - name.p));
		name.n -= (size_t)(slash + 1 - name.p);
		name.p = slash + 1;
	}
	buf_add(&a->name, name.p, name.n);
}

static bool
is_full(const struct acting *a)
{
	return a->full.n > 0 && a->full.n == a->folder.n &&
	    memcmp(a->full.p, a->folder.p, a->full.n) == 0;
}

/* Give up on a mailbox whose disk is full, and on all when a disk fails. */
static void
learn(struct acting *a, const struct outcome *o)
{
	struct err e;

	if (o->kind != OUTCOME_FAILED && o->kind != OUTCOME_REFUSED)
		return;
	if (o->num == ENOSPC || o->num == EDQUOT) {
		buf_clear(&a->full);
		buf_add(&a->full, a->folder.p, a->folder.n);
	} else if (o->num == EIO || o->num == EROFS) {
		(void)err_set(&e, ST_DEAD, 0, "%s: %s; it stops here",
		    buf_text(&a->path), o->reason);
		(void)stop(a, &e);
	}
}

static void
tell(struct acting *a, const struct outcome *o, const struct mend_job *j,
    bool container)
{
	const bool done = o->kind == OUTCOME_DONE;
	const bool renamed = done && !container && j->taken == 0 &&
	    strcmp(o->name.text, buf_text(&a->name)) != 0;
	const struct act_report r = { .path = buf_span(&a->path),
	    .status = statuses[o->kind], .why = done ? "" : o->reason,
	    .name = renamed ? o->name.text : NULL,
	    .container = container, .messages = done ? j->messages : 0,
	    .edits = done ? j->edits : 0, .taken = done ? j->taken : 0,
	    .left = j->left };

	a->facts.files[o->kind]++;
	a->facts.messages += r.messages;
	a->facts.edits += r.edits;
	a->facts.taken += r.taken;
	a->options.acted(a->options.ctx, &r);
	learn(a, o);
}

static int
change_file(struct acting *a, const struct target *t, struct mend_job *j,
    struct outcome *o, struct err *e)
{
	struct act_mend w = { .mender = a->mender, .job = j };
	const struct change c = { .write = act_mend_write, .ctx = &w,
	    .keep_base = a->options.keep_uid, .reason = a->options.what };

	return exchange_file(&a->run, t, &c, o, e);
}

static int
take_file(struct acting *a, const struct target *t, struct span note,
    struct outcome *o, struct err *e)
{
	const int rc = run_note(&a->run, note, e);

	return rc == ST_OK ? remove_file(&a->run, t, a->options.what, o, e) :
	    rc;
}

/* A message that is a file. */
static void
act_on_file(struct acting *a, const struct plan_item *i)
{
	struct mend_job j = { .place = (enum store_place)i->place };
	struct outcome o = { 0 };
	struct target t = { .sha = i->sha };
	struct err e = { 0 };
	int rc;

	set_names(a, i->folder, i->name);
	j.path = buf_text(&a->path);
	t.folder = buf_text(&a->folder);
	t.root = i->folder.n > 0 ? i->root : a->folder.n;
	t.name = buf_text(&a->name);
	if ((rc = begin_run(a, &e)) != ST_OK)
		;
	else if (is_full(a))
		rc = outcome_status(outcome_set(&o, OUTCOME_FAILED, 0,
		    "skipped: the file system of its folder is full"));
	else if (i->take)
		rc = take_file(a, &t, i->note, &o, &e);
	else
		rc = change_file(a, &t, &j, &o, &e);
	if (i->take)
		j.taken = 1;
	if (rc != ST_OK)
		(void)stop(a, &e);
	else
		tell(a, &o, &j, false);
}

/* --- mboxes */

static bool
is_last(const struct acting *a, const struct plan_item *i)
{
	const struct mailbox_item *m = a->mailboxes_n > 0 ?
	    &a->mailboxes[a->mailboxes_n - 1] : NULL;

	return m != NULL && m->folder.n == i->folder.n &&
	    m->name.n == i->name.n &&
	    memcmp(m->folder.p, i->folder.p, i->folder.n) == 0 &&
	    memcmp(m->name.p, i->name.p, i->name.n) == 0;
}

static void
keep_mailbox(struct acting *a, const struct plan_item *i)
{
	const size_t cap = a->mailboxes_cap == 0 ? 16 : 2 * a->mailboxes_cap;
	struct mailbox_item *p = a->mailboxes, *m;
	struct err e;

	if (is_last(a, i))
		return;
	if (a->mailboxes_n == a->mailboxes_cap) {
		p = realloc(p, cap * sizeof(*p));
		if (p == NULL) {
			(void)err_set(&e, ST_DEAD, ENOMEM, "plan");
			(void)stop(a, &e);
			return;
		}
		a->mailboxes = p;
		a->mailboxes_cap = cap;
	}
	m = &p[a->mailboxes_n++];
	*m = (struct mailbox_item){ .root = i->root,
	    .place = (enum store_place)i->place };
	buf_add(&m->folder, i->folder.p, i->folder.n);
	buf_add(&m->name, i->name.p, i->name.n);
}

static void
act_on_mailbox(struct acting *a, const struct mailbox_item *m)
{
	struct mend_job j = { .place = m->place };
	struct act_mend w = { .mender = a->mender, .job = &j,
	    .run = &a->run };
	const struct change c = { .write = act_mend_write, .ctx = &w,
	    .reason = a->options.what };
	const struct mailbox_options how = { .wait = a->options.wait,
	    .in_place = a->options.in_place };
	struct outcome o = { 0 };
	struct target t = { 0 };
	struct err e = { 0 };
	int rc;

	set_names(a, buf_span(&m->folder), buf_span(&m->name));
	j.path = buf_text(&a->path);
	t.folder = buf_text(&a->folder);
	t.root = m->folder.n > 0 ? m->root : a->folder.n;
	t.name = buf_text(&a->name);
	if ((rc = begin_run(a, &e)) == ST_OK)
		rc = mailbox_change(&a->run, &t, &c, &how, &o, &e);
	if (rc != ST_OK)
		(void)stop(a, &e);
	else
		tell(a, &o, &j, true);
}

/* --- archives */

static int
replace_archive(struct acting *a, struct act_archive *w, const char *output,
    struct outcome *o, struct err *e)
{
	const struct change c = { .write = act_archive_write, .ctx = w,
	    .reason = a->options.what };
	const struct target t = { .folder = buf_text(&a->folder),
	    .root = a->folder.n, .name = buf_text(&a->name) };
	struct run beside = { 0 };	/* nothing is recorded of a new file */
	int rc;

	if (output == NULL && (rc = begin_run(a, e)) != ST_OK)
		return rc;
	if ((rc = act_archive_open(w, a->state.fd, e)) == ST_OK)
		rc = archive_replace(output == NULL ? &a->run : &beside, &t,
		    &c, output, o, e);
	if (rc == ST_OK && w->same && o->kind == OUTCOME_REFUSED)
		(void)outcome_set(o, OUTCOME_SAME, 0,
		    "there is nothing to change");
	place_close(beside.place);
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

	if (!going(a))
		return;
	set_names(a, (struct span){ NULL, 0 }, span_text(j->path));
	if (replace_archive(a, &w, output, &o, &e) != ST_OK)
		(void)stop(a, &e);
	else
		tell(a, &o, &(struct mend_job){ .messages = n->messages,
		    .edits = n->edits, .taken = n->taken, .left = n->left },
		    true);
	act_archive_close(&w);
}

/* --- the plan */

void
acting_plan(struct acting *a, struct span items)
{
	struct plan_item i;
	struct err e;

	while (going(a) && plan_next(&items, &i))
		if (i.container)
			keep_mailbox(a, &i);
		else
			act_on_file(a, &i);
	if (going(a) && items.n > 0) {
		(void)err_set(&e, ST_DEAD, 0, "a plan makes no sense");
		(void)stop(a, &e);
	}
}

/* All were as they should be: such a run leaves nothing. */
static void
forget_run(struct acting *a)
{
	const uint64_t *n = a->facts.files;
	uint64_t all = 0;
	char id[sizeof(a->run.id)];

	for (size_t i = 0; i < ACT_OUTCOMES; i++)
		all += n[i];
	if (!a->begun || all != n[OUTCOME_SAME] || a->status != ST_OK)
		return;
	memcpy(id, a->run.id, sizeof(id));
	run_end(&a->run);
	(void)run_discard(&a->state, id);
	a->begun = false;
	a->facts.run = NULL;
}

int
acting_finish(struct acting *a, struct err *e)
{
	for (size_t i = 0; i < a->mailboxes_n && going(a); i++)
		act_on_mailbox(a, &a->mailboxes[i]);
	forget_run(a);
	if (a->status != ST_OK)
		*e = a->e;
	return a->status;
}
