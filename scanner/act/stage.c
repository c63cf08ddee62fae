/*
 * See stage.h.
 */
#include "stage.h"

#include <errno.h>
#include <unistd.h>

#include "kernel_calls.h"

void
stage_close(struct stage *s)
{
	sum_aside_drop(&s->aside);
	if (s->fd > 0)
		(void)close(s->fd);
	*s = (struct stage){ 0 };
}

int
stage_open(const struct place *p, struct stage *out, struct outcome *o)
{
	const int fd = call_new_unnamed(p->tmp);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR ||
	    errno == EINVAL))
		return outcome_lacks(o, errno, "O_TMPFILE", NULL);
	if (fd < 0)
		return outcome_set(o, OUTCOME_FAILED, errno,
		    "cannot make a temporary file");
	*out = (struct stage){ .fd = fd };
	return ST_OK;
}

int
stage_open_named(const struct place *p, const struct intent *in,
    struct stage *out, struct outcome *o)
{
	struct mailname name;
	int fd;

	intent_stage_name(in, &name);
	if ((fd = call_new_named(p->tmp, name.text)) < 0)
		return outcome_set(o, OUTCOME_FAILED, errno,
		    "cannot make a temporary file");
	*out = (struct stage){ .fd = fd, .named = true };
	return ST_OK;
}

void
stage_follow(struct stage *s, uint64_t size)
{
	s->tagged = true;
	sum_aside_follow(&s->aside, s->fd, size);
}

void
stage_reserve(struct stage *s, uint64_t size)
{
	call_reserve(s->fd, size);
	s->reserved = size;
}

int
stage_sum(struct stage *s, struct err *e)
{
	struct stat st;

	if (s->aside.child.pid > 0 && fstat(s->fd, &st) == 0 &&
	    sum_aside_end(&s->aside, (uint64_t)st.st_size, &s->sum))
		return ST_OK;
	return sum_some(s->fd, SUM_SHA | (s->tagged ? SUM_TAG :
	    SUM_LONE_LF), &s->sum, e);
}

/* No blocks behind its end. */
static int
trim(struct stage *s, struct err *e)
{
	if (s->reserved > s->sum.size && ftruncate(s->fd,
	    (off_t)s->sum.size) != 0)
		return err_set(e, ST_DEAD, errno,
		    "cannot give back what it does not need");
	s->reserved = 0;
	return ST_OK;
}

int
stage_seal(struct stage *s, const struct meta *m, struct outcome *o,
    struct err *e)
{
	int rc;

	call_start_sync(s->fd);
	if ((rc = stage_sum(s, e)) == ST_OK && (rc = trim(s, e)) == ST_OK)
		rc = meta_apply(s->fd, m, e);
	if (rc == ST_OK && fstat(s->fd, &s->st) != 0)
		rc = err_set(e, ST_DEAD, errno, "cannot stat");
	return rc == ST_BAD ? outcome_from(o, OUTCOME_REFUSED, e) : rc;
}

void
stage_id(const struct stage *s, struct file_id *id)
{
	id->ino = s->st.st_ino;
	id->size = s->sum.size;
	memcpy(id->sha, s->sum.sha, HASH_SIZE);
}

int
stage_not_linked(int num, struct outcome *o)
{
	if (call_lacks(num) || num == EPERM)
		return outcome_set(o, OUTCOME_REFUSED, 0,
		    "its file system has no hard links, which this takes");
	return outcome_set(o, OUTCOME_FAILED, num,
	    "cannot name the temporary file");
}

int
stage_name(struct stage *s, const struct place *p, const struct intent *in,
    struct outcome *o)
{
	struct mailname name;

	intent_stage_name(in, &name);
	return s->named || call_give_name(s->fd, p->tmp, name.text) == 0 ?
	    ST_OK : stage_not_linked(errno, o);
}

/* With a name only: some file systems log no file without one. */
int
stage_sync(struct stage *s, struct outcome *o)
{
	struct stat st;

	if (fsync(s->fd) != 0)
		return outcome_set(o, OUTCOME_FAILED, errno,
		    "cannot sync the new message");
	if (fstat(s->fd, &st) != 0 || st.st_size != s->st.st_size)
		return outcome_set(o, OUTCOME_FAILED, errno,
		    "the new message does not keep still");
	s->st = st;
	return ST_OK;
}

int
stage_place(struct stage *s, const struct place *p, const struct intent *in,
    struct outcome *o)
{
	const int rc = stage_name(s, p, in, o);

	return rc == ST_OK ? stage_sync(s, o) : rc;
}
