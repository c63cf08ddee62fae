/*
 * See side.h.
 */
#include "side.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kernel_calls.h"

/* By inode, or else (a copy was put back) by size. */
static bool
may_be(const struct file_id *id, const struct stat *st)
{
	return id->ino == st->st_ino || id->size == (uint64_t)st->st_size;
}

/* The first id->size bytes are what they were. */
static int
starts_as(int fd, const struct file_id *id, bool *out, struct err *e)
{
	struct sum sum;
	int rc;

	if ((rc = sum_file(fd, id->size, -1, &sum, e)) != ST_OK)
		return rc;
	*out = sum.size == id->size &&
	    memcmp(sum.sha, id->sha, HASH_SIZE) == 0;
	return ST_OK;
}

static int
read_old(int fd, const struct file_id *id, const struct stat *st,
    enum side *out, struct err *e)
{
	const bool same_size = id->size == (uint64_t)st->st_size;
	bool whole = false;
	int rc;

	if (same_size && (rc = starts_as(fd, id, &whole, e)) != ST_OK)
		return rc;
	if (id->ino == st->st_ino)
		*out = whole && !call_has_writer(fd) ? SIDE_OLD :
		    SIDE_OLD_BAD;
	else if (whole)
		*out = SIDE_OLD;
	return ST_OK;
}

static int
read_new(int fd, const struct file_id *id, const struct stat *st,
    enum side *out, struct err *e)
{
	const bool long_enough = id->size <= (uint64_t)st->st_size;
	bool whole = false;
	int rc;

	if (long_enough && (rc = starts_as(fd, id, &whole, e)) != ST_OK)
		return rc;
	if (id->ino == st->st_ino)
		*out = whole ? SIDE_NEW : SIDE_NEW_BAD;
	else if (whole && id->size == (uint64_t)st->st_size)
		*out = SIDE_NEW;
	return ST_OK;
}

/* A file of the intent's, going by its inode; else `other`. */
static enum side
by_inode(const struct intent *in, const struct stat *st, enum side other)
{
	if (in->act != ACT_PUT && in->old.ino == st->st_ino)
		return SIDE_OLD_BAD;
	if (in->act != ACT_REMOVE && in->new.ino == st->st_ino)
		return SIDE_NEW_BAD;
	return other;
}

static int
read_side(const struct sides *s, int fd, const struct stat *st,
    enum side *out, struct err *e)
{
	const struct intent *in = s->intent;
	int rc;

	*out = SIDE_FILE;
	/* What a crash left in memory may differ from what is on disk. */
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (in->act != ACT_PUT && may_be(&in->old, st) &&
	    (rc = read_old(fd, &in->old, st, out, e)) != ST_OK)
		return rc;
	if (*out != SIDE_FILE || in->act == ACT_REMOVE ||
	    !may_be(&in->new, st))
		return ST_OK;
	return read_new(fd, &in->new, st, out, e);
}

static bool
is_known(const struct known *k, const struct stat *st)
{
	return k->ino == st->st_ino && k->size == (uint64_t)st->st_size &&
	    k->mtime.tv_sec == st->st_mtim.tv_sec &&
	    k->mtime.tv_nsec == st->st_mtim.tv_nsec;
}

static void
keep(struct known *k, const struct stat *st, enum side side)
{
	*k = (struct known){ .ino = st->st_ino, .side = side,
	    .size = (uint64_t)st->st_size, .mtime = st->st_mtim };
}

void
side_trust_new(struct sides *s, const struct stat *st)
{
	keep(&s->known[1], st, SIDE_NEW);
}

static int
look_pinned(struct sides *s, int pin, enum side *out, struct stat *st,
    struct err *e)
{
	int fd, rc;

	if (fstat(pin, st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if (!S_ISREG(st->st_mode)) {
		*out = SIDE_SPECIAL;
		return ST_OK;
	}
	*out = SIDE_FILE;
	if (st->st_dev != s->place->dev)
		return ST_OK;
	for (unsigned i = 0; i < 2; i++)
		if (is_known(&s->known[i], st)) {
			*out = s->known[i].side;
			return ST_OK;
		}
	if ((fd = call_open_pinned(pin)) < 0) {
		*out = by_inode(s->intent, st, SIDE_FILE);
		return errno == EACCES ? ST_OK :
		    err_set(e, ST_DEAD, errno, "cannot open");
	}
	rc = read_side(s, fd, st, out, e);
	(void)close(fd);
	if (rc == ST_OK && *out == SIDE_OLD)
		keep(&s->known[0], st, *out);
	if (rc == ST_OK && *out == SIDE_NEW)
		keep(&s->known[1], st, *out);
	return rc;
}

int
side_look(struct sides *s, int dir, const char *name, enum side *out,
    struct stat *st, struct err *e)
{
	const int pin = call_pin(dir, name);
	int rc;

	memset(st, 0, sizeof(*st));
	if (pin < 0 && errno == ENOENT) {
		*out = SIDE_GONE;
		return ST_OK;
	}
	if (pin < 0 && errno == EXDEV) {	/* something mounted on it */
		*out = SIDE_SPECIAL;
		return ST_OK;
	}
	if (pin < 0)
		return err_set(e, ST_DEAD, errno, "cannot open");
	rc = look_pinned(s, pin, out, st, e);
	(void)close(pin);
	return rc;
}
