/*
 * See stamp.h.
 */
#include "stamp.h"

#define GRAIN 2			/* seconds, of the coarsest file system */

struct stamp
stamp_of(const struct stat *st)
{
	return (struct stamp){ .dev = st->st_dev, .ino = st->st_ino,
	    .size = (uint64_t)st->st_size,
	    .mtime = st->st_mtim.tv_sec, .ctime = st->st_ctim.tv_sec,
	    .mtime_ns = (uint32_t)st->st_mtim.tv_nsec,
	    .ctime_ns = (uint32_t)st->st_ctim.tv_nsec };
}

bool
stamp_same(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    a->mtime == b->mtime && a->mtime_ns == b->mtime_ns &&
	    a->ctime == b->ctime && a->ctime_ns == b->ctime_ns;
}

uint64_t
stamp_mtime(const struct stamp *s)
{
	return (uint64_t)s->mtime * 1000000000u + s->mtime_ns;
}

bool
stamp_is_planned(const struct stamp *s, const struct planned *p)
{
	return s->ino == p->ino && s->size == p->size &&
	    stamp_mtime(s) == p->mtime;
}

bool
stamp_is_settled(const struct stamp *s, int64_t start)
{
	return s->mtime < start - GRAIN && s->ctime < start - GRAIN;
}
