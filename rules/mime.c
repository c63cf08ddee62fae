/*
 * The structure of a message, what is wrong with it, and what odd line ends
 * are where they stand.
 *
 * RFC 2045 2.9, 6.2: in binary data CR and LF are bytes like others.
 */
#include "mime.h"

#include "parts.h"
#include "rule.h"

struct mime {
	struct parts parts;
	bool walked;		/* there were parts to look for */
	struct spots binary, attached;
};

/* It is there so that the state, which is large, is not zeroed each time. */
static bool
mime_open(void *state, const struct engine_options *o)
{
	(void)state;
	(void)o;
	return true;
}

static unsigned
mime_header(void *state, const struct fields *fs)
{
	struct mime *s = state;

	s->walked = parts_begin(&s->parts, fs);
	return s->walked ? SHOW_LINES : 0;
}

static void
mime_line(void *state, const struct line *ln, struct look *look)
{
	struct mime *s = state;

	parts_line(&s->parts, ln, look);
}

/* Breaks of that kind are told by an eol.* code. */
static bool
is_odd(enum mime_end kind, enum convention c)
{
	const enum brk native = convention_break(c);

	switch (kind) {
	case MIME_CRLF:
		return native != BRK_CRLF;
	case MIME_LF:
		return native == BRK_CRLF;
	case MIME_CR:
		return native != BRK_CR;
	default:
		return true;
	}
}

static void
end_breaks(struct mime *s, enum convention c, enum mime_inside inside,
    struct spots *all, enum code code, struct emit *out)
{
	all->count = 0;
	for (enum mime_end k = MIME_CRLF; k <= MIME_CRCRLF; k++)
		if (is_odd(k, c) && s->parts.breaks[inside][k].count > 0)
			look_merge(all, &s->parts.breaks[inside][k]);
	if (all->count > 0)
		emit(out, code, SEV_INFO, all);
}

/* How many of a finding's places are data; it is one about line ends. */
static uint64_t
in_binary(const struct mime *s, const struct finding *f,
    const struct tally *t)
{
	const struct spots *in = s->parts.breaks[INSIDE_BINARY];

	return f->where == &t->crcrlf ? in[MIME_CRCRLF].count :
	    f->where == &t->breaks[BRK_CRLF] ? in[MIME_CRLF].count :
	    f->where == &t->breaks[BRK_LF] ? in[MIME_LF].count :
	    f->where == &t->breaks[BRK_CR] ? in[MIME_CR].count : 0;
}

/* What is nothing but data is no defect.  Look-alikes stay what they are. */
static void
lower(const struct mime *s, const struct facts *f)
{
	static const code_set breaks = 1ull << CODE_EOL_BARE_CR |
	    1ull << CODE_EOL_BARE_LF | 1ull << CODE_EOL_CRLF |
	    1ull << CODE_EOL_CRCRLF | 1ull << CODE_EOL_MIXED |
	    1ull << CODE_EOL_CR_ONLY;

	for (size_t i = 0; i < f->first->n; i++) {
		struct finding *found = &f->first->list[i];

		if ((breaks >> found->code & 1) != 0 &&
		    in_binary(s, found, f->tally) == found->where->count)
			found->severity = SEV_INFO;
	}
}

static void
end_structure(const struct parts *p, struct emit *out)
{
	const struct {
		enum code code;
		const struct spots *where;
	} found[] = {
		{ CODE_MIME_UNCLOSED, &p->unclosed },
		{ CODE_MIME_NO_BOUNDARY, &p->no_boundary },
		{ CODE_MIME_DUPLICATE, &p->duplicate },
		{ CODE_MIME_NESTING, &p->nesting },
	};

	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++)
		if (found[i].where->count > 0)
			emit(out, found[i].code,
			    code_info(found[i].code)->severity,
			    found[i].where);
}

static void
mime_end(void *state, const struct facts *f, struct emit *out)
{
	struct mime *s = state;

	parts_end(&s->parts, f->tally->size);
	end_structure(&s->parts, out);
	if (!s->walked)
		return;
	end_breaks(s, f->convention, INSIDE_BINARY, &s->binary,
	    CODE_MIME_BINARY_EOL, out);
	end_breaks(s, f->convention, INSIDE_MESSAGE, &s->attached,
	    CODE_MIME_ATTACHED_EOL, out);
	lower(s, f);
	f->first->mime = &s->parts.facts;
}

const struct rule rule_mime = {
	.name = "mime", .topic = TOPIC_MIME,
	.state_size = sizeof(struct mime), .open = mime_open,
	.header = mime_header, .line = mime_line, .end = mime_end,
};
