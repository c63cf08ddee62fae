/*
 * See page.h: the messages with findings, by store.
 *
 * Only the first LIVE are part of the page from the start.  The others stand
 * in <noscript>, PAGE of them in each: where scripts run, that is mere text
 * to the browser, and page.js makes it part of the page when the reader opens
 * it; where they do not, it is there anyway.
 */
#include "page.h"

#include <inttypes.h>

#include "page_put.h"

#define PAGE 100u		/* messages in a piece */
#define LIVE 100u

struct listing {
	struct page *page;
	size_t live;		/* messages that are part of the page */
	bool first;		/* nothing was put yet */
};

static bool
findings_there(const struct page *p)
{
	return p->shown_n > 0;
}

/* Shown messages from i on that are in the same store. */
static size_t
store_end(const struct page *p, size_t i)
{
	size_t j = i + 1;

	while (j < p->shown_n && p->shown[j].place == p->shown[i].place)
		j++;
	return j;
}

static const struct page_place *
place_of(const struct page *p, size_t i)
{
	return p->places.list[p->shown[i].place];
}

static bool
put_messages(struct page *p, size_t i, size_t to)
{
	struct json_object *o;

	for (; i < to; i++) {
		if ((o = page_record(p, p->shown[i].at)) == NULL)
			continue;
		page_put_message(p, o, place_of(p, i)->path);
		json_free(o);
		if (!page_flush(p))
			return false;
	}
	return true;
}

static void
put_heading(struct page *p, const struct page_place *at)
{
	struct buf *b = &p->b;
	const char *sep = "";

	buf_str(b, "<h3><code>");
	if (at->path.n > 0)
		escape_html(b, at->path);
	else
		buf_str(b, "(all other stores)");
	buf_str(b, "</code></h3> <span class=\"sum\">");
	for (unsigned i = SEVERITIES; i-- > 0; ) {
		if (at->by_severity[i] == 0)
			continue;
		buf_str(b, sep);
		buf_grouped(b, at->by_severity[i]);
		buf_byte(b, ' ');
		put_severity(b, (enum severity)i);
		sep = ", ";
	}
	if (at->messages > 0) {
		buf_str(b, " of ");
		put_counted(b, at->messages, "message", "messages");
	}
	buf_str(b, "</span>");
}

/* A piece of a store, folded, that is not part of the page yet. */
static bool
put_piece(struct page *p, size_t i, size_t to, size_t number)
{
	struct buf *b = &p->b;

	buf_str(b, "<details class=\"piece\"><summary>Messages ");
	buf_grouped(b, number);
	buf_str(b, " to ");
	buf_grouped(b, number + (to - i) - 1);
	buf_str(b, ": ");
	put_severity(b, (enum severity)p->shown[i].severity);
	if (p->shown[to - 1].severity != p->shown[i].severity) {
		buf_str(b, " to ");
		put_severity(b, (enum severity)p->shown[to - 1].severity);
	}
	buf_str(b, "</summary><noscript>\n");
	if (!put_messages(p, i, to))
		return false;
	buf_str(b, "</noscript></details>\n");
	return true;
}

/* All of a store, in pieces when they are many. */
static bool
put_store(struct listing *l, size_t i, size_t to)
{
	struct page *p = l->page;
	const struct page_place *at = place_of(p, i);
	const size_t begin = i;
	size_t n = to - i < PAGE ? to - i : PAGE;
	const bool live = l->live + n <= LIVE;

	buf_printf(&p->b, "<details class=\"store\" id=\"store-%u\"%s>"
	    "<summary>", (unsigned)at->rank, l->first ? " open" : "");
	put_heading(p, at);
	buf_str(&p->b, "</summary>\n");
	if (!live && to - i <= PAGE) {
		buf_str(&p->b, "<noscript>\n");
		if (!put_messages(p, i, to))
			return false;
		buf_str(&p->b, "</noscript></details>\n");
		return true;
	}
	if (live) {
		l->live += n;
		if (!put_messages(p, i, i + n))
			return false;
		i += n;
	}
	for (; i < to; i += n) {
		n = to - i < PAGE ? to - i : PAGE;
		if (!put_piece(p, i, i + n, i - begin + 1))
			return false;
	}
	buf_str(&p->b, "</details>\n");
	return true;
}

/* Small stores together, from i on; *to: the first that is not among them. */
static bool
put_together(struct page *p, size_t i, size_t *to)
{
	struct buf *b = &p->b;
	uint64_t stores = 0;
	size_t end = i, next;

	while (end < p->shown_n && (next = store_end(p, end)) - i <= PAGE) {
		stores++;
		end = next;
	}
	*to = end;
	buf_str(b, "<details class=\"piece\"><summary>");
	put_counted(b, stores, "more store with ", "more stores with ");
	put_counted(b, end - i, "message, ", "messages, ");
	put_severity(b, (enum severity)p->shown[i].severity);
	buf_str(b, " the worst</summary><noscript>\n");
	for (; i < end; i = next) {
		next = store_end(p, i);
		put_heading(p, place_of(p, i));
		if (!put_messages(p, i, next))
			return false;
	}
	buf_str(b, "</noscript></details>\n");
	return true;
}

static void
put_legend(struct page *p)
{
	buf_str(&p->b, "<p class=\"quiet\">The bytes around the first place of "
	    "each finding, as numbers and below them as text: <i>CR</i>, "
	    "<i>LF</i> and <i>NU</i> (NUL) by name, <u>&#183;</u> a space, "
	    "<u>&#9643;</u> any other byte that is no printable ASCII. The "
	    "place itself is framed; at the left the offset in the message."
	    "</p>\n");
}

static void
findings_put(struct page *p)
{
	struct listing l = { .page = p, .first = true };
	bool ok = true;
	size_t to;

	put_legend(p);
	for (size_t i = 0; ok && i < p->shown_n; i = to) {
		to = store_end(p, i);
		if (place_of(p, i)->rank < PAGE_OWN || to - i > PAGE)
			ok = put_store(&l, i, to);
		else
			ok = put_together(p, i, &to);
		l.first = false;
	}
}

const struct page_section page_findings = {
	.id = "findings", .title = "Findings", .there = findings_there,
	.put = findings_put,
};
