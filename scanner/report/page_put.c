/*
 * See page_put.h.
 */
#include "page_put.h"

#include <inttypes.h>
#include <stdio.h>

void
put_text(struct buf *b, const char *s)
{
	escape_html(b, span_text(s));
}

bool
put_member(struct buf *b, const struct json_object *o, const char *key)
{
	struct buf value = { 0 };
	const bool ok = json_member_bytes(o, key, &value);

	if (ok)
		escape_html(b, buf_span(&value));
	buf_free(&value);
	return ok;
}

void
put_counted(struct buf *b, uint64_t n, const char *one, const char *many)
{
	buf_grouped(b, n);
	buf_byte(b, ' ');
	buf_str(b, n == 1 ? one : many);
}

void
put_severity(struct buf *b, enum severity s)
{
	buf_printf(b, "<span class=\"s%u\">%s</span>", (unsigned)s,
	    severity_name(s));
}

void
put_bar(struct buf *b, const uint64_t n[SEVERITIES], uint64_t most)
{
	double x = 0, w;

	buf_str(b, "<svg class=\"bar\" viewBox=\"0 0 100 8\" "
	    "preserveAspectRatio=\"none\" aria-hidden=\"true\">");
	for (unsigned i = SEVERITIES; i-- > 0; ) {
		if (n[i] == 0 || most == 0)
			continue;
		w = 100.0 * (double)n[i] / (double)most;
		buf_printf(b, "<rect class=\"f%u\" x=\"%.2f\" width=\"%.2f\" "
		    "height=\"8\"/>", i, x, w);
		x += w;
	}
	buf_str(b, "</svg>");
}

void
put_severity_cells(struct buf *b, const uint64_t n[SEVERITIES])
{
	for (size_t i = SEVERITIES; i-- > 0; ) {
		buf_str(b, n[i] > 0 ? "<td class=\"n\">" :
		    "<td class=\"n zero\">");
		buf_grouped(b, n[i]);
		buf_str(b, "</td>");
	}
}

void
put_severity_heads(struct buf *b)
{
	for (unsigned i = SEVERITIES; i-- > 0; ) {
		buf_str(b, "<th scope=\"col\" class=\"n\">");
		put_severity(b, (enum severity)i);
		buf_str(b, "</th>");
	}
}
