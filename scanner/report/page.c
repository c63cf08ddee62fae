/*
 * See html.h and page.h: the page around its sections.
 */
#include "page.h"

#include <errno.h>
#include <stdlib.h>

#include "hash.h"
#include "html.h"
#include "page_put.h"

#define FLUSH_AT (64u << 10)	/* bytes */

/* page.css and page.js, in the program. */
extern const uint8_t page_css[], page_js[];
extern const size_t page_css_size, page_js_size;

#define PAGE_SECTION_ADDRESS(name) &page_##name,

/*
 * In this order.  A section is a file with a struct page_section, a word in
 * PAGE_SECTIONS, and in page_count.c a row for the type of its records.
 */
static const struct page_section *const sections[] = {
	PAGE_SECTIONS(PAGE_SECTION_ADDRESS)
};

#define SECTIONS_N (sizeof(sections) / sizeof(sections[0]))

bool
page_flush(struct page *p)
{
	bool ok = true;

	if (!buf_ok(&p->b))
		output_no_memory(p->out);
	if (!buf_ok(&p->b) || p->b.n >= FLUSH_AT) {
		ok = output_write(p->out, buf_span(&p->b));
		buf_clear(&p->b);
	}
	return ok;
}

struct json_object *
page_record(struct page *p, uint64_t at)
{
	struct err e = { 0 };
	struct span line;

	return report_lines_at(p->in, at, &line, &e) == ST_OK ?
	    json_parse(line) : NULL;
}

/* What a policy allows of a script or a style: this one. */
static bool
put_allowed(struct buf *b, const char *what, struct span text)
{
	struct hash *h = hash_new();
	uint8_t sum[HASH_SIZE];
	bool ok = false;

	if (h != NULL) {
		hash_begin(h);
		hash_feed(h, text);
		ok = hash_end(h, sum);
	}
	hash_free(h);
	buf_printf(b, "; %s 'sha256-", what);
	if (ok)
		escape_base64(b, (struct span){ sum, sizeof(sum) });
	buf_byte(b, '\'');
	return ok;
}

static bool
put_head(struct page *p)
{
	const struct span css = { page_css, page_css_size };
	const struct span js = { page_js, page_js_size };
	struct buf *b = &p->b;
	bool ok;

	buf_str(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta http-equiv="
	    "\"Content-Security-Policy\" content=\"default-src 'none'; "
	    "base-uri 'none'; form-action 'none'");
	ok = put_allowed(b, "style-src", css) &&
	    put_allowed(b, "script-src", js);
	buf_str(b, "\">\n<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\">\n<meta name=\"referrer\" content="
	    "\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n"
	    "<title>baredot report");
	if (p->header != NULL) {
		buf_str(b, ": ");
		(void)put_member(b, p->header, "host");
		buf_byte(b, ' ');
		(void)put_member(b, p->header, "start");
	}
	buf_str(b, "</title>\n<style>");
	buf_add(b, css.p, css.n);
	buf_str(b, "</style>\n</head>\n");
	return ok;
}

static void
put_banner(struct page *p)
{
	struct buf *b = &p->b;

	buf_str(b, "<body>\n<a class=\"skip\" href=\"#main\">Skip to the "
	    "report</a>\n<header>\n<h1>Line ends and end-of-data look-alikes "
	    "in stored mail</h1>\n<p class=\"quiet\">baredot ");
	(void)put_member(b, p->header, "version");
	buf_str(b, " on <strong>");
	(void)put_member(b, p->header, "host");
	buf_str(b, "</strong>, ");
	(void)put_member(b, p->header, "start");
	buf_str(b, "</p>\n<nav aria-label=\"Sections\"><ul>\n");
	for (size_t i = 0; i < SECTIONS_N; i++)
		if (sections[i]->there(p))
			buf_printf(b, "<li><a href=\"#%s\">%s</a></li>\n",
			    sections[i]->id, sections[i]->title);
	buf_str(b, "</ul></nav>\n</header>\n<main id=\"main\" tabindex=\"-1\">"
	    "\n");
}

static void
put_page(struct page *p)
{
	struct buf *b = &p->b;
	bool ok = put_head(p);

	if (!ok)
		b->failed = true;	/* its style and script would be dead */
	put_banner(p);
	ok = page_flush(p);
	for (size_t i = 0; ok && i < SECTIONS_N; i++) {
		if (!sections[i]->there(p))
			continue;
		buf_printf(b, "<section id=\"%s\" aria-labelledby=\"h-%s\">\n"
		    "<h2 id=\"h-%s\">%s</h2>\n", sections[i]->id,
		    sections[i]->id, sections[i]->id, sections[i]->title);
		sections[i]->put(p);
		buf_str(b, "</section>\n");
		ok = page_flush(p);
	}
	buf_str(b, "</main>\n<script>");
	buf_add(b, page_js, page_js_size);
	buf_str(b, "</script>\n</body>\n</html>\n");
	if (!buf_ok(b))
		output_no_memory(p->out);
	(void)output_write(p->out, buf_span(b));
}

int
html_page(struct report_lines *in, struct output *out, struct err *e)
{
	struct page *p = calloc(1, sizeof(*p));
	int rc = ST_OK;

	if (p == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "report");
	*p = (struct page){ .in = in, .out = out, .e = e };
	if ((rc = report_lines_keep(in, e)) == ST_OK &&
	    (rc = page_count(p)) == ST_OK) {
		put_page(p);
		rc = p->whole ? ST_OK : ST_BAD;
		if (in->stop != NULL && *in->stop != 0) {
			output_fail(out, EINTR);
			rc = err_set(e, ST_DEAD, EINTR, "interrupted");
		}
	}
	json_free(p->header);
	json_free(p->summary);
	places_free(&p->places);
	for (size_t i = 0; i < SEVERITIES; i++)
		free(p->messages[i].list);
	free(p->shown);
	free(p->days);
	buf_free(&p->b);
	free(p);
	return rc;
}
