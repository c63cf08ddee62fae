/*
 * See page.h: how bad it is, and what was found.
 */
#include "page.h"

#include "page_put.h"

static bool
always(const struct page *p)
{
	(void)p;
	return true;
}

/* A number of the summary, or 0. */
static uint64_t
total(const struct page *p, const char *key)
{
	uint64_t n = 0;

	(void)json_member_u64(p->summary, key, &n);
	return n;
}

/* --- at a glance */

static void
put_verdict(struct page *p)
{
	struct buf *b = &p->b;
	const uint64_t messages = total(p, "messages");

	buf_str(b, "<p class=\"verdict\">");
	if (p->flagged == 0) {
		buf_str(b, "<strong>No findings</strong> in ");
		put_counted(b, messages, "message.", "messages.");
	} else {
		buf_str(b, "<strong>");
		buf_grouped(b, p->flagged);
		if (p->summary != NULL) {
			buf_str(b, " of ");
			put_counted(b, messages, "message", "messages");
		} else {
			buf_str(b, p->flagged == 1 ? " message" :
			    " messages");
		}
		buf_str(b, p->flagged == 1 && p->summary == NULL ? " has "
		    "findings</strong>" : " have findings</strong>");
		buf_str(b, ", in ");
		put_counted(b, p->places.n, "store", "stores");
		buf_str(b, p->by_severity[SEV_HIGH] > 0 ? "; of high "
		    "severity: <strong class=\"f3\">" : "; none of high "
		    "severity");
		if (p->by_severity[SEV_HIGH] > 0) {
			buf_grouped(b, p->by_severity[SEV_HIGH]);
			buf_str(b, "</strong>");
		}
		buf_byte(b, '.');
	}
	buf_str(b, "</p>\n");
}

static void
note(struct page *p, bool when, uint64_t n, const char *text)
{
	if (!when)
		return;
	buf_str(&p->b, "<li>");
	if (n > 0) {
		buf_grouped(&p->b, n);
		buf_byte(&p->b, ' ');
	}
	put_text(&p->b, text);
	buf_str(&p->b, "</li>\n");
}

/* What keeps these numbers from being all. */
static void
put_notes(struct page *p)
{
	struct buf *b = &p->b;
	const size_t before = b->n;

	buf_str(b, "<ul class=\"notes\">\n");
	const size_t begin = b->n;

	note(p, json_member_true(p->summary, "partial"), 0, "The scan was "
	    "interrupted: this is what was done so far.");
	note(p, !p->whole, 0, "The report is not whole: its last record is no "
	    "summary, or the number of records is not the one it says. There "
	    "may be more.");
	note(p, p->unreadable.n > 0, p->unreadable.n, "could not be read, or "
	    "not to the end. What was not read is not known to be clean.");
	note(p, total(p, "unsettled") > 0, total(p, "unsettled"),
	    "folders kept changing while they were listed: messages may be "
	    "missing.");
	note(p, p->hidden > 0, p->hidden, "messages are kept with LF alone: "
	    "some findings can no longer be observed in them.");
	note(p, p->cut_headers > 0, p->cut_headers, "messages have a header "
	    "block too long for all of it to be looked at.");
	note(p, p->redacted, 0, "Redacted: names, addresses and sums are "
	    "tokens, and bytes of messages but CR, LF, dot and NUL are x.");
	note(p, p->header != NULL && !json_member_is(p->header,
	    "min_severity", "info"), 0, "Findings of lower severity were left "
	    "out (--min-severity).");
	note(p, p->unknown_codes > 0, p->unknown_codes, "findings have codes "
	    "that this version does not know.");
	note(p, p->shown_n < p->flagged, p->flagged - p->shown_n, "messages "
	    "are counted but not shown one by one, those of lower severity; "
	    "they are in the NDJSON.");
	if (b->n == begin)
		b->n = before;
	else
		buf_str(b, "</ul>\n");
}

static void
put_tile(struct page *p, const char *what, uint64_t n)
{
	buf_str(&p->b, n > 0 ? "<div><dt>" : "<div class=\"zero\"><dt>");
	buf_str(&p->b, what);
	buf_str(&p->b, "</dt><dd>");
	buf_grouped(&p->b, n);
	buf_str(&p->b, "</dd></div>\n");
}

static void
put_tiles(struct page *p)
{
	struct buf *b = &p->b;

	buf_str(b, "<dl class=\"tiles\">\n");
	for (unsigned i = SEVERITIES; i-- > 0; ) {
		buf_printf(b, "<div class=\"t%u%s\"><dt>", i,
		    p->by_severity[i] == 0 ? " zero" : "");
		put_severity(b, (enum severity)i);
		buf_str(b, "</dt><dd>");
		buf_grouped(b, p->by_severity[i]);
		buf_str(b, "</dd></div>\n");
	}
	put_tile(p, "messages", total(p, "messages"));
	put_tile(p, "stores", total(p, "stores"));
	put_tile(p, "not read", p->unreadable.n);
	put_tile(p, "not observable", p->hidden);
	buf_str(b, "</dl>\n");
}

static void
put_replay_verdict(struct page *p)
{
	struct buf *b = &p->b;

	buf_str(b, "<p class=\"verdict\"><strong>");
	buf_grouped(b, p->replays.n);
	buf_str(b, " of ");
	put_counted(b, total(p, "messages"), "message", "messages");
	buf_str(b, p->replays.n == 1 ? " does" : " do");
	buf_str(b, " not arrive as what they are</strong>, from one of these "
	    "senders to one of these receivers at least.</p>\n");
}

static void
glance_put(struct page *p)
{
	if (json_member(p->summary, "replay") != NULL) {
		put_replay_verdict(p);
		put_notes(p);
		return;
	}
	put_verdict(p);
	put_tiles(p);
	if (p->flagged > 0)
		put_bar(&p->b, p->by_severity, p->flagged);
	put_notes(p);
}

const struct page_section page_glance = {
	.id = "glance", .title = "At a glance", .there = always,
	.put = glance_put,
};

/* --- codes */

/* The codes that were found, the worst first; how many. */
static size_t
found_codes(const struct page *p, enum code list[CODE_COUNT])
{
	size_t n = 0;

	for (unsigned i = 0; i < CODE_COUNT; i++) {
		const struct page_code *c = &p->codes[i];
		size_t k = n;

		if (c->messages == 0)
			continue;
		for (; k > 0; k--) {
			const struct page_code *o = &p->codes[list[k - 1]];

			if (o->worst > c->worst || (o->worst == c->worst &&
			    o->messages >= c->messages))
				break;
			list[k] = list[k - 1];
		}
		list[k] = (enum code)i;
		n++;
	}
	return n;
}

static bool
any_code(const struct page *p)
{
	enum code list[CODE_COUNT];

	return found_codes(p, list) > 0;
}

static void
put_code_row(struct page *p, enum code code, uint64_t most)
{
	const struct page_code *c = &p->codes[code];
	uint64_t bar[SEVERITIES] = { 0 };
	struct buf *b = &p->b;

	bar[c->worst] = c->messages;
	buf_printf(b, "<tr><th scope=\"row\"><a href=\"#code-%s\"><code>%s"
	    "</code></a></th><td>", code_info(code)->name,
	    code_info(code)->name);
	put_text(b, code_info(code)->title);
	buf_str(b, "</td><td>");
	put_severity(b, c->worst);
	buf_str(b, "</td><td class=\"n\">");
	buf_grouped(b, c->messages);
	buf_str(b, "</td><td class=\"n\">");
	buf_grouped(b, c->count);
	buf_str(b, "</td><td class=\"w\">");
	put_bar(b, bar, most);
	buf_str(b, "</td></tr>\n");
}

static void
codes_put(struct page *p)
{
	enum code list[CODE_COUNT];
	const size_t n = found_codes(p, list);
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++)
		if (p->codes[list[i]].messages > most)
			most = p->codes[list[i]].messages;
	buf_str(&p->b, "<div class=\"scroll\"><table class=\"codes\">"
	    "<caption>Codes, the worst first; a message may have several"
	    "</caption>\n<thead><tr><th scope=\"col\">Code</th><th "
	    "scope=\"col\">What it is</th><th scope=\"col\">Worst</th><th "
	    "scope=\"col\" class=\"n\">Messages</th><th scope=\"col\" "
	    "class=\"n\">Places</th><td class=\"w\"></td></tr></thead>\n"
	    "<tbody>\n");
	for (size_t i = 0; i < n; i++)
		put_code_row(p, list[i], most);
	buf_str(&p->b, "</tbody></table></div>\n");
}

const struct page_section page_codes = {
	.id = "codes", .title = "What was found", .there = any_code,
	.put = codes_put,
};

/* --- what codes mean */

static void
put_paragraph(struct page *p, const char *label, const char *text)
{
	if (text == NULL)
		return;
	buf_printf(&p->b, "<dt>%s</dt><dd>", label);
	put_text(&p->b, text);
	buf_str(&p->b, "</dd>\n");
}

static void
put_meaning(struct page *p, enum code code)
{
	const struct code_info *c = code_info(code);
	struct buf *b = &p->b;

	buf_printf(b, "<details class=\"code\" id=\"code-%s\"%s><summary>"
	    "<code>%s</code> ", c->name, p->codes[code].worst >= SEV_MEDIUM ?
	    " open" : "", c->name);
	put_severity(b, p->codes[code].worst);
	buf_str(b, " <span class=\"title\">");
	put_text(b, c->title);
	buf_str(b, "</span></summary>\n<dl>\n");
	put_paragraph(p, "What it means", c->means);
	put_paragraph(p, "Who is affected", c->affects);
	put_paragraph(p, "What to do", c->todo);
	put_paragraph(p, "What servers say", c->strings);
	put_paragraph(p, "Source", c->source);
	buf_str(b, "</dl></details>\n");
}

static void
means_put(struct page *p)
{
	enum code list[CODE_COUNT];
	const size_t n = found_codes(p, list);

	for (size_t i = 0; i < n; i++)
		put_meaning(p, list[i]);
}

const struct page_section page_means = {
	.id = "means", .title = "What it means, and what to do",
	.there = any_code, .put = means_put,
};

/* --- about */

static void
put_fact(struct page *p, const char *label, const char *key)
{
	struct span s;

	if (!json_member_text(p->header, key, &s) || s.n == 0)
		return;
	buf_printf(&p->b, "<dt>%s</dt><dd>", label);
	escape_html(&p->b, s);
	buf_str(&p->b, "</dd>\n");
}

static void
about_put(struct page *p)
{
	const size_t words = json_member_count(p->header, "command");
	struct buf *b = &p->b;
	struct span s;

	buf_str(b, "<dl class=\"about\">\n<dt>Command</dt><dd><code>");
	for (size_t i = 0; i < words; i++)
		if (json_member_text_at(p->header, "command", i, &s)) {
			buf_str(b, i > 0 ? " " : "");
			escape_html(b, s);
		}
	buf_str(b, "</code></dd>\n");
	put_fact(p, "Machine", "host");
	put_fact(p, "Begun", "start");
	buf_str(b, "<dt>Ended</dt><dd>");
	if (!put_member(b, p->summary, "end"))
		(void)put_member(b, json_member(p->header, "merged"), "end");
	buf_str(b, "</dd>\n");
	put_fact(p, "baredot", "version");
	put_fact(p, "Rules (SHA-256)", "rules_sha256");
	put_fact(p, "Line ends judged by", "eol");
	put_fact(p, "Server asked about", "target");
	put_fact(p, "Sandbox", "sandbox");
	buf_str(b, "<dt>Read</dt><dd>");
	put_counted(b, total(p, "files"), "file", "files");
	buf_str(b, ", ");
	put_counted(b, total(p, "bytes"), "byte", "bytes");
	buf_str(b, " of mail</dd>\n<dt>Records</dt><dd>");
	buf_grouped(b, p->records);
	buf_str(b, "</dd>\n</dl>\n");
}

const struct page_section page_about = {
	.id = "about", .title = "About this report", .there = always,
	.put = about_put,
};
