/*
 * See verbs.h.
 */
#include "verbs.h"

static bool
is_blank(uint8_t c)
{
	return ascii_wsp(c) || c == 0;
}

static void
skip(struct span *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

/* Take white space; returns whether there was any. */
static bool
take_space(struct span *s)
{
	const size_t n = s->n;

	while (s->n > 0 && ascii_wsp(s->p[0]))
		skip(s, 1);
	return s->n < n;
}

static bool
take_word(struct span *s, struct span word)
{
	if (!span_starts_nocase(*s, word))
		return false;
	skip(s, word.n);
	return true;
}

static bool
is_alnum(uint8_t c)
{
	return ascii_digit(c) || (ascii_lower(c) >= 'a' &&
	    ascii_lower(c) <= 'z');
}

/* A byte that may stand in an address or a parameter: 128 and more are those
 * of RFC 6531. */
static bool
is_graph(uint8_t c)
{
	return c > ' ' && c != 127;
}

/* <...> without what an address cannot hold; quoted strings can hold more. */
static bool
take_angle(struct span *s, bool may_be_empty)
{
	bool quoted = false;
	size_t i = 1;

	for (; i < s->n && (quoted || s->p[i] != '>'); i++) {
		if (s->p[i] == '"')
			quoted = !quoted;
		else if (quoted && s->p[i] == '\\' && i + 1 < s->n)
			i++;
		else if (!quoted && (!is_graph(s->p[i]) || s->p[i] == '<'))
			return false;
	}
	if (i >= s->n || (i == 1 && !may_be_empty))
		return false;
	skip(s, i + 1);
	return true;
}

/* name@domain without angle brackets. */
static bool
take_bare(struct span *s)
{
	size_t n = 0, at = 0;

	for (; n < s->n && is_graph(s->p[n]); n++) {
		if (s->p[n] == '<' || s->p[n] == '>' || s->p[n] == ',')
			return false;
		if (s->p[n] == '@')
			at = n;
	}
	if (at == 0 || at + 1 >= n)
		return false;
	skip(s, n);
	return true;
}

/* ESMTP parameters up to the end: RFC 5321 4.1.2. */
static bool
only_parameters(struct span s)
{
	while (s.n > 0) {
		if (!take_space(&s))
			return false;
		if (s.n > 0 && !is_alnum(s.p[0]))
			return false;
		while (s.n > 0 && (is_alnum(s.p[0]) || s.p[0] == '-'))
			skip(&s, 1);
		if (s.n > 0 && s.p[0] == '=')
			while (s.n > 0 && is_graph(s.p[0]))
				skip(&s, 1);
	}
	return true;
}

/* Behind MAIL or RCPT: FROM or TO, a colon, an address. */
static bool
names_address(struct span s, struct span word, bool may_be_empty)
{
	if (!take_space(&s) || !take_word(&s, word))
		return false;
	(void)take_space(&s);
	if (!take_word(&s, SPAN(":")))
		return false;
	(void)take_space(&s);
	if (s.n == 0)
		return false;
	return (s.p[0] == '<' ? take_angle(&s, may_be_empty) :
	    take_bare(&s)) && only_parameters(s);
}

/* Behind EHLO: a name or an address literal, and no more. */
static bool
names_host(struct span s)
{
	size_t n = 0;

	if (!take_space(&s) || s.n == 0)
		return false;
	if (s.p[0] == '[') {
		while (n < s.n && is_graph(s.p[n]))
			n++;
		return n == s.n && s.p[n - 1] == ']';
	}
	while (n < s.n && (is_alnum(s.p[n]) || s.p[n] == '.' ||
	    s.p[n] == '-' || s.p[n] == '_'))
		n++;
	return n == s.n;
}

/* Behind BDAT: how many bytes, and perhaps LAST: RFC 3030 2. */
static bool
names_chunk(struct span s)
{
	size_t n = 0;

	if (!take_space(&s))
		return false;
	for (; s.n > 0 && ascii_digit(s.p[0]); n++)
		skip(&s, 1);
	if (n == 0 || s.n == 0)
		return n > 0;
	return take_space(&s) && take_word(&s, SPAN("last")) && s.n == 0;
}

enum verb
verb_of(struct span s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		skip(&s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	if (take_word(&s, SPAN("mail")))
		return names_address(s, SPAN("from"), true) ? VERB_MAIL :
		    VERB_NONE;
	if (take_word(&s, SPAN("rcpt")))
		return names_address(s, SPAN("to"), false) ? VERB_RCPT :
		    VERB_NONE;
	if (take_word(&s, SPAN("bdat")))
		return names_chunk(s) ? VERB_BDAT : VERB_NONE;
	if (take_word(&s, SPAN("ehlo")) || take_word(&s, SPAN("helo")) ||
	    take_word(&s, SPAN("lhlo")))
		return names_host(s) ? VERB_HELLO : VERB_NONE;
	if (s.n != 4)
		return VERB_NONE;
	return take_word(&s, SPAN("data")) ? VERB_DATA :
	    take_word(&s, SPAN("rset")) ? VERB_RSET :
	    take_word(&s, SPAN("quit")) ? VERB_QUIT : VERB_NONE;
}

const char *
verb_word(size_t i)
{
	static const char *const words[] = { "mail", "rcpt", "bdat", "ehlo",
	    "helo", "lhlo", "data", "rset", "quit" };

	return i < sizeof(words) / sizeof(words[0]) ? words[i] : NULL;
}

bool
verb_is_reply(struct span s)
{
	return s.n >= 3 && s.p[0] >= '2' && s.p[0] <= '5' &&
	    ascii_digit(s.p[1]) && ascii_digit(s.p[2]) &&
	    (s.n == 3 || s.p[3] == ' ' || s.p[3] == '-');
}
