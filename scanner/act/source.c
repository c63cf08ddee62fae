/*
 * See source.h.
 */
#include "source.h"

#include <errno.h>
#include <unistd.h>

#include "kernel_calls.h"

/*
 * Contents that are not the message itself: compressed or encrypted by the
 * server (store-formats 2.6).
 */
static const struct {
	const char *bytes;
	size_t n;
} packed[] = {
	{ "\x1f\x8b", 2 },
	{ "BZh", 3 },
	{ "\xfd" "7zXZ\0", 6 },
	{ "\x28\xb5\x2f\xfd", 4 },
	{ "\x04\x22\x4d\x18", 4 },
	{ "Dovecot-LZ4\x0d\x2a\x9b\xc5", 15 },
	{ "CRYPTED\x03\x07", 9 },
};

void
source_close(struct source *s)
{
	if (s->fd > 0)
		(void)close(s->fd);
	meta_free(&s->meta);
	*s = (struct source){ 0 };
}

bool
source_is_packed(const struct sum *sum)
{
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (sum->size >= packed[i].n && memcmp(sum->head,
		    packed[i].bytes, packed[i].n) == 0)
			return true;
	return false;
}

int
source_check_kind(const struct place *p, const struct stat *st,
    struct outcome *o)
{
	if (S_ISLNK(st->st_mode))
		return outcome_set(o, OUTCOME_REFUSED, 0,
		    "it is a symbolic link");
	if (!S_ISREG(st->st_mode))
		return outcome_set(o, OUTCOME_REFUSED, 0,
		    "it is no regular file");
	if (st->st_nlink == 0)
		return outcome_set(o, OUTCOME_GONE, 0, "it is gone");
	if (st->st_nlink != 1)
		return outcome_set(o, OUTCOME_REFUSED, 0,
		    "it has %lu names (hard links)",
		    (unsigned long)st->st_nlink);
	if (st->st_dev != p->dev)
		return outcome_set(o, OUTCOME_REFUSED, 0,
		    "it is on another file system than its folder");
	if (st->st_uid != p->owner.uid)
		return outcome_set(o, OUTCOME_REFUSED, 0,
		    "it does not belong to the owner of its folder");
	if (getuid() != 0 && st->st_uid != geteuid())
		return outcome_set(o, OUTCOME_REFUSED, 0,
		    "it belongs to somebody else");
	return ST_OK;
}

bool
source_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool
source_is_at(const struct source *s, const struct found *at)
{
	return source_same_file(&s->st, &at->st);
}

static int
changed(struct outcome *o)
{
	return outcome_set(o, OUTCOME_CHANGED, 0,
	    "it is not what it was when it was read");
}

/* Read it, and see that it kept still meanwhile. */
static int
read_source(struct source *s, const struct target *t, struct outcome *o,
    struct err *e)
{
	struct stat after;
	int rc;

	if ((rc = meta_read(s->fd, &s->st, &s->meta, e)) != ST_OK ||
	    (rc = sum_file(s->fd, UINT64_MAX, -1, &s->sum, e)) != ST_OK)
		return rc;
	if (fstat(s->fd, &after) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if (!source_same_file(&s->st, &after) ||
	    s->sum.size != (uint64_t)s->st.st_size)
		return outcome_set(o, OUTCOME_BUSY, 0,
		    "it changed while it was read");
	if (t->sha != NULL && memcmp(t->sha, s->sum.sha, HASH_SIZE) != 0)
		return changed(o);
	if (!t->packed && source_is_packed(&s->sum))
		return outcome_set(o, OUTCOME_REFUSED, 0,
		    "it is compressed or encrypted");
	return ST_OK;
}

static int
check_pinned(const struct place *p, int pin, struct stat *st,
    struct outcome *o, struct err *e)
{
	if (fstat(pin, st) != 0 || (st->st_nlink > 1 &&
	    call_count_names(pin, &st->st_nlink) != 0))
		return err_set(e, ST_DEAD, errno, "cannot stat");
	return source_check_kind(p, st, o);
}

static int
open_file(const struct place *p, int pin, struct source *s,
    const struct target *t, struct outcome *o, struct err *e)
{
	struct stat st;
	int rc;

	if ((rc = check_pinned(p, pin, &s->st, o, e)) != ST_OK)
		return rc;
	if (t->judged != NULL && !source_same_file(t->judged, &s->st))
		return changed(o);
	s->fd = call_open_pinned(pin);
	if (s->fd < 0 && errno == EWOULDBLOCK)
		return outcome_set(o, OUTCOME_BUSY, 0,
		    "somebody has a lease on it");
	if (s->fd < 0)
		return errno == EACCES || errno == EPERM ? outcome_set(o,
		    OUTCOME_REFUSED, errno, "its owner may not read it") :
		    err_set(e, ST_DEAD, errno, "cannot open");
	if (fstat(s->fd, &st) != 0 || !source_same_file(&s->st, &st))
		return changed(o);
	if (call_has_writer(s->fd))
		return outcome_set(o, OUTCOME_BUSY, 0,
		    "it is open for writing");
	return ST_OK;
}

/* Find it; *pin is the caller's. */
static int
pin_source(const struct place *p, const char *name, struct found *at,
    int *pin, struct outcome *o, struct err *e)
{
	int rc;

	*pin = -1;
	if ((rc = place_find(p, name, at, e)) == ST_OK) {
		*pin = call_pin(at->dir, at->name.text);
		if (*pin < 0 && errno != ENOENT)
			rc = outcome_set(o, OUTCOME_REFUSED, errno,
			    "cannot open");
	}
	if (rc == ST_DEAD && e != NULL && e->num == EBUSY)
		rc = outcome_from(o, OUTCOME_BUSY, e);
	if (rc == ST_END || (rc == ST_OK && *pin < 0))
		rc = outcome_set(o, OUTCOME_GONE, 0, "it is gone");
	return rc;
}

int
source_look(const struct place *p, const char *name, struct outcome *o,
    struct err *e)
{
	struct found at;
	struct stat st;
	int pin, rc;

	if ((rc = pin_source(p, name, &at, &pin, o, e)) == ST_OK)
		rc = check_pinned(p, pin, &st, o, e);
	if (pin >= 0)
		(void)close(pin);
	return rc;
}

int
source_open(const struct place *p, const struct target *t,
    struct source *out, struct outcome *o, struct err *e)
{
	struct source s = { .fd = -1 };
	int pin, rc;

	if ((rc = pin_source(p, t->name, &s.at, &pin, o, e)) == ST_OK)
		rc = open_file(p, pin, &s, t, o, e);
	if (rc == ST_OK)
		rc = read_source(&s, t, o, e);
	if (pin >= 0)
		(void)close(pin);
	if (rc != ST_OK) {
		source_close(&s);
		return rc;
	}
	*out = s;
	return ST_OK;
}
