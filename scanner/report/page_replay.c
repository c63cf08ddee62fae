/*
 * See page.h: what a replay says of messages, for each sender and receiver.
 */
#include "page.h"

#include "page_put.h"

#define SIDE_MAX 64u		/* as many of each as a replay has */

/* As replay_names has them, the worst first. */
static const struct {
	const char *name, *letter, *means;
} outcomes[] = {
	{ "smuggled", "S", "another message comes out, with an envelope of "
	    "its own" },
	{ "cut", "c", "the message ends early; what follows is taken for "
	    "commands, and refused" },
	{ "open", "o", "the end is not seen" },
	{ "refused", "r", "the receiver refuses it" },
	{ "unsent", "-", "the sender does not send it" },
	{ "whole", ".", "it arrives as one message" },
	{ "by_bdat", "b", "likewise, by BDAT, where nothing in the message is "
	    "an end" },
};

#define BY_BDAT (OUTCOMES - 1)

#define OUTCOMES (sizeof(outcomes) / sizeof(outcomes[0]))

struct matrix {
	const struct json_object *plan, *result;
	size_t senders, receivers;
	uint8_t cells[SIDE_MAX][SIDE_MAX];	/* [receiver][sender] */
};

static size_t
at_most(size_t n)
{
	return n < SIDE_MAX ? n : SIDE_MAX;
}

static size_t
find_receiver(const struct matrix *m, struct span name)
{
	size_t i = 0;
	struct span s;

	while (i < m->receivers && !(json_member_text(json_member_at(m->plan,
	    "receivers", i), "name", &s) && span_eq(s, name)))
		i++;
	return i;
}

static void
read_matrix(struct matrix *m, const struct page *p)
{
	const struct json_object *row;
	struct span name;
	size_t r;

	m->plan = json_member(p->header, "replay");
	m->result = json_member(p->summary, "replay");
	m->senders = at_most(json_member_count(m->result, "matrix"));
	m->receivers = at_most(json_member_count(m->plan, "receivers"));
	memset(m->cells, OUTCOMES, sizeof(m->cells));
	for (size_t i = 0; i < m->senders; i++) {
		row = json_member_at(m->result, "matrix", i);
		for (size_t k = 0; k < OUTCOMES; k++)
			for (size_t j = 0; json_member_text_at(row,
			    outcomes[k].name, j, &name); j++)
				if ((r = find_receiver(m, name)) <
				    m->receivers && (k < BY_BDAT ||
				    m->cells[r][i] == BY_BDAT - 1))
					m->cells[r][i] = (uint8_t)k;
	}
}

static void
put_known(struct buf *b, const struct json_object *row)
{
	if (json_member_is(row, "known", "prose"))
		buf_str(b, "*");
}

static void
put_matrix(struct page *p, const struct matrix *m)
{
	struct buf *b = &p->b;

	buf_str(b, "<div class=\"scroll\"><table class=\"matrix\"><caption>"
	    "The worst for each receiver (row), by sender (column)</caption>"
	    "\n<thead><tr><td></td>");
	for (size_t i = 0; i < m->senders; i++) {
		buf_str(b, "<th scope=\"col\"><span>");
		(void)put_member(b, json_member_at(m->result, "matrix", i),
		    "sender");
		put_known(b, json_member_at(m->plan, "senders", i));
		buf_str(b, "</span></th>");
	}
	buf_str(b, "</tr></thead>\n<tbody>\n");
	for (size_t r = 0; r < m->receivers; r++) {
		const struct json_object *row = json_member_at(m->plan,
		    "receivers", r);

		buf_str(b, "<tr><th scope=\"row\">");
		(void)put_member(b, row, "name");
		put_known(b, row);
		buf_str(b, "</th>");
		for (size_t i = 0; i < m->senders; i++) {
			const size_t k = m->cells[r][i];

			if (k < OUTCOMES)
				buf_printf(b, "<td class=\"o%zu\"><abbr "
				    "title=\"%s\">%s</abbr></td>", k,
				    outcomes[k].name, outcomes[k].letter);
			else
				buf_str(b, "<td></td>");
		}
		buf_str(b, "</tr>\n");
	}
	buf_str(b, "</tbody></table></div>\n");
}

static void
put_legend(struct page *p, const struct json_object *result)
{
	const struct json_object *n = json_member(result, "messages");
	struct buf *b = &p->b;
	uint64_t count;

	buf_str(b, "<table><caption>Messages, by the worst that becomes of "
	    "them</caption>\n<thead><tr><th scope=\"col\">Outcome</th>"
	    "<th scope=\"col\">Letter</th><th scope=\"col\" class=\"n\">"
	    "Messages</th><th scope=\"col\">What it means</th></tr></thead>\n"
	    "<tbody>\n");
	for (size_t k = 0; k < OUTCOMES; k++) {
		buf_printf(b, "<tr><th scope=\"row\">%s</th><td class=\"o%zu\">"
		    "%s</td><td class=\"n\">", outcomes[k].name, k,
		    outcomes[k].letter);
		if (json_member_u64(n, outcomes[k].name, &count))
			buf_grouped(b, count);
		buf_printf(b, "</td><td>%s</td></tr>\n", outcomes[k].means);
	}
	buf_str(b, "</tbody></table>\n<p class=\"quiet\">* is known from prose "
	    "alone.</p>\n");
}

static void
put_messages(struct page *p)
{
	const uint64_t n = p->replays.n < PAGE_LIST ? p->replays.n : PAGE_LIST;
	struct buf *b = &p->b;
	struct json_object *o;
	uint64_t index;

	if (n == 0)
		return;
	buf_str(b, "<div class=\"scroll\"><table><caption>Messages that do not "
	    "arrive as what they are</caption>\n<thead><tr><th scope=\"col\">"
	    "File</th><th scope=\"col\" class=\"n\">Message</th>"
	    "<th scope=\"col\">Worst</th><th scope=\"col\">Message-ID</th>"
	    "</tr></thead>\n<tbody>\n");
	for (uint64_t i = 0; i < n; i++) {
		if ((o = page_record(p, p->replays.at[i])) == NULL)
			continue;
		buf_str(b, "<tr><th scope=\"row\"><code>");
		(void)put_member(b, o, "path");
		buf_str(b, "</code></th><td class=\"n\">");
		if (json_member_u64(o, "index", &index))
			buf_grouped(b, index);
		buf_str(b, "</td><td>");
		(void)put_member(b, o, "worst");
		buf_str(b, "</td><td><code>");
		(void)put_member(b, o, "message_id");
		buf_str(b, "</code></td></tr>\n");
		json_free(o);
	}
	buf_str(b, "</tbody></table></div>\n<p class=\"quiet\">");
	if (p->replays.n > n) {
		buf_grouped(b, p->replays.n - n);
		buf_str(b, " more are in the NDJSON. ");
	}
	buf_str(b, "Which bytes end each of them, and what would come out, is "
	    "in the records (-f ndjson).</p>\n");
}

static bool
replay_there(const struct page *p)
{
	return json_member(p->summary, "replay") != NULL;
}

static void
replay_put(struct page *p)
{
	struct matrix m;

	read_matrix(&m, p);
	put_legend(p, m.result);
	put_matrix(p, &m);
	put_messages(p);
}

const struct page_section page_replay = {
	.id = "replay", .title = "Between senders and receivers",
	.there = replay_there, .put = replay_put,
};
