/*
 * See dotlock.h.
 */
#include "dotlock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "record.h"

#define LOOKS_MAX 4u

struct lock_name {
	char text[NAME_MAX + 1];
};

static bool
lock_name(const char *name, struct lock_name *out)
{
	const int n = snprintf(out->text, sizeof(out->text),
	    "%s" DOTLOCK_SUFFIX, name);

	return n > 0 && (size_t)n < sizeof(out->text);
}

/*
 * Its first line is for other programs.  liblockfile has room for 15 bytes.
 */
static int
make_text(struct dotlock *l, struct err *e)
{
	char random[2 * 7 + 1], text[32];

	if (call_random_hex(random, 7) != 0)
		return err_set(e, ST_DEAD, errno, "no random bytes");
	(void)snprintf(text, sizeof(text), "%ld\n%s", (long)getpid(), random);
	memcpy(l->text, text, sizeof(l->text) - 1);
	l->text[sizeof(l->text) - 1] = '\0';
	return ST_OK;
}

static int
record_lock(struct dotlock *l, struct run *r, const struct place *p,
    const char *name, struct err *e)
{
	struct buf b = { 0 };
	int rc;

	if ((rc = make_text(l, e)) != ST_OK)
		return rc;
	record_text(&b, "path", p->path);
	record_u64(&b, "root", p->root);
	record_text(&b, "name", name);
	record_u64(&b, "uid", p->owner.uid);
	record_u64(&b, "gid", p->owner.gid);
	record_text(&b, "text", l->text);
	rc = journal_append_fields(r->journal, RECORD_LOCK, &b, e);
	if (rc != ST_OK)
		l->text[0] = '\0';
	return rc;
}

static struct span
text_of(const struct dotlock *l)
{
	return (struct span){ (const uint8_t *)l->text, strlen(l->text) };
}

enum answer { NO, YES, UNKNOWN };

static enum answer
holds(int pin, struct span text)
{
	char got[16];
	struct stat st;
	ssize_t n;
	int fd;

	if (fstat(pin, &st) != 0)
		return UNKNOWN;
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t)text.n)
		return NO;
	if ((fd = call_open_pinned(pin)) < 0)
		return errno == EACCES ? NO : UNKNOWN;
	n = call_read(fd, got, sizeof(got), 0);
	(void)close(fd);
	if (n < 0)
		return UNKNOWN;
	return (size_t)n == text.n && memcmp(got, text.p, text.n) == 0 ?
	    YES : NO;
}

/* What has the name is what we wrote. */
static enum answer
is_ours(int dir, const char *name, struct span text)
{
	const int pin = call_pin(dir, name);
	enum answer a;

	if (pin < 0)
		return errno == ENOENT || errno == EXDEV ? NO : UNKNOWN;
	a = holds(pin, text);
	(void)close(pin);
	return a;
}

/*
 * Remove it if it is ours: if what we wrote is in it.  No errno is believed:
 * what counts is the next look.  That it is gone must be on the disk before the
 * run is over, for nobody will look for it then.  As leftover_drop.
 */
static bool
drop_ours(struct run *r, const struct place *p, const char *lock,
    struct span text)
{
	enum answer there = UNKNOWN;

	errno = 0;
	for (unsigned i = 0; i < LOOKS_MAX && there != NO; i++) {
		there = is_ours(p->dir, lock, text);
		if (there == YES)
			(void)call_remove(p->dir, lock);
	}
	if (there == NO && fsync(p->dir) == 0)
		return true;
	r->unsettled = true;
	return false;
}

/*
 * On the disk, and read back, before it has a name: with anything else in it,
 * it would be nobody's.
 */
static int
fill(const struct dotlock *l, int fd)
{
	if (call_write(fd, l->text, strlen(l->text), 0) != 0 ||
	    fchmod(fd, 0644) != 0 || fsync(fd) != 0)
		return -1;
	if (holds(fd, text_of(l)) == YES)
		return 0;
	errno = EIO;
	return -1;
}

/* What it is called until it is filled, where it must be called something. */
static void
temp_name(struct span text, struct lock_name *out)
{
	const uint8_t *line = memchr(text.p, '\n', text.n);
	const size_t at = line != NULL ? (size_t)(line + 1 - text.p) : 0;

	(void)snprintf(out->text, sizeof(out->text), ".baredot.lock.%.*s",
	    (int)(text.n - at), (const char *)text.p + at);
}

/* As liblockfile does.  errno. */
static int
link_lock(const struct dotlock *l, struct run *r, const struct place *p,
    const char *lock, int *out)
{
	struct lock_name temp = { "" };
	int error = 0;

	temp_name(text_of(l), &temp);
	*out = call_new_named(p->dir, temp.text);
	if (*out < 0 || fill(l, *out) != 0 ||
	    call_link(p->dir, temp.text, p->dir, lock) != 0)
		error = errno;
	(void)leftover_drop(r, p, temp.text);
	return error;
}

/* errno.  *out: its file, also if it has no name; or -1. */
static int
make_lock(const struct dotlock *l, struct run *r, const struct place *p,
    const char *lock, int *out)
{
	*out = call_new_unnamed(p->dir);
	if (*out < 0 && (errno == EOPNOTSUPP || errno == EISDIR ||
	    errno == EINVAL))
		return link_lock(l, r, p, lock, out);
	return *out >= 0 && fill(l, *out) == 0 &&
	    call_give_name(*out, p->dir, lock) == 0 ? 0 : errno;
}

int
dotlock_take(struct dotlock *l, struct run *r, const struct place *p,
    const char *name, struct err *e)
{
	struct lock_name lock = { "" };
	int error, fd = -1, rc;

	if (l->fd > 0)
		return ST_OK;
	if (!lock_name(name, &lock))
		return err_set(e, ST_BAD, ENAMETOOLONG,
		    "the name of its lock file would be too long");
	if (l->text[0] == '\0' && (rc = record_lock(l, r, p, name, e)) !=
	    ST_OK)
		return rc;
	if ((error = make_lock(l, r, p, lock.text, &fd)) == 0) {
		l->fd = fd;
		return ST_OK;
	}
	rc = err_set(e, ST_BAD, error, "cannot make its lock file");
	if (fd >= 0) {		/* an error, and there it is all the same? */
		l->fd = fd;
		dotlock_drop(l, r, p, name);
	}
	return rc;
}

void
dotlock_touch(const struct dotlock *l)
{
	if (l->fd > 0)
		(void)futimens(l->fd, NULL);
}

void
dotlock_drop(struct dotlock *l, struct run *r, const struct place *p,
    const char *name)
{
	struct lock_name lock = { "" };

	if (l->fd <= 0 || !lock_name(name, &lock))
		return;
	(void)drop_ours(r, p, lock.text, text_of(l));
	(void)close(l->fd);
	l->fd = 0;
}

struct lock_record {
	struct span path, text;
	uint64_t root;
	struct mailname name;
	struct owner owner;
};

static bool
decode(struct span s, struct lock_record *out)
{
	uint64_t uid, gid;

	if (!record_find(s, "path", &out->path) || out->path.n == 0 ||
	    out->path.p[0] != '/' ||
	    memchr(out->path.p, '\0', out->path.n) != NULL ||
	    !record_find_u64(s, "root", &out->root) ||
	    out->root > out->path.n ||
	    !record_find_text(s, "name", out->name.text,
	    sizeof(out->name.text)) || strchr(out->name.text, '/') != NULL ||
	    !record_find_u64(s, "uid", &uid) || uid > UINT32_MAX ||
	    !record_find_u64(s, "gid", &gid) || gid > UINT32_MAX ||
	    !record_find(s, "text", &out->text) || out->text.n == 0 ||
	    out->text.n >= 16 || memchr(out->text.p, '/', out->text.n) != NULL)
		return false;
	out->owner = (struct owner){ (uid_t)uid, (gid_t)gid };
	return true;
}

static int
remove_lock(struct run *r, const struct place *p, const char *name,
    struct span text, struct err *why)
{
	struct lock_name lock = { "" }, temp = { "" };
	int rc;

	if (!lock_name(name, &lock))	/* then it was never made */
		return ST_OK;
	if ((rc = owner_enter(p->owner, why)) != ST_OK)
		return rc;
	temp_name(text, &temp);
	if (!leftover_drop(r, p, temp.text))
		rc = err_set(why, ST_BAD, errno, "its file %s stays",
		    temp.text);
	if (!drop_ours(r, p, lock.text, text))
		rc = err_set(why, ST_BAD, errno, "the lock file %s stays",
		    lock.text);
	owner_leave();
	return rc;
}

static int
sweep_one(const struct sweep *s, struct span fields, struct err *e)
{
	struct lock_record l;
	struct buf path = { 0 };
	struct place *p = NULL;
	struct err why = { 0 };
	int rc;

	if (!decode(fields, &l))
		return err_set(e, ST_DEAD, 0, "the journal makes no sense");
	buf_add(&path, l.path.p, l.path.n);
	rc = buf_ok(&path) ? place_open_mailbox(&p, buf_text(&path),
	    (size_t)l.root, l.name.text, &l.owner, &why) :
	    err_set(&why, ST_DEAD, ENOMEM, "lock");
	if (rc == ST_OK)
		rc = remove_lock(s->run, p, l.name.text, l.text, &why);
	if (rc != ST_OK)
		rc = leftover_stays(s, buf_text(&path), &why, e);
	place_close(p);
	buf_free(&path);
	return rc;
}

int
dotlock_sweep(const struct sweep *s, struct err *e)
{
	struct journal *j = s->run->journal;
	const uint64_t n = journal_count(j);
	struct buf b = { 0 };
	int rc = ST_OK;

	for (uint64_t i = 1; i <= n && rc == ST_OK; i++)
		if (journal_type(j, i) == RECORD_LOCK &&
		    (rc = journal_read(j, i, &b, e)) == ST_OK)
			rc = sweep_one(s, buf_span(&b), e);
	buf_free(&b);
	return rc;
}
