/*
 * See edit_place.h.  It sees the new bytes, so that edits side by side cannot
 * make together what none of them may.
 */
#include "edit_place.h"

#include "edit.h"

#define STEP 256u		/* bytes looked at for a break at once */

/* What a line is, so far. */
enum { LINE_START, LINE_CRS, LINE_NAME, LINE_GAP, LINE_VALUE, LINE_MORE,
    LINE_OTHER };

enum { FIELD_NONE, FIELD_DATE, FIELD_MESSAGE_ID, FIELD_VERSION,
    FIELD_ENCODING, FIELD_LENGTH, FIELD_NOTE, FIELD_OTHER };

/* What must follow. */
enum { AFTER_ANY, AFTER_FIELD, AFTER_NAME, AFTER_FOLD, AFTER_VALUE,
    AFTER_VALUE_LINE, AFTER_BODY, AFTER_BODY_LINE, AFTER_DASH };

/* A new encoding: the empty line, then the body. */
enum { OWES_NOTHING, OWES_EMPTY_LINE, OWES_BODY };

static const struct {
	struct span name;
	unsigned field;
} fields[] = {
#define FIELD(text, is) { { (const uint8_t *)(text), sizeof(text) - 1 }, is }
	FIELD("date", FIELD_DATE),
	FIELD("message-id", FIELD_MESSAGE_ID),
	FIELD("mime-version", FIELD_VERSION),
	FIELD("content-transfer-encoding", FIELD_ENCODING),
	FIELD("content-length", FIELD_LENGTH),
	FIELD("lines", FIELD_LENGTH),
	FIELD("status", FIELD_NOTE),
	FIELD("x-status", FIELD_NOTE),
	FIELD("x-keywords", FIELD_NOTE),
	FIELD("x-uid", FIELD_NOTE),
	FIELD("x-imap", FIELD_NOTE),
	FIELD("x-imapbase", FIELD_NOTE),
#undef FIELD
};

/* name is in lower case. */
static unsigned
field_of(struct span name)
{
	if (span_starts(name, SPAN("x-mozilla-")))
		return FIELD_NOTE;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_eq(name, fields[i].name))
			return fields[i].field;
	return FIELD_OTHER;
}

/* Of the name at hand; a cut one is longer than any. */
static unsigned
field_at_hand(const struct edit_place *p)
{
	return p->name_n > EDIT_PLACE_NAME && !span_starts((struct span){
	    p->name, EDIT_PLACE_NAME }, SPAN("x-mozilla-")) ? FIELD_OTHER :
	    field_of((struct span){ p->name, p->name_n > EDIT_PLACE_NAME ?
	    EDIT_PLACE_NAME : p->name_n });
}

void
edit_place_begin(struct edit_place *p, bool encodes)
{
	memset(p, 0, sizeof(*p));
	p->header = true;
	p->encodes = encodes;
}

static void
add_name(struct edit_place *p, uint8_t c)
{
	if (p->name_n < EDIT_PLACE_NAME)
		p->name[p->name_n] = ascii_lower(c);
	if (p->name_n <= EDIT_PLACE_NAME)
		p->name_n++;
}

static void
begin_line(struct edit_place *p, uint8_t c)
{
	p->solid = false;
	if (ascii_wsp(c) && p->line == LINE_START) {
		p->line = LINE_MORE;
		return;
	}
	p->field = FIELD_NONE;
	p->name_n = 0;
	/* In the body no other name matters. */
	if (p->line != LINE_START || !ascii_ftext(c) ||
	    (!p->header && ascii_lower(c) != 'c')) {
		p->line = LINE_OTHER;
		return;
	}
	p->line = LINE_NAME;
	add_name(p, c);
}

static void
end_name(struct edit_place *p)
{
	p->line = LINE_VALUE;
	p->blank = true;
	p->field = field_at_hand(p);
	if (p->header)
		p->seen |= 1u << p->field;
	if (p->field != FIELD_ENCODING)
		return;
	p->encodings++;
	if (p->owes != OWES_NOTHING && p->encodings > 1)
		p->wrong = true;
}

static void
name_byte(struct edit_place *p, uint8_t c)
{
	if (c == ':')
		end_name(p);
	else if (ascii_wsp(c))
		p->line = LINE_GAP;
	else if (p->line == LINE_NAME && ascii_ftext(c))
		add_name(p, c);
	else
		p->line = LINE_OTHER;
}

static void
value_byte(struct edit_place *p, uint8_t c)
{
	if (ascii_wsp(c))
		return;
	p->blank = false;
	if (c != '.' && c != 0) {
		p->solid = true;
		p->hollow = false;
	}
}

static void
end_line(struct edit_place *p)
{
	if (p->line == LINE_START || p->line == LINE_CRS) {
		p->header = false;
		p->field = FIELD_NONE;
		p->encodings = 0;
		if (p->owes == OWES_EMPTY_LINE)
			p->owes = OWES_BODY;
	}
	p->line = LINE_START;
}

/* Whether c may follow, and what may then. */
static bool
follows(struct edit_place *p, uint8_t c)
{
	const unsigned after = p->after;

	switch (after) {
	case AFTER_FIELD:
		p->after = c == '\n' ? AFTER_ANY : after;
		return c == '\n' || c == '\r';
	case AFTER_NAME:
		p->after = AFTER_ANY;
		return c == ':';
	case AFTER_FOLD:
		p->after = AFTER_ANY;
		return ascii_wsp(c);
	case AFTER_VALUE:
		p->after = c == '\n' ? AFTER_VALUE_LINE : after;
		return c == '\n' || c == '\r' || ascii_wsp(c);
	case AFTER_VALUE_LINE:
		p->after = AFTER_ANY;
		return !ascii_wsp(c);
	case AFTER_BODY:
		p->after = c == '\n' ? AFTER_BODY_LINE : after;
		return c == '\n' || c == '\r';
	case AFTER_BODY_LINE:
		p->after = AFTER_DASH;
		return c == '-';
	default:
		p->after = AFTER_ANY;
		return c == '-';
	}
}

static void
feed_byte(struct edit_place *p, uint8_t c)
{
	const bool in_break = c == '\n' || c == '\r';

	if ((p->after != AFTER_ANY && !follows(p, c)) ||
	    p->owes == OWES_BODY || (p->hollow && (in_break || c == 0)))
		p->wrong = true;
	if (c == '\n') {
		end_line(p);
	} else if (c == '\r') {
		p->solid = false;
		if (p->line == LINE_START)
			p->line = LINE_CRS;
		else if (p->line == LINE_NAME || p->line == LINE_GAP)
			p->line = LINE_OTHER;
	} else if (p->line == LINE_START || p->line == LINE_CRS) {
		begin_line(p, c);
	} else if (p->line == LINE_NAME || p->line == LINE_GAP) {
		name_byte(p, c);
	} else if (p->line != LINE_OTHER) {
		value_byte(p, c);
	}
}

/* Nothing in the rest of the line matters, but where it ends. */
static bool
is_dull(const struct edit_place *p)
{
	if (p->after != AFTER_ANY || p->owes == OWES_BODY || p->hollow)
		return false;
	if (p->line == LINE_OTHER)
		return true;
	if (p->line != LINE_VALUE && p->line != LINE_MORE)
		return false;
	return p->header ? p->solid && !p->blank :
	    p->field != FIELD_ENCODING;
}

/* How many bytes are not worth a look.  In a header block a CR is; where there
 * is nothing else, no byte may be looked at for each of them. */
static size_t
pass_over(const struct edit_place *p, struct span s)
{
	if (s.n > STEP)
		s.n = STEP;
	const uint8_t *lf = memchr(s.p, '\n', s.n);
	const size_t n = lf != NULL ? (size_t)(lf - s.p) : s.n;
	const uint8_t *cr = p->header ? memchr(s.p, '\r', n) : NULL;

	return cr != NULL ? (size_t)(cr - s.p) : n;
}

bool
edit_place_feed(struct edit_place *p, struct span s)
{
	for (size_t i = 0; i < s.n && !p->wrong; i++) {
		if (!p->header && !p->encodes && p->after == AFTER_ANY)
			return true;
		if (is_dull(p)) {
			i += pass_over(p, (struct span){ s.p + i, s.n - i });
			if (i == s.n)
				return true;
		}
		feed_byte(p, s.p[i]);
	}
	return !p->wrong;
}

static unsigned
put_field(const struct graft *g)
{
	switch (ascii_lower(g->ins.p[0])) {
	case 'd':
		return FIELD_DATE;
	case 'c':
		return FIELD_ENCODING;
	default:
		return ascii_lower(g->ins.p[1]) == 'e' ? FIELD_MESSAGE_ID :
		    FIELD_VERSION;
	}
}

static bool
may_encode(const struct edit_place *p)
{
	return p->encodes && p->owes == OWES_NOTHING;
}

static bool
may_put_field(const struct edit_place *p, unsigned field)
{
	if (p->line != LINE_START ||
	    (p->after != AFTER_ANY && p->after != AFTER_FIELD &&
	    p->after != AFTER_VALUE_LINE))
		return false;
	return field == FIELD_ENCODING ? may_encode(p) :
	    p->header && (p->seen >> field & 1) == 0;
}

static bool
may_fold(const struct edit_place *p)
{
	return p->header && p->solid && p->after == AFTER_ANY &&
	    (p->line == LINE_VALUE || p->line == LINE_MORE) &&
	    p->field != FIELD_NONE && p->field != FIELD_NOTE &&
	    p->field != FIELD_LENGTH;
}

static bool
may_cut_space(const struct edit_place *p)
{
	const unsigned field = field_at_hand(p);

	return p->header && p->line == LINE_NAME && field != FIELD_NOTE &&
	    field != FIELD_LENGTH;
}

bool
edit_place_check(const struct edit_place *p, const struct edit *e,
    unsigned kind)
{
	const bool at_value = p->blank && p->after == AFTER_ANY &&
	    (p->line == LINE_VALUE || p->line == LINE_MORE);

	switch (kind) {
	case EDIT_FOLD:
		return may_fold(p);
	case EDIT_CUT_SPACE:
		return may_cut_space(p);
	case EDIT_FIELD:
		return may_put_field(p, put_field(e->graft));
	case EDIT_LENGTH:
		return at_value && p->header && p->line == LINE_VALUE &&
		    p->field == FIELD_LENGTH;
	case EDIT_ENCODING:
		return at_value && may_encode(p) && p->encodings == 1 &&
		    p->field == FIELD_ENCODING;
	default:
		return p->owes == OWES_BODY;
	}
}

void
edit_place_make(struct edit_place *p, const struct edit *e, unsigned kind)
{
	if (kind == EDIT_FIELD)
		p->after = AFTER_ANY;
	if (kind == EDIT_ENCODING || (kind == EDIT_FIELD &&
	    put_field(e->graft) == FIELD_ENCODING)) {
		p->owes = OWES_EMPTY_LINE;
		p->base64 = graft_is_base64(e->graft);
	}
	if (kind == EDIT_ENCODE) {
		p->owes = OWES_NOTHING;
		p->line = LINE_OTHER;
		p->field = FIELD_NONE;
	}
}

void
edit_place_made(struct edit_place *p, unsigned kind)
{
	switch (kind) {
	case EDIT_FOLD:
		p->hollow = true;
		p->after = AFTER_FOLD;
		break;
	case EDIT_CUT_SPACE:
		p->after = AFTER_NAME;
		break;
	case EDIT_FIELD:
		p->after = AFTER_FIELD;
		break;
	case EDIT_ENCODE:
		p->after = AFTER_BODY;
		break;
	default:
		p->after = AFTER_VALUE;
		break;
	}
}

bool
edit_place_end(const struct edit_place *p)
{
	return !p->wrong && !p->hollow && p->owes == OWES_NOTHING &&
	    (p->after == AFTER_ANY || p->after == AFTER_VALUE ||
	    p->after == AFTER_VALUE_LINE || p->after == AFTER_BODY);
}
