/*
 * See scanning.h: archives, and archives in them.
 *
 * A member is a store of its own, called ARCHIVE!MEMBER.  Single messages count
 * for the archive, as those of a folder do.
 */
#include "scanning.h"

#include <inttypes.h>
#include <stdlib.h>

#include "archive_name.h"
#include "members.h"

/* The store that members of the open one are read in. */
static struct store *
next_level(struct scanner *s)
{
	struct store **next = &s->levels[s->ordinals_n + 1];

	if (*next == NULL)
		*next = store_new(s->options.engine.kernel);
	if (*next == NULL)
		abort();	/* no memory: the parent will see it die */
	return *next;
}

/* The path of what is at hand gets longer by the member's name. */
static void
add_name(struct scanner *s, const struct member *m)
{
	buf_byte(&s->path, '!');
	if (m->name.n > 0)
		buf_add(&s->path, m->name.p, m->name.n);
	else
		buf_printf(&s->path, "#%" PRIu64, m->ordinal);
	if (!buf_ok(&s->path))
		abort();
}

/* Mail is looked for in it. */
static bool
is_wanted(const struct member *m, enum store_place *place)
{
	*place = PLACE_OTHER;
	return m->regular && (m->name.n == 0 ||
	    archive_name_place(m->name, place));
}

static void
scan_member(struct scanner *s, struct members *in, const struct member *m,
    enum store_place place, uint64_t name, struct store_facts *facts)
{
	const struct store_how how = { .place = place, .member = true,
	    .name = m->name,
	    .format = s->options.format, .budget = &s->budget,
	    .archives = s->options.archives };
	struct store *outer = s->store;
	struct err e = { 0 };
	int rc;

	s->store = s->levels[s->ordinals_n];
	rc = store_open_source(s->store, members_source(in), &how, &e);
	if (rc == ST_OK)
		scan_opened(s, name, facts);
	else if (rc == ST_BAD)
		scan_skipped(s, &s->delta.totals.not_mail, &e);
	else
		scan_unreadable(s, MSG_NOT_RAW, &e);
	store_close(s->store);
	s->store = outer;
}

/* One member, or why it cannot be had (bad). */
static void
see_member(struct scanner *s, struct members *in, const struct member *m,
    const struct err *bad, uint64_t name, struct store_facts *facts)
{
	const size_t path_n = s->path.n;
	const int64_t mtime = s->mtime;
	enum store_place place;

	(void)next_level(s);
	add_name(s, m);
	s->ordinals[s->ordinals_n++] = m->ordinal;
	if (bad != NULL)
		scan_unreadable(s, MSG_NOT_RAW, bad);
	else if (is_wanted(m, &place)) {
		if (m->mtime != 0)
			s->mtime = m->mtime;
		scan_member(s, in, m, place, name, facts);
	}
	s->ordinals_n--;
	s->mtime = mtime;
	s->path.n = path_n;
	if (s->events > s->known)
		scan_maybe_commit(s, (struct resume){ name, s->events });
}

static int
scan_members(struct scanner *s, struct members *in, uint64_t name,
    struct store_facts *facts, struct err *e)
{
	struct member m;
	int rc;

	while ((rc = members_next(in, &m, e)) == ST_OK || rc == ST_BAD) {
		facts->members++;
		see_member(s, in, &m, rc == ST_BAD ? e : NULL, name, facts);
	}
	return rc;
}

void
scan_packed(struct scanner *s, uint64_t name)
{
	const enum packed_as as = store_archive(s->store);
	const uint64_t mail = s->mail;
	struct store_facts facts = { 0 };
	struct members *in = NULL;
	struct err e = { 0 };
	int rc;

	if ((rc = budget_nesting(&s->budget, (unsigned)s->ordinals_n + 1,
	    &e)) == ST_OK && (rc = members_open(&in, as, store_input(s->store),
	    &s->budget, &e)) == ST_OK)
		rc = scan_members(s, in, name, &facts, &e);
	if (rc != ST_END)
		scan_unreadable(s, MSG_NOT_RAW, &e);
	members_close(in);
	facts.format = packing_archive_name(as);
	if (s->mail > mail)
		scan_tell_store(s, &facts);
	else if (rc == ST_END) {
		(void)err_set(&e, ST_BAD, 0, "an archive without mail");
		scan_skipped(s, &s->delta.totals.not_mail, &e);
	}
}
