/*
 * See scanning.h: what would become of a message, and the plan for whoever
 * acts.
 */
#include "scanning.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conform.h"
#include "frames.h"
#include "kept.h"
#include "message_note.h"
#include "plan.h"

/* mend_say's: into s->frames. */
static int
on_frame(void *ctx, enum mend_type type, const void *p, size_t n,
    struct span more, struct err *e)
{
	struct scanner *s = ctx;

	(void)e;
	frames_put(&s->frames, type, p, n, more);
	return ST_OK;
}

struct mend_say *
scan_say_new(struct scanner *s)
{
	struct mend_say *m = calloc(1, sizeof(*m));

	if (m != NULL)
		mend_say_init(m, on_frame, s);
	return m;
}

/*
 * What becomes of a message of an mbox, so that nobody has to look again;
 * where that would take long, or it goes with all around it, somebody has to.
 */
static int
say(struct scanner *s, const struct msg *m, const struct repair_facts *f,
    struct err *e)
{
	if (f->is == REPAIR_EDITS && repair_has_edits(s->repair))
		return mend_say_edits(s->say, s->repair, s->store, m, f, e);
	if (f->is == REPAIR_REFUSED)
		frames_put(&s->frames, MEND_LEFT, f->why, strlen(f->why),
		    (struct span){ NULL, 0 });
	return ST_OK;
}

/* Whoever acts will want to know of this message. */
static int
plan_message(struct scanner *s, const struct msg *m,
    const struct judged *got, const struct repair_facts *f, struct err *e)
{
	struct plan_item i = { .folder = span_text(s->job->path),
	    .root = s->job->root, .name = span_text(s->name),
	    .container = store_is_container(s->store), .size = m->len,
	    .place = (uint8_t)s->job->place,
	    .take = f->is == REPAIR_TAKE_OUT, .left = f->is == REPAIR_REFUSED,
	    .stamp = s->stamp, .settled = s->settled };
	struct buf note = { 0 };
	struct report_message r = { .path = buf_span(&s->path), .msg = m,
	    .verdict = got->verdict, .hashed = got->hashed };
	int rc;

	buf_clear(&s->frames);
	if (i.container && (rc = say(s, m, f, e)) != ST_OK)
		return rc;
	if (got->hashed)
		memcpy(i.sha, got->sha256, sizeof(i.sha));
	memcpy(r.sha256, i.sha, sizeof(r.sha256));
	if (i.take && !i.container)
		message_note(&note, s->store, &r, s->options.cwd,
		    &s->options.report);
	i.note = buf_span(&note);
	i.frames = buf_span(&s->frames);
	plan_put(&s->plan, &i);
	s->plan.failed = s->plan.failed || !buf_ok(&note) ||
	    !buf_ok(&s->frames);
	buf_free(&note);
	return ST_OK;
}

/*
 * The folder that the user named, for all that is in it.  Whether a way can be
 * gone at all shows when it is gone.
 */
static int
find_way(struct scanner *s)
{
	const struct span top = { (const uint8_t *)s->job->path,
	    s->job->root };
	int rc;

	if (s->way_path.n > 0 && span_eq(buf_span(&s->way_path), top))
		return ST_OK;
	buf_clear(&s->way_path);
	buf_add(&s->way_path, top.p, top.n);
	rc = reach_folder(&s->way, buf_text(&s->way_path), &s->barred);
	if (s->way.fd >= 0)
		(void)close(s->way.fd);
	if (rc != ST_OK)
		buf_clear(&s->way_path);
	return rc;
}

void
scan_reach(struct scanner *s, const struct opened_file *f)
{
	struct stat st;
	int rc;

	if (s->job->path[0] == '\0')
		rc = reach_file(s->name, &s->barred);
	else if ((rc = find_way(s)) == ST_OK && fstat(f->fd, &st) == 0)
		rc = reach_allows(&s->way, st.st_uid, &s->barred);
	s->is_barred = rc == ST_BAD;
}

/* Nothing is done to it, and not for what is in it. */
static bool
is_out_of_reach(const struct scanner *s)
{
	return s->keeper != NULL || s->is_barred;
}

/* That it is left alone counts where something else is done to the file. */
static bool
is_planned(const struct scanner *s, const struct repair_facts *f)
{
	return f->is == REPAIR_EDITS || f->is == REPAIR_TAKE_OUT ||
	    (f->is == REPAIR_REFUSED && !is_out_of_reach(s) &&
	    store_is_container(s->store));
}

/* A finding is shown that one of the options is about. */
static bool
would_act(const struct scanner *s, const struct verdict *v)
{
	const struct repair_options *o = s->options.repair;
	unsigned classes = fix_classes(o->codes);
	code_set more = conform_codes(o->flags);

	if (o->nul == FIX_NUL_KEEP)
		classes &= ~(unsigned)FIX_NUL;
	if (o->eod == REPAIR_EOD_KEEP)
		classes &= ~(unsigned)FIX_LOOK_ALIKE;
	if (o->reencode)
		more |= o->codes & 1ull << CODE_LIMIT_LINE_998;
	for (size_t i = 0; i < v->n; i++)
		if (report_shows(&v->list[i], &s->options.report) &&
		    (o->take_out || (more >> v->list[i].code & 1) != 0 ||
		    (fix_classes(1ull << v->list[i].code) & classes) != 0))
			return true;
	return false;
}

/* A message in an archive that nobody named: only those are written anew. */
static void
leave_member(const struct scanner *s, const struct judged *got,
    struct repair_facts *out)
{
	const enum packed_as as = store_archive(s->levels[0]);
	const bool can = s->ordinals_n == 1 && (as == PACKED_TAR ||
	    as == PACKED_CPIO || as == PACKED_ZIP);
	const char *why = !can ? "it is in an archive of a kind, or within "
	    "another one, that is never changed" : s->options.repair->take_out
	    ? "it is in an archive: name that as PATH to have it taken out" :
	    "it is in an archive: name that as PATH to have it repaired";

	*out = (struct repair_facts){ .is = REPAIR_REFUSED };
	if (!would_act(s, got->verdict)) {
		out->is = REPAIR_NOTHING;
		why = "none of its findings is one that an edit repairs";
	}
	(void)snprintf(out->why, sizeof(out->why), "%s", why);
}

static int
decide(struct scanner *s, const struct msg *m, const struct judged *got,
    struct repair_facts *out, struct err *e)
{
	int rc;

	if (s->ordinals_n > 0) {
		leave_member(s, got, out);
		return ST_OK;
	}
	if ((rc = repair_message(s->repair, s->store, m, got->verdict,
	    (time_t)s->mtime, out, e)) != ST_OK)
		return rc;
	if (is_out_of_reach(s) && out->is != REPAIR_NOTHING) {
		out->is = REPAIR_REFUSED;
		if (s->keeper != NULL)
			kept_why(s->keeper, true, out->why, sizeof(out->why));
		else
			(void)snprintf(out->why, sizeof(out->why), "%.199s",
			    s->barred.text);
	}
	return is_planned(s, out) ? plan_message(s, m, got, out, e) : ST_OK;
}

/* Its number in the selection, for who has that.  False: it is none of it. */
static bool
is_selected(struct scanner *s, const struct msg *m, const struct judged *got,
    size_t *which)
{
	struct plan_item i = { .found = true };

	if (!got->hashed || !selection_has(s->options.only, s->ordinals_n > 0
	    ? buf_span(&s->path) : buf_span(&s->asked), m->off, m->len,
	    got->sha256, which))
		return false;
	i.which = *which;
	plan_put(&s->plan, &i);
	return true;
}

int
scan_repair(struct scanner *s, const struct msg *m,
    const struct judged *got, struct repair_facts *out, bool *told,
    struct err *e)
{
	const struct selection *only = s->options.only;
	size_t which = 0;
	int rc = ST_OK;

	*told = false;
	if (only != NULL && !is_selected(s, m, got, &which))
		return ST_OK;
	if (got->flagged)
		rc = decide(s, m, got, out, e);
	else if (only != NULL && selection_found(only, which))
		repair_unflagged(s->options.repair, out);
	else
		return ST_OK;
	*told = true;
	if (rc == ST_OK)
		s->delta.totals.repairs[out->is]++;
	return rc;
}
