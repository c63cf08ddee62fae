/*
 * See page.h: all records are read once, and counted.
 */
#include "page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

/* A message waits for the record behind it: a file that was named by itself is
 * a store of its own, and the record of that says so. */
struct waiting {
	bool any;
	struct buf path, format;
	struct page_message message;
};

struct counting {
	struct page *page;
	struct waiting waiting;
};

static int
no_memory(struct page *p)
{
	return err_set(p->e, ST_DEAD, ENOMEM, "report");
}

static bool
severity_of(const struct json_object *o, enum severity *out)
{
	for (unsigned i = 0; i < SEVERITIES; i++)
		if (json_member_is(o, "severity",
		    severity_name((enum severity)i))) {
			*out = (enum severity)i;
			return true;
		}
	return false;
}

static void
list_add(struct page_list *l, uint64_t at)
{
	if (l->n < PAGE_LIST)
		l->at[l->n] = at;
	l->n++;
}

/* --- findings */

/* CODE_COUNT: it is none that this version knows. */
static enum code
code_of(const struct json_object *finding)
{
	unsigned i = 0;

	while (i < CODE_COUNT && !json_member_is(finding, "code",
	    code_info((enum code)i)->name))
		i++;
	return (enum code)i;
}

static void
count_finding(struct page *p, const struct json_object *f, code_set *seen)
{
	const enum code code = code_of(f);
	enum severity severity = SEV_INFO;
	uint64_t n = 0;
	struct page_code *c;

	if (code == CODE_COUNT) {
		p->unknown_codes++;
		return;
	}
	c = &p->codes[code];
	(void)severity_of(f, &severity);
	(void)json_member_u64(f, "count", &n);
	c->messages += (*seen >> code & 1) == 0;
	*seen |= (code_set)1 << code;
	c->count += n;
	if (severity > c->worst)
		c->worst = severity;
}

bool
page_day(struct span date, size_t *day)
{
	char text[11];
	struct tm tm = { 0 };
	const char *end;
	time_t t;

	if (date.n < 10)
		return false;
	memcpy(text, date.p, 10);
	text[10] = '\0';
	end = strptime(text, "%Y-%m-%d", &tm);
	if (end == NULL || *end != '\0')
		return false;
	t = timegm(&tm);
	if (t < 0 || t / 86400 >= (time_t)PAGE_DAYS)
		return false;
	*day = (size_t)(t / 86400);
	return true;
}

/* When it was written, else when it came into the queue. */
static void
count_day(struct page *p, const struct json_object *o, enum severity worst)
{
	struct span date;
	size_t day;

	if (!json_member_text(o, "date", &date) &&
	    !json_member_text(json_member(o, "envelope"), "arrived", &date))
		p->undated++;
	else if (!page_day(date, &day))
		p->dated_beyond++;
	else
		p->days[day][worst]++;
}

/* --- messages */

static bool
keep_message(struct page_messages *m, const struct page_message *one)
{
	const size_t room = m->room > 0 ? 2 * m->room : 256;
	struct page_message *list;

	if (m->n >= PAGE_SHOWN)
		return true;
	if (m->n == m->room) {
		list = realloc(m->list, room * sizeof(*list));
		if (list == NULL)
			return false;
		m->list = list;
		m->room = room;
	}
	m->list[m->n++] = *one;
	return true;
}

/* The message that waits is in that store. */
static bool
settle(struct counting *c, struct span store)
{
	struct page *p = c->page;
	struct page_message *m = &c->waiting.message;
	const size_t i = places_add(&p->places, store);

	c->waiting.any = false;
	if (i == SIZE_MAX)
		return false;
	p->places.list[i]->flagged++;
	p->places.list[i]->by_severity[m->severity]++;
	m->place = (uint32_t)i;		/* below PLACES_MAX + 1 */
	return keep_message(&p->messages[m->severity], m);
}

static bool
settle_by_name(struct counting *c)
{
	struct waiting *w = &c->waiting;

	return !w->any || settle(c, places_of(buf_span(&w->path),
	    buf_span(&w->format)));
}

static bool
count_message(struct counting *c, const struct json_object *o)
{
	struct page *p = c->page;
	struct waiting *w = &c->waiting;
	const size_t n = json_member_count(o, "findings");
	enum severity worst = SEV_INFO;
	struct span format = { NULL, 0 };
	code_set seen = 0;

	if (!settle_by_name(c))
		return false;
	p->cut_headers += json_member(o, "header_cut") != NULL;
	if (n == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		count_finding(p, json_member_at(o, "findings", i), &seen);
	(void)severity_of(o, &worst);
	(void)json_member_text(o, "format", &format);
	p->flagged++;
	p->by_severity[worst]++;
	count_day(p, o, worst);
	buf_clear(&w->path);
	buf_clear(&w->format);
	buf_add(&w->format, format.p, format.n);
	w->any = true;
	w->message = (struct page_message){ .at = p->in->at,
	    .severity = worst };
	return json_member_bytes(o, "path", &w->path) && buf_ok(&w->format);
}

static bool
count_store(struct counting *c, const struct json_object *o)
{
	struct page *p = c->page;
	struct waiting *w = &c->waiting;
	const struct json_object *hidden = json_member(o, "not_observable");
	struct page_place *place;
	struct buf path = { 0 };
	uint64_t n = 0;
	bool ok = json_member_bytes(o, "path", &path);

	if (ok && w->any)
		ok = span_eq(buf_span(&path), buf_span(&w->path)) ?
		    settle(c, buf_span(&path)) : settle_by_name(c);
	if (ok && (place = places_find(&p->places, buf_span(&path))) != NULL)
		(void)json_member_u64(o, "messages", &place->messages);
	buf_free(&path);
	if (hidden != NULL && json_member_u64(hidden, "messages", &n))
		p->hidden += n;
	if (hidden != NULL)
		list_add(&p->not_observable, p->in->at);
	n = 0;
	(void)json_member_u64(json_member(o, "dialects"), "disputes", &n);
	if (n > 0)
		list_add(&p->disputed, p->in->at);
	return ok;
}

/* --- the other records */

static bool
count_unreadable(struct counting *c, const struct json_object *o)
{
	(void)o;
	list_add(&c->page->unreadable, c->page->in->at);
	return true;
}

static bool
count_skipped(struct counting *c, const struct json_object *o)
{
	(void)o;
	list_add(&c->page->skipped, c->page->in->at);
	return true;
}

static bool
count_stale(struct counting *c, const struct json_object *o)
{
	(void)o;
	list_add(&c->page->stale, c->page->in->at);
	return true;
}

static bool
count_outcome(struct counting *c, const struct json_object *o)
{
	(void)o;
	list_add(&c->page->outcomes, c->page->in->at);
	return true;
}

/* Of a message that does not arrive as what it is. */
static bool
count_replay(struct counting *c, const struct json_object *o)
{
	if (json_member_is(o, "worst", "open") ||
	    json_member_is(o, "worst", "cut") ||
	    json_member_is(o, "worst", "smuggled"))
		list_add(&c->page->replays, c->page->in->at);
	return true;
}

/* What is not here is counted as a record and else passed over, as a report
 * may hold what a later version writes. */
static const struct {
	const char *type;
	bool (*count)(struct counting *, const struct json_object *);
} types[] = {
	{ "message", count_message }, { "store", count_store },
	{ "unreadable", count_unreadable }, { "skipped", count_skipped },
	{ "stale", count_stale },
	{ "outcome", count_outcome }, { "replay", count_replay },
};

/* Header and summary are kept.  False: it is no record, or no memory. */
static bool
count_record(struct counting *c, struct json_object *o)
{
	struct page *p = c->page;
	uint64_t n;
	bool ok = true;

	p->records++;
	p->whole = false;
	if (json_member_is(o, "type", "header") && p->header == NULL) {
		p->header = o;
		p->redacted = json_member_true(o, "redacted");
		return true;
	}
	if (json_member_is(o, "type", "summary")) {
		json_free(p->summary);
		p->summary = o;
		p->whole = json_member_u64(o, "records", &n) &&
		    n == p->records;
		return true;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (json_member_is(o, "type", types[i].type))
			ok = types[i].count(c, o);
	json_free(o);
	return ok;
}

/* --- which messages are shown */

static int
compare_shown(const void *x, const void *y)
{
	const struct page_message *const a = x, *const b = y;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* Those of high severity first, as many as are shown. */
static bool
choose_shown(struct page *p)
{
	size_t n = 0;

	for (size_t i = 0; i < SEVERITIES; i++)
		n += p->messages[i].n;
	if (n > PAGE_SHOWN)
		n = PAGE_SHOWN;
	if ((p->shown = malloc((n + 1) * sizeof(*p->shown))) == NULL)
		return false;
	for (size_t i = SEVERITIES; i-- > 0; )
		for (size_t k = 0; k < p->messages[i].n && p->shown_n < n;
		    k++)
			p->shown[p->shown_n++] = p->messages[i].list[k];
	return true;
}

/* From how they came to how bad they are. */
static bool
rank(struct page *p)
{
	uint32_t *ranks = malloc((p->places.n + 1) * sizeof(*ranks));
	struct page_place **came = NULL;

	if (ranks != NULL)
		came = malloc((p->places.n + 1) * sizeof(*came));
	if (came == NULL) {
		free(ranks);
		return false;
	}
	for (size_t i = 0; i < p->places.n; i++)
		came[i] = p->places.list[i];
	places_rank(&p->places);
	for (size_t i = 0; i < p->places.n; i++)
		ranks[i] = came[i]->rank;
	for (size_t i = 0; i < p->shown_n; i++) {
		p->shown[i].place = ranks[p->shown[i].place];
		p->places.list[p->shown[i].place]->shown++;
	}
	free(came);
	free(ranks);
	qsort(p->shown, p->shown_n, sizeof(*p->shown), compare_shown);
	return true;
}

static int
read_records(struct counting *c)
{
	struct page *p = c->page;
	struct json_object *o;
	struct span line;
	int rc;

	while ((rc = report_lines_next(p->in, &line, p->e)) == ST_OK) {
		o = json_parse(line);
		if (o == NULL && p->in->cut && p->records > 0) {
			p->whole = false;	/* cut off in a record */
			rc = ST_END;
			break;
		}
		if (o == NULL || (p->records == 0 &&
		    !json_member_is(o, "type", "header"))) {
			json_free(o);
			return err_set(p->e, ST_DEAD, 0, "line %" PRIu64
			    " is no record of a report (-f ndjson of scan)",
			    p->in->number);
		}
		if (!count_record(c, o))
			return err_set(p->e, ST_DEAD, 0, "line %" PRIu64
			    " cannot be used: no record of a report, or no "
			    "memory", p->in->number);
	}
	if (rc == ST_END && p->records == 0)
		return err_set(p->e, ST_DEAD, 0, "it is empty");
	return rc == ST_END ? ST_OK : ST_DEAD;
}

int
page_count(struct page *p)
{
	struct counting c = { .page = p };
	int rc = ST_OK;

	if ((p->days = calloc(PAGE_DAYS, sizeof(*p->days))) == NULL)
		return no_memory(p);
	if ((rc = read_records(&c)) == ST_OK && (!settle_by_name(&c) ||
	    !choose_shown(p) || !rank(p)))
		rc = no_memory(p);
	buf_free(&c.waiting.path);
	buf_free(&c.waiting.format);
	return rc;
}
