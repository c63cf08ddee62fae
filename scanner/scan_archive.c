/*
 * See scan_run.h: archives that the user named, for fix and quarantine.
 *
 * They are recognised when they are named, and acted on when all else was
 * scanned, so the report does not depend on who is faster.
 */
#include "scan_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive_kind.h"
#include "escape.h"
#include "kernel_calls.h"
#include "outcome.h"
#include "reach.h"

#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* --- is it one? */

/* What begins like that is mail, whatever else it looks like. */
static bool
is_mail(struct span head)
{
	return span_begins_field(head) || span_starts(head, SPAN("From "));
}

/* Of what is in a compression only a process that can be spared may say. */
static bool
is_packed_archive(struct scan_run *r, int fd)
{
	struct err e;

	return archiver_kind(r->archiver, fd, &e) == ST_OK;
}

static bool
is_archive(struct scan_run *r, int fd)
{
	uint8_t bytes[ARCHIVE_KIND_BYTES];
	const ssize_t n = call_read(fd, bytes, sizeof(bytes), 0);
	const struct span head = { bytes, n > 0 ? (size_t)n : 0 };
	enum filter filter;
	enum archive_format format;
	struct err e;

	if (n <= 0)
		return false;
	if (archive_filter_of(head, &filter, &e) != ST_OK)
		return !is_mail(head);	/* RAR, 7z: to be refused */
	if (filter == FILTER_NONE)
		return archive_format_of(head, &format, &e) == ST_OK &&
		    (format != FORMAT_CPIO ||
		    packing_archive(head) == PACKED_CPIO);
	return !is_mail(head) && is_packed_archive(r, fd);
}

/* -1: it is no file that can be read, which the walk will find out. */
static int
open_archive(const char *path, struct stat *st)
{
	int fd = open(path, READ_FLAGS | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = open(path, READ_FLAGS);
	if (fd < 0 || (fstat(fd, st) == 0 && S_ISREG(st->st_mode)))
		return fd;
	(void)close(fd);
	return -1;
}

static bool
keep_archive(struct scan_run *r, const char *path, size_t root)
{
	struct named_archive *more = realloc(r->archives, (r->archives_n + 1) *
	    sizeof(*more));

	if (more == NULL)
		return false;
	r->archives = more;
	more[r->archives_n] = (struct named_archive){ strdup(path), root };
	if (more[r->archives_n].path == NULL)
		return false;
	r->archives_n++;
	return true;
}

bool
scan_archive(struct scan_run *r, const char *path, size_t root)
{
	struct stat st;
	int fd;
	bool is;

	if (scan_reads_only(&r->command) || r->command.format_in != NULL)
		return false;
	if (r->archiver == NULL && (r->archiver = archiver_new(&r->scan,
	    r->command.timeout)) == NULL)
		return false;
	if ((fd = open_archive(path, &st)) < 0)
		return false;
	is = is_archive(r, fd) && keep_archive(r, path, root);
	(void)close(fd);
	return is;
}

/* --- what becomes of it */

static bool
on_text(void *ctx, struct span s)
{
	return scan_write(ctx, s);
}

static void
on_found(void *ctx, uint64_t which)
{
	struct scan_run *r = ctx;

	selection_see(r->only, (size_t)which);
}

static bool
on_going(void *ctx)
{
	const struct scan_run *r = ctx;

	return !queue_stopped(r->queue);
}

/* In a dry run: nobody keeps it. */
static int
on_take(void *ctx, const struct archive_taken *t, struct span note,
    struct span bytes, bool done, struct err *e)
{
	(void)ctx;
	(void)t;
	(void)note;
	(void)bytes;
	(void)done;
	(void)e;
	return ST_OK;
}

/* n files without a name, where temporary files go. */
static bool
open_scratch(int *out, size_t n)
{
	const char *const folders[] = { getenv("TMPDIR"), "/var/tmp",
	    "/tmp" };
	size_t have = 0;

	for (size_t i = 0; i < 3 && have < n; i++) {
		const int folder = folders[i] == NULL ? -1 : open(folders[i],
		    O_PATH | O_DIRECTORY | O_CLOEXEC);

		while (folder >= 0 && have < n &&
		    (out[have] = call_new_unnamed(folder)) >= 0)
			have++;
		if (folder >= 0)
			(void)close(folder);
	}
	for (size_t i = have; i < n; i++)
		out[i] = -1;
	return have == n;
}

/* All is done as if it were applied, and the new archive is thrown away. */
static int
rehearse(struct scan_run *r, struct archive_job *j, struct err *e)
{
	struct stat st;
	int fds[3], rc;
	const int from = open_archive(j->path, &st);

	if (r->command.new_archive == NULL)
		j->take = on_take;
	if (!open_scratch(fds, 3))
		rc = err_set(e, ST_DEAD, 0, "no temporary file can be made "
		    "in TMPDIR, /var/tmp or /tmp");
	else if (from < 0)
		rc = err_set(e, ST_DEAD, errno, "cannot open");
	else {
		j->spool_a = fds[1];
		j->spool_b = fds[2];
		rc = archiver_rewrite(r->archiver, j, from, fds[0], e);
	}
	for (size_t i = 0; i < 3; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	if (from >= 0)
		(void)close(from);
	return rc;
}

/* Nothing of an archive that is refused would be done. */
static void
count(struct scan_run *r, struct archive_job *j, bool refused)
{
	struct totals *t = &j->counts.totals;

	if (refused) {
		t->repairs[REPAIR_REFUSED] += t->repairs[REPAIR_EDITS] +
		    t->repairs[REPAIR_TAKE_OUT];
		t->repairs[REPAIR_EDITS] = t->repairs[REPAIR_TAKE_OUT] = 0;
	}
	totals_add(&r->more, t);
	free(j->changes);
}

/* What who acts would not be let do. */
static int
check_ways(const struct scan_run *r, const char *path, struct err *e)
{
	char name[NAME_MAX + 1];
	struct reach to = { .fd = -1 };
	int rc = reach_file(path, e);

	if (rc == ST_OK && r->command.new_archive != NULL)
		rc = reach_parent(&to, r->command.new_archive, name, e);
	if (to.fd >= 0)
		(void)close(to.fd);
	return rc;
}

/* ST_BAD: it would be left alone, told. */
static int
look_at_place(struct scan_run *r, const struct archive_job *j)
{
	const struct totals *t = &j->counts.totals;
	const struct outcome *o = &r->looking.outcome;

	if (t->repairs[REPAIR_EDITS] + t->repairs[REPAIR_TAKE_OUT] == 0)
		return ST_OK;
	looking_at_archive(&r->looking, j->path, j->root,
	    r->command.new_archive == NULL);
	if (o->kind == OUTCOME_DONE)
		return ST_OK;
	scan_acts_left(r, span_text(j->path), o->kind, o->reason);
	return ST_BAD;
}

static void
rehearse_and_tell(struct scan_run *r, struct archive_job *j)
{
	struct err e = { 0 };
	struct stat st;
	int rc;

	if (r->command.new_archive != NULL &&
	    lstat(r->command.new_archive, &st) == 0)
		rc = err_set(&e, ST_BAD, 0,
		    "there is a file of the name of --output already");
	else if ((rc = check_ways(r, j->path, &e)) == ST_OK)
		rc = rehearse(r, j, &e);
	if (rc != ST_OK)
		scan_acts_left(r, span_text(j->path), rc == ST_BAD ?
		    OUTCOME_REFUSED : OUTCOME_FAILED, e.text);
	else
		rc = look_at_place(r, j);
	count(r, j, rc != ST_OK);
}

static void
act_on(struct scan_run *r, const struct named_archive *a)
{
	struct archive_job j = { .path = a->path, .root = a->root,
	    .text = on_text, .found = on_found, .going = on_going, .ctx = r,
	    .spool_a = -1, .spool_b = -1 };
	struct stat st;

	if (stat(a->path, &st) == 0)
		j.mtime = st.st_mtim.tv_sec;
	if (r->acting == NULL) {
		rehearse_and_tell(r, &j);
		return;
	}
	acting_archive(r->acting, r->archiver, &j, r->command.new_archive);
	count(r, &j, j.done.size == 0);
}

void
scan_archives(struct scan_run *r)
{
	for (size_t i = 0; i < r->archives_n && on_going(r); i++)
		act_on(r, &r->archives[i]);
}

void
scan_archives_free(struct scan_run *r)
{
	for (size_t i = 0; i < r->archives_n; i++)
		free(r->archives[i].path);
	free(r->archives);
	archiver_free(r->archiver);
}
