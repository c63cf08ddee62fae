/*
 * See page.h: what rules of the user's own, and baredot's, have matched.
 */
#include "page.h"

#include "page_put.h"

struct rows {
	struct page *page;
	uint64_t n;
};

static void
count_row(void *ctx, const char *rule, const struct json_object *counts)
{
	(void)rule;
	(void)counts;
	++*(uint64_t *)ctx;
}

static bool
rules_there(const struct page *p)
{
	uint64_t n = 0;

	json_each_object(json_member(p->summary, "rules"), count_row, &n);
	return n > 0;
}

static void
put_row(void *ctx, const char *rule, const struct json_object *counts)
{
	struct rows *r = ctx;
	struct buf *b = &r->page->b;
	uint64_t messages = 0, count = 0;

	if (r->n++ >= PAGE_LIST)
		return;
	(void)json_member_u64(counts, "messages", &messages);
	(void)json_member_u64(counts, "count", &count);
	buf_str(b, "<tr><th scope=\"row\"><code>");
	put_text(b, rule);
	buf_str(b, "</code></th><td class=\"n\">");
	buf_grouped(b, messages);
	buf_str(b, "</td><td class=\"n\">");
	buf_grouped(b, count);
	buf_str(b, "</td></tr>\n");
}

static void
rules_put(struct page *p)
{
	struct rows r = { .page = p };
	struct buf *b = &p->b;

	buf_str(b, "<div class=\"scroll\"><table><caption>Rules that matched "
	    "(<code>rule.match</code>)</caption>\n<thead><tr><th "
	    "scope=\"col\">Rule</th><th scope=\"col\" class=\"n\">Messages"
	    "</th><th scope=\"col\" class=\"n\">Matches</th></tr></thead>\n"
	    "<tbody>\n");
	json_each_object(json_member(p->summary, "rules"), put_row, &r);
	buf_str(b, "</tbody></table></div>\n");
	if (r.n > PAGE_LIST)
		buf_str(b, "<p class=\"quiet\">There are more rules than are "
		    "listed.</p>\n");
}

const struct page_section page_rules = {
	.id = "rules", .title = "By rule", .there = rules_there,
	.put = rules_put,
};
