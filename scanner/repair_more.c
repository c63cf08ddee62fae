/*
 * See repair_more.h.
 */
#include "repair_more.h"

#include <stdio.h>
#include <stdlib.h>

#include "date.h"
#include "reencode.h"
#include "repair_lengths.h"
#include "text_look.h"

#define SLICE_MAX (REENCODE_HEADER_MAX + REENCODE_MAX + REENCODE_BEHIND)
#define LINE_LONG 998u		/* bytes: RFC 5322 2.1.1 */
#define LINE_WIDE 76u		/* with which KumoMTA is content */

struct more_edit {
	struct edit edit;
	int part;		/* of this, encoded when it is its turn; -1 */
	bool body;		/* ... its body */
};

struct repair_more {
	struct repair_options options;
	struct header_fix *header;
	struct reencode *reencode;
	struct reencode_splice check;
	bool has_check;
	struct rewrite_more list;

	/* Of the message at hand: */
	struct store *store;
	const struct msg *msg;
	const struct mime_facts *mime;
	struct mime_part whole;	/* if it is all one part */
	enum brk native, to;
	code_set codes;
	const struct fix_options *fix;
	bool reads_header;
	char date[DATE_SIZE], message_id[64];
	uint64_t body;		/* where the body begins */
	struct repair_lengths lengths;
	size_t n, at;
	struct more_edit edits[REPAIR_MORE_MAX];
	struct repair_more_facts facts;
	int made;		/* the part in `out`; -1: none */
	struct reencoded out;
	struct fields head;
	uint8_t head_bytes[FIELDS_BYTES];
	uint8_t slice[SLICE_MAX];
};

static bool next_edit(void *, uint64_t *off);
static const struct edit *take_edit(void *);

struct repair_more *
repair_more_new(const struct repair_options *o)
{
	struct repair_more *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->options = *o;
	m->list = (struct rewrite_more){ .next = next_edit,
	    .take = take_edit, .ctx = m };
	m->header = header_fix_new();
	m->reencode = reencode_new();
	m->has_check = reencode_splice_open(&m->check, BRK_LF);
	if (m->header != NULL && m->reencode != NULL && m->has_check)
		return m;
	repair_more_free(m);
	return NULL;
}

void
repair_more_free(struct repair_more *m)
{
	if (m == NULL)
		return;
	header_fix_free(m->header);
	reencode_free(m->reencode);
	if (m->has_check)
		reencode_splice_close(&m->check);
	free(m);
}

/* --- the list */

/* In its place; of two at one place the later one is behind. */
static void
insert(struct repair_more *m, struct more_edit e)
{
	size_t i = m->n;

	if (m->n == REPAIR_MORE_MAX)
		return;
	for (; i > 0 && m->edits[i - 1].edit.off > e.edit.off; i--)
		m->edits[i] = m->edits[i - 1];
	m->edits[i] = e;
	m->n++;
}

static const struct mime_part *
part_at(const struct repair_more *m, size_t i)
{
	return m->mime != NULL ? &m->mime->list[i] : &m->whole;
}

/* Its bytes, with some behind it.  False: it cannot be read. */
static bool
read_part(struct repair_more *m, const struct mime_part *p, struct span *out)
{
	const uint64_t size = p->end - p->offset;
	uint64_t n = m->msg->len - p->offset;

	*out = (struct span){ m->slice, 0 };
	if (size > REENCODE_HEADER_MAX + REENCODE_MAX)
		return true;
	if (n > size + REENCODE_BEHIND)
		n = size + REENCODE_BEHIND;
	if (n > 0 && store_look(m->store, m->msg->off + p->offset, m->slice,
	    (size_t)n, NULL) != ST_OK)
		return false;
	out->n = (size_t)n;
	return true;
}

/* True: m->out is that part, whose bytes s are, encoded; else why_not. */
static bool
encode(struct repair_more *m, int i, struct span s, uint8_t why)
{
	const struct mime_part *p = part_at(m, (size_t)i);
	const struct reencode_how how = { .native = m->native, .to = m->to,
	    .any_charset = m->options.eod == REPAIR_EOD_ENCODE,
	    .why = why };

	m->made = reencode_part(m->reencode, p, s, &how, &m->out) ? i : -1;
	return m->made == i;
}

static bool
next_edit(void *ctx, uint64_t *off)
{
	const struct repair_more *m = ctx;

	if (m->at == m->n)
		return false;
	*off = m->edits[m->at].edit.off;
	return true;
}

/* A part is encoded when it is its turn, and only one is kept. */
static const struct edit *
take_edit(void *ctx)
{
	struct repair_more *m = ctx;
	struct more_edit *e = &m->edits[m->at++];
	struct span s;

	if (e->part < 0)
		return &e->edit;
	if (m->made != e->part && (!read_part(m, part_at(m,
	    (size_t)e->part), &s) || !encode(m, e->part, s, e->edit.why)))
		return NULL;
	e->edit.graft = e->body ? &m->out.body : &m->out.field;
	return &e->edit;
}

const struct rewrite_more *
repair_more_list(struct repair_more *m)
{
	m->at = 0;
	m->made = -1;
	return &m->list;
}

const struct splice_check *
repair_more_check(struct repair_more *m)
{
	m->check.native = m->native;
	return &m->check.hook;
}

/* --- parts */

static bool
flagged(const struct repair_more *m, enum conform_flag flag)
{
	return (m->options.flags >> flag & 1) != 0;
}

/* Why the part has to be encoded; CODE_COUNT: it need not.  s: the part and
 * what is behind it. */
static enum code
reason(struct repair_more *m, const struct mime_part *p, struct span s)
{
	const struct repair_options *o = &m->options;
	const size_t head = (size_t)(p->body - p->offset);
	const struct span body = { s.p + head, (size_t)(p->end - p->body) };

	if (o->eod == REPAIR_EOD_ENCODE && text_has_look_alike(s, head,
	    m->fix, o->kernel))
		return CODE_EOD_LF_LF;
	if (flagged(m, CONFORM_TRANSFER) && text_has_high_byte(body))
		return CODE_CONFORM_TRANSFER;
	if (flagged(m, CONFORM_LINE_LONG) &&
	    text_has_wide_line(body, LINE_WIDE))
		return CODE_CONFORM_LINE_LONG;
	if ((m->codes >> CODE_LIMIT_LINE_998 & 1) != 0 &&
	    text_has_wide_line(body, LINE_LONG))
		return CODE_LIMIT_LINE_998;
	return CODE_COUNT;
}

static bool
is_leaf(const struct mime_part *p)
{
	return !content_type_is(p->type, "multipart") &&
	    !content_type_is(p->type, "message");
}

static void
note_part(struct repair_more *m, const char *why)
{
	(void)snprintf(m->facts.note, sizeof(m->facts.note),
	    "a part is not encoded: %s", why);
}

static void
try_part(struct repair_more *m, size_t i, struct span s)
{
	const enum code why = reason(m, part_at(m, i), s);

	if (why == CODE_COUNT)
		return;
	if (!encode(m, (int)i, s, (uint8_t)why)) {
		note_part(m, m->out.why_not);
		return;
	}
	insert(m, (struct more_edit){ .edit = { .off = m->out.field.off,
	    .why = (uint8_t)why }, .part = (int)i });
	insert(m, (struct more_edit){ .edit = { .off = m->out.body.off,
	    .why = (uint8_t)why }, .part = (int)i, .body = true });
	m->facts.encoded++;
}

/* Encode part i if that is asked for.  False: it cannot be read. */
static bool
look_at_part(struct repair_more *m, size_t i)
{
	const struct mime_part *p = part_at(m, i);
	struct span s;

	if (!is_leaf(p) || p->end <= p->body)
		return true;
	if (!read_part(m, p, &s))
		return false;
	if (s.n == 0)
		note_part(m, "it is too large");
	else
		try_part(m, i, s);
	return true;
}

/* The message is all one part. */
static bool
read_whole(struct repair_more *m)
{
	const size_t n = m->msg->len < REENCODE_HEADER_MAX ?
	    (size_t)m->msg->len : REENCODE_HEADER_MAX;

	if (n > 0 && store_look(m->store, m->msg->off, m->slice, n, NULL) !=
	    ST_OK)
		return false;
	reencode_whole(m->reencode, (struct span){ m->slice, n },
	    m->msg->len, &m->whole);
	return true;
}

static bool
look_at_parts(struct repair_more *m)
{
	if (!m->options.reencode)
		return true;
	if (m->mime == NULL && !read_whole(m))
		return false;
	for (size_t i = 0; i < (m->mime != NULL ? m->mime->n : 1); i++)
		if (!look_at_part(m, i))
			return false;
	return true;
}

/* --- ranges */

/* Where its body, encoded, begins; its end: it is not. */
static uint64_t
encoded_from(const struct repair_more *m, size_t part)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->edits[i].part == (int)part && m->edits[i].body)
			return m->edits[i].edit.off;
	return part_at(m, part)->end;
}

/*
 * Data is not text: its line ends are left alone (RFC 2045 6.2); and so is
 * what is encoded.
 */
static size_t
set_ranges(const struct repair_more *m, struct fix_range *out)
{
	const size_t parts = m->mime != NULL ? m->mime->n : 1;
	size_t n = 0;

	for (size_t i = 0; i < parts; i++) {
		const struct mime_part *p = part_at(m, i);
		uint64_t from = encoded_from(m, i);

		if (from == p->end && m->mime != NULL &&
		    strcmp(p->encoding, "binary") == 0 && is_leaf(p))
			from = p->body;
		if (p->end > from)
			out[n++] = (struct fix_range){ from, p->end };
	}
	return n;
}

/* --- the header block */

static bool
read_head(struct repair_more *m)
{
	const size_t n = m->msg->len < FIELDS_BYTES ? (size_t)m->msg->len :
	    FIELDS_BYTES;
	size_t block;

	if (n > 0 && store_look(m->store, m->msg->off, m->head_bytes, n,
	    NULL) != ST_OK)
		return false;
	block = text_block_size((struct span){ m->head_bytes, n });
	m->body = block;
	fields_read(&m->head, (struct span){ m->head_bytes, block });
	repair_lengths_begin(&m->lengths, &m->head);
	return true;
}

/* The same message gets the same one each time. */
static void
make_message_id(struct repair_more *m, const struct msg *msg)
{
	uint64_t h = 14695981039346656037ull;	/* FNV-1a, of the header */

	for (size_t i = 0; i < m->body; i++)
		h = (h ^ m->head_bytes[i]) * 1099511628211ull;
	(void)snprintf(m->message_id, sizeof(m->message_id),
	    "<%016llx.%llx@baredot.invalid>", (unsigned long long)h,
	    (unsigned long long)msg->len);
}

static unsigned
header_flags(const struct repair_more *m)
{
	return m->options.flags |
	    (m->facts.encoded > 0 ? 1u << CONFORM_MIME_VERSION : 0);
}

/* Line ends of the header block will be of one kind. */
static bool
fixes_breaks(const struct fix_options *o)
{
	return (~o->classes & (FIX_BARE_LF | FIX_CRLF | FIX_CRCRLF)) == 0;
}

static void
begin_header(struct repair_more *m, const struct verdict *v, time_t when)
{
	const unsigned flags = header_flags(m) & HEADER_FIX_FLAGS;
	const struct header_fix_options o = { .flags = flags, .to = m->to,
	    .date = m->date, .message_id = m->message_id,
	    .breaks_fixed = fixes_breaks(m->fix) };

	m->reads_header = flags != 0;
	if (!m->reads_header)
		return;
	make_message_id(m, m->msg);
	if (!date_rfc5322(when, m->date))
		m->date[0] = '\0';
	header_fix_begin(m->header, &o, v->convention);
}

void
repair_more_feed(struct repair_more *m, struct span s)
{
	if (m->reads_header)
		m->reads_header = header_fix_feed(m->header, s);
}

void
repair_more_fed(struct repair_more *m)
{
	const struct edit *list;
	const char *why;
	size_t n;

	if ((header_flags(m) & HEADER_FIX_FLAGS) == 0)
		return;
	n = header_fix_end(m->header, &list, &why);
	for (size_t i = 0; i < n; i++)
		insert(m, (struct more_edit){ .edit = list[i], .part = -1 });
	m->facts.fields += n;
	if (why != NULL)
		(void)snprintf(m->facts.note, sizeof(m->facts.note), "%s", why);
}

void
repair_more_fix(struct repair_more *m, const struct fix_options *o)
{
	m->fix = o;
	reencode_fix(m->reencode, o);
}

int
repair_more_begin(struct repair_more *m, struct store *st,
    const struct msg *msg, const struct verdict *v, time_t when,
    const struct repair_facts *f, struct fix_range *ranges,
    size_t *ranges_n, const char **why, struct err *e)
{
	m->store = st;
	m->msg = msg;
	m->mime = v->mime != NULL && v->mime->n > 0 ? v->mime : NULL;
	m->native = f->native;
	m->to = f->to;
	m->codes = f->codes;
	m->n = m->at = 0;
	m->facts = (struct repair_more_facts){ 0 };
	m->made = -1;
	if (!read_head(m) || !look_at_parts(m))
		return err_set(e, ST_DEAD, 0, "it cannot be read once more");
	begin_header(m, v, when);
	*ranges_n = set_ranges(m, ranges);
	if (m->mime != NULL && m->mime->parts != m->mime->n) {
		*why = "it has too many parts, and some may be binary";
		return ST_BAD;
	}
	return ST_OK;
}

void
repair_more_watch(struct repair_more *m, const struct edit *e)
{
	const struct graft *g = e->graft;
	struct span old = { e->old, g != NULL ? 0 : e->del };

	if (e->off < m->body)
		return;
	if (g != NULL && m->made >= 0 && g == &m->out.body)
		old = (struct span){ m->slice + (g->off -
		    part_at(m, (size_t)m->made)->offset), (size_t)g->del };
	repair_lengths_watch(&m->lengths, g != NULL ? g->del : e->del, old,
	    g != NULL ? g->ins : (struct span){ e->put, e->ins });
}

int
repair_more_lengths(struct repair_more *m, bool *again, const char **why)
{
	*again = false;
	if (strcmp(m->msg->format, "mbox") != 0)
		return ST_OK;
	if (!repair_lengths_settle(&m->lengths, m->msg->len - m->body)) {
		*why = "its Content-Length is wrong: readers may cut it "
		    "elsewhere";
		return ST_BAD;
	}
	for (size_t i = 0; i < m->lengths.n; i++) {
		insert(m, (struct more_edit){ .edit = {
		    .off = m->lengths.graft[i].off,
		    .graft = &m->lengths.graft[i] }, .part = -1 });
		m->facts.fields++;
		*again = true;
	}
	return ST_OK;
}

const struct repair_more_facts *
repair_more_facts(const struct repair_more *m)
{
	return &m->facts;
}
