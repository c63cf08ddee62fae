/*
 * See queueing.h: what came of jobs, in their order.
 */
#include "queueing.h"

#include <stdlib.h>

#include "tell.h"

static void
write_out(struct queue *q, const struct buf *b)
{
	q->failed = q->failed || !buf_ok(b) || (b->n > 0 &&
	    !q->options.write(q->options.ctx, buf_span(b)));
}

/* Its results are written by who keeps them. */
static void
keep_results(struct queue *q, struct job *j)
{
	struct keeping *k = q->options.keeping;
	bool ok = buf_ok(&j->out) && buf_ok(&j->pieces);

	if (j->what == WHAT_SCAN && j->chain != NULL) {
		totals_add(&j->chain->kept.totals, &j->delta.totals);
		ok = ok && keeping_range(k, &j->chain->kept,
		    buf_span(&j->out), buf_span(&j->pieces),
		    j->chain->messages);
	} else if (ok) {
		if (j->keeping.dir == NULL)
			j->keeping = (struct keeping_names){
			    .dir = buf_text(&j->path), .place = j->spec.place,
			    .left = buf_span(&j->names) };
		ok = keeping_results(k, buf_span(&j->out),
		    buf_span(&j->pieces), &j->keeping);
	}
	q->failed |= !ok;
	buf_clear(&j->pieces);
}

/* Its text, when the indexes in it are right. */
static void
write_range(struct queue *q, struct job *j)
{
	buf_clear(&q->line);
	if (j->chain->parts)
		report_relate(&q->line, buf_span(&j->out),
		    j->chain->messages);
	else
		report_resolve(&q->line, buf_span(&j->out),
		    j->chain->messages);
	q->line.failed |= !buf_ok(&j->out);
	write_out(q, &q->line);
}

void
queue_flush_first(struct queue *q, struct job *j)
{
	const bool range = j->what == WHAT_SCAN && j->chain != NULL;

	if (j->drop || j->nothing || (range && !j->checked))
		return;
	if (q->options.part != NULL)
		queue_mark(q, j);
	totals_add(&q->totals, &j->delta.totals);
	if (q->options.keeping != NULL)
		keep_results(q, j);
	else if (range)
		write_range(q, j);
	else
		write_out(q, &j->out);
	if (range)
		store_facts_add(&j->chain->facts, &j->delta.folder);
	else if (j->folder != NULL)
		store_facts_add(j->folder, &j->delta.folder);
	q->failed = q->failed || !buf_ok(&j->plan);
	if (j->plan.n > 0 && q->options.plan != NULL && !q->failed)
		q->options.plan(q->options.ctx, buf_span(&j->plan));
	buf_clear(&j->out);
	buf_clear(&j->plan);
	memset(&j->delta, 0, sizeof(j->delta));
	if (q->options.part != NULL)
		queue_marked(q, j);
}

static void
write_store(struct queue *q, struct span path, const struct store_facts *f,
    struct kept_chain *kept)
{
	struct totals one = { .records = 1, .stores = 1,
	    .files = kept != NULL };

	buf_clear(&q->line);
	tell_store(q->options.scan.reporter, &q->line, path, f,
	    &q->options.scan.report);
	totals_add(&q->totals, &one);
	if (q->options.keeping == NULL) {
		write_out(q, &q->line);
		return;
	}
	if (kept != NULL)
		totals_add(&kept->totals, &one);
	q->failed |= !buf_ok(&q->line) || !keeping_chain_end(
	    q->options.keeping, kept, f, buf_span(&q->line));
}

void
queue_part_folder(struct queue *q, struct span path,
    const struct store_facts *f, bool last)
{
	const struct part_facts p = { .path = path, .last = last,
	    .facts = f };

	q->options.part(q->options.ctx, &p);
}

void
queue_part_mbox(struct queue *q, const struct chain *c, bool last)
{
	const struct part_facts p = { .path = buf_span(&c->kept.path),
	    .last = last, .facts = &c->facts, .mbox = true,
	    .found = c->found, .first = c->first,
	    .next = { c->expect, c->lost }, .unread = c->unread };

	q->totals.files += last;
	q->options.part(q->options.ctx, &p);
}

/* A range is done that began where it had to. */
static void
finish_range(struct queue *q, struct job *j)
{
	struct chain *c = j->chain;
	struct kept_chain *k = &c->kept;

	if (!c->found && j->begun && j->first < j->spec.to) {
		c->found = true;
		c->first = j->first;
	}
	c->lost = j->lost || (c->lost && j->first >= j->spec.to);
	c->expect = j->resume.at;
	c->messages = c->facts.messages;
	if (q->options.keeping == NULL)
		return;
	k->bad |= c->lost || !j->stamped || (k->stamped &&
	    !stamp_same(&k->stamp, &j->stamp));
	k->stamped = true;
	k->stamp = j->stamp;
	if (j->spec.to >= j->spec.size) {
		k->has_ends = true;
		memcpy(k->ends, j->ends, sizeof(k->ends));
	} else {
		keeping_border(q->options.keeping, k, &c->facts, c->expect);
	}
}

/* What is known of a file, in its turn. */
static void
tell_kept(struct queue *q, struct job *j)
{
	int rc;

	q->failed |= !keeping_tell(q->options.keeping, j->kept, &rc);
	if (rc == ST_OK)
		return;
	if (j->chain != NULL)
		j->chain->kept.bad = true;
	buf_clear(&q->line);
	tell_problem(q->options.scan.reporter, &q->line,
	    &(struct problem_report){ .kind = PROBLEM_UNREADABLE,
	    .path = buf_span(&j->path), .off = MSG_NOT_RAW,
	    .why = "what is kept of the last scan is damaged; the next scan "
	    "reads the file" }, &q->options.scan.report);
	q->totals.records++;
	q->totals.unreadable++;
	write_out(q, &q->line);
}

void
queue_finish_first(struct queue *q, struct job *j)
{
	if (j->what == WHAT_FOLDER_END) {
		j->folder->unsettled = !j->settled;
		if (q->options.part != NULL)
			queue_part_folder(q, buf_span(&j->path), j->folder,
			    true);
		else if (j->folder->messages > 0)
			write_store(q, buf_span(&j->path), j->folder, NULL);
		free(j->folder);
	} else if (j->what == WHAT_CHAIN_END && j->chain->parts) {
		queue_part_mbox(q, j->chain, j->last);
		chain_free(j->chain);
	} else if (j->what == WHAT_CHAIN_END) {
		write_store(q, buf_span(&j->path), &j->chain->facts,
		    &j->chain->kept);
		chain_free(j->chain);
		q->mark.torn = false;
	} else if (j->what == WHAT_KEPT) {
		tell_kept(q, j);
	} else if (j->what == WHAT_TEXT && j->chain != NULL) {
		j->chain->lost = j->chain->kept.bad = true;
	} else if (j->chain != NULL && !j->nothing) {
		finish_range(q, j);
	}
	joblist_drop_first(&q->jobs);
}
