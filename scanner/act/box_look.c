/*
 * See box_look.h.
 */
#include "box_look.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hold.h"
#include "kernel_calls.h"

static bool
starts_as(int fd, const struct file_id *id, const struct stat *st, int *rc,
    struct err *e)
{
	struct sum sum;

	if (*rc != ST_OK || (uint64_t)st->st_size < id->size ||
	    (*rc = sum_file(fd, id->size, -1, &sum, e)) != ST_OK)
		return false;
	return sum.size == id->size &&
	    memcmp(sum.sha, id->sha, HASH_SIZE) == 0;
}

static enum box_side
side_of(const struct box_view *v, const struct file_id *id, bool is_temp,
    const struct stat *st, enum box_side as_it_was)
{
	const uint64_t known = is_temp && v->upto > id->size ? v->upto :
	    id->size;

	/* BOX_..._MORE is the next one */
	return (uint64_t)st->st_size > known ?
	    (enum box_side)(as_it_was + 1) : as_it_was;
}

/*
 * A file that is not one of the intent's, but may begin with what is in one:
 * mail programs write mailboxes anew, and so do we when mail is to be moved.
 */
static enum box_side
by_contents(const struct box_view *v, int fd, const struct stat *st,
    bool is_temp, int *rc, struct err *e)
{
	const struct intent *in = v->intent;
	const bool new_first = in->new.size >= in->old.size;

	for (unsigned i = 0; i < 2; i++) {
		const bool new = (i == 0) == new_first;
		const struct file_id *id = new ? &in->new : &in->old;

		if (id->size > 0 && starts_as(fd, id, st, rc, e))
			return side_of(v, id, is_temp, st,
			    new ? BOX_NEW : BOX_OLD);
	}
	return BOX_FILE;
}

/* What is in it; on the disk, where that may be another thing. */
static int
classify(const struct box_view *v, int fd, const struct stat *st,
    bool is_temp, enum box_side *out, struct err *e)
{
	const struct intent *in = v->intent;
	int rc = ST_OK;

	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (st->st_ino == in->new.ino)
		*out = starts_as(fd, &in->new, st, &rc, e) ? side_of(v,
		    &in->new, is_temp, st, BOX_NEW) : BOX_NEW_BAD;
	else if (st->st_ino == in->old.ino)
		*out = starts_as(fd, &in->old, st, &rc, e) ? side_of(v,
		    &in->old, is_temp, st, BOX_OLD) : BOX_OLD_BAD;
	else
		*out = by_contents(v, fd, st, is_temp, &rc, e);
	return rc;
}

static struct post *
find(struct box_view *v, const struct stat *st)
{
	for (size_t i = 0; i < POSTS; i++)
		if (v->posts[i].fd > 0 && v->posts[i].ino == st->st_ino)
			return &v->posts[i];
	return NULL;
}

/* A place for another one; of those that are left over the first goes. */
static struct post *
find_free(struct box_view *v)
{
	for (size_t i = 0; i < POSTS; i++)
		if (v->posts[i].fd <= 0)
			return &v->posts[i];
	for (size_t i = 0; i < POSTS; i++)
		if (v->posts[i].own && !v->posts[i].held) {
			(void)close(v->posts[i].fd);
			v->posts[i] = (struct post){ 0 };
			return &v->posts[i];
		}
	return NULL;
}

void
view_add(struct box_view *v, int fd, enum box_side side)
{
	struct post *p = find_free(v);
	struct stat st;

	if (p == NULL || fd <= 0 || fstat(fd, &st) != 0)
		return;
	*p = (struct post){ .fd = fd, .ino = st.st_ino, .side = side,
	    .size = (uint64_t)st.st_size, .held = hold_lasts(fd) };
	v->came = v->came || !p->held;
}

void
view_release(struct box_view *v, struct post *p)
{
	(void)v;
	if (p->fd > 0)
		hold_end(p->fd);
	p->held = false;
}

void
view_end(struct box_view *v)
{
	for (size_t i = 0; i < POSTS; i++) {
		if (v->posts[i].fd > 0 && v->posts[i].own)
			(void)close(v->posts[i].fd);
		v->posts[i] = (struct post){ 0 };
	}
}

/* Read it as it is: it is not held, and may change at any time. */
static int
read_loose(struct box_view *v, int pin, const struct stat *st, bool is_temp,
    enum box_side *out, struct err *e)
{
	const struct post *p = find(v, st);
	const int fd = p != NULL ? p->fd : call_open_pinned(pin);
	int rc;

	if (fd < 0 && errno == EAGAIN)
		return err_set(e, ST_BAD, 0, "somebody else holds it");
	if (fd < 0 && errno != EACCES)
		return err_set(e, ST_DEAD, errno, "cannot open");
	if (fd < 0) {
		*out = st->st_ino == v->intent->new.ino ? BOX_NEW_BAD :
		    st->st_ino == v->intent->old.ino ? BOX_OLD_BAD : BOX_FILE;
		return ST_OK;
	}
	rc = classify(v, fd, st, is_temp, out, e);
	if (p == NULL)
		(void)close(fd);
	return rc;
}

static int
look_pinned(struct box_view *v, int pin, bool is_temp, enum box_side *out,
    struct stat *st, struct post **post, struct err *e)
{
	struct post *p;

	if (fstat(pin, st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	*out = is_temp && S_ISDIR(st->st_mode) ? BOX_GONE : BOX_SPECIAL;
	if (!S_ISREG(st->st_mode))
		return ST_OK;
	*out = BOX_FILE;
	if (st->st_dev != v->box->place->dev)
		return ST_OK;
	p = find(v, st);
	if (p != NULL && p->held && hold_lasts(p->fd)) {
		*post = p;
		*out = p->side;
		return ST_OK;
	}
	if (p != NULL && p->held) {
		v->came = true;
		p->held = false;
	}
	if ((is_temp || v->need_mail) && st->st_ino != v->loose)
		return err_set(e, ST_BAD, 0, "it is not held");
	return read_loose(v, pin, st, is_temp, out, e);
}

static int
look_under(struct box_view *v, const char *name, bool is_temp,
    enum box_side *out, struct stat *st, struct post **post, struct err *e)
{
	const int pin = call_pin(v->box->place->dir, name);
	int rc;

	memset(st, 0, sizeof(*st));
	*post = NULL;
	*out = pin < 0 && errno == ENOENT ? BOX_GONE : BOX_SPECIAL;
	if (pin < 0 && (errno == ENOENT || errno == EXDEV))
		return ST_OK;
	if (pin < 0)
		return err_set(e, ST_DEAD, errno, "cannot open");
	rc = look_pinned(v, pin, is_temp, out, st, post, e);
	(void)close(pin);
	return rc;
}

int
view_look(struct box_view *v, struct err *e)
{
	int rc;

	rc = look_under(v, v->intent->temp.text, true, &v->temp, &v->temp_st,
	    &v->temp_post, e);
	if (rc == ST_OK)
		rc = look_under(v, v->box->name.text, false, &v->mail,
		    &v->mail_st, &v->mail_post, e);
	return rc;
}

/*
 * errno says why a file cannot be had.  ST_BAD: not now.  What is none of ours
 * can be left as it is.
 */
static int
cannot_hold(struct box_view *v, const struct stat *st, struct err *e)
{
	const bool ours = st->st_ino == v->intent->old.ino ||
	    st->st_ino == v->intent->new.ino;

	if (errno == EAGAIN || errno == EINTR)
		return err_set(e, ST_BAD, 0, "somebody is using the mailbox");
	if (ours || (errno != EACCES && errno != EPERM && errno != EINVAL))
		return err_set(e, ST_DEAD, errno, "cannot lock the mailbox");
	v->loose = st->st_ino;
	return ST_OK;
}

static int
hold_post(struct box_view *v, struct post *p, bool is_temp, struct err *e)
{
	struct stat st;
	int error;

	if (fstat(p->fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if (hold_lock(p->fd) != 0 || hold_lease(p->fd) != 0) {
		error = errno;
		hold_end(p->fd);
		errno = error;
		return cannot_hold(v, &st, e);
	}
	p->held = true;
	if (fstat(p->fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	p->size = (uint64_t)st.st_size;
	return classify(v, p->fd, &st, is_temp, &p->side, e);
}

static int
hold_pinned(struct box_view *v, int pin, bool is_temp, struct err *e)
{
	struct post *p;
	struct stat st;
	int fd;

	if (fstat(pin, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if (!S_ISREG(st.st_mode) || st.st_dev != v->box->place->dev)
		return ST_OK;
	if ((p = find(v, &st)) == NULL) {
		if ((p = find_free(v)) == NULL)
			return err_set(e, ST_DEAD, 0, "too many files");
		if ((fd = call_open_pinned_rw(pin)) < 0)
			return cannot_hold(v, &st, e);
		*p = (struct post){ .fd = fd, .own = true,
		    .ino = st.st_ino };
	}
	return hold_post(v, p, is_temp, e);
}

static int
hold_name(struct box_view *v, const char *name, bool is_temp, struct err *e)
{
	const int pin = call_pin(v->box->place->dir, name);
	int rc;

	if (pin < 0)
		return errno == ENOENT || errno == EXDEV ? ST_OK :
		    err_set(e, ST_DEAD, errno, "cannot open");
	rc = hold_pinned(v, pin, is_temp, e);
	(void)close(pin);
	return rc;
}

static int
hold_once(struct box_view *v, struct err *e)
{
	int rc;

	rc = box_lock(v->box, e);
	if (rc == ST_BAD && e->num != EEXIST)
		rc = ST_DEAD;
	if (rc == ST_OK)
		rc = hold_name(v, v->intent->temp.text, true, e);
	if (rc == ST_OK) {
		rc = hold_name(v, v->box->name.text, false, e);
		/* Whoever is in it need not be waited for, as a rule. */
		if (rc == ST_BAD && !v->need_mail)
			rc = ST_OK;
	}
	return rc;
}

static void
let_go(struct box_view *v)
{
	for (size_t i = 0; i < POSTS; i++)
		view_release(v, &v->posts[i]);
	box_unlock(v->box);
}

int
view_hold(struct box_view *v, struct err *e)
{
	int rc = ST_BAD;

	let_go(v);
	if (v->came)
		(void)box_wait(v->box);
	for (;;) {
		if ((rc = hold_once(v, e)) == ST_OK)
			return ST_OK;
		let_go(v);
		if (rc != ST_BAD || !box_wait(v->box))
			return rc;
	}
}
