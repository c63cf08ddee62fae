/*
 * See planning.h.
 */
#include "planning.h"

#include <errno.h>
#include <stdlib.h>

#include "folders.h"
#include "plan_look.h"
#include "stamp.h"

struct walking {
	struct planning *p;
	struct plan_look look;
	struct plan_line line;	/* scratch */
	struct buf out;		/* not in the spool yet */
	struct buf folder;	/* that was told last */
	struct folder *open;	/* folders that gave files */
	int failed;		/* an errno */
};

/* --- to the spool */

static void
flush(struct walking *w)
{
	if (w->failed == 0 &&
	    fwrite(w->out.p, 1, w->out.n, w->p->spool) != w->out.n)
		w->failed = errno != 0 ? errno : EIO;
	buf_clear(&w->out);
}

static bool
put(struct walking *w, struct spooled s)
{
	const size_t at = w->out.n;

	s.kind = (uint8_t)w->line.kind;
	buf_add(&w->out, &s, sizeof(s));
	plan_line_put(&w->out, &w->line);
	if (w->failed == 0 && (!buf_ok(&w->out) || !buf_ok(&w->line.path)))
		w->failed = ENOMEM;
	if (w->failed == 0) {
		s.text = (uint32_t)(w->out.n - at - sizeof(s));
		memcpy(w->out.p + at, &s, sizeof(s));
	}
	if (w->out.n >= SPOOL_BLOCK)
		flush(w);
	w->p->weight += s.weight;
	if (w->failed == 0 && *w->p->stop != 0)
		w->failed = EINTR;
	return w->failed == 0;
}

static struct plan_line *
new_line(struct walking *w, enum plan_kind kind, const char *path)
{
	struct plan_line *l = &w->line;
	const struct buf text = l->path, error = l->error;

	*l = (struct plan_line){ .kind = kind, .path = text, .error = error };
	buf_clear(&l->path);
	buf_clear(&l->error);
	buf_str(&l->path, path);
	return l;
}

/* Say in which folder the files to come are, unless that is known. */
static bool
in_folder(struct walking *w, const struct walk_dir *d)
{
	if (w->open == NULL || strcmp(w->open->path, d->path) != 0)
		if (!folder_push(&w->open, d->path)) {
			w->failed = ENOMEM;
			return false;
		}
	if (strcmp(buf_text(&w->folder), d->path) == 0)
		return true;
	buf_clear(&w->folder);
	buf_str(&w->folder, d->path);
	new_line(w, PLAN_FOLDER, d->path)->root = d->root;
	return put(w, (struct spooled){ .weight = 0 });
}

/* --- what the walk tells */

/* What it is, as far as anybody asks. */
static struct spooled
judge(struct walking *w, const struct walk_dir *d, const char *name)
{
	const struct plan_line *l = &w->line;
	const bool large = l->size >= w->p->split;
	struct spooled s = { .weight = l->size + PLAN_FILE_COST,
	    .single = l->place != PLACE_OTHER && l->place != PLACE_NAMED,
	    .maildir = l->place == PLACE_MAILDIR };
	enum plan_is is;

	if (l->place == PLACE_MAILDIR || !(large || (w->p->whole &&
	    !s.single)))
		return s;
	is = plan_look_into(&w->look, d, name, l->place, w->p->forensic);
	s.single = is == PLAN_IS_SINGLE;
	s.splits = is == PLAN_IS_MBOX && large && !w->p->whole;
	return s;
}

static bool
on_file(void *ctx, const struct walk_dir *d, const char *name,
    enum store_place place)
{
	struct walking *w = ctx;
	struct plan_line *l;
	struct stamp now;
	struct stat st;

	if (d != NULL && !in_folder(w, d))
		return false;
	l = new_line(w, PLAN_FILE, name);
	l->named = d == NULL;
	l->place = place;
	if (plan_look_at(&w->look, d, name, &st)) {
		now = stamp_of(&st);
		l->size = now.size;
		l->mtime = stamp_mtime(&now);
		l->inode = now.ino;
	}
	w->p->files++;
	w->p->bytes += l->size;
	return put(w, judge(w, d, name));
}

/* A folder without files of its own has no store record. */
static bool
on_leave(void *ctx, const struct walk_dir *d, bool settled)
{
	struct walking *w = ctx;
	const bool had_files = w->open != NULL &&
	    strcmp(w->open->path, d->path) == 0;

	if (had_files) {
		free(w->open->facts);
		folder_pop(&w->open);
	}
	new_line(w, PLAN_LEAVE, d->path)->settled = settled;
	return put(w, (struct spooled){ .single = had_files || !settled });
}

static bool
on_skipped(void *ctx, const struct walk_dir *d, const char *name,
    enum walk_skip why)
{
	struct walking *w = ctx;
	struct plan_line *l = new_line(w, PLAN_SKIPPED,
	    d != NULL ? d->path : name);

	if (d != NULL) {
		buf_byte(&l->path, '/');
		buf_str(&l->path, name);
	}
	l->named = d == NULL;
	l->why = why;
	return put(w, (struct spooled){ .weight = 0 });
}

static bool
on_failed(void *ctx, const char *path, const struct err *e)
{
	struct walking *w = ctx;

	buf_str(&new_line(w, PLAN_FAILED, path)->error, e->text);
	w->p->failed++;
	return put(w, (struct spooled){ .weight = 0 });
}

/* --- what the user named */

/* Whoever scans a shard looks whether it is the same folder there. */
static bool
add_root(struct walking *w, const char *path)
{
	struct plan_header *h = &w->p->header;
	struct plan_root *more;
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return true;
	more = realloc(h->roots, (h->roots_n + 1) * sizeof(*more));
	if (more == NULL)
		return false;
	h->roots = more;
	more += h->roots_n++;
	*more = (struct plan_root){ .inode = st.st_ino };
	buf_str(&more->path, path);
	(void)buf_text(&more->path);
	return buf_ok(&more->path);
}

static void
walk_all(struct walking *w)
{
	const struct planning *p = w->p;
	const struct walk_options o = { .one_fs = p->one_fs, .tmp = p->tmp,
	    .strict = p->forensic };
	const struct walk_sink sink = { .file = on_file, .leave = on_leave,
	    .skipped = on_skipped, .failed = on_failed, .ctx = w };

	for (char **path = p->paths; *path != NULL; path++) {
		if (!add_root(w, *path))
			w->failed = ENOMEM;
		if (w->failed != 0 || !walk_path(*path, &o, &sink))
			return;
		buf_clear(&w->folder);	/* two may be the same */
	}
}

int
planning_walk(struct planning *p, struct err *e)
{
	struct walking w = { .p = p, .look = { .fd = -1 } };

	walk_all(&w);
	flush(&w);
	if (w.failed == 0 && fflush(p->spool) != 0)
		w.failed = errno;
	while (w.open != NULL) {
		free(w.open->facts);
		folder_pop(&w.open);
	}
	plan_look_free(&w.look);
	plan_line_free(&w.line);
	buf_free(&w.out);
	buf_free(&w.folder);
	return w.failed == 0 ? ST_OK :
	    err_set(e, ST_DEAD, w.failed, "cannot make the plan");
}
