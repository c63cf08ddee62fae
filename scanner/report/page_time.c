/*
 * See page.h: when the messages with findings were written.
 *
 * Dates are what senders said.  So that a few odd ones do not flatten all the
 * others, a fiftieth on either side may stand in a bar of its own.
 */
#include "page.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "page_put.h"

#define BARS_MAX 160u
#define TRIM 50u		/* one of so many, on each side */
#define HEIGHT 100.0
#define BAR 10			/* wide, with a gap */
#define BARS_STEP 10u		/* fewer than three times that: narrower */

enum unit { DAYS, MONTHS, YEARS };

struct bar {
	char label[32];
	uint64_t n[SEVERITIES];
};

struct bars {
	enum unit unit;
	size_t n;
	struct bar list[BARS_MAX];
};

static uint64_t
day_total(const struct page *p, size_t day)
{
	uint64_t n = 0;

	for (size_t i = 0; i < SEVERITIES; i++)
		n += p->days[day][i];
	return n;
}

static uint64_t
dated(const struct page *p)
{
	return p->flagged - p->undated - p->dated_beyond;
}

static bool
time_there(const struct page *p)
{
	return p->flagged > 0;
}

/* Which bar a day is in, so that later ones have higher numbers. */
static size_t
slot_of(size_t day, enum unit unit)
{
	const time_t t = (time_t)day * 86400;
	struct tm tm;

	if (unit == DAYS || gmtime_r(&t, &tm) == NULL)
		return day;
	return unit == MONTHS ? (size_t)tm.tm_year * 12 + (size_t)tm.tm_mon :
	    (size_t)tm.tm_year;
}

static void
label(char out[32], size_t day, enum unit unit)
{
	static const char *const forms[] = { "%Y-%m-%d", "%Y-%m", "%Y" };
	const time_t t = (time_t)day * 86400;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, 32, forms[unit], &tm) == 0)
		out[0] = '\0';
}

/* Where all begins and ends, less the first and the last `few`. */
static void
range_less(const struct page *p, uint64_t few, size_t *from, size_t *to)
{
	uint64_t n = 0;

	for (*from = 0; *from < PAGE_DAYS && (n += day_total(p, *from)) <=
	    few; )
		++*from;
	for (n = 0, *to = PAGE_DAYS - 1; *to > *from &&
	    (n += day_total(p, *to)) <= few; )
		--*to;
}

/* Trimmed only where that makes room. */
static void
find_range(const struct page *p, size_t *from, size_t *to)
{
	size_t first, last;

	range_less(p, dated(p) / TRIM, from, to);
	range_less(p, 0, &first, &last);
	if (last - first <= 2 * (*to - *from)) {
		*from = first;
		*to = last;
	}
}

static void
add_day(const struct page *p, struct bar *to, size_t day)
{
	for (size_t i = 0; i < SEVERITIES; i++)
		to->n[i] += p->days[day][i];
}

static bool
is_empty(const struct bar *bar)
{
	for (size_t i = 0; i < SEVERITIES; i++)
		if (bar->n[i] > 0)
			return false;
	return true;
}

/* "before 2019-03" and the like, where there is something. */
static void
put_beside(const struct page *p, struct bars *out, size_t from, size_t to,
    const char *word, const char *than)
{
	struct bar bar = { .label = "" };

	for (size_t day = from; day < to; day++)
		add_day(p, &bar, day);
	if (is_empty(&bar))
		return;
	(void)snprintf(bar.label, sizeof(bar.label), "%s %.10s", word, than);
	out->list[out->n++] = bar;
}

/* The days of the bars from..to are whole months or years. */
static void
make_bars(const struct page *p, struct bars *out)
{
	size_t from, to, first, slots;
	char edge[32];

	find_range(p, &from, &to);
	out->unit = to - from < 62 ? DAYS : to - from < 365 * 8 ? MONTHS :
	    YEARS;
	while (from > 0 && slot_of(from - 1, out->unit) ==
	    slot_of(from, out->unit))
		from--;
	while (to + 1 < PAGE_DAYS && slot_of(to + 1, out->unit) ==
	    slot_of(to, out->unit))
		to++;
	label(edge, from, out->unit);
	put_beside(p, out, 0, from, "before", edge);
	first = out->n;
	slots = slot_of(to, out->unit) - slot_of(from, out->unit) + 1;
	for (size_t day = from; day <= to; day++) {
		const size_t i = first + slot_of(day, out->unit) -
		    slot_of(from, out->unit);

		if (out->list[i].label[0] == '\0')
			label(out->list[i].label, day, out->unit);
		add_day(p, &out->list[i], day);
	}
	out->n += slots;
	label(edge, to, out->unit);
	put_beside(p, out, to + 1, PAGE_DAYS, "after", edge);
}

static uint64_t
bar_total(const struct bar *bar)
{
	uint64_t n = 0;

	for (size_t i = 0; i < SEVERITIES; i++)
		n += bar->n[i];
	return n;
}

static void
put_column(struct buf *b, const struct bar *bar, size_t at, uint64_t most)
{
	double y = HEIGHT;

	buf_printf(b, "<g><title>%s: %" PRIu64 "</title><rect class=\"hit\" "
	    "x=\"%zu\" width=\"%d\" height=\"100\"/>", bar->label,
	    bar_total(bar), at * BAR, BAR);
	for (unsigned i = SEVERITIES; i-- > 0; ) {
		const double h = HEIGHT * (double)bar->n[i] / (double)most;

		if (bar->n[i] == 0)
			continue;
		y -= h;
		buf_printf(b, "<rect class=\"f%u\" x=\"%zu\" y=\"%.2f\" "
		    "width=\"%d\" height=\"%.2f\"/>", i, at * BAR + 1, y,
		    BAR - 2, h);
	}
	buf_str(b, "</g>\n");
}

static void
put_chart(struct page *p, const struct bars *bars)
{
	struct buf *b = &p->b;
	uint64_t most = 1;

	for (size_t i = 0; i < bars->n; i++)
		if (bar_total(&bars->list[i]) > most)
			most = bar_total(&bars->list[i]);
	buf_str(b, "<figure class=\"time\"><figcaption>Messages with findings "
	    "by the date they say they are of; the tallest bar: ");
	buf_grouped(b, most);
	buf_str(b, "</figcaption>\n");
	buf_printf(b, "<div class=\"b%u\"><svg viewBox=\"0 0 %zu 100\" "
	    "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"A bar for "
	    "each %s; the table below has the numbers\">\n",
	    (unsigned)(bars->n / BARS_STEP), bars->n * BAR,
	    bars->unit == DAYS ? "day" : bars->unit == MONTHS ? "month" :
	    "year");
	for (size_t i = 0; i < bars->n; i++)
		put_column(b, &bars->list[i], i, most);
	buf_printf(b, "</svg>\n<div class=\"axis\"><span>%s</span>",
	    bars->list[0].label);
	if (bars->n > 1)
		buf_printf(b, "<span>%s</span>",
		    bars->list[bars->n - 1].label);
	buf_str(b, "</div></div></figure>\n");
}

static void
put_table(struct page *p, const struct bars *bars)
{
	struct buf *b = &p->b;

	buf_str(b, "<details><summary>The same as a table</summary>\n"
	    "<table><caption>Messages with findings by date and worst "
	    "severity</caption>\n<thead><tr><th scope=\"col\">Date</th>");
	put_severity_heads(b);
	buf_str(b, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < bars->n; i++) {
		if (is_empty(&bars->list[i]))
			continue;
		buf_printf(b, "<tr><th scope=\"row\">%s</th>",
		    bars->list[i].label);
		put_severity_cells(b, bars->list[i].n);
		buf_str(b, "</tr>\n");
	}
	buf_str(b, "</tbody></table></details>\n");
}

static void
time_put(struct page *p)
{
	struct bars bars = { .n = 0 };

	if (dated(p) > 0) {
		make_bars(p, &bars);
		put_chart(p, &bars);
		put_table(p, &bars);
	}
	if (p->undated + p->dated_beyond == 0)
		return;
	buf_str(&p->b, "<p class=\"quiet\">");
	put_counted(&p->b, p->undated + p->dated_beyond, "message",
	    "messages");
	buf_str(&p->b, " without a date: none that can be read, or none from "
	    "1970 to 2105.</p>\n");
}

const struct page_section page_time = {
	.id = "time", .title = "When", .there = time_there, .put = time_put,
};
