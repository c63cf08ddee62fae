/*
 * See run_view.h.
 */
#include "run_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

void
run_view_close(struct run_view *v)
{
	journal_close(v->journal);
	history_free(&v->history);
	buf_free(&v->argv);
	if (v->blobs > 0)
		(void)close(v->blobs);
	if (v->dir > 0)
		(void)close(v->dir);
	*v = (struct run_view){ 0 };
}

static int
read_facts(struct run_view *v, struct err *e)
{
	struct buf b = { 0 };
	struct span argv;
	int rc = journal_read(v->journal, 1, &b, e);

	if (rc == ST_OK && (!record_find_text(buf_span(&b), "what", v->what,
	    sizeof(v->what)) ||
	    !record_find_u64(buf_span(&b), "time", &v->time) ||
	    !record_find_u64(buf_span(&b), "uid", &v->uid) ||
	    !record_find_text(buf_span(&b), "version", v->version,
	    sizeof(v->version)) ||
	    !record_find(buf_span(&b), "argv", &argv) ||
	    !record_find_u64(buf_span(&b), "more", &v->more)))
		rc = err_set(e, ST_DEAD, 0, "the journal makes no sense");
	if (rc == ST_OK)
		buf_add(&v->argv, argv.p, argv.n);
	if (rc == ST_OK && !buf_ok(&v->argv))
		rc = err_set(e, ST_DEAD, ENOMEM, "run");
	buf_free(&b);
	return rc;
}

static int
open_all(struct run_view *v, const struct statedir *s, struct err *e)
{
	int rc;

	v->open = run_is_open(s, v->id);
	v->dir = openat(s->runs, v->id, FOLDER_FLAGS);
	if (v->dir < 0)
		return err_set(e, errno == ENOENT ? ST_END : ST_DEAD, errno,
		    "cannot open the run");
	v->blobs = openat(v->dir, "blobs", FOLDER_FLAGS);
	if ((rc = journal_view(&v->journal, v->dir, e)) != ST_OK ||
	    (rc = history_read(&v->history, v->journal, e)) != ST_OK)
		return rc;
	return read_facts(v, e);
}

int
run_view_open(struct run_view *out, const struct statedir *s, const char *id,
    struct err *e)
{
	struct run_view v = { .state = s };
	const size_t n = strlen(id);
	int rc;

	if (n == 0 || n >= sizeof(v.id) || id[0] == '.' ||
	    strchr(id, '/') != NULL)
		return err_set(e, ST_END, 0, "no such run");
	memcpy(v.id, id, n + 1);
	rc = open_all(&v, s, e);
	if (rc != ST_OK) {
		run_view_close(&v);
		return rc;
	}
	*out = v;
	return ST_OK;
}

void
run_view_run(const struct run_view *v, struct run *out)
{
	*out = (struct run){ .state = v->state, .dir = v->dir,
	    .blobs = v->blobs, .journal = v->journal };
	memcpy(out->id, v->id, sizeof(out->id));
}

void
run_view_run_end(struct run *r)
{
	place_close(r->place);
	free(r->asked);
	*r = (struct run){ 0 };
}
