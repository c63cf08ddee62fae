/*
 * Text for people: a line per finding, path:index:offset: severity code:
 * what it is; the summary is in text_summary.c.
 */
#include <inttypes.h>

#include "dkim.h"
#include "escape.h"
#include "patterns.h"
#include "repaired.h"
#include "replayed.h"
#include "text.h"

static const char *const severity_color[SEVERITIES] = {
	[SEV_INFO] = "\033[36m", [SEV_LOW] = "\033[32m",
	[SEV_MEDIUM] = "\033[33m", [SEV_HIGH] = "\033[1;31m",
};

void
text_severity(struct buf *b, enum severity s, bool color)
{
	if (color)
		buf_str(b, severity_color[s]);
	buf_str(b, severity_name(s));
	if (color)
		buf_str(b, "\033[0m");
}

static void
text_header(struct buf *b, const struct scan_facts *r)
{
	(void)b;
	(void)r;
}

/* What stands there, with the place itself in the middle. */
static void
put_context(struct buf *b, const struct context *c)
{
	buf_str(b, " \"");
	escape_text(b, (struct span){ c->bytes, c->n });
	buf_str(b, "\"");
}

/* The server's own words, or what it does; and the finding behind it. */
static void
put_target(struct buf *b, const struct finding *f)
{
	buf_str(b, f->target->reply != NULL ? f->target->reply :
	    f->target->what);
	buf_printf(b, " (%s)", code_info(f->because)->name);
}

/* off: in the message. */
static void
put_place(struct buf *b, const struct report_message *r, uint64_t off)
{
	escape_text(b, r->path);
	buf_byte(b, ':');
	report_index(b, r->msg->index, r->index_is_relative);
	buf_byte(b, ':');
	buf_u64(b, r->msg->off + off);
	buf_str(b, ": ");
}

static void
put_finding(struct buf *b, const struct report_message *r,
    const struct finding *f, const struct report_options *o)
{
	put_place(b, r, f->where->off[0]);
	text_severity(b, f->severity, o->color);
	buf_printf(b, " %s", code_info(f->code)->name);
	if (f->rule != NULL) {
		buf_byte(b, ' ');
		escape_text(b, span_text(f->rule->name));
	}
	buf_str(b, ": ");
	if (f->target != NULL)
		put_target(b, f);
	else
		escape_text(b, span_text(f->code == CODE_RULE_MATCH ?
		    f->rule->message : code_info(f->code)->title));
	if (f->where->count > 1)
		buf_printf(b, ", %" PRIu64 " times", f->where->count);
	fooled_text(b, r->verdict, f, o);
	buf_byte(b, ':');
	put_context(b, &f->where->context);
	buf_byte(b, '\n');
}

/* A line for a message that is shown only because all are (--all). */
static void
put_clean(struct buf *b, const struct report_message *r)
{
	put_place(b, r, 0);
	buf_printf(b, "no findings (%" PRIu64 " bytes, %s)\n", r->msg->len,
	    convention_name(r->verdict->convention));
}

/* What the body is to a signature (--verbose). */
static void
put_signature(struct buf *b, const struct report_message *r,
    const struct dkim_signature *s)
{
	static const char *const texts[] = {
		[DKIM_MATCHES_AS_STORED] = "body matches as stored",
		[DKIM_MATCHES_WITH_CRLF] = "body matches with CRLF",
		[DKIM_MATCHES_WITH_ALL] = "body matches once repaired",
		[DKIM_MATCHES_NOT] = "body does not match",
		[DKIM_UNUSABLE] = "not usable: ",
	};
	const struct dkim_tags *t = &s->tags;

	put_place(b, r, s->off);
	buf_str(b, "note: DKIM signature");
	if (t->domain.n > 0) {
		buf_str(b, " of ");
		escape_text(b, (struct span){ t->domain.p, t->domain.n });
	}
	buf_printf(b, ": %s%s", texts[s->body],
	    s->body == DKIM_UNUSABLE ? t->why : "");
	if (s->uncovered > 0)
		buf_printf(b, "; l= leaves out %" PRIu64 " octets",
		    s->uncovered);
	buf_byte(b, '\n');
}

static void
put_address(struct buf *b, struct span s)
{
	buf_byte(b, '<');
	escape_text(b, s);
	buf_byte(b, '>');
}

/* Whose it is, in a mail queue (--verbose). */
static void
put_envelope(struct buf *b, const struct report_message *r,
    const struct envelope *v)
{
	char when[32];

	put_place(b, r, 0);
	buf_str(b, "note: queued");
	if (v->has_arrived) {
		report_time_of(when, v->arrived);
		buf_printf(b, " since %s", when);
	}
	if (v->has_sender) {
		buf_str(b, " from ");
		put_address(b, v->sender);
	}
	for (size_t i = 0; i < v->recipients_n; i++) {
		buf_str(b, i > 0 ? ", " : " for ");
		put_address(b, v->recipients[i]);
	}
	if (v->recipients_more > 0)
		buf_printf(b, " and %" PRIu64 " more", v->recipients_more);
	buf_byte(b, '\n');
}

static void
put_notes(struct buf *b, const struct report_message *r,
    const struct report_options *o)
{
	const struct dkim_facts *f = r->verdict->dkim;

	if (r->verdict->head_size > 0) {
		put_place(b, r, r->verdict->head_seen);
		buf_printf(b, "note: the header block has %" PRIu64 " bytes; "
		    "parts, signatures and what rules look for are not seen "
		    "from here on\n", r->verdict->head_size);
	}
	if (!o->verbose)
		return;
	if (r->envelope != NULL)
		put_envelope(b, r, r->envelope);
	for (size_t i = 0; f != NULL && i < f->n; i++)
		put_signature(b, r, &f->list[i]);
	if (r->verdict->would_reject != NULL) {
		put_place(b, r, 0);
		buf_printf(b, "note: KumoMTA would say: %s\n",
		    r->verdict->would_reject);
	}
}

static void
text_message(struct buf *b, const struct report_message *r,
    const struct report_options *o)
{
	const struct verdict *v = r->verdict;
	bool any = false;

	if (r->replay != NULL) {
		replayed_text(b, r, o, put_place);
		return;
	}
	if (r->repair != NULL) {
		put_place(b, r, 0);
		repaired_text(b, r->repair, r->msg->len, o);
		return;
	}
	for (size_t i = 0; i < v->n; i++)
		if (report_shows(&v->list[i], o)) {
			put_finding(b, r, &v->list[i], o);
			any = true;
		}
	if (!any)
		put_clean(b, r);
	put_notes(b, r, o);
}

/* On each line: they may be taken apart. */
static void
text_again(struct buf *b, struct span s, const char *time)
{
	const uint8_t *end;

	while ((end = memchr(s.p, '\n', s.n)) != NULL) {
		buf_add(b, s.p, (size_t)(end - s.p));
		buf_printf(b, " (as of %s)\n", time);
		s.n -= (size_t)(end + 1 - s.p);
		s.p = end + 1;
	}
	buf_add(b, s.p, s.n);
}

/* Only what a person must know: where readers would disagree. */
static void
text_store(struct buf *b, struct span path, const struct store_facts *f,
    const struct report_options *o)
{
	const struct dialects *d = &f->dialects;

	(void)o;
	if (f->unsettled) {
		escape_text(b, path);
		buf_str(b, ": note: the folder kept changing while it was "
		    "listed; messages may be missing here\n");
	}
	if (!f->has_dialects || d->disputes == 0)
		return;
	escape_text(b, path);
	buf_printf(b, ": note: readers of mbox disagree: %" PRIu64
	    " messages here, %" PRIu64 " at every \"From \" line, %" PRIu64
	    " at those behind an empty line, %" PRIu64
	    " without Content-Length; first at byte %" PRIu64 "\n",
	    d->messages, d->any_from, d->blank_from, d->no_length,
	    d->dispute[0].off);
}

static void
text_problem(struct buf *b, const struct problem_report *r,
    const struct report_options *o)
{
	(void)o;
	escape_text(b, r->path);
	if (r->off != MSG_NOT_RAW) {
		buf_byte(b, ':');
		buf_u64(b, r->off);
	}
	buf_str(b, r->kind == PROBLEM_UNREADABLE ? ": unreadable: " :
	    ": skipped: ");
	escape_text(b, span_text(r->why));
	if (r->limit != NULL && strcmp(r->limit, "seconds") == 0)
		buf_str(b, " (see --file-timeout)");
	else if (r->limit != NULL)
		buf_printf(b, " (see --unpack-limits, %s)", r->limit);
	buf_byte(b, '\n');
}

static void
text_file(struct buf *b, const struct file_report *r,
    const struct report_options *o)
{
	(void)o;
	escape_text(b, r->path);
	buf_printf(b, ": file: %s, %" PRIu64 " bytes", r->status, r->size);
	if (r->hashed) {
		buf_str(b, ", SHA-256 ");
		buf_hex(b, r->sha256, HASH_SIZE);
	}
	if (r->token != NULL)
		buf_printf(b, ", token %s", r->token);
	buf_byte(b, '\n');
}

const struct reporter reporter_text = {
	.name = "text", .header = text_header, .message = text_message,
	.again = text_again,
	.store = text_store, .problem = text_problem, .file = text_file,
	.acted = acted_text,
	.summary = text_summary,
};
