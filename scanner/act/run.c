/*
 * See run.h.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "blob.h"
#include "kernel_calls.h"
#include "record.h"

#define MARK "open"
#define COMMAND_MAX (64u << 10)	/* bytes of a command line that are kept */
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

/* Free all, the mark stays. */
static void
run_drop(struct run *r)
{
	journal_close(r->journal);
	place_close(r->place);
	free(r->asked);
	if (r->blobs > 0)
		(void)close(r->blobs);
	if (r->dir > 0)
		(void)close(r->dir);
	*r = (struct run){ 0 };
}

static int
failed(struct err *e)
{
	return err_set(e, ST_DEAD, errno, "cannot set up the run");
}

/* Sorts by time. */
static int
make_id(struct run *r, const struct timespec *now)
{
	char random[5];
	struct tm tm;
	size_t n;

	if (gmtime_r(&now->tv_sec, &tm) == NULL ||
	    call_random_hex(random, 2) != 0)
		return -1;
	n = strftime(r->id, sizeof(r->id), "%Y%m%dT%H%M%S", &tm);
	(void)snprintf(r->id + n, sizeof(r->id) - n, ".%06ldZ-%s",
	    now->tv_nsec / 1000, random);
	return 0;
}

static int
open_folders(struct run *r)
{
	r->dir = openat(r->state->runs, r->id, FOLDER_FLAGS);
	if (r->dir < 0)
		return -1;
	r->blobs = openat(r->dir, "blobs", FOLDER_FLAGS);
	return r->blobs < 0 ? -1 : 0;
}

static int
set_mark(const struct run *r)
{
	const int fd = openat(r->dir, MARK, O_WRONLY | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0600);

	if (fd < 0)
		return -1;
	(void)close(fd);
	return 0;
}

/* The mark before the journal: a journal without it is taken for settled. */
static int
make_folders(struct run *r)
{
	if (mkdirat(r->state->runs, r->id, 0700) != 0)
		return -1;
	r->dir = openat(r->state->runs, r->id, FOLDER_FLAGS);
	if (r->dir < 0 || set_mark(r) != 0 ||
	    mkdirat(r->dir, "blobs", 0700) != 0)
		return -1;
	r->blobs = openat(r->dir, "blobs", FOLDER_FLAGS);
	/* r->dir itself is synced with the journal. */
	return r->blobs < 0 || fsync(r->state->runs) != 0 ? -1 : 0;
}

/* Each word with a NUL behind it, and how many do not fit. */
static void
add_command(struct buf *b, const char *const *argv)
{
	struct buf words = { 0 };
	uint64_t more = 0;

	for (; argv != NULL && *argv != NULL; argv++)
		if (more > 0 || strlen(*argv) >= COMMAND_MAX - words.n)
			more++;
		else
			buf_add(&words, *argv, strlen(*argv) + 1);
	record_bytes(b, "argv", buf_span(&words));
	record_u64(b, "more", more);
	b->failed = b->failed || words.failed;
	buf_free(&words);
}

static int
first_record(struct run *r, const struct run_facts *f, time_t now,
    struct err *e)
{
	struct buf b = { 0 };

	record_text(&b, "what", f->what);
	add_command(&b, f->argv);
	record_u64(&b, "time", (uint64_t)now);
	record_u64(&b, "uid", geteuid());
	record_text(&b, "version", BAREDOT_VERSION);
	return journal_append_fields(r->journal, RECORD_RUN, &b, e);
}

int
run_begin_as(struct run *out, const struct statedir *s,
    const struct run_facts *f, struct err *e)
{
	struct run r = { .state = s };
	struct timespec now = { 0 };
	int rc = ST_DEAD;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0 ||
	    make_id(&r, &now) != 0 || make_folders(&r) != 0)
		rc = failed(e);
	else if ((rc = journal_create(&r.journal, r.dir, e)) == ST_OK)
		rc = first_record(&r, f, now.tv_sec, e);
	if (rc != ST_OK) {
		run_drop(&r);
		return rc;
	}
	*out = r;
	return ST_OK;
}

int
run_begin(struct run *out, const struct statedir *s, const char *what,
    struct err *e)
{
	const struct run_facts f = { .what = what };

	return run_begin_as(out, s, &f, e);
}

int
run_again(struct run *out, const struct statedir *s, const char *id,
    struct err *e)
{
	struct run r = { .state = s };
	const size_t n = strlen(id);
	int rc;

	if (n == 0 || n >= sizeof(r.id) || id[0] == '.' ||
	    strchr(id, '/') != NULL)
		return err_set(e, ST_END, 0, "no such run");
	memcpy(r.id, id, n + 1);
	/* Whoever left it so, only recovery ends that. */
	r.unsettled = run_is_open(s, id);
	if (open_folders(&r) != 0)
		rc = errno == ENOENT ? err_set(e, ST_END, 0, "no such run") :
		    failed(e);
	else
		rc = journal_open(&r.journal, r.dir, e);
	if (rc == ST_OK && (set_mark(&r) != 0 || fsync(r.dir) != 0))
		rc = failed(e);
	if (rc != ST_OK) {
		run_drop(&r);
		return rc;
	}
	*out = r;
	return ST_OK;
}

static void
mark_path(const char *id, char out[64])
{
	(void)snprintf(out, 64, "%.40s/" MARK, id);
}

bool
run_is_open(const struct statedir *s, const char *id)
{
	char path[64];
	struct stat st;

	mark_path(id, path);
	/* When in doubt it is. */
	return fstatat(s->runs, path, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT;
}

bool
run_discard(const struct statedir *s, const char *id)
{
	struct run r = { .state = s };
	bool empty = true;

	(void)snprintf(r.id, sizeof(r.id), "%s", id);
	if (open_folders(&r) == 0)
		blob_sweep(r.blobs);
	if (r.dir > 0) {
		empty = unlinkat(r.dir, "blobs", AT_REMOVEDIR) == 0 ||
		    errno == ENOENT;
		if (empty) {
			(void)unlinkat(r.dir, JOURNAL_NAME, 0);
			(void)unlinkat(r.dir, MARK, 0);
		}
	}
	if (empty)
		(void)unlinkat(s->runs, id, AT_REMOVEDIR);
	run_drop(&r);
	return empty;
}

void
run_end(struct run *r)
{
	if (r->dir > 0 && !r->unsettled && !r->pending &&
	    journal_ok(r->journal))
		(void)unlinkat(r->dir, MARK, 0);
	run_drop(r);
}

int
run_place(struct run *r, const char *path, size_t root,
    const struct place **out, struct err *e)
{
	int rc;

	/* Not by place.path: a relative path is not what that is. */
	if (r->place == NULL || strcmp(r->asked, path) != 0 ||
	    r->asked_root != root) {
		place_close(r->place);
		free(r->asked);
		r->place = NULL;
		if ((r->asked = strdup(path)) == NULL)
			return err_set(e, ST_DEAD, ENOMEM, "folder");
		r->asked_root = root;
		if ((rc = place_open(&r->place, path, root, e)) != ST_OK)
			return rc;
	}
	*out = r->place;
	return ST_OK;
}

int
run_place_of(struct run *r, const char *path, size_t root, const char *temp,
    const struct place **out, struct err *e)
{
	const int rc = run_place(r, path, root, out, e);

	return rc == ST_OK ? place_tmp_with(r->place, temp, e) : rc;
}

bool
run_by_links(const struct run *r, const struct place *p)
{
	return r->by_links && r->links_dev == p->dev;
}

bool
run_try_links(struct run *r, const struct place *p)
{
	if ((r->may & MAY_COPY_SWAP) == 0 || p == NULL || run_by_links(r, p))
		return false;
	r->by_links = true;
	r->links_dev = p->dev;
	return true;
}
