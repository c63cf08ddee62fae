/*
 * See page.h: the worst stores, and the folders they are in.
 */
#include "page.h"

#include <stdlib.h>

#include "page_put.h"

#define WORST 20u		/* stores that are listed at once */
#define WORST_MORE 500u		/* and folded */
#define ROWS_MAX 120u		/* of folders */
#define DEPTH_MAX 10u

static bool
any_store(const struct page *p)
{
	return p->places.n > 0;
}

static void
put_path(struct buf *b, struct span path)
{
	buf_str(b, "<code>");
	if (path.n > 0)
		escape_html(b, path);
	else
		buf_str(b, "(all other stores)");
	buf_str(b, "</code>");
}

static void
put_row_end(struct buf *b, const uint64_t n[SEVERITIES], uint64_t most)
{
	put_severity_cells(b, n);
	buf_str(b, "<td class=\"w\">");
	put_bar(b, n, most);
	buf_str(b, "</td></tr>\n");
}

/* --- stores */

static void
put_store_row(struct page *p, const struct page_place *at, uint64_t most)
{
	struct buf *b = &p->b;
	const bool linked = at->shown > 0 && at->rank < PAGE_OWN;

	buf_str(b, "<tr><th scope=\"row\">");
	if (linked)
		buf_printf(b, "<a href=\"#store-%u\">", (unsigned)at->rank);
	put_path(b, at->path);
	buf_str(b, linked ? "</a></th><td class=\"n\">" :
	    "</th><td class=\"n\">");
	if (at->messages > 0)
		buf_grouped(b, at->messages);
	buf_str(b, "</td>");
	put_row_end(b, at->by_severity, most);
}

static void
put_store_table(struct page *p, size_t from, size_t to, const char *caption)
{
	struct buf *b = &p->b;
	uint64_t most = 0;

	for (size_t i = 0; i < p->places.n; i++)
		if (p->places.list[i]->flagged > most)
			most = p->places.list[i]->flagged;
	buf_printf(b, "<div class=\"scroll\"><table><caption>%s</caption>\n"
	    "<thead><tr><th scope=\"col\">Store</th><th scope=\"col\" "
	    "class=\"n\">Messages</th>", caption);
	put_severity_heads(b);
	buf_str(b, "<td class=\"w\"></td></tr></thead>\n<tbody>\n");
	for (size_t i = from; i < to; i++)
		put_store_row(p, p->places.list[i], most);
	buf_str(b, "</tbody></table></div>\n");
}

static void
stores_put(struct page *p)
{
	const size_t n = p->places.n;
	const size_t most = n < WORST_MORE ? n : WORST_MORE;

	put_store_table(p, 0, n < WORST ? n : WORST, "Messages with findings "
	    "in each store, by their worst");
	if (n > WORST) {
		buf_str(&p->b, "<details><summary>");
		put_counted(&p->b, most - WORST, "more store", "more stores");
		buf_str(&p->b, "</summary>\n");
		put_store_table(p, WORST, most, "The stores behind these");
		buf_str(&p->b, "</details>\n");
	}
	if (n > most) {
		buf_str(&p->b, "<p class=\"quiet\">");
		put_counted(&p->b, n - most, "store is", "stores are");
		buf_str(&p->b, " not listed here; their messages are below."
		    "</p>\n");
	}
}

const struct page_section page_stores = {
	.id = "stores", .title = "The worst stores", .there = any_store,
	.put = stores_put,
};

/* --- folders */

/* The stores of a report, sorted, seen as a tree of the parts of paths. */
struct tree {
	struct page *page;
	struct page_place **list;
	unsigned depth_max;
	bool counts;		/* rows only, nothing is put */
	size_t rows;
	uint64_t most;
};

static bool
same_part(struct span a, struct span b, size_t from, size_t end)
{
	return b.n >= end && memcmp(a.p + from, b.p + from, end - from) == 0 &&
	    (b.n == end || b.p[end] == '/' || b.p[end] == '!');
}

/* Stores from i on, before `to`, that have the part from..end of i's path. */
static size_t
group_end(const struct tree *t, size_t i, size_t to, size_t from, size_t end)
{
	size_t j = i + 1;

	while (j < to && same_part(t->list[i]->path, t->list[j]->path, from,
	    end))
		j++;
	return j;
}

/* As many parts more as all of i..j have, which are sorted. */
static size_t
common_end(const struct tree *t, size_t i, size_t j, size_t end)
{
	const struct span a = t->list[i]->path, b = t->list[j - 1]->path;

	while (a.n > end && b.n > end && a.p[end] == b.p[end]) {
		const size_t next = end + 1 + places_part(a, end + 1);

		if (!same_part(a, b, end + 1, next))
			break;
		end = next;
	}
	return end;
}

static void
put_folder(struct tree *t, size_t i, size_t j, size_t from, size_t end,
    unsigned depth)
{
	struct buf *b = &t->page->b;
	uint64_t n[SEVERITIES] = { 0 };
	const struct span path = t->list[i]->path;

	t->rows++;
	if (t->counts)
		return;
	for (size_t k = i; k < j; k++)
		for (size_t s = 0; s < SEVERITIES; s++)
			n[s] += t->list[k]->by_severity[s];
	buf_printf(b, "<tr><th scope=\"row\" class=\"d%u\">", depth);
	put_path(b, (struct span){ path.p + from, end - from });
	buf_str(b, "</th><td class=\"n\">");
	buf_grouped(b, j - i);
	buf_str(b, "</td>");
	put_row_end(b, n, t->most);
}

/* The stores i..to have the same first `from` bytes.  As deep as DEPTH_MAX. */
static void
put_level(struct tree *t, size_t i, size_t to, size_t from, unsigned depth)
{
	while (i < to && t->rows <= ROWS_MAX) {
		const struct span path = t->list[i]->path;
		size_t end, j;

		if (path.n < from) {	/* it is the folder itself */
			i++;
			continue;
		}
		end = from + places_part(path, from);
		j = group_end(t, i, to, from, end);
		end = common_end(t, i, j, end);
		put_folder(t, i, j, from, end, depth);
		if (j - i > 1 && depth < t->depth_max)
			put_level(t, i, j, end + 1, depth + 1);
		i = j;
	}
}

/* As deep as there is room for. */
static void
choose_depth(struct tree *t)
{
	t->counts = true;
	for (t->depth_max = DEPTH_MAX; t->depth_max > 0; t->depth_max--) {
		t->rows = 0;
		put_level(t, 0, t->page->places.n, 0, 0);
		if (t->rows <= ROWS_MAX)
			break;
	}
	t->rows = 0;
	t->counts = false;
}

static void
folders_put(struct page *p)
{
	struct tree t = { .page = p, .list = places_by_path(&p->places),
	    .most = p->flagged };
	struct buf *b = &p->b;

	if (t.list == NULL) {
		b->failed = true;
		return;
	}
	choose_depth(&t);
	buf_str(b, "<div class=\"scroll\"><table class=\"tree\"><caption>"
	    "Messages with findings in each folder, with all that is in it"
	    "</caption>\n<thead><tr><th scope=\"col\">Folder</th><th "
	    "scope=\"col\" class=\"n\">Stores</th>");
	put_severity_heads(b);
	buf_str(b, "<td class=\"w\"></td></tr></thead>\n<tbody>\n");
	put_level(&t, 0, p->places.n, 0, 0);
	buf_str(b, "</tbody></table></div>\n");
	if (t.rows > ROWS_MAX)
		buf_str(b, "<p class=\"quiet\">There are more folders than "
		    "are listed.</p>\n");
	free(t.list);
}

static bool
folders_there(const struct page *p)
{
	return p->places.n > 1;
}

const struct page_section page_folders = {
	.id = "folders", .title = "By folder", .there = folders_there,
	.put = folders_put,
};
