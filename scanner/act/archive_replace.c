/*
 * See archive_replace.h.
 */
#include "archive_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "stage.h"

struct copy {
	const struct place *from;
	struct place *to;
	struct source source;
	struct stage stage;
	struct outcome *out;
};

/* The folder that output is to be in, and its name there. */
static int
open_output(struct copy *c, const char *output, const char **name,
    struct err *e)
{
	const char *slash = strrchr(output, '/');
	const size_t n = slash == NULL ? 1 : slash == output ? 1 :
	    (size_t)(slash - output);
	char *folder = strndup(slash == NULL ? "." : output, n);
	int rc;

	*name = slash != NULL ? slash + 1 : output;
	if (folder == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "folder");
	rc = **name == '\0' || strcmp(*name, ".") == 0 ||
	    strcmp(*name, "..") == 0 || strlen(*name) > NAME_MAX ?
	    err_set(e, ST_BAD, 0, "that is no name for a file") :
	    place_open(&c->to, folder, n, e);
	free(folder);
	return rc == ST_BAD ? outcome_from(c->out, OUTCOME_REFUSED, e) : rc;
}

static int
open_source(struct copy *c, const struct target *t, struct err *e)
{
	int rc;

	if ((rc = owner_enter(c->from->owner, e)) != ST_OK)
		return rc;
	rc = source_open(c->from, t, &c->source, c->out, e);
	owner_leave();
	return rc;
}

/* No more than the old one gives, and nothing to a group that is another. */
static mode_t
mode_of(const struct copy *c, const struct stat *st)
{
	const mode_t mode = c->source.st.st_mode & 0666;

	return st->st_uid == c->source.st.st_uid &&
	    st->st_gid == c->source.st.st_gid ? mode : mode & 0600;
}

/* Written, and read back. */
static int
fill(struct copy *c, const struct change *change, struct err *e)
{
	struct filling from = { .fd = c->source.fd };
	struct said said = { 0 };
	struct stat st;
	int rc;

	rc = change->write(change->ctx, &from, c->stage.fd, &said, e);
	if (rc == ST_BAD)
		return outcome_from(c->out, e->num == EINTR ?
		    OUTCOME_BUSY : OUTCOME_REFUSED, e);
	if (rc != ST_OK || (rc = sum_file(c->stage.fd, UINT64_MAX, -1,
	    &c->stage.sum, e)) != ST_OK)
		return rc;
	if (!sum_is(&c->stage.sum, &said))
		return outcome_set(c->out, OUTCOME_FAILED, 0,
		    "what was written cannot be read back");
	if (sum_same(&c->stage.sum, &c->source.sum))
		return outcome_set(c->out, OUTCOME_SAME, 0,
		    "there is nothing to change");
	if (fstat(c->stage.fd, &st) != 0 ||
	    fchmod(c->stage.fd, mode_of(c, &st)) != 0)
		return err_set(e, ST_DEAD, errno, "cannot set the mode");
	c->stage.st = st;
	return ST_OK;
}

/* The old archive kept still all the while. */
static int
check_source(struct copy *c, const struct target *t, struct err *e)
{
	struct found at;
	const int rc = place_find(c->from, t->name, &at, e);

	if (rc == ST_DEAD)
		return rc;
	if (rc != ST_OK || !source_is_at(&c->source, &at))
		return outcome_set(c->out, OUTCOME_CHANGED, 0,
		    "it is not what it was when it was read");
	return ST_OK;
}

static bool
is_ours(const struct copy *c, const char *name)
{
	struct stat st;

	return fstatat(c->to->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == c->stage.st.st_dev &&
	    st.st_ino == c->stage.st.st_ino;
}

/*
 * Synced before it has a name, so that nobody sees half of it after a crash,
 * and again behind it, for file systems that log no file without one.  An
 * error of the call that names it says nothing: we look.
 */
static int
name_it(struct copy *c, const char *name)
{
	int num = 0;

	if (fsync(c->stage.fd) != 0)
		return outcome_set(c->out, OUTCOME_FAILED, errno,
		    "cannot sync the new archive");
	if (call_give_name(c->stage.fd, c->to->dir, name) != 0)
		num = errno;
	if (num != 0 && !is_ours(c, name))
		return num == EEXIST ? outcome_set(c->out, OUTCOME_REFUSED,
		    0, "there is a file of that name already") :
		    outcome_set(c->out, OUTCOME_FAILED, num,
		    "cannot name the new archive");
	if (fsync(c->stage.fd) == 0 && fsync(c->to->dir) == 0)
		return ST_OK;
	num = errno;
	if (is_ours(c, name))
		(void)call_remove(c->to->dir, name);
	return outcome_set(c->out, OUTCOME_FAILED, num,
	    "cannot sync the new archive");
}

/* With the rights of the owner of the folder. */
static int
write_output(struct copy *c, const struct target *t,
    const struct change *change, const char *name, struct err *e)
{
	int rc;

	if ((rc = owner_enter(c->to->owner, e)) != ST_OK)
		return rc;
	if ((rc = stage_open(c->to, &c->stage, c->out)) == ST_OK &&
	    (rc = fill(c, change, e)) == ST_OK &&
	    (rc = check_source(c, t, e)) == ST_OK)
		rc = name_it(c, name);
	owner_leave();
	if (rc == ST_OK)
		memcpy(c->out->name.text, name, strlen(name) + 1);
	return rc;
}

/* The disk of the new archive failing is no reason to end the run. */
static int
output_new(struct run *r, const struct target *t,
    const struct change *change, const char *output, struct outcome *o,
    struct err *e)
{
	struct copy c = { .out = o };
	const char *name;
	int rc;

	if ((rc = run_place(r, t->folder, t->root, &c.from, e)) == ST_BAD)
		(void)outcome_from(o, OUTCOME_REFUSED, e);
	if (rc == ST_OK && (rc = open_output(&c, output, &name, e)) == ST_OK &&
	    (rc = open_source(&c, t, e)) == ST_OK)
		rc = write_output(&c, t, change, name, e);
	if (rc == ST_DEAD && e->num != ENOMEM)
		rc = outcome_from(o, OUTCOME_FAILED, e);
	source_close(&c.source);
	stage_close(&c.stage);
	place_close(c.to);
	return outcome_status(rc);
}

int
archive_replace(struct run *r, const struct target *t,
    const struct change *c, const char *output, struct outcome *o,
    struct err *e)
{
	struct target archive = *t;

	archive.packed = true;
	*o = (struct outcome){ 0 };
	return output == NULL ? exchange_file(r, &archive, c, o, e) :
	    output_new(r, &archive, c, output, o, e);
}
