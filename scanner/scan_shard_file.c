/*
 * See scan_run.h and sharding.h: the file of a shard, and its sections.
 */
#include "sharding.h"

#include <stdlib.h>

#include "complain.h"
#include "scan_cmd.h"

/* Milliseconds for jobs that run, when it is told to stop: with what is to be
 * done then it ends within five seconds. */
#define HOLD 3000u

/* --- its sections */

void
shard_note_part(struct shard_run *sh, const struct part_facts *p)
{
	struct shard_borders *b = &sh->borders;
	const bool leading = sh->leading.n > 0 &&
	    span_eq(p->path, buf_span(&sh->leading));

	if (!p->mbox)
		return;
	b->unread |= leading && p->unread;
	if (leading && p->found && !b->found) {
		b->found = true;
		b->first = p->first;
	}
	b->ends = !p->last;
	b->through = leading && !p->last;
	b->next = p->next;
	if (p->last || !leading)
		buf_clear(&sh->leading);
}

bool
scan_shard_write(struct scan_run *r, struct span s)
{
	return shard_write(r->shard->writer, s);
}

void
scan_shard_part(void *run, const struct part_facts *p)
{
	struct scan_run *r = run;
	struct shard_run *sh = r->shard;

	buf_clear(&sh->text);
	shard_part_put(&sh->text, p);
	if (!buf_ok(&sh->text) || !shard_write(sh->writer,
	    buf_span(&sh->text)))
		queue_stop(r->queue);
	sh->place.next = p->next;
	shard_note_part(sh, p);
}

static void
take_sums(struct scan_run *r, struct shard_sums *s)
{
	struct summary_facts *to = &r->summary;

	totals_add(&r->more, &s->totals);
	for (unsigned i = 0; i < WALK_SKIPS; i++)
		to->skipped[i] += s->summary.skipped[i];
	to->unsettled += s->summary.unsettled;
	memset(s, 0, sizeof(*s));
}

static bool
is_time(struct shard_run *sh, unsigned seconds)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - sh->sealed.tv_sec >= (time_t)seconds;
}

/* All that was told since the last one. */
static bool
seal_section(struct scan_run *r)
{
	struct shard_run *sh = r->shard;

	buf_clear(&sh->text);
	shard_piece_put(&sh->text, &sh->sums, config_rules(r->config),
	    &sh->place);
	take_sums(r, &sh->sums);
	sh->sealed_line = sh->place.line;
	sh->sealed_at = sh->place.at;
	(void)clock_gettime(CLOCK_MONOTONIC, &sh->sealed);
	return buf_ok(&sh->text) &&
	    shard_writer_seal(sh->writer, buf_span(&sh->text));
}

bool
shard_seal(struct scan_run *r, bool now)
{
	struct shard_run *sh = r->shard;

	if (!now && !is_time(sh, r->command.checkpoint))
		return !queue_stopped(r->queue);
	return queue_cut(r->queue, &sh->sums.totals) && seal_section(r) &&
	    (now || shard_writer_sync(sh->writer));
}

/* It was told to stop: what is done is a section, too, and perhaps the last. */
static void
hold(struct scan_run *r)
{
	struct shard_run *sh = r->shard;
	struct queue_place to;

	if (!queue_hold(r->queue, HOLD, &to, &sh->sums.totals) ||
	    (to.line != QUEUE_ALL && !shard_unfeed(sh, &to)))
		return;
	sh->whole = sh->place.line == sh->end - sh->at && sh->place.at == 0;
	if (sh->place.line != sh->sealed_line || sh->place.at != sh->sealed_at)
		sh->whole = seal_section(r) && sh->whole;
}

void
scan_shard_all(struct scan_run *r)
{
	struct shard_run *sh = r->shard;

	(void)clock_gettime(CLOCK_MONOTONIC, &sh->sealed);
	sh->sealed_line = sh->place.line;
	sh->sealed_at = sh->place.at;
	sh->whole = shard_feed(r) && shard_seal(r, true);
	if (!sh->whole)
		hold(r);
	r->summary.partial = !sh->whole;
}

void
scan_shard_mark(void *run)
{
	struct scan_run *r = run;

	shard_writer_mark(r->shard->writer);
}

bool
scan_shard_back(void *run)
{
	struct scan_run *r = run;

	return shard_writer_back(r->shard->writer);
}

/* --- its file */

struct telling {
	struct scan_run *run;
	struct shard_rules rules;
	struct store_facts facts;
	struct buf path;
};

static bool
tell_parsed(struct telling *t, const struct json_object *o,
    enum shard_kind kind)
{
	struct shard_run *sh = t->run->shard;
	struct part_facts part;

	switch (kind) {
	case SHARD_HEAD:
		return shard_rules_read(o, &t->rules);
	case SHARD_PART:
		if (!shard_part_read(o, &part, &t->facts, &t->path))
			return false;
		shard_note_part(sh, &part);
		return true;
	case SHARD_PIECE:
		if (!shard_piece_read(o, &t->rules.rules, &sh->sums,
		    &sh->place))
			return false;
		take_sums(t->run, &sh->sums);
		return true;
	default:
		return true;
	}
}

/* shard_writer_new's tell: what another process did of it. */
static bool
tell_line(void *ctx, struct span line, enum shard_kind kind)
{
	struct json_object *o;
	bool ok;

	if (kind == SHARD_RECORD || kind == SHARD_HEADER)
		return true;
	if ((o = json_parse(line)) == NULL)
		return false;
	ok = tell_parsed(ctx, o, kind);
	json_free(o);
	return ok;
}

/* Nothing of what was told counts. */
static int
forget(struct scan_run *r)
{
	struct shard_run *sh = r->shard;
	struct err e;

	memset(&sh->sums, 0, sizeof(sh->sums));
	memset(&r->more, 0, sizeof(r->more));
	memset(r->summary.skipped, 0, sizeof(r->summary.skipped));
	r->summary.unsettled = 0;
	buf_clear(&sh->place.folder);
	sh->place = (struct shard_place){ .folder = sh->place.folder };
	buf_clear(&sh->leading);
	sh->borders = (struct shard_borders){ .begins = false };
	return shard_find_leading(sh, &e) ? EXIT_CLEAN : EXIT_UNREADABLE;
}

int
scan_shard_open(struct scan_run *r)
{
	struct shard_run *sh = r->shard;
	struct telling t = { .run = r };
	struct err e = { 0 };

	sh->writer = shard_writer_new(sh->dir, &sh->head, tell_line, &t,
	    &sh->goes_on, &e);
	shard_rules_free(&t.rules);
	buf_free(&t.path);
	if (sh->writer == NULL) {
		complain("%s: %s", r->command.out, e.text);
		return EXIT_UNREADABLE;
	}
	return sh->goes_on ? EXIT_CLEAN : forget(r);
}

bool
scan_shard_header(struct scan_run *r)
{
	struct shard_run *sh = r->shard;

	if (sh->goes_on)
		return true;
	shard_head_put(&r->text, &sh->head, config_rules(r->config));
	return buf_ok(&r->text) && shard_write(sh->writer,
	    buf_span(&r->text));
}

/* How far it is, and what to do. */
static void
tell_stopped(const struct scan_run *r)
{
	const struct shard_run *sh = r->shard;

	if (sh->sealed_line == 0 && sh->sealed_at == 0)
		complain("interrupted before anything of shard %lu/%lu was "
		    "done: run the same command again", sh->head.id.i,
		    sh->head.id.n);
	else
		complain("interrupted; %llu messages of shard %lu/%lu are done "
		    "and kept in %s: run the same command again, and it goes "
		    "on there", (unsigned long long)r->more.messages,
		    sh->head.id.i, sh->head.id.n, r->command.out);
}

bool
scan_shard_end(struct scan_run *r)
{
	struct shard_run *sh = r->shard;
	struct shard_writer *w = sh->writer;
	struct shard_tail tail = { .id = sh->head.id,
	    .exit_status = (uint64_t)r->summary.exit_status,
	    .milliseconds = (uint64_t)(r->summary.seconds * 1000),
	    .borders = sh->borders };
	const int why = shard_writer_failed(w);
	struct err e = { 0 };

	sh->writer = NULL;
	if (!sh->whole) {
		if (why != 0)
			complain("%s: cannot write the shard: %s",
			    r->command.out, strerror(why));
		else if (r->summary.exit_status == EXIT_INTERRUPTED)
			tell_stopped(r);
		shard_writer_stop(w);
		return why == 0;
	}
	memcpy(tail.end, r->summary.end, sizeof(tail.end));
	memcpy(tail.plan, sh->head.plan, HASH_SIZE);
	buf_clear(&sh->text);
	shard_tail_put(&sh->text, &tail);
	(void)shard_writer_seal(w, buf_span(&sh->text));
	if (shard_writer_finish(w, &e) == ST_OK)
		return true;
	complain("%s: %s", r->command.out, e.text);
	r->summary.exit_status = EXIT_UNREADABLE;
	return false;
}
