/*
 * See leftover.h.
 */
#include "leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "record.h"

#define LOOKS_MAX 4u

int
leftover_record(struct run *r, const struct place *p, const char *name,
    struct err *e)
{
	struct buf b = { 0 };

	record_text(&b, "path", p->path);
	record_u64(&b, "root", p->root);
	record_u64(&b, "folder", p->ino);
	record_text(&b, "name", name);
	return journal_append_fields(r->journal, RECORD_STAGE, &b, e);
}

/* As in dotlock.c: what counts is the next look. */
void
leftover_drop(struct run *r, const struct place *p, const char *name)
{
	struct stat st;
	bool there = true;

	for (unsigned i = 0; i < LOOKS_MAX && there; i++) {
		there = fstatat(p->tmp, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ?
		    !S_ISDIR(st.st_mode) : errno != ENOENT;
		if (there)
			(void)unlinkat(p->tmp, name, 0);
	}
	if (there || fsync(p->tmp) != 0)
		r->unsettled = true;
}

static bool
decode(struct span s, struct span *path, uint64_t *root, uint64_t *folder,
    struct mailname *name)
{
	return record_find(s, "path", path) && path->n > 0 &&
	    path->p[0] == '/' && memchr(path->p, '\0', path->n) == NULL &&
	    record_find_u64(s, "root", root) && *root <= path->n &&
	    record_find_u64(s, "folder", folder) &&
	    record_find_text(s, "name", name->text, sizeof(name->text)) &&
	    name->text[0] == '.' && strchr(name->text, '/') == NULL;
}

static int
sweep_one(struct run *r, struct span fields, struct err *e)
{
	const struct place *p;
	uint64_t root, folder;
	struct mailname name;
	struct buf b = { 0 };
	struct span path;
	int rc;

	if (!decode(fields, &path, &root, &folder, &name))
		return err_set(e, ST_DEAD, 0, "the journal makes no sense");
	buf_add(&b, path.p, path.n);
	rc = buf_ok(&b) ? run_place(r, buf_text(&b), (size_t)root, &p, e) :
	    err_set(e, ST_DEAD, ENOMEM, "temporary");
	buf_free(&b);
	/* A folder that is gone holds up nothing. */
	if (rc != ST_OK) {
		r->unsettled = r->unsettled || (e->num != ENOENT &&
		    e->num != ENOTDIR);
		return ST_OK;
	}
	if (p->ino != folder)
		return ST_OK;
	if ((rc = owner_enter(p->owner, e)) != ST_OK)
		return rc;
	leftover_drop(r, p, name.text);
	owner_leave();
	return ST_OK;
}

int
leftover_sweep(struct run *r, struct err *e)
{
	const uint64_t n = journal_count(r->journal);
	struct buf b = { 0 };
	int rc = ST_OK;

	for (uint64_t i = 1; i <= n && rc == ST_OK; i++)
		if (journal_type(r->journal, i) == RECORD_STAGE &&
		    (rc = journal_read(r->journal, i, &b, e)) == ST_OK)
			rc = sweep_one(r, buf_span(&b), e);
	buf_free(&b);
	return rc;
}
