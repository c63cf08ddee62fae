/*
 * See scanning.h: what is said of one file, and of each message in it.
 */
#include "scanning.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "escape.h"
#include "kept.h"
#include "message_note.h"
#include "place_named.h"
#include "tell.h"

bool
scan_event(struct scanner *s)
{
	return ++s->events > s->known;
}

static void
report_problem(struct scanner *s, enum problem kind, uint64_t off,
    const struct err *e)
{
	const struct problem_report r = { .kind = kind,
	    .path = buf_span(&s->path), .off = off, .why = e->text,
	    .plain = e->plain,
	    .limit = kind == PROBLEM_UNREADABLE && s->budget.hit !=
	    LIMIT_NONE ? limit_name(s->budget.hit) : NULL };

	tell_problem(s->options.reporter, &s->out, &r, &s->options.report);
	s->delta.totals.records++;
	scan_keep_text(s, PIECE_OTHER);
}

/* Not by the number alone: libarchive has none for some of its decoders. */
static bool
is_memory(const struct err *e)
{
	return e->num == ENOMEM || strstr(e->text, "memory") != NULL ||
	    strstr(e->text, "alloc") != NULL;
}

/* fresh: it was not told by a worker that died. */
static void
tell_unreadable(struct scanner *s, uint64_t off, const struct err *e,
    bool fresh)
{
	if (fresh && !s->job->roomy && s->sink->cramped != NULL &&
	    is_memory(e))
		s->sink->cramped(s->sink->ctx);
	s->unreadable++;
	if (fresh) {
		report_problem(s, PROBLEM_UNREADABLE, off, e);
		s->delta.totals.unreadable++;
		s->delta.lost = s->job->kind == JOB_RANGE;
	}
	s->budget.hit = LIMIT_NONE;
}

void
scan_unreadable(struct scanner *s, uint64_t off, const struct err *e)
{
	tell_unreadable(s, off, e, scan_event(s));
}

void
scan_skipped(struct scanner *s, uint64_t *counter, const struct err *e)
{
	const bool named = s->job->place == PLACE_NAMED && s->ordinals_n == 0;

	if (!scan_event(s))
		return;
	(*counter)++;
	if (s->options.report.verbose || named || store_foreign(s->store))
		report_problem(s, PROBLEM_SKIPPED, MSG_NOT_RAW, e);
}

void
scan_compare(struct scanner *s, uint64_t name, const struct opened_file *f)
{
	const struct planned *p = s->job->planned;
	struct stamp now;
	struct stat st;
	struct err e;

	if (p == NULL || !scan_event(s))
		return;
	if (f == NULL && lstat(buf_text(&s->path), &st) != 0) {
		(void)err_set(&e, ST_BAD, 0, "gone or renamed since the plan "
		    "was made");
	} else {
		now = f != NULL ? f->stamp : stamp_of(&st);
		if (stamp_is_planned(&now, &p[name]))
			return;
		(void)err_set(&e, ST_BAD, 0, "changed since the plan was "
		    "made");
	}
	s->delta.totals.stale++;
	report_problem(s, PROBLEM_STALE, MSG_NOT_RAW, &e);
	scan_maybe_commit(s, (struct resume){ name, s->events });
}

void
scan_tell_store(struct scanner *s, const struct store_facts *f)
{
	if (!scan_event(s))
		return;
	tell_store(s->options.reporter, &s->out, buf_span(&s->path), f,
	    &s->options.report);
	s->delta.totals.stores++;
	s->delta.totals.records++;
	scan_keep_text(s, PIECE_STORE);
}

/* The record of a message. */
static void
report_message(struct scanner *s, const struct msg *m,
    const struct judged *got, const struct repair_facts *repair)
{
	struct report_message r = {
		.path = buf_span(&s->path), .msg = m,
		.verdict = got->verdict,
		.index_is_relative = s->job->kind == JOB_RANGE,
		.hashed = got->hashed, .repair = repair,
		.members = s->ordinals, .members_n = s->ordinals_n,
		.envelope = store_envelope(s->store),
		.replay = got->replay, .plan = s->options.plan,
	};

	if (got->hashed)
		memcpy(r.sha256, got->sha256, sizeof(r.sha256));
	tell_message(s->options.reporter, &s->out, &r, &s->options.report);
	s->delta.totals.records++;
	scan_keep_message(s, got);
}

/* There is something to be said of it, though not all are shown. */
static bool
is_remarkable(const struct judged *got)
{
	return got->replay != NULL ? got->replay->worst >= REPLAY_OPEN :
	    got->flagged || got->verdict->head_size > 0;
}

/*
 * One message.  known: it was reported before a worker died, and is only
 * counted for its store.  ST_END: done.  ST_DEAD: it cannot be read whole.
 */
static int
scan_message(struct scanner *s, const struct msg *m, bool known,
    struct store_facts *facts, struct err *e)
{
	struct repair_facts repair;
	bool decided = false;
	struct judged got;
	int rc = judge_message(s->judge, s->store, m, known, &got, e);

	if (rc != ST_END)
		return rc;
	if (!known && s->repair != NULL && (rc = scan_repair(s, m, &got,
	    &repair, &decided, e)) != ST_OK)
		return rc;
	if (!known && (s->repair != NULL ? decided : s->options.all ||
	    s->options.hash || is_remarkable(&got)))
		report_message(s, m, &got, decided ? &repair : NULL);
	store_facts_count(facts, m, got.verdict);
	if (!known)
		totals_count(&s->delta.totals, m, got.verdict,
		    &s->options.report);
	if (!known && got.replay != NULL)
		totals_count_replay(&s->delta.totals, got.replay);
	return ST_END;
}

/* Where a job would go on after this message. */
static struct resume
after_message(const struct scanner *s, uint64_t name, uint64_t index)
{
	if (s->job->kind == JOB_RANGE)
		return (struct resume){ store_position(s->store), index };
	return (struct resume){ name, s->events };
}

/*
 * One message, or what stands at m->from and cannot be read: an event in either
 * case, so that it is one also where the message is known and looked at less.
 * ST_END: there is none.  ST_DEAD: nor will there be one.
 */
static int
scan_next(struct scanner *s, uint64_t name, struct store_facts *facts)
{
	struct err e = { 0 };
	struct msg m;
	bool fresh;
	int rc;

	if ((rc = store_next(s->store, &m, &e)) == ST_END)
		return rc;
	fresh = scan_event(s);
	if (rc == ST_OK)
		rc = scan_message(s, &m, !fresh, facts, &e);
	if (rc != ST_END)
		tell_unreadable(s, rc == ST_BAD ? m.from :
		    store_position(s->store), &e, fresh);
	if (rc != ST_DEAD && fresh)
		scan_maybe_commit(s, after_message(s, name, m.index));
	return rc == ST_DEAD ? rc : ST_OK;
}

/*
 * Who wants the SHA-256 of a message: who asked for it, tells it, knows
 * findings again by it, or acts on the file that the message is.
 */
static enum judge_hash
hash_for(const struct scanner *s)
{
	const struct scan_options *o = &s->options;
	const bool acts = s->repair != NULL && (s->ordinals_n > 0 ||
	    !store_is_container(s->store));

	if (o->hash)
		return HASH_ALL;
	return o->reporter->sums || o->keep || acts ? HASH_FLAGGED :
	    HASH_NONE;
}

void
scan_store(struct scanner *s, uint64_t name, struct store_facts *facts)
{
	judge_hash(s->judge, hash_for(s));
	while (scan_next(s, name, facts) == ST_OK)
		;
}

void
scan_opened(struct scanner *s, uint64_t name, struct store_facts *folder)
{
	const bool member = s->ordinals_n > 0;
	struct store_facts own = { 0 };

	if (store_archive(s->store) != PACKED_NOT) {
		scan_packed(s, name);
		return;
	}
	s->mail++;
	if (scan_event(s))
		s->delta.totals.files++;	/* else it is counted */
	if (!store_is_container(s->store) && (member ||
	    s->job->place != PLACE_NAMED)) {
		scan_store(s, name, folder);
		return;
	}
	scan_store(s, name, &own);
	own.has_dialects = store_take_dialects(s->store, &own.dialects);
	if (own.format == NULL)
		own.format = store_format(s->store);
	scan_tell_store(s, &own);
}

/* A name says something also where the user named the file. */
static enum store_place
place_of(struct scanner *s)
{
	if (s->job->place != PLACE_NAMED)
		return s->job->place;
	return place_named(buf_text(&s->path), s->job->kind != JOB_STDIN);
}

/* store_how.sibling */
static int
open_sibling(void *ctx, const char *name, struct input *into, struct err *e)
{
	struct scanner *s = ctx;
	struct opened_file f;

	s->beside = true;
	switch (opener_beside(s->opener, s->name, name, &f, e)) {
	case OPENED:
		input_open_fd(into, f.fd, f.size);
		return ST_OK;
	case OPEN_FAILED:
		return ST_DEAD;
	default:
		return ST_END;
	}
}

/* store_how.siblings */
static int
list_siblings(void *ctx, bool (*each)(void *, const char *), void *each_ctx,
    struct err *e)
{
	struct scanner *s = ctx;
	struct listing l = { 0 };
	int rc;

	s->beside = true;
	rc = opener_list(s->opener, s->name, &l, e);
	for (size_t i = 0; i < l.n; i++)
		if (l.list[i].type == ENTRY_FILE &&
		    !each(each_ctx, l.list[i].name))
			break;
	listing_free(&l);
	return rc;
}

/* It was opened, or why it was not is told. */
static bool
open_store(struct scanner *s, struct opened_file f)
{
	const bool alone = s->job->kind == JOB_STDIN;
	const struct store_how how = {
		.format = s->options.format, .place = place_of(s),
		.name = buf_span(&s->path), .sibling_ctx = s,
		.sibling = alone ? NULL : open_sibling,
		.siblings = alone ? NULL : list_siblings,
		.archives = s->options.archives,
		.budget = &s->budget,
	};
	struct err e = { 0 };
	const int rc = store_open(s->store, f.fd, f.size, &how, &e);

	if (rc == ST_BAD && s->keeper != NULL) {
		kept_why(s->keeper, false, e.text, sizeof(e.text));
		if (scan_event(s)) {
			s->delta.totals.not_mail++;
			report_problem(s, PROBLEM_SKIPPED, MSG_NOT_RAW, &e);
		}
	} else if (rc == ST_BAD)
		scan_skipped(s, &s->delta.totals.not_mail, &e);
	else if (rc != ST_OK)
		scan_unreadable(s, MSG_NOT_RAW, &e);
	return rc == ST_OK;
}

static void
on_unpacked(void *ctx, uint64_t bytes)
{
	struct scanner *s = ctx;

	scan_tick(s, 0, bytes);
}

/* What is to be said of the whole file.  before: how many were unreadable. */
static void
tell_evidence(struct scanner *s, const struct opened_file *f, int fd,
    bool opened, uint64_t before)
{
	scan_evidence(s, f, fd, s->unreadable > before ? "unreadable" :
	    opened ? "scanned" : "not-mail");
}

/* The open store is to be cut into ranges. */
static bool
is_large(const struct scanner *s, uint64_t size)
{
	return store_archive(s->store) == PACKED_NOT &&
	    s->known <= s->events &&
	    size >= (s->options.keep ? SCAN_KEEP_LARGE : SCAN_LARGE) &&
	    store_splits(s->store);
}

/* Less is there than a worker that died has told of. */
static void
check_known(struct scanner *s)
{
	struct err e = { 0 };

	if (s->events >= s->known)
		return;
	if (!s->late || scan_late(s, &e) == ST_OK)
		(void)err_set(&e, ST_DEAD, 0, "the file became shorter while "
		    "it was scanned");
	s->known = s->events;
	scan_unreadable(s, MSG_NOT_RAW, &e);
}

bool
scan_file(struct scanner *s, uint64_t name, struct opened_file f)
{
	const bool evidence = s->options.forensic &&
	    s->job->kind == JOB_BATCH;
	const int again = evidence ? fcntl(f.fd, F_DUPFD_CLOEXEC, 3) :
	    scan_keep_hold(s, f.fd);
	const uint64_t before = s->unreadable;
	bool large, opened;

	s->store = s->levels[0];
	s->budget = (struct budget){ .limits = &s->options.limits,
	    .unpacked = on_unpacked, .late = scan_late, .ctx = s };
	opened = open_store(s, f);
	large = opened && !evidence && is_large(s, f.size);
	if (opened && !large)
		scan_opened(s, name, &s->delta.folder);
	if (!large)
		check_known(s);
	store_close(s->store);
	if (evidence)
		tell_evidence(s, &f, again, opened, before);
	if (!large)
		scan_keep_end(s, name, &f, again, s->unreadable == before);
	if (again >= 0)
		(void)close(again);
	return large;
}
