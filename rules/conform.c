/*
 * See conform.h.  Which convention a message has is known at its end.  So a
 * short one is kept until then; a long one is walked by each that it may have
 * at the same time.
 */
#include "conform.h"

#include "rule.h"

#define TEXT_MAX 320u		/* more than all the names */
#define KEPT_MAX (256u << 10)	/* bytes of a message that is kept */

_Static_assert(CODE_CONFORM_MIME_HEADERS - CODE_CONFORM_COLON ==
    CONFORM_MIME_HEADERS, "the codes are in the order of the flags");

#define NAME_ENTRY(id, text) { id, text },
const struct conform_name conform_names[CONFORM_FLAGS] = {
	CONFORM_NAMES(NAME_ENTRY)
};

/* --- names, flags and codes */

static bool
flags_of(struct span name, unsigned *out)
{
	if (name.n == 0 || span_eq(name, SPAN("all"))) {
		*out |= name.n == 0 ? 0 : CONFORM_ALL;
		return true;
	}
	for (size_t i = 0; i < CONFORM_FLAGS; i++) {
		const char *text = conform_names[i].name;

		if (span_eq(name, (struct span){ (const uint8_t *)text,
		    strlen(text) })) {
			*out |= 1u << conform_names[i].flag;
			return true;
		}
	}
	return false;
}

bool
conform_parse(const char *list, unsigned *out, struct span *bad)
{
	unsigned checks = 0;

	for (;;) {
		const size_t n = strcspn(list, "|");

		*bad = (struct span){ (const uint8_t *)list, n };
		if (!flags_of(*bad, &checks))
			return false;
		if (list[n] == '\0')
			break;
		list += n + 1;
	}
	*out = checks;
	return true;
}

code_set
conform_codes(unsigned checks)
{
	return (code_set)checks << CODE_CONFORM_COLON |
	    (code_set)1 << CODE_CONFORM_PARSE;
}

unsigned
conform_checks(code_set codes, bool *any)
{
	const code_set all = conform_codes(CONFORM_ALL);

	*any = (codes & all) != 0;
	return (unsigned)(codes >> CODE_CONFORM_COLON) & CONFORM_ALL;
}

/* --- the rule */

enum { WALK_AS_IS, WALK_LF, WALK_CR, WALKS };

struct conform {
	unsigned checks;
	enum eol_mode eol;
	bool keeps;			/* in kept, and nothing walked yet */
	size_t kept_n;
	uint64_t off;			/* bytes walked so far */
	struct look look;
	bool walks[WALKS];		/* these are of use */
	struct walk walk[WALKS];
	size_t text_n;
	char text[TEXT_MAX];
	uint8_t kept[KEPT_MAX];
};

static unsigned
walk_of(enum convention c)
{
	return c == CONV_LF ? WALK_LF : c == CONV_CR ? WALK_CR : WALK_AS_IS;
}

static bool
conform_open(void *state, const struct engine_options *o)
{
	struct conform *s = state;

	s->checks = o->checks;
	s->eol = o->eol;
	return true;
}

/* walk: one of them, or WALKS for each. */
static void
begin_walks(struct conform *s, unsigned walk)
{
	s->keeps = false;
	for (unsigned i = 0; i < WALKS; i++) {
		s->walks[i] = walk == i || walk == WALKS;
		if (s->walks[i])
			walk_begin(&s->walk[i], &s->look);
	}
}

static void
conform_begin(void *state, enum brk native, const struct verdict *first)
{
	struct conform *s = state;

	(void)native;
	s->off = 0;
	s->kept_n = 0;
	look_begin(&s->look);
	if (s->eol != EOL_AUTO)
		begin_walks(s, s->eol == EOL_LF ? WALK_LF : WALK_AS_IS);
	else if (first != NULL)
		begin_walks(s, walk_of(first->convention));
	else
		s->keeps = true;
}

static void
show_text(struct conform *s, struct span text, uint64_t off)
{
	for (unsigned i = 0; i < WALKS; i++)
		if (s->walks[i])
			walk_text(&s->walk[i], text, off);
}

/* What stands for CRLF is one. */
static void
show_break(struct conform *s, uint8_t c, uint64_t off)
{
	for (unsigned i = 0; i < WALKS; i++) {
		if (!s->walks[i])
			continue;
		if (i == WALK_LF && c == '\n')
			walk_break(&s->walk[i], '\r', off);
		walk_break(&s->walk[i], c, off);
		if (i == WALK_CR && c == '\r')
			walk_break(&s->walk[i], '\n', off);
	}
}

/* The next byte that is c, at or behind i; s.n: none. */
static size_t
find(struct span s, size_t i, uint8_t c)
{
	const uint8_t *p = memchr(s.p + i, c, s.n - i);

	return p == NULL ? s.n : (size_t)(p - s.p);
}

static void
walk_span(struct conform *s, struct span span)
{
	size_t i = 0, lf, cr, end;

	if (span.n == 0)
		return;
	look_span(&s->look, span, s->off);
	lf = find(span, 0, '\n');
	cr = find(span, 0, '\r');
	while ((end = lf < cr ? lf : cr) < span.n) {
		show_text(s, (struct span){ span.p + i, end - i },
		    s->off + i);
		show_break(s, span.p[end], s->off + end);
		i = end + 1;
		if (end == lf)
			lf = find(span, i, '\n');
		else
			cr = find(span, i, '\r');
	}
	show_text(s, (struct span){ span.p + i, span.n - i }, s->off + i);
	s->off += span.n;
	look_keep(&s->look);
}

static void
walk_kept(struct conform *s, unsigned walk)
{
	begin_walks(s, walk);
	walk_span(s, (struct span){ s->kept, s->kept_n });
}

static void
conform_message(void *state, struct span span)
{
	struct conform *s = state;

	if (s->keeps && span.n <= KEPT_MAX - s->kept_n) {
		if (span.n > 0)
			memcpy(s->kept + s->kept_n, span.p, span.n);
		s->kept_n += span.n;
		return;
	}
	if (s->keeps)
		walk_kept(s, WALKS);
	walk_span(s, span);
}

/* --- the answer */

static void
say(struct conform *s, const char *text)
{
	const size_t n = strlen(text);

	if (n < TEXT_MAX - s->text_n) {
		memcpy(s->text + s->text_n, text, n + 1);
		s->text_n += n;
	}
}

static void
say_byte(struct conform *s, uint8_t c)
{
	char digits[4] = { 0 };
	size_t i = c >= 100 ? 3 : c >= 10 ? 2 : 1;

	for (; i > 0; c /= 10)
		digits[--i] = (char)('0' + c % 10);
	say(s, digits);
}

static void
say_error(struct conform *s, const struct head *h)
{
	static const char *const errors[] = {
		[HEAD_LONE_CR] = "lone CR in header",
		[HEAD_STARTS_BLANK] =
		    "header block must not start with spaces",
		[HEAD_FIELD_STARTS_BLANK] = "header cannot start with space",
		[HEAD_NOT_PRINTABLE] = "header name must be comprised of "
		    "printable US-ASCII characters. Found ",
	};

	say(s, "invalid header: ");
	say(s, errors[h->error]);
	if (h->error == HEAD_NOT_PRINTABLE)
		say_byte(s, h->bad_byte);
}

static void
say_flags(struct conform *s, const struct walk *w)
{
	const char *before = "Message has conformance issues: ";

	for (size_t i = 0; i < CONFORM_FLAGS; i++) {
		const enum conform_flag flag = conform_names[i].flag;

		if ((s->checks >> flag & 1) == 0 || w->flags[flag].count == 0)
			continue;
		say(s, before);
		say(s, conform_names[i].name);
		before = "|";
	}
}

static void
conform_end(void *state, const struct facts *f, struct emit *out)
{
	struct conform *s = state;
	struct walk *w = &s->walk[walk_of(f->convention)];

	if (s->keeps)
		walk_kept(s, walk_of(f->convention));
	walk_end(w, s->off);
	s->text_n = 0;
	s->text[0] = '\0';
	if (w->error.count > 0) {
		say_error(s, &w->head);
		emit(out, CODE_CONFORM_PARSE,
		    code_info(CODE_CONFORM_PARSE)->severity, &w->error);
	} else {
		say_flags(s, w);
		for (unsigned i = 0; i < CONFORM_FLAGS; i++)
			if ((s->checks >> i & 1) != 0 &&
			    w->flags[i].count > 0)
				emit(out, CODE_CONFORM_COLON + i,
				    code_info(CODE_CONFORM_COLON +
				    i)->severity, &w->flags[i]);
	}
	if (s->text_n > 0)
		f->first->would_reject = s->text;
}

const struct rule rule_conform = {
	.name = "conform", .topic = TOPIC_CONFORM,
	.state_size = sizeof(struct conform), .open = conform_open,
	.begin = conform_begin, .message = conform_message,
	.end = conform_end,
};
