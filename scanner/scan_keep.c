/*
 * See scanning.h: what a worker says of its text, for a parent that keeps what
 * was found (scan_options.keep).
 */
#include "scanning.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "found.h"

#define END_BYTES (64u << 10)	/* compared at both ends of an mbox */

int
scan_keep_hold(const struct scanner *s, int fd)
{
	return s->options.keep ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
}

/* All that is not in a piece yet is this one's text. */
static void
put_piece(struct scanner *s, struct piece *p)
{
	p->text = (uint32_t)(s->out.n - s->pieced);
	s->pieced = s->out.n;
	piece_put(&s->pieces, p);
}

void
scan_keep_text(struct scanner *s, enum piece_kind kind)
{
	if (s->options.keep)
		put_piece(s, &(struct piece){ .kind = kind });
}

/* Who it is does not depend on the file, nor on what else is found. */
static bool
identify(struct scanner *s, const struct finding *f,
    const uint8_t sha[HASH_SIZE], uint8_t out[HASH_SIZE])
{
	const char *code = code_info(f->code)->name;
	const char *rule = f->rule != NULL ? f->rule->name : "";
	const uint64_t off = f->where->off[0];
	uint8_t place[8];

	for (size_t i = 0; i < sizeof(place); i++)
		place[i] = (uint8_t)(off >> 8 * i);
	hash_begin(s->ids);
	hash_feed(s->ids, (struct span){ sha, HASH_SIZE });
	hash_feed(s->ids, (struct span){ place, sizeof(place) });
	hash_feed(s->ids, (struct span){ (const uint8_t *)code,
	    strlen(code) + 1 });
	hash_feed(s->ids, span_text(rule));
	return hash_end(s->ids, out);
}

void
scan_keep_message(struct scanner *s, const struct judged *got)
{
	const struct report_options *o = &s->options.report;
	struct piece p = { .kind = PIECE_MESSAGE };
	uint8_t id[HASH_SIZE];

	if (!s->options.keep)
		return;
	p.flagged = report_worst(got->verdict, o, &p.worst);
	buf_clear(&s->id_list);
	for (size_t i = 0; i < got->verdict->n && got->hashed; i++)
		if (report_shows(&got->verdict->list[i], o) &&
		    identify(s, &got->verdict->list[i], got->sha256, id))
			buf_add(&s->id_list, id, FINDING_ID);
	if (!buf_ok(&s->id_list))
		abort();	/* no memory: the parent will see it die */
	p.more = buf_span(&s->id_list);
	put_piece(s, &p);
}

void
scan_keep_fold(struct scanner *s)
{
	totals_add(&s->of_name.totals, &s->delta.totals);
	store_facts_add(&s->of_name.folder, &s->delta.folder);
	totals_add(&s->sum.totals, &s->delta.totals);
	store_facts_add(&s->sum.folder, &s->delta.folder);
	memset(&s->delta, 0, sizeof(s->delta));
}

/* The open file is what it was when it was opened. */
static bool
is_same(const struct opened_file *f, int fd)
{
	struct stat st;
	struct stamp now;

	if (fd < 0 || fstat(fd, &st) != 0)
		return false;
	now = stamp_of(&st);
	return stamp_same(&now, &f->stamp);
}

void
scan_keep_end(struct scanner *s, uint64_t name, const struct opened_file *f,
    int fd, bool whole)
{
	struct piece p = { .kind = PIECE_END, .name = name,
	    .stamp = f->stamp };

	if (!s->options.keep || s->job->kind != JOB_BATCH)
		return;
	scan_keep_fold(s);
	buf_clear(&s->id_list);
	found_put(&s->id_list, &s->of_name);
	memset(&s->of_name, 0, sizeof(s->of_name));
	if (!buf_ok(&s->id_list))
		abort();	/* no memory: the parent will see it die */
	p.more = buf_span(&s->id_list);
	p.whole = whole && s->job->begin.events == 0 && !s->beside &&
	    !s->moved && !s->late && is_same(f, fd);
	put_piece(s, &p);
}

/* Feed n bytes at off.  False: they are not there. */
static bool
feed(struct scanner *s, int fd, uint64_t off, size_t n)
{
	uint8_t part[8192];
	ssize_t got;

	for (; n > 0; n -= (size_t)got, off += (uint64_t)got) {
		got = pread(fd, part, n < sizeof(part) ? n : sizeof(part),
		    (off_t)off);
		if (got <= 0)
			return false;
		hash_feed(s->ids, (struct span){ part, (size_t)got });
	}
	return true;
}

/* The sum of both ends of what was size bytes long. */
static bool
sum_ends(struct scanner *s, int fd, uint64_t size, uint8_t out[HASH_SIZE])
{
	hash_begin(s->ids);
	return size >= 2 * END_BYTES && feed(s, fd, 0, END_BYTES) &&
	    feed(s, fd, size - END_BYTES, END_BYTES) &&
	    hash_end(s->ids, out);
}

bool
scan_keep_grown(struct scanner *s, const struct opened_file *f)
{
	uint8_t sum[HASH_SIZE];

	return s->job->grown > 0 && f->size > s->job->grown &&
	    sum_ends(s, f->fd, s->job->grown, sum) &&
	    memcmp(sum, s->job->ends, sizeof(sum)) == 0;
}

void
scan_keep_range(struct scanner *s, const struct opened_file *f, int fd)
{
	if (fd < 0)
		return;
	s->delta.stamp = f->stamp;
	s->delta.stamped = f->size == s->job->size &&
	    (s->job->to < s->job->size ||
	    sum_ends(s, fd, f->size, s->delta.ends)) && is_same(f, fd);
}
