/*
 * See text.h: the summary, and what to do next.
 *
 * On a screen it is made of parts: what comes first, what must be said, and
 * what to do next; the tables get the rows that these leave.
 */
#include "text.h"

#include <inttypes.h>

#include "patterns.h"
#include "repaired.h"
#include "replayed.h"
#include "walk.h"

#define ROWS_LEAST 24u
#define TABLE_LEAST 4u		/* rows that what to do next leaves */
#define RULES_LEAST 3u		/* of a table of rules beside one of codes */
#define ALL SIZE_MAX		/* rows: no limit */

struct parts {
	const struct scan_facts *r;
	const struct totals *t;
	const struct summary_facts *s;
	const struct screen *screen;	/* NULL: there is none */
	struct buf rest, next;
};

static void
put_size(struct buf *b, uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB",
	    "TiB" };
	double v = (double)bytes;
	size_t i = 0;

	for (; v >= 1024 && i < 4; i++)
		v /= 1024;
	buf_printf(b, i == 0 ? "%.0f %s" : "%.1f %s", v, units[i]);
}

static const char *
plural(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

/* --- tables */

static size_t
columns_of(const struct parts *p)
{
	return p->screen != NULL ? p->screen->columns : SIZE_MAX;
}

/* The end of a row that began there. */
static void
end_row(struct buf *b, const struct parts *p, size_t from)
{
	fit_cut(b, from, columns_of(p));
	buf_byte(b, '\n');
}

/* Of a table that may have `most` rows; one of them says if there are more. */
static size_t
rows_shown(size_t all, size_t most)
{
	return all <= most ? all : most > 0 ? most - 1 : 0;
}

/* Rows that are not shown. */
static void
put_more(struct buf *b, size_t n, const char *what)
{
	if (n > 0)
		buf_printf(b, "  and %zu more %s: all of them are in a file "
		    "(-o) or a pipe\n", n, what);
}

static void
put_code(struct buf *b, const struct parts *p, enum code code)
{
	const struct code_info *c = code_info(code);
	const enum severity worst = p->t->code_worst[code];
	const bool color = p->r->options->color;
	const size_t n = strlen(c->name), from = b->n;

	buf_str(b, "  ");
	text_severity(b, worst, color);
	buf_printf(b, "%*s%10" PRIu64 "%10" PRIu64 "  ",
	    (int)(6 - strlen(severity_name(worst))), "",
	    p->t->code_messages[code], p->t->code_count[code]);
	buf_printf(b, color ? "\033[1m%s\033[0m" : "%s", c->name);
	buf_printf(b, "%*s%s", n < 22 ? (int)(23 - n) : 1, "", c->title);
	end_row(b, p, from);
}

static size_t
count_codes(const struct totals *t)
{
	size_t n = 0;

	for (unsigned i = 0; i < CODE_COUNT; i++)
		n += t->code_messages[i] > 0;
	return n;
}

/* The worst first; at most that many rows. */
static void
put_codes(struct buf *b, const struct parts *p, size_t most)
{
	const size_t all = count_codes(p->t);
	const size_t shown = rows_shown(all, most);
	size_t left = shown;

	buf_str(b, "\n  worst   messages     count  code\n");
	for (unsigned s = SEVERITIES; s-- > 0; )
		for (unsigned i = 0; i < CODE_COUNT && left > 0; i++)
			if (p->t->code_messages[i] > 0 &&
			    p->t->code_worst[i] == s) {
				put_code(b, p, (enum code)i);
				left--;
			}
	put_more(b, all - shown, "codes");
}

static size_t
count_rules(const struct parts *p)
{
	const struct pattern_rules *rules = p->r->rules;
	size_t n = 0;

	if (p->t->code_messages[CODE_RULE_MATCH] == 0 || rules == NULL)
		return 0;
	for (size_t i = 0; i < rules->n; i++)
		n += p->t->rule_messages[rules->rule[i]->name.index] > 0;
	return n;
}

static void
put_rules(struct buf *b, const struct parts *p, size_t most)
{
	const struct pattern_rules *rules = p->r->rules;
	const size_t all = count_rules(p);
	const size_t shown = rows_shown(all, most);
	size_t left = shown;

	if (all == 0)
		return;
	buf_str(b, "\n          messages     count  rule\n");
	for (size_t i = 0; i < rules->n && left > 0; i++) {
		const struct rule_name *name = &rules->rule[i]->name;
		const size_t from = b->n;

		if (p->t->rule_messages[name->index] == 0)
			continue;
		left--;
		buf_printf(b, "  %16" PRIu64 "%10" PRIu64 "  %-26s ",
		    p->t->rule_messages[name->index],
		    p->t->rule_count[name->index], name->name);
		escape_text(b, span_text(name->message));
		end_row(b, p, from);
	}
	put_more(b, all - shown, "rules");
}

/* Two tables in so many rows, each with two above it. */
static void
put_tables(struct buf *b, const struct parts *p, size_t rows)
{
	const size_t rules = count_rules(p);
	const size_t kept = rules == 0 ? 0 : 2 + (rules < RULES_LEAST ? rules :
	    RULES_LEAST);
	size_t codes = count_codes(p->t);

	if (rows == ALL) {
		put_codes(b, p, ALL);
		put_rules(b, p, ALL);
		return;
	}
	rows -= rows < 2 ? rows : 2;
	if (codes + kept > rows)
		codes = rows > kept ? rows - kept : 0;
	put_codes(b, p, codes);
	rows -= codes;
	put_rules(b, p, rows > 2 ? rows - 2 : 0);
}

/* --- what must be said */

static void
put_severities(struct buf *b, const struct totals *t, bool color)
{
	const char *sep = " (worst: ";

	for (unsigned i = SEVERITIES; i-- > 0; ) {
		if (t->by_severity[i] == 0)
			continue;
		buf_str(b, sep);
		buf_printf(b, "%" PRIu64 " ", t->by_severity[i]);
		text_severity(b, (enum severity)i, color);
		sep = ", ";
	}
	if (t->flagged > 0)
		buf_byte(b, ')');
}

static void
put_count(struct buf *b, uint64_t n, const char *what)
{
	if (n > 0)
		buf_printf(b, "  %" PRIu64 " %s\n", n, what);
}

/* On a screen in a row. */
static void
put_skipped(struct buf *b, const struct parts *p)
{
	const bool verbose = p->r->options->verbose;
	const char *not_mail = p->s->alone ? "skipped: not mail" : verbose ?
	    "skipped: not mail (listed above)" :
	    "skipped: not mail (-v lists them)";
	uint64_t all = p->t->not_mail;

	for (unsigned i = 0; i < WALK_SKIPS; i++)
		all += p->s->skipped[i];
	if (p->screen != NULL) {
		put_count(b, all, verbose ? "files and folders skipped (listed "
		    "above)" : "files and folders skipped (-v lists them, and "
		    "says why)");
		return;
	}
	put_count(b, p->t->not_mail, not_mail);
	for (unsigned i = 0; i < WALK_SKIPS; i++)
		if (p->s->skipped[i] > 0)
			buf_printf(b, "  %" PRIu64 " skipped: %s\n",
			    p->s->skipped[i],
			    walk_skip_text((enum walk_skip)i));
}

static void
put_rest(struct buf *b, const struct parts *p)
{
	const struct totals *t = p->t;
	const uint64_t lf = p->r->options->eol == EOL_AUTO ?
	    t->conventions[CONV_LF] : 0;

	put_count(b, t->unreadable, p->s->alone ? "could not be read (the "
	    "records name them: -f ndjson, -f html)" :
	    "could not be read (listed above)");
	put_count(b, t->gone, "gone before they could be opened: normal in a "
	    "store that is in use");
	put_count(b, p->s->unsettled, "kept changing while listed: folders to "
	    "scan again");
	put_count(b, t->stale, "not as they were planned or reported: "
	    "changed, renamed or gone since");
	put_skipped(b, p);
	if (lf > 0)
		buf_printf(b, "  Not observable in %" PRIu64 " %s whose lines "
		    "end in LF alone: whether an LF, also\n  one beside a "
		    "lone dot, had a CR when the message arrived.  That none "
		    "is reported\n  does not mean that there was none.\n",
		    lf, plural(lf, "message", "messages"));
}

/* What was not read again, and what is new. */
static void
put_kept(struct buf *b, const struct kept_facts *k)
{
	put_count(b, k->files, "files did not change since they were scanned, "
	    "and were not read again");
	buf_printf(b, "  %" PRIu64 " with findings that are not in the "
	    "baseline%s\n", k->messages, k->new_only ? ": only these are "
	    "listed" : "");
	if (k->messages > 0)
		buf_str(b, "  Once they are dealt with: baredot baseline "
		    "accept\n");
}

/* --- what to do next */

/* The code to begin with; CODE_COUNT: there is none. */
static unsigned
worst_code(const struct totals *t)
{
	unsigned worst = CODE_COUNT;

	for (unsigned i = 0; i < CODE_COUNT; i++)
		if (t->code_messages[i] > 0 && (worst == CODE_COUNT ||
		    t->code_worst[i] > t->code_worst[worst]))
			worst = i;
	return worst;
}

static bool
has_look_alikes(const struct totals *t)
{
	for (unsigned i = CODE_EOD_CRLF_CRLF; i <= CODE_EOD_SPACE_DOT;
	    i++)
		if (t->code_messages[i] > 0 && t->code_worst[i] > SEV_INFO)
			return true;
	return false;
}

/* Understand the worst of it; on a screen also where, and what helps. */
static void
put_next(struct buf *b, const struct parts *p)
{
	const char *paths = p->screen != NULL ? p->screen->paths : NULL;
	const unsigned worst = worst_code(p->t);

	if (worst == CODE_COUNT)
		return;
	buf_printf(b, "  What it means: baredot explain %s\n",
	    code_info((enum code)worst)->name);
	if (paths == NULL)
		return;
	buf_printf(b, "  All of it on a page: baredot scan -f html -o "
	    "report.html %s\n", paths);
	if (p->t->code_worst[worst] > SEV_INFO && p->s->acts == NULL)
		buf_printf(b, "  What a repair would change: baredot fix "
		    "%s\n", paths);
	if (has_look_alikes(p->t))
		buf_printf(b, "  Whom it would fool, sent by whom: baredot "
		    "replay %s\n", paths);
}

/* Take lines off the end until that many rows are left. */
static void
trim(struct buf *b, size_t rows, size_t columns)
{
	while (b->n > 0 && fit_rows(buf_span(b), columns) > rows) {
		b->n--;
		while (b->n > 0 && b->p[b->n - 1] != '\n')
			b->n--;
	}
}

/* --- all of it */

static void
put_head(struct buf *b, const struct parts *p)
{
	const struct totals *t = p->t;

	if (p->s->partial)
		buf_str(b, "\nInterrupted: this is what was scanned so far, "
		    "not all.\n");
	buf_printf(b, "\n%" PRIu64 " %s in %" PRIu64 " %s, ", t->messages,
	    plural(t->messages, "message", "messages"), t->stores,
	    plural(t->stores, "store", "stores"));
	put_size(b, t->bytes);
	buf_printf(b, ", %.2f s", p->s->seconds);
	if (p->r->plan == NULL) {
		buf_printf(b, "; %" PRIu64 " with findings", t->flagged);
		put_severities(b, t, p->r->options->color);
	}
	buf_byte(b, '\n');
}

/* What comes behind the tables. */
static void
make_rest(struct parts *p)
{
	struct buf *b = &p->rest;

	if (p->s->acts != NULL)
		acts_text(b, p->s->acts, p->t);
	put_rest(b, p);
	if (p->r->plan != NULL)
		return;
	if (p->s->kept != NULL)
		put_kept(b, p->s->kept);
	if (p->r->redacted)
		buf_str(b, "  Redacted: 16 hex digits stand for a name, an "
		    "address, an ID or a sum, the same\n  ones for the same, "
		    "in this report alone.\n");
	put_next(&p->next, p);
}

/* The rows that the tables may have; what to do next may have less. */
static size_t
share_rows(struct parts *p, size_t head)
{
	const size_t columns = columns_of(p);
	size_t rows = ALL, used, free_rows;

	if (p->screen == NULL)
		return ALL;
	rows = (p->screen->rows > ROWS_LEAST ? p->screen->rows : ROWS_LEAST) -
	    1;			/* the prompt */
	used = head + fit_rows(buf_span(&p->rest), columns);
	free_rows = rows > used ? rows - used : 0;
	trim(&p->next, free_rows > TABLE_LEAST ? free_rows - TABLE_LEAST : 0,
	    columns);
	used = fit_rows(buf_span(&p->next), columns);
	return free_rows > used ? free_rows - used : 0;
}

void
text_summary(struct buf *b, const struct scan_facts *r,
    const struct totals *t, const struct summary_facts *s)
{
	struct parts p = { .r = r, .t = t, .s = s, .screen = s->screen };
	const size_t from = b->n;
	size_t rows;

	put_head(b, &p);
	make_rest(&p);
	rows = share_rows(&p, buf_ok(b) ? fit_rows((struct span){ b->p + from,
	    b->n - from }, columns_of(&p)) : 0);
	if (r->plan != NULL)
		replayed_summary_text(b, r->plan, t, rows, columns_of(&p));
	else if (t->flagged > 0)
		put_tables(b, &p, rows);
	buf_add(b, p.rest.p, p.rest.n);
	buf_add(b, p.next.p, p.next.n);
	if (!buf_ok(&p.rest) || !buf_ok(&p.next))
		b->failed = true;
	buf_free(&p.rest);
	buf_free(&p.next);
}
