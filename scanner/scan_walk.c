/*
 * See scan_run.h: what the user named, file by file, to the queue.
 */
#include "scan_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "escape.h"

static bool
on_file(void *ctx, const struct walk_dir *d, const char *name,
    enum store_place place)
{
	struct scan_run *r = ctx;

	queue_file(r->queue, d, name, place, NULL);
	return !queue_stopped(r->queue);
}

static bool
on_leave(void *ctx, const struct walk_dir *d, bool settled)
{
	struct scan_run *r = ctx;

	r->summary.unsettled += !settled;
	queue_leave(r->queue, d, settled);
	return !queue_stopped(r->queue);
}

static bool
on_skipped(void *ctx, const struct walk_dir *d, const char *name,
    enum walk_skip why)
{
	struct scan_run *r = ctx;

	r->summary.skipped[why]++;
	if (!r->command.verbose && d != NULL)
		return true;
	buf_clear(&r->text);
	if (d != NULL) {
		buf_str(&r->text, d->path);
		buf_byte(&r->text, '/');
	}
	buf_str(&r->text, name);
	queue_problem(r->queue, PROBLEM_SKIPPED, buf_span(&r->text),
	    walk_skip_text(why));
	return !queue_stopped(r->queue);
}

static bool
on_failed(void *ctx, const char *path, const struct err *e)
{
	struct scan_run *r = ctx;

	queue_problem(r->queue, PROBLEM_UNREADABLE, span_text(path), e->text);
	return !queue_stopped(r->queue);
}

/* It was to be written anew (--output). */
static bool
no_archive(struct scan_run *r, const char *path)
{
	struct err e;

	(void)err_set(&e, ST_DEAD, 0,
	    "no archive that can be written anew (--output)");
	return on_failed(r, path, &e);
}

static bool
scan_path(struct scan_run *r, const char *path)
{
	const struct walk_options o = { .one_fs = r->command.one_fs,
	    .tmp = r->command.tmp, .strict = r->command.forensic };
	const struct walk_sink sink = { .file = on_file, .leave = on_leave,
	    .skipped = on_skipped, .failed = on_failed, .ctx = r };

	if (strcmp(path, "-") == 0) {
		queue_stdin(r->queue);
		return true;
	}
	if (scan_archive(r, path, strlen(path)))
		return true;
	if (r->command.new_archive != NULL)
		return no_archive(r, path);
	return walk_path(path, &o, &sink);
}

/* The names of --files0-from. */
static void
scan_list(struct scan_run *r, const char *list)
{
	FILE *f = strcmp(list, "-") == 0 ? stdin : fopen(list, "re");
	char *name = NULL;
	size_t cap = 0;
	struct err e;

	if (f == NULL) {
		(void)err_set(&e, ST_DEAD, errno, "cannot open");
		(void)on_failed(r, list, &e);
		return;
	}
	errno = 0;
	while (getdelim(&name, &cap, '\0', f) > 0)
		if (name[0] != '\0' && !scan_path(r, name))
			break;
	if (ferror(f)) {
		(void)err_set(&e, ST_DEAD, errno, "cannot read");
		(void)on_failed(r, list, &e);
	}
	free(name);
	if (f != stdin)
		(void)fclose(f);
}

/*
 * How much of a path that a report names may lead through links: its first
 * part, or what the user named too.
 */
static size_t
root_of(const struct scan_run *r, const char *path)
{
	size_t root = path[0] == '/' ? 1 : strcspn(path, "/");

	for (char **p = r->command.paths; *p != NULL; p++) {
		const size_t n = strlen(*p);

		if (n > root && strncmp(path, *p, n) == 0 && path[n] == '/')
			root = n;
	}
	return root;
}

/* A file that a report names. */
static bool
scan_reported(struct scan_run *r, size_t i)
{
	const char *path = selection_path(r->only, i);
	const char *slash = strrchr(path, '/');
	char *folder = slash != NULL ? strndup(path, slash > path ?
	    (size_t)(slash - path) : 1) : NULL;
	struct walk_dir d = { .path = folder, .root = root_of(r, path) };
	bool go;

	if (selection_is_archive(r->only, i) &&
	    scan_archive(r, path, d.root)) {
		free(folder);
		return !queue_stopped(r->queue);
	}
	if (slash == NULL)
		return on_file(r, NULL, path, PLACE_NAMED);
	if (folder == NULL)
		return false;
	go = on_file(r, &d, slash + 1, selection_is_maildir(r->only, i) ?
	    PLACE_MAILDIR : PLACE_NAMED) && on_leave(r, &d, true);
	free(folder);
	return go;
}

static void
scan_selection(struct scan_run *r)
{
	size_t i = 0;

	while (selection_path(r->only, i) != NULL && scan_reported(r, i))
		i++;
}

void
scan_all(struct scan_run *r)
{
	if (r->shard != NULL) {
		scan_shard_all(r);
		return;
	}
	if (r->only != NULL)
		scan_selection(r);
	for (char **p = r->command.paths; *p != NULL && r->only == NULL; p++)
		if (!scan_path(r, *p))
			break;
	if (r->command.files0_from != NULL && !queue_stopped(r->queue))
		scan_list(r, r->command.files0_from);
	r->summary.partial = !queue_finish(r->queue);
	scan_archives(r);
}
