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
bool
leftover_drop(struct run *r, const struct place *p, const char *name)
{
	struct stat st;
	bool there = true;

	errno = 0;
	for (unsigned i = 0; i < LOOKS_MAX && there; i++) {
		there = fstatat(p->tmp, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ?
		    !S_ISDIR(st.st_mode) : errno != ENOENT;
		if (there)
			(void)unlinkat(p->tmp, name, 0);
	}
	if (!there && fsync(p->tmp) == 0)
		return true;
	r->unsettled = true;
	return false;
}

int
leftover_stays(const struct sweep *s, const char *path,
    const struct err *why, struct err *e)
{
	if (why->num == ENOENT || why->num == ENOTDIR)
		return ST_OK;
	if (why->num == ENOMEM) {
		*e = *why;
		return ST_DEAD;
	}
	s->run->unsettled = true;
	s->stays(s->ctx, path, why);
	return ST_OK;
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
drop_as_owner(struct run *r, const struct place *p, const char *name,
    struct err *why)
{
	int rc;

	if ((rc = owner_enter(p->owner, why)) != ST_OK)
		return rc;
	if (!leftover_drop(r, p, name))
		rc = err_set(why, ST_BAD, errno, "its file %s stays", name);
	owner_leave();
	return rc;
}

static int
sweep_one(const struct sweep *s, struct span fields, struct err *e)
{
	const struct place *p;
	uint64_t root, folder;
	struct mailname name;
	struct err why = { 0 };
	struct buf b = { 0 };
	struct span path;
	int rc;

	if (!decode(fields, &path, &root, &folder, &name))
		return err_set(e, ST_DEAD, 0, "the journal makes no sense");
	buf_add(&b, path.p, path.n);
	rc = buf_ok(&b) ? run_place(s->run, buf_text(&b), (size_t)root, &p,
	    &why) : err_set(&why, ST_DEAD, ENOMEM, "temporary");
	if (rc == ST_OK && p->ino == folder)
		rc = drop_as_owner(s->run, p, name.text, &why);
	if (rc != ST_OK)
		rc = leftover_stays(s, buf_text(&b), &why, e);
	buf_free(&b);
	return rc;
}

int
leftover_sweep(const struct sweep *s, struct err *e)
{
	struct journal *j = s->run->journal;
	const uint64_t n = journal_count(j);
	struct buf b = { 0 };
	int rc = ST_OK;

	for (uint64_t i = 1; i <= n && rc == ST_OK; i++)
		if (journal_type(j, i) == RECORD_STAGE &&
		    (rc = journal_read(j, i, &b, e)) == ST_OK)
			rc = sweep_one(s, buf_span(&b), e);
	buf_free(&b);
	return rc;
}
