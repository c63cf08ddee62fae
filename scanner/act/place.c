/*
 * See place.h.
 */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "buf.h"
#include "kernel_calls.h"
#include "listing.h"
#include "names.h"
#include "quota.h"
#include "reach.h"

#define LOOKS_MAX 8u		/* at a folder that does not keep still */
#define PIN_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)

void
place_close(struct place *p)
{
	if (p == NULL)
		return;
	if (p->maildir_tmp >= 0)
		(void)close(p->maildir_tmp);
	if (p->other >= 0)
		(void)close(p->other);
	if (p->quota >= 0)
		(void)close(p->quota);
	if (p->dir >= 0)
		(void)close(p->dir);
	free(p->path);
	free(p);
}

static int
set_path(struct place *p, const char *path, size_t root, struct err *e)
{
	char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	struct buf b = { 0 };

	if (path[0] != '/' && cwd == NULL)
		return err_set(e, ST_DEAD, errno, "cannot say where we are");
	if (cwd != NULL) {
		buf_str(&b, cwd);
		buf_byte(&b, '/');
		root += b.n;
	}
	buf_str(&b, path);
	while (b.n > 1 && b.p[b.n - 1] == '/')
		b.n--;
	free(cwd);
	p->path = buf_ok(&b) ? strdup(buf_text(&b)) : NULL;
	p->root = root < b.n ? root : b.n;
	buf_free(&b);
	return p->path != NULL ? ST_OK :
	    err_set(e, ST_DEAD, ENOMEM, "folder");
}

static int
cannot(struct err *e, const char *what)
{
	const bool refuse = errno == ELOOP || errno == ENOTDIR ||
	    errno == EXDEV || errno == ENOENT || errno == EACCES;

	return err_set(e, refuse ? ST_BAD : ST_DEAD, errno, "%s", what);
}

/* The folder by its path: pinned, nothing of it is read yet. */
static int
pin_folder(const struct place *p, struct reach *way, struct err *e)
{
	const char *rel = p->path + p->root + strspn(p->path + p->root, "/");
	char *top = strndup(p->path, p->root);
	struct err why;
	int rc, below;

	if (top == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "folder");
	rc = reach_folder(way, top, &why);
	free(top);
	if (rc == ST_DEAD) {
		errno = why.num;
		return cannot(e, "cannot open the folder");
	}
	if (rc != ST_OK) {
		if (e != NULL)
			*e = why;
		return rc;
	}
	if (*rel == '\0')
		return ST_OK;
	below = call_open_beneath(way->fd, rel, PIN_FLAGS | O_NOFOLLOW);
	if (below < 0)
		return cannot(e, "cannot open the folder");
	(void)close(way->fd);
	way->fd = below;
	return ST_OK;
}

static int
check_folder(const struct stat *st, struct err *e)
{
	if (st->st_uid == 0 && (st->st_mode & 022) != 0)
		return err_set(e, ST_BAD, 0,
		    "the folder is root's and others may write to it");
	return ST_OK;
}

/*
 * As whom to work on a mailbox file: the owner of the file, in a group in
 * which that user may make the lock and the new file.
 */
static int
choose_owner(struct place *p, int pin, const struct stat *folder,
    const char *name, const struct owner *known, struct err *e)
{
	struct stat st;

	if (known == NULL && fstatat(pin, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? ST_OK :	/* said later */
		    err_set(e, ST_DEAD, errno, "cannot stat");
	p->owner.uid = known != NULL ? known->uid : st.st_uid;
	if (p->owner.uid == folder->st_uid || (folder->st_mode & 020) != 0)
		p->owner.gid = folder->st_gid;
	else if ((folder->st_mode & 02) != 0)
		p->owner.gid = known != NULL ? known->gid : st.st_gid;
	else
		return err_set(e, ST_BAD, 0, "the owner of the mailbox may "
		    "not write to its folder");
	/* Root's rights are not for a folder that is another's to change. */
	if (p->owner.uid == 0 && (folder->st_uid != 0 ||
	    (folder->st_mode & 022) != 0))
		return err_set(e, ST_BAD, 0, "the mailbox is root's, in a "
		    "folder that others may write to");
	return ST_OK;
}

/* A folder beside ours, of the same owner and file system.  ST_END: none. */
static int
open_beside(const struct place *p, int parent, const char *name, int *out,
    struct err *e)
{
	const int fd = call_open_here(parent, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? ST_END : cannot(e,
		    "cannot open a folder of the Maildir");
	*out = fd;
	if (fstat(fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if (st.st_uid != p->owner.uid || st.st_dev != p->dev)
		return err_set(e, ST_BAD, 0,
		    "the folders of the Maildir have different owners or "
		    "file systems");
	return ST_OK;
}

/*
 * Is that its name?  An error is no answer; but for a parent that its owner may
 * not search, as folders with loose files may have.
 */
static int
is_called(const struct place *p, int parent, const char *name, bool *is,
    struct err *e)
{
	const char *last = strrchr(p->path, '/') + 1;
	struct stat st;

	*is = false;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		*is = st.st_ino == p->ino && st.st_dev == p->dev;
	else if (errno != ENOENT && (errno != EACCES ||
	    strcmp(last, name) == 0))
		return cannot(e, "cannot look into the folder that it is in");
	return ST_OK;
}

/*
 * If it is new/ or cur/ and the other is there, it is a Maildir's: whatever
 * led to it (".", a link).  tmp/ may be missing, as empty folders are in
 * copies: readers pass by what has a dot before its name.
 */
static int
open_parts(struct place *p, int parent, struct err *e)
{
	bool new = false;
	int rc;

	if ((rc = is_called(p, parent, "cur", &p->cur, e)) != ST_OK ||
	    (!p->cur && (rc = is_called(p, parent, "new", &new, e)) != ST_OK))
		return rc;
	if (!p->cur && !new)
		return ST_END;
	rc = open_beside(p, parent, p->cur ? "new" : "cur", &p->other, e);
	if (rc != ST_OK)
		return rc;
	rc = open_beside(p, parent, "tmp", &p->maildir_tmp, e);
	return rc == ST_END ? ST_OK : rc;
}

static int
open_maildir(struct place *p, struct err *e)
{
	const int parent = openat(p->dir, "..", PIN_FLAGS);
	int rc;

	if (parent < 0)
		return cannot(e, "cannot open the folder that it is in");
	if ((rc = open_parts(p, parent, e)) == ST_OK)
		p->quota = quota_open(p, parent);
	(void)close(parent);
	p->maildir = rc == ST_OK;
	return rc == ST_END ? ST_OK : rc;
}

static bool
is_read_only(int fd)
{
	struct statvfs st;

	return fstatvfs(fd, &st) == 0 && (st.f_flag & ST_RDONLY) != 0;
}

static int
open_as_owner(struct place *p, int pin, bool mailbox, struct err *e)
{
	int rc;

	if ((rc = owner_enter(p->owner, e)) != ST_OK)
		return rc;
	p->dir = call_open_folder(pin);
	rc = p->dir < 0 ? cannot(e, "cannot open the folder") :
	    mailbox ? ST_OK : open_maildir(p, e);
	owner_leave();
	p->tmp = p->maildir_tmp >= 0 ? p->maildir_tmp : p->dir;
	return rc;
}

int
place_tmp_with(struct place *p, const char *temp, struct err *e)
{
	struct stat st;

	if (p->maildir_tmp < 0)
		return ST_OK;
	if (fstatat(p->dir, temp, &st, AT_SYMLINK_NOFOLLOW) == 0)
		p->tmp = p->dir;
	else if (errno == ENOENT)
		p->tmp = p->maildir_tmp;
	else
		return err_set(e, ST_BAD, errno, "cannot look for its "
		    "temporary");
	return ST_OK;
}

static struct place *
place_new(void)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->dir = p->other = p->tmp = p->maildir_tmp = p->quota = -1;
	return p;
}

/* box: NULL, or the name of a mailbox that is one file. */
static int
open_place(struct place **out, const char *path, size_t root,
    const char *box, const struct owner *owner, struct err *e)
{
	struct place *p = place_new();
	struct reach way = { .fd = -1 };
	struct stat st;
	int rc;

	if (p == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "folder");
	if ((rc = set_path(p, path, root, e)) != ST_OK ||
	    (rc = pin_folder(p, &way, e)) != ST_OK)
		goto out;
	if (fstat(way.fd, &st) != 0) {
		rc = cannot(e, "cannot open the folder");
		goto out;
	}
	p->owner = (struct owner){ st.st_uid, st.st_gid };
	p->dev = st.st_dev;
	p->ino = st.st_ino;
	p->read_only = is_read_only(way.fd);
	rc = box == NULL ? check_folder(&st, e) :
	    choose_owner(p, way.fd, &st, box, owner, e);
	if (rc != ST_OK ||
	    (rc = reach_allows(&way, p->owner.uid, e)) != ST_OK ||
	    (rc = open_as_owner(p, way.fd, box != NULL, e)) != ST_OK)
		goto out;
	*out = p;
	p = NULL;
out:
	if (way.fd >= 0)
		(void)close(way.fd);
	place_close(p);
	return rc;
}

int
place_open(struct place **out, const char *path, size_t root, struct err *e)
{
	return open_place(out, path, root, NULL, NULL, e);
}

int
place_writable(const struct place *p, struct err *e)
{
	return !p->read_only ? ST_OK :
	    err_set(e, ST_BAD, 0, "its file system is mounted read-only");
}

int
place_open_mailbox(struct place **out, const char *path, size_t root,
    const char *name, const struct owner *owner, struct err *e)
{
	return open_place(out, path, root, name, owner, e);
}

/* The name as it is.  ST_END: not here. */
static int
look_at(int dir, const char *name, struct found *out, struct err *e)
{
	const size_t n = strlen(name);

	if (n >= sizeof(out->name.text))
		return ST_END;
	if (fstatat(dir, name, &out->st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? ST_END :
		    err_set(e, ST_DEAD, errno, "cannot stat");
	out->dir = dir;
	memcpy(out->name.text, name, n + 1);
	return ST_OK;
}

/* Under any flags.  ST_BAD: it may be there, but does not keep still. */
static int
look_in(int dir, const char *name, struct found *out, struct err *e)
{
	struct listing l = { 0 };
	const char *now;
	bool settled;
	int rc;

	rc = listing_read_live(&l, dir, &settled, e);
	if (rc == ST_OK) {
		now = listing_same_base(&l, name);
		rc = now != NULL ? look_at(dir, now, out, e) : ST_END;
		if (rc == ST_END && (now != NULL || !settled))
			rc = ST_BAD;
	}
	listing_free(&l);
	return rc;
}

int
place_find(const struct place *p, const char *name, struct found *out,
    struct err *e)
{
	/* Messages go from new/ to cur/: look in that order. */
	const int dirs[2] = { p->cur ? p->other : p->dir,
	    p->cur ? p->dir : p->other };
	int rc;

	if (strchr(name, '/') != NULL)	/* in another folder, if anywhere */
		return ST_END;
	rc = look_at(p->dir, name, out, e);
	if (rc != ST_END || !p->maildir)
		return rc;
	for (unsigned i = 0; i < LOOKS_MAX; i++) {
		rc = look_in(dirs[0], name, out, e);
		if (rc == ST_END)
			rc = look_in(dirs[1], name, out, e);
		if (rc != ST_BAD)
			return rc;
	}
	return err_set(e, ST_DEAD, EBUSY, "the folder does not keep still");
}
