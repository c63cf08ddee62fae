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

int
scan_repair(struct scanner *s, const struct msg *m,
    const struct judged *got, struct repair_facts *out, struct err *e)
{
	int rc;

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
	s->delta.totals.repairs[out->is]++;
	return is_planned(s, out) ? plan_message(s, m, got, out, e) : ST_OK;
}
