/*
 * See leftover.h.
 */
#include "leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "record.h"

#define LOOKS_MAX 4u

int
leftover_record(struct run *r, const struct place *p, const char *name,
    const char *also, struct err *e)
{
	struct buf b = { 0 };

	record_text(&b, "path", p->path);
	record_u64(&b, "root", p->root);
	record_u64(&b, "folder", p->ino);
	record_text(&b, "name", name);
	if (also != NULL)
		record_text(&b, "also", also);
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
			(void)call_remove(p->tmp, name);
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

struct stage_record {
	struct span path;
	uint64_t root, folder;
	struct mailname names[2];	/* the second may be "" */
};

static bool
decode_name(struct span s, const char *key, struct mailname *out)
{
	return record_find_text(s, key, out->text, sizeof(out->text)) &&
	    out->text[0] == '.' && strchr(out->text, '/') == NULL;
}

static bool
decode(struct span s, struct stage_record *out)
{
	const struct span *path = &out->path;
	struct span also;

	out->names[1].text[0] = '\0';
	return record_find(s, "path", &out->path) && path->n > 0 &&
	    path->p[0] == '/' && memchr(path->p, '\0', path->n) == NULL &&
	    record_find_u64(s, "root", &out->root) && out->root <= path->n &&
	    record_find_u64(s, "folder", &out->folder) &&
	    decode_name(s, "name", &out->names[0]) &&
	    (!record_find(s, "also", &also) ||
	    decode_name(s, "also", &out->names[1]));
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
sweep_name(struct run *r, const struct stage_record *l, const char *path,
    const char *name, struct err *why)
{
	const struct place *p;
	const int rc = run_place_of(r, path, (size_t)l->root, name, &p, why);

	return rc == ST_OK && p->ino == l->folder ?
	    drop_as_owner(r, p, name, why) : rc;
}

static int
sweep_one(const struct sweep *s, struct span fields, struct err *e)
{
	struct stage_record l;
	struct err why = { 0 };
	struct buf b = { 0 };
	int rc = ST_OK;

	if (!decode(fields, &l))
		return err_set(e, ST_DEAD, 0, "the journal makes no sense");
	buf_add(&b, l.path.p, l.path.n);
	(void)buf_text(&b);
	if (!buf_ok(&b))
		rc = err_set(&why, ST_DEAD, ENOMEM, "temporary");
	for (unsigned i = 0; i < 2 && rc == ST_OK; i++)
		if (l.names[i].text[0] != '\0')
			rc = sweep_name(s->run, &l, buf_text(&b),
			    l.names[i].text, &why);
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
