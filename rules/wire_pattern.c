/*
 * See wire_pattern.h.
 */
#include "wire_pattern.h"

#define EVERY ((1u << WIRE_CLASSES) - 1)

const uint8_t wire_classes[256] = {
	[0] = WIRE_NUL, ['\n'] = WIRE_LF, ['\r'] = WIRE_CR, ['.'] = WIRE_DOT,
};

static const struct {
	struct span name;
	unsigned classes;
} names[] = {
	{ { (const uint8_t *)"CR", 2 }, 1u << WIRE_CR },
	{ { (const uint8_t *)"LF", 2 }, 1u << WIRE_LF },
	{ { (const uint8_t *)"NUL", 3 }, 1u << WIRE_NUL },
	{ { (const uint8_t *)".", 1 }, 1u << WIRE_DOT },
	{ { (const uint8_t *)"any", 3 }, EVERY },
};

/* 0: nothing is called so. */
static unsigned
class_named(struct span s)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_eq(s, names[i].name))
			return names[i].classes;
	return 0;
}

/* "!CR", "CR|LF"; 0: there is no such thing. */
static unsigned
classes_of(struct span s)
{
	const bool not = s.n > 0 && s.p[0] == '!';
	unsigned all = 0, one;
	size_t n;

	if (not)
		s = (struct span){ s.p + 1, s.n - 1 };
	for (;;) {
		for (n = 0; n < s.n && s.p[n] != '|'; n++)
			;
		if ((one = class_named((struct span){ s.p, n })) == 0)
			return 0;
		all |= one;
		if (n == s.n)
			return not ? EVERY & ~all : all;
		s = (struct span){ s.p + n + 1, s.n - n - 1 };
	}
}

/* A word and the sign behind it; the last place stays free for the end. */
static bool
add_word(struct wire_patterns *p, struct span s, const char **why)
{
	const uint8_t sign = s.p[s.n - 1];
	const bool signs = sign == '?' || sign == '*' || sign == '+';
	const unsigned classes = classes_of((struct span){ s.p,
	    s.n - signs });

	if (!signs && span_eq(s, SPAN("CRLF")))
		return add_word(p, SPAN("CR"), why) &&
		    add_word(p, SPAN("LF"), why);
	if (classes == 0) {
		*why = "its words are CR, LF, CRLF, NUL, . and any";
		return false;
	}
	if (p->n + 1 >= WIRE_PLACES) {
		*why = "its patterns are too long";
		return false;
	}
	if (sign == '?' || sign == '*')
		p->optional |= 1ull << p->n;
	if (sign == '*' || sign == '+')
		p->loops |= 1ull << p->n;
	p->classes[p->n++] = (uint8_t)classes;
	return true;
}

bool
wire_patterns_add(struct wire_patterns *p, enum wire_kind kind,
    const char *text, const char **why)
{
	const size_t first = p->n;
	const char *none = NULL;
	bool needs = false;

	why = why != NULL ? why : &none;
	for (text += strspn(text, " "); *text != '\0';
	    text += strspn(text, " ")) {
		const size_t n = strcspn(text, " ");

		if (!add_word(p, (struct span){ (const uint8_t *)text, n },
		    why))
			return false;
		text += n;
	}
	for (size_t i = first; i < p->n; i++)
		needs |= (p->optional >> i & 1) == 0;
	if (!needs) {
		*why = "a pattern needs a word that is not optional";
		return false;
	}
	p->starts[kind] |= 1ull << first;
	p->ends[kind] |= 1ull << p->n++;
	return true;
}

uint64_t
wire_patterns_step(const struct wire_patterns *p, uint64_t places,
    enum wire_class c)
{
	uint64_t to = 0;

	for (enum wire_kind k = WIRE_END; k < WIRE_KINDS; k++)
		places |= p->starts[k];
	/* In order: what may be left out leads to the next place. */
	for (size_t i = 0; i < p->n; i++) {
		if ((places >> i & 1) == 0)
			continue;
		if ((p->optional >> i & 1) != 0)
			places |= 1ull << (i + 1);
		if ((p->classes[i] >> c & 1) == 0)
			continue;
		to |= 1ull << (i + 1);
		if ((p->loops >> i & 1) != 0)
			to |= 1ull << i;
	}
	for (size_t i = 0; i < p->n; i++)
		if ((to >> i & 1) != 0 && (p->optional >> i & 1) != 0)
			to |= 1ull << (i + 1);
	return to;
}
