/*
 * See reach.h.
 */
#include "reach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "buf.h"

#define LINKS_MAX 40u		/* as many as the kernel follows */
#define PIN_FLAGS (O_PATH | O_NOFOLLOW | O_CLOEXEC)
#define FOLDER_FLAGS (PIN_FLAGS | O_DIRECTORY)

struct walk {
	struct reach *out;	/* fd: where we are */
	struct buf at;		/* the path to there, for people */
	unsigned links;		/* that were followed */
	bool any;		/* it may end at what is no folder */
	struct err *e;
};

static int go(struct walk *, const char *path, const struct reach_link *by);

static int
failed(struct walk *w)
{
	return err_set(w->e, ST_DEAD, errno, "cannot open%s",
	    w->any ? "" : " the folder");
}

/* who: "does not ...". */
static int
refuse(const struct reach_link *l, const char *who, struct err *e)
{
	(void)err_set(e, ST_BAD, 0, "it is reached through the link %s of "
	    "user %lu, who %s: name the real path, or remove the link",
	    l->path, (unsigned long)l->uid, who);
	return err_plain(e, ST_BAD, "it is reached through a link of a user "
	    "who does not own it");
}

static int
check_owner(const struct reach_link *l, uid_t uid, struct err *e)
{
	return uid == l->uid ? ST_OK :
	    refuse(l, "does not own it", e);
}

static bool
is_trusted(uid_t uid)
{
	return uid == 0 || uid == getuid();
}

/* fd is where we are from now on. */
static void
move_to(struct walk *w, int fd)
{
	if (w->out->fd >= 0)
		(void)close(w->out->fd);
	w->out->fd = fd;
}

/* No part of the path is a link any more, so .. takes one away. */
static void
add_name(struct buf *path, const char *name)
{
	const size_t n = path->n;

	if (strcmp(name, "..") == 0 && n > 0 && path->p[n - 1] != '.') {
		while (path->n > 0 && path->p[path->n - 1] != '/')
			path->n--;
		if (path->n > 1)
			path->n--;
		return;
	}
	if (path->n > 0 && path->p[path->n - 1] != '/')
		buf_byte(path, '/');
	buf_str(path, name);
}

/* Whoever led us here might have come here. */
static int
check_open(struct walk *w, const struct reach_link *by)
{
	struct stat st;

	if (by == NULL)
		return ST_OK;
	if (fstat(w->out->fd, &st) != 0)
		return failed(w);
	/* Which groups they are in is not known here. */
	return st.st_uid == by->uid || (st.st_mode & 011) != 0 ? ST_OK :
	    refuse(by, "may not go there", w->e);
}

/* The path of a name where we are, or its end. */
static void
show(struct walk *w, const char *name, char out[REACH_SHOWN + 1])
{
	const size_t was = w->at.n;
	const char *text;
	size_t n, skip;

	add_name(&w->at, name);
	text = buf_text(&w->at);
	n = strlen(text);
	skip = n > REACH_SHOWN ? n - REACH_SHOWN + 3 : 0;
	(void)snprintf(out, REACH_SHOWN + 1, "%s%s", skip > 0 ? "..." : "",
	    text + skip);
	w->at.n = was;
}

/* Whose is a link in the folder at hand?  *own: root's, or ours. */
static int
find_owner(struct walk *w, const struct stat *st, const char *name,
    struct reach_link *l, bool *own)
{
	struct stat folder;

	if (fstat(w->out->fd, &folder) != 0)
		return failed(w);
	l->uid = is_trusted(st->st_uid) ? folder.st_uid : st->st_uid;
	*own = is_trusted(l->uid);
	show(w, name, l->path);
	if (!*own || (folder.st_mode & (S_IWOTH | S_ISVTX)) != S_IWOTH)
		return ST_OK;
	(void)err_set(w->e, ST_BAD, 0, "it is reached through the link %s, "
	    "in a folder that anybody may change: name the real path",
	    l->path);
	return err_plain(w->e, ST_BAD, "it is reached through a link in a "
	    "folder that anybody may change");
}

/* Links of /proc lead where their text does not say. */
static int
jump(struct walk *w, const char *name)
{
	const int fd = openat(w->out->fd, name, O_PATH | O_CLOEXEC |
	    (w->any ? 0 : O_DIRECTORY));

	if (fd < 0)
		return failed(w);
	move_to(w, fd);
	add_name(&w->at, name);
	return ST_OK;
}

static int
follow(struct walk *w, int link, const struct reach_link *by)
{
	char *to = malloc(PATH_MAX);
	const ssize_t n = to != NULL ? readlinkat(link, "", to, PATH_MAX) : -1;
	int rc;

	if (n <= 0 || n == PATH_MAX) {
		if (n >= 0)
			errno = n == 0 ? ENOENT : ENAMETOOLONG;
		rc = failed(w);
	} else {
		to[n] = '\0';
		rc = go(w, to, by);
	}
	free(to);
	return rc;
}

/* Behind a link, which is open; own: not to be looked at more closely. */
static int
follow_to(struct walk *w, int link, const char *name, bool own,
    const struct reach_link *l, const struct reach_link *by)
{
	struct statfs fs;
	struct stat st;
	int rc;

	if (fstatfs(link, &fs) != 0)
		return failed(w);
	rc = fs.f_type == PROC_SUPER_MAGIC ? jump(w, name) :
	    follow(w, link, own ? by : l);
	if (rc != ST_OK || own)
		return rc;
	if (fstat(w->out->fd, &st) != 0)
		return failed(w);
	return check_owner(l, st.st_uid, w->e);
}

/* A part of the path that is a link, or no folder. */
static int
take_link(struct walk *w, const char *name, const struct reach_link *by)
{
	const int link = openat(w->out->fd, name, PIN_FLAGS);
	struct reach_link l;
	struct stat st;
	bool own = false;
	int rc;

	if (link < 0)
		return failed(w);
	if (fstat(link, &st) != 0) {
		rc = failed(w);
	} else if (w->any && !S_ISLNK(st.st_mode)) {
		move_to(w, link);
		add_name(&w->at, name);
		return ST_OK;
	} else if (!S_ISLNK(st.st_mode) || ++w->links > LINKS_MAX) {
		errno = S_ISLNK(st.st_mode) ? ELOOP : ENOTDIR;
		rc = failed(w);
	} else if ((rc = find_owner(w, &st, name, &l, &own)) == ST_OK) {
		if (!own && !w->out->by_link) {
			w->out->by_link = true;
			w->out->link = l;
		}
		rc = follow_to(w, link, name, own, &l, by);
	}
	(void)close(link);
	return rc;
}

static int
step(struct walk *w, const char *name, const struct reach_link *by)
{
	int fd, rc = ST_OK;

	if (strcmp(name, ".") == 0)
		return ST_OK;
	fd = openat(w->out->fd, name, FOLDER_FLAGS);
	if (fd >= 0) {
		move_to(w, fd);
		add_name(&w->at, name);
	} else {
		rc = errno == ENOTDIR || errno == ELOOP ?
		    take_link(w, name, by) : failed(w);
	}
	return rc == ST_OK ? check_open(w, by) : rc;
}

/* Where an absolute path begins, or one from where we are when we start. */
static int
begin(struct walk *w, const char *path)
{
	const bool absolute = path[0] == '/';
	int fd;

	if (!absolute && w->out->fd >= 0)
		return ST_OK;
	fd = open(absolute ? "/" : ".", FOLDER_FLAGS);
	if (fd < 0)
		return failed(w);
	move_to(w, fd);
	buf_clear(&w->at);
	if (absolute)
		buf_byte(&w->at, '/');
	return ST_OK;
}

static int
go(struct walk *w, const char *path, const struct reach_link *by)
{
	char name[NAME_MAX + 1];
	int rc = begin(w, path);

	for (path += strspn(path, "/"); *path != '\0' && rc == ST_OK;
	    path += strspn(path, "/")) {
		const size_t n = strcspn(path, "/");

		if (n > NAME_MAX) {
			errno = ENAMETOOLONG;
			return failed(w);
		}
		memcpy(name, path, n);
		name[n] = '\0';
		path += n;
		rc = step(w, name, by);
	}
	return rc;
}

static int
reach(struct reach *out, const char *path, bool any, struct err *e)
{
	struct walk w = { .out = out, .any = any, .e = e };
	int rc;

	*out = (struct reach){ .fd = -1 };
	errno = ENOENT;
	rc = path[0] == '\0' ? failed(&w) : go(&w, path, NULL);
	if (rc == ST_OK && !buf_ok(&w.at))
		rc = err_set(e, ST_DEAD, ENOMEM, "folder");
	buf_free(&w.at);
	if (rc != ST_OK) {
		if (out->fd >= 0)
			(void)close(out->fd);
		out->fd = -1;
	}
	return rc;
}

int
reach_folder(struct reach *out, const char *path, struct err *e)
{
	return reach(out, path, false, e);
}

int
reach_any(struct reach *out, const char *path, struct err *e)
{
	return reach(out, path, true, e);
}

int
reach_parent(struct reach *out, const char *path, char name[NAME_MAX + 1],
    struct err *e)
{
	const size_t n = strlen(path);
	size_t end = n, at;
	char *folder;
	int rc;

	while (end > 0 && path[end - 1] == '/')
		end--;
	memcpy(name, ".", 2);
	if (end < n) {
		rc = reach_folder(out, path, e);
		if (rc != ST_DEAD || e->num != ENOENT)
			return rc;
	}
	for (at = end; at > 0 && path[at - 1] != '/'; )
		at--;
	if (end - at > NAME_MAX)
		return err_set(e, ST_DEAD, ENAMETOOLONG, "its name");
	memcpy(name, path + at, end - at);
	name[end - at] = '\0';
	if (name[0] == '\0' || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0) {
		memcpy(name, ".", 2);
		return reach_folder(out, path, e);
	}
	folder = at > 0 ? strndup(path, at) : strdup(".");
	if (folder == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "folder");
	rc = reach_folder(out, folder, e);
	free(folder);
	return rc;
}

int
reach_allows(const struct reach *r, uid_t owner, struct err *e)
{
	return r->by_link ? check_owner(&r->link, owner, e) : ST_OK;
}

int
reach_file(const char *path, struct err *e)
{
	char name[NAME_MAX + 1];
	struct reach way;
	struct stat st;
	int rc;

	if ((rc = reach_parent(&way, path, name, e)) != ST_OK)
		return rc;
	if (fstatat(way.fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		rc = err_set(e, ST_DEAD, errno, "cannot stat");
	else if (S_ISLNK(st.st_mode))
		rc = err_set(e, ST_BAD, 0, "it is a symbolic link");
	else
		rc = reach_allows(&way, st.st_uid, e);
	(void)close(way.fd);
	return rc;
}
