/*
 * See page.h: what was not read, what cannot be told, and what came of files
 * that were acted on.
 */
#include "page.h"

#include <inttypes.h>

#include "page_put.h"

/* A table of records: what stands in its three columns. */
struct table {
	const struct page_list *list;
	const char *what, *heads[3];
	void (*cells)(struct page *, const struct json_object *);
};

static bool
unread_there(const struct page *p)
{
	return p->unreadable.n + p->skipped.n + p->stale.n + p->outcomes.n +
	    p->not_observable.n + p->disputed.n > 0;
}

static void
put_rows(struct page *p, const struct table *t)
{
	const size_t n = t->list->n < PAGE_LIST ? (size_t)t->list->n :
	    PAGE_LIST;
	struct json_object *o;

	for (size_t i = 0; i < n; i++) {
		if ((o = page_record(p, t->list->at[i])) == NULL)
			continue;
		buf_str(&p->b, "<tr><th scope=\"row\"><code>");
		(void)put_member(&p->b, o, "path");
		buf_str(&p->b, "</code></th><td class=\"n\">");
		t->cells(p, o);
		buf_str(&p->b, "</td></tr>\n");
		json_free(o);
	}
}

/* Folded when it is long. */
static void
put_table(struct page *p, const struct table *t)
{
	struct buf *b = &p->b;

	if (t->list->n == 0)
		return;
	buf_printf(b, "<details%s><summary><h3>%s <span class=\"count\">",
	    t->list->n <= 10 ? " open" : "", t->what);
	buf_grouped(b, t->list->n);
	buf_printf(b, "</span></h3></summary>\n<div class=\"scroll\"><table>"
	    "<caption class=\"hide\">%s</caption>\n<thead><tr><th "
	    "scope=\"col\">%s</th><th scope=\"col\" class=\"n\">%s</th>"
	    "<th scope=\"col\">%s</th></tr></thead>\n<tbody>\n", t->what,
	    t->heads[0], t->heads[1], t->heads[2]);
	put_rows(p, t);
	buf_str(b, "</tbody></table></div>\n");
	if (t->list->n > PAGE_LIST) {
		buf_str(b, "<p class=\"quiet\">");
		buf_grouped(b, t->list->n - PAGE_LIST);
		buf_str(b, " more are in the NDJSON.</p>\n");
	}
	buf_str(b, "</details>\n");
}

static void
put_u64(struct page *p, const struct json_object *o, const char *key)
{
	uint64_t n;

	if (json_member_u64(o, key, &n))
		buf_grouped(&p->b, n);
}

static void
unreadable_cells(struct page *p, const struct json_object *o)
{
	put_u64(p, o, "offset");
	buf_str(&p->b, "</td><td>");
	(void)put_member(&p->b, o, "error");
}

static void
skipped_cells(struct page *p, const struct json_object *o)
{
	buf_str(&p->b, "</td><td>");
	(void)put_member(&p->b, o, "reason");
}

static void
stale_cells(struct page *p, const struct json_object *o)
{
	put_u64(p, o, "offset");
	skipped_cells(p, o);
}

static void
outcome_cells(struct page *p, const struct json_object *o)
{
	put_u64(p, o, "messages");
	buf_str(&p->b, "</td><td>");
	(void)put_member(&p->b, o, "status");
	buf_str(&p->b, " ");
	(void)put_member(&p->b, o, "why");
}

static void
disputed_cells(struct page *p, const struct json_object *o)
{
	const struct json_object *d = json_member(o, "dialects");

	put_u64(p, d, "disputes");
	buf_str(&p->b, "</td><td>");
	put_u64(p, d, "messages");
	buf_str(&p->b, " messages; other readers see ");
	put_u64(p, d, "any_from_line");
	buf_str(&p->b, ", ");
	put_u64(p, d, "from_line_after_empty_line");
	buf_str(&p->b, " or ");
	put_u64(p, d, "content_length_ignored");
}

static void
hidden_cells(struct page *p, const struct json_object *o)
{
	const struct json_object *h = json_member(o, "not_observable");
	const size_t n = json_member_count(h, "codes");
	struct span s;

	put_u64(p, h, "messages");
	buf_str(&p->b, "</td><td>");
	for (size_t i = 0; i < n; i++)
		if (json_member_text_at(h, "codes", i, &s)) {
			buf_str(&p->b, i > 0 ? ", <code>" : "<code>");
			escape_html(&p->b, s);
			buf_str(&p->b, "</code>");
		}
}

static void
unread_put(struct page *p)
{
	const struct table tables[] = {
		{ &p->outcomes, "What came of files",
		    { "File", "Messages", "Outcome" }, outcome_cells },
		{ &p->unreadable, "Could not be read",
		    { "File", "At byte", "Why" }, unreadable_cells },
		{ &p->disputed, "Mailboxes that readers cut in different "
		    "places", { "Mailbox", "Places", "Messages" },
		    disputed_cells },
		{ &p->not_observable, "Not observable: kept with LF alone, "
		    "so whether a CR stood before an LF cannot be seen",
		    { "Store", "Messages", "What cannot be told" },
		    hidden_cells },
		{ &p->stale, "Not as it was planned or reported",
		    { "File", "At byte", "Why" }, stale_cells },
		{ &p->skipped, "Skipped", { "File", "", "Why" },
		    skipped_cells },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		put_table(p, &tables[i]);
}

const struct page_section page_unread = {
	.id = "unread", .title = "Not read, not observable",
	.there = unread_there, .put = unread_put,
};
