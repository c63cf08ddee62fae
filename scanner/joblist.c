/*
 * See joblist.h.
 */
#include "joblist.h"

#include "folders.h"
#include "tell.h"

#include <stdlib.h>

void
chain_free(struct chain *c)
{
	kept_chain_free(&c->kept);
	free(c);
}

struct job *
job_new(struct joblist *l, enum what what)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL) {
		l->failed = true;
		return NULL;
	}
	j->list = l;
	j->what = what;
	j->line = l->line;
	j->state = what == WHAT_SCAN ? JOB_WAITING : JOB_DONE;
	j->settled = true;
	return j;
}

void
job_free(struct job *j)
{
	buf_free(&j->path);
	buf_free(&j->names);
	buf_free(&j->planned);
	buf_free(&j->lines);
	buf_free(&j->out);
	buf_free(&j->plan);
	buf_free(&j->pieces);
	free(j->kept);
	free(j);
}

void
joblist_insert(struct joblist *l, struct job *at, struct job *j)
{
	if (at == NULL) {
		j->next = l->first;
		l->first = j;
	} else {
		j->next = at->next;
		at->next = j;
	}
	if (j->next == NULL)
		l->last = j;
	l->n++;
}

void
joblist_append(struct joblist *l, struct job *j)
{
	joblist_insert(l, l->last, j);
}

void
joblist_drop_first(struct joblist *l)
{
	struct job *j = l->first;

	l->first = j->next;
	if (l->first == NULL)
		l->last = NULL;
	l->n--;
	job_free(j);
}

size_t
joblist_waiting(const struct joblist *l, size_t enough)
{
	size_t n = 0;

	for (const struct job *j = l->first; j != NULL && n < enough;
	    j = j->next)
		n += j->state == JOB_WAITING;
	return n;
}

bool
job_keep(struct job *j, const struct kept_file *f)
{
	if ((j->kept = malloc(sizeof(*f))) == NULL)
		return false;
	*j->kept = *f;
	return true;
}

bool
job_ready(struct job *j)
{
	j->spec.path = buf_text(&j->path);
	j->spec.names = buf_text(&j->names);
	j->spec.names_size = j->names.n;
	j->spec.planned = (const void *)j->planned.p;
	j->spec.planned_n = j->planned.n / sizeof(struct planned);
	j->list->failed |= !buf_ok(&j->path) || !buf_ok(&j->names) ||
	    !buf_ok(&j->planned) || !buf_ok(&j->lines);
	return !j->list->failed;
}

/* A copy of the job's identity, to go on where it stopped. */
static struct job *
job_again(struct job *j)
{
	struct job *k = job_new(j->list, WHAT_SCAN);

	if (k == NULL)
		return NULL;
	k->spec = j->spec;
	k->names_n = j->names_n;
	k->chain = j->chain;
	k->folder = j->folder;
	buf_add(&k->path, j->path.p, j->path.n);
	buf_add(&k->names, j->names.p, j->names.n);
	buf_add(&k->planned, j->planned.p, j->planned.n);
	buf_add(&k->lines, j->lines.p, j->lines.n);
	k->line = j->line;
	if (buf_ok(&k->path) && buf_ok(&k->names) && buf_ok(&k->planned))
		return k;
	j->list->failed = true;
	job_free(k);
	return NULL;
}

uint64_t
job_line(const struct job *j, uint64_t n)
{
	uint64_t line = j->line;

	if (n < j->lines.n / sizeof(line))
		memcpy(&line, j->lines.p + n * sizeof(line), sizeof(line));
	return line;
}

static const char *
nth_name(const struct job *j, uint64_t n)
{
	const char *name = (const char *)j->names.p;

	while (n-- > 0)
		name += strlen(name) + 1;
	return name;
}

static void
name_path(struct job *j, uint64_t n, struct buf *out)
{
	buf_clear(out);
	folder_join(out, buf_text(&j->path), nth_name(j, n));
}

/* Where a range ends; the last one is short where it is to be kept. */
static uint64_t
range_end(const struct job *j, uint64_t from)
{
	const uint64_t left = j->large - from;
	const uint64_t last = j->list->scan->keep && left > SCAN_KEEP_LAST ?
	    SCAN_KEEP_LAST : 0;

	return left - last > SCAN_RANGE ? from + SCAN_RANGE :
	    j->large - last;
}

/* A range of the mbox that the job stopped at. */
static struct job *
range_job(struct job *j, struct chain *c, uint64_t from)
{
	const char *name = nth_name(j, j->resume.at);
	struct job *k = job_new(j->list, WHAT_SCAN);

	if (k == NULL)
		return NULL;
	buf_add(&k->path, j->path.p, j->path.n);
	buf_add(&k->names, name, strlen(name) + 1);
	k->names_n = 1;
	k->spec = j->spec;
	k->spec.kind = JOB_RANGE;
	k->spec.from = from;
	k->spec.size = j->large;
	k->spec.to = range_end(j, from);
	k->spec.exact = from > 0 && from == c->expect;
	k->spec.grown = 0;
	k->spec.begin = (struct resume){ 0, 0 };
	k->chain = c;
	k->line = job_line(j, j->resume.at);
	return k;
}

/* The mbox as it was when it was shorter, up to where it is gone on with. */
static struct job *
begin_grown(struct job *j, struct chain *c)
{
	struct job *k = job_new(j->list, WHAT_KEPT);

	if (k == NULL)
		return NULL;
	k->kept = j->kept;
	j->kept = NULL;
	c->expect = k->kept->at;
	c->messages = k->kept->found.folder.messages;
	c->facts = k->kept->found.folder;
	c->kept.totals = k->delta.totals = k->kept->found.totals;
	c->kept.texts = k->kept->texts;
	k->chain = c;
	buf_add(&k->path, c->kept.path.p, c->kept.path.n);
	return k;
}

static struct chain *
new_chain(struct job *j)
{
	struct chain *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		j->list->failed = true;
		return NULL;
	}
	c->facts.format = "mbox";
	c->facts.has_dialects = true;
	name_path(j, j->resume.at, &c->kept.path);
	c->kept.place = j->spec.place;
	return c;
}

void
job_cut_large(struct job *j)
{
	struct joblist *l = j->list;
	struct chain *c = new_chain(j);
	struct job *at = j, *k;
	uint64_t from;

	if (c == NULL)
		return;
	if (j->grown && j->kept != NULL && (k = begin_grown(j, c)) != NULL) {
		joblist_insert(l, at, k);
		at = k;
	}
	for (from = c->expect; from < j->large && !l->failed;
	    from = range_end(j, from)) {
		if ((k = range_job(j, c, from)) == NULL)
			return;
		joblist_insert(l, at, k);
		at = k;
	}
	if ((k = job_new(l, WHAT_CHAIN_END)) == NULL)
		return;
	name_path(j, j->resume.at, &k->path);
	l->failed |= !buf_ok(&k->path);
	k->chain = c;
	k->line = job_line(j, j->resume.at);
	joblist_insert(l, at, k);
	at = k;
	if (j->resume.at + 1 < j->names_n && (k = job_again(j)) != NULL) {
		k->spec.begin = (struct resume){ j->resume.at + 1, 0 };
		joblist_insert(l, at, k);
	}
}

struct job *
job_text(struct joblist *l, enum problem kind, struct span path, uint64_t off,
    const char *why)
{
	struct job *j = job_new(l, WHAT_TEXT);

	if (j == NULL)
		return NULL;
	tell_problem(l->scan->reporter, &j->out, &(struct problem_report){
	    .kind = kind, .path = path, .off = off, .why = why },
	    &l->scan->report);
	j->fresh = true;
	j->delta.totals.records = 1;
	j->delta.totals.unreadable = kind == PROBLEM_UNREADABLE;
	j->delta.totals.stale = kind == PROBLEM_STALE;
	return j;
}

/*
 * The worker died of the first thing that `rest` would do: say so, and let it
 * go on behind that.
 */
static void
give_up_item(struct job *j, struct job *rest, const char *why)
{
	struct joblist *l = j->list;
	const bool range = rest->spec.kind == JOB_RANGE;
	struct job *lost;

	name_path(rest, range ? 0 : rest->spec.begin.at, &l->text);
	l->failed |= !buf_ok(&l->text);
	lost = job_text(l, PROBLEM_UNREADABLE, buf_span(&l->text), range ?
	    rest->spec.from : MSG_NOT_RAW, why);
	if (lost == NULL) {
		job_free(rest);
		return;
	}
	lost->chain = rest->chain;
	lost->line = job_line(rest, rest->spec.begin.at);
	joblist_insert(l, j, lost);
	rest->spec.careful = rest->spec.roomy = false;
	rest->spec.exact = false;
	rest->spec.from++;
	rest->spec.begin = (struct resume){ rest->spec.begin.at + 1, 0 };
	if (range ? rest->spec.from < rest->spec.to :
	    rest->spec.begin.at < rest->names_n)
		joblist_insert(l, lost, rest);
	else
		job_free(rest);
}

/* Where a job that was cut short has to go on.  False: it had ended. */
static bool
set_rest(const struct job *j, struct job *rest)
{
	if (rest->spec.kind != JOB_RANGE) {
		if (!j->nothing)
			rest->spec.begin = j->resume;
		return rest->spec.begin.at < rest->names_n;
	}
	if (!j->nothing || j->begun) {
		rest->spec.from = j->nothing ? j->first : j->resume.at;
		rest->spec.exact = true;
	}
	return rest->spec.from < rest->spec.to;
}

/* With all the memory that there is, the name at hand alone. */
static void
go_on_roomy(struct job *j, struct job *rest)
{
	const uint64_t next = rest->spec.begin.at + 1;
	struct job *behind;

	rest->spec.roomy = true;
	joblist_insert(j->list, j, rest);
	if (rest->spec.kind != JOB_BATCH || next >= rest->names_n ||
	    (behind = job_again(j)) == NULL)
		return;
	rest->names.n = (size_t)(nth_name(rest, next) -
	    (const char *)rest->names.p);
	rest->names_n = next;
	behind->spec.begin = (struct resume){ next, 0 };
	behind->spec.careful = behind->spec.roomy = false;
	joblist_insert(j->list, rest, behind);
}

void
job_cut_short(struct job *j, const char *why)
{
	struct job *rest;

	if (j->drop || (rest = job_again(j)) == NULL)
		return;
	j->nothing = j->resume.at == 0 && j->resume.events == 0;
	if (!set_rest(j, rest)) {
		job_free(rest);
	} else if (why == NULL) {
		go_on_roomy(j, rest);
	} else if (j->spec.kind == JOB_STDIN || j->spec.careful) {
		give_up_item(j, rest, why);
	} else {
		rest->spec.careful = rest->spec.roomy = true;
		joblist_insert(j->list, j, rest);
	}
}

void
job_check_range(struct job *j)
{
	struct chain *c = j->chain;

	if (j->what != WHAT_SCAN || j->spec.kind != JOB_RANGE ||
	    j->checked || j->drop || j->nothing || !j->begun)
		return;
	if (c->lost || j->first == c->expect)
		j->checked = true;
	else
		j->drop = true;
}

void
job_redo_range(struct job *j)
{
	j->drop = false;
	j->begun = false;
	j->lost = false;
	j->stamped = false;
	j->resume = (struct resume){ 0, 0 };
	buf_clear(&j->out);
	buf_clear(&j->plan);
	buf_clear(&j->pieces);
	memset(&j->delta, 0, sizeof(j->delta));
	if (j->chain->expect >= j->spec.to) {
		j->checked = true;	/* nothing starts here */
		j->resume.at = j->chain->expect;
		return;
	}
	j->spec.from = j->chain->expect;
	j->spec.exact = true;
	j->state = JOB_WAITING;
}
