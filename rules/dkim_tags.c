/*
 * See dkim_tags.h.  A table of tags, in the order in which they are read.
 */
#include "dkim_tags.h"

#define TAGS_MAX 64u		/* in one field; the usual ones have a dozen */
#define SHA1_SIZE 20u

/* One tag of the list: both without white space around them. */
struct tag {
	struct span name, value;
};

struct tag_list {
	size_t n;
	struct tag list[TAGS_MAX];
};

/* White space, folded or not. */
static bool
is_fws(uint8_t c)
{
	return ascii_wsp(c) || c == '\r' || c == '\n';
}

struct span
dkim_trim(struct span s)
{
	while (s.n > 0 && is_fws(s.p[0]))
		s = (struct span){ s.p + 1, s.n - 1 };
	while (s.n > 0 && is_fws(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* What stands before the next c, or all; *rest: behind it, p NULL: no c. */
static struct span
cut_at(struct span s, uint8_t c, struct span *rest)
{
	const uint8_t *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

	*rest = (struct span){ NULL, 0 };
	if (at == NULL)
		return s;
	*rest = (struct span){ at + 1, s.n - (size_t)(at - s.p) - 1 };
	return (struct span){ s.p, (size_t)(at - s.p) };
}

static bool
is_letter(uint8_t c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static bool
is_tag_name(struct span s)
{
	if (s.n == 0 || !is_letter(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!is_letter(s.p[i]) && !ascii_digit(s.p[i]) &&
		    s.p[i] != '_')
			return false;
	return true;
}

/* No control characters; beyond ASCII all may be, since RFC 8616. */
static bool
is_tag_value(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 0x20 && !is_fws(s.p[i])) || s.p[i] == 0x7f)
			return false;
	return true;
}

static const struct tag *
find_tag(const struct tag_list *l, struct span name)
{
	for (size_t i = 0; i < l->n; i++)
		if (span_eq(l->list[i].name, name))
			return &l->list[i];
	return NULL;
}

static const char *
add_tag(struct tag_list *l, struct span spec)
{
	struct tag t;

	t.name = dkim_trim(cut_at(spec, '=', &t.value));
	if (t.value.p == NULL)
		return "a tag without =";
	t.value = dkim_trim(t.value);
	if (!is_tag_name(t.name))
		return "a tag with no proper name";
	if (!is_tag_value(t.value))
		return "control characters in a tag";
	if (find_tag(l, t.name) != NULL)
		return "a tag stands twice";
	if (l->n == TAGS_MAX)
		return "more than 64 tags";
	l->list[l->n++] = t;
	return NULL;
}

/* RFC 6376 3.2; a semicolon may stand behind the last tag, and space there. */
static const char *
split_tags(struct tag_list *l, struct span s)
{
	const char *why = NULL;

	l->n = 0;
	while (why == NULL && s.p != NULL) {
		struct span rest;
		const struct span spec = dkim_trim(cut_at(s, ';', &rest));

		if (spec.n > 0 || rest.p != NULL || l->n == 0)
			why = add_tag(l, spec);
		s = rest;
	}
	return why;
}

/* --- values */

static bool
is_word(struct span s, const char *word)
{
	const struct span w = { (const uint8_t *)word, strlen(word) };

	return s.n == w.n && span_starts_nocase(s, w);
}

/* Digits alone; what is beyond uint64_t is UINT64_MAX. */
static bool
read_number(struct span s, size_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > max)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		const uint64_t digit = (uint64_t)s.p[i] - '0';

		if (!ascii_digit(s.p[i]))
			return false;
		v = v > (UINT64_MAX - digit) / 10 ? UINT64_MAX :
		    v * 10 + digit;
	}
	*out = v;
	return true;
}

static unsigned
base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 0u;
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (ascii_digit(c))
		return c - '0' + 52u;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/*
 * RFC 4648 4, with white space anywhere.  *n: how many bytes it stands for;
 * out gets max of them.
 */
static bool
base64_read(struct span s, uint8_t *out, size_t max, size_t *n)
{
	size_t digits = 0, pads = 0;
	unsigned bits = 0;

	*n = 0;
	for (size_t i = 0; i < s.n; i++) {
		const unsigned d = base64_digit(s.p[i]);

		if (is_fws(s.p[i]))
			continue;
		if (s.p[i] == '=') {
			pads++;
			continue;
		}
		if (d > 63 || pads > 0)
			return false;
		bits = (bits << 6 | d) & 0xffff;
		if (digits++ % 4 == 0)
			continue;
		if (*n < max)
			out[*n] = (uint8_t)(bits >> (6 - 2 *
			    ((digits - 1) % 4)));
		++*n;
	}
	return *n > 0 && pads <= 2 && (digits + pads) % 4 == 0;
}

static bool
read_name(struct dkim_name *to, struct span s)
{
	if (s.n == 0 || s.n > DKIM_NAME_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ')
			return false;
	memcpy(to->p, s.p, s.n);
	to->n = s.n;
	return true;
}

/* --- the tags: each says what is wrong with it, or NULL */

typedef const char *read_fn(struct dkim_tags *, struct span value,
    const struct tag_list *);

static const char *
read_d(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	(void)l;
	return read_name(&t->domain, s) ? NULL : "d= is no domain";
}

static const char *
read_s(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	(void)l;
	return read_name(&t->selector, s) ? NULL : "s= is no selector";
}

static const char *
read_v(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	(void)t;
	(void)l;
	return is_word(s, "1") ? NULL : "v= is not 1";
}

static const char *
read_a(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	static const char *const names[] = {
		[DKIM_RSA_SHA256] = "rsa-sha256",
		[DKIM_ED25519_SHA256] = "ed25519-sha256",
		[DKIM_RSA_SHA1] = "rsa-sha1",
	};

	(void)l;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_word(s, names[i])) {
			t->algorithm = names[i];
			t->is = (enum dkim_algorithm)i;
			return NULL;
		}
	return "a= is no known algorithm";
}

static bool
read_canon(struct span s, enum dkim_canon *out)
{
	*out = is_word(s, "relaxed") ? DKIM_RELAXED : DKIM_SIMPLE;
	return *out == DKIM_RELAXED || is_word(s, "simple");
}

/* One word is that of the header; the body is simple then. */
static const char *
read_c(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	static const char *const names[DKIM_CANONS][DKIM_CANONS] = {
		{ "simple/simple", "simple/relaxed" },
		{ "relaxed/simple", "relaxed/relaxed" },
	};
	enum dkim_canon header = DKIM_SIMPLE;
	struct span body;

	(void)l;
	if (s.p != NULL && !read_canon(cut_at(s, '/', &body), &header))
		return "c= is no known canonicalization";
	if (s.p != NULL && body.p != NULL && !read_canon(body, &t->body))
		return "c= is no known canonicalization";
	t->canonicalization = names[header][t->body];
	return NULL;
}

static const char *
read_l(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	(void)l;
	if (s.p == NULL)
		return NULL;
	if (!read_number(s, 76, &t->length))
		return "l= is no number";
	t->has_length = true;
	if (t->length == UINT64_MAX)
		t->length--;
	return NULL;
}

static const char *
read_bh(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	size_t n;

	(void)l;
	if (!base64_read(s, t->bh, sizeof(t->bh), &n))
		return "bh= is no base64";
	return n == (t->is == DKIM_RSA_SHA1 ? SHA1_SIZE : HASH_SIZE) ? NULL :
	    "bh= has not the length of the hash";
}

static const char *
read_b(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	size_t n;

	(void)t;
	(void)l;
	return base64_read(s, NULL, 0, &n) ? NULL : "b= is no base64";
}

static const char *
read_h(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	(void)t;
	(void)l;
	while (s.p != NULL)
		if (is_word(dkim_trim(cut_at(s, ':', &s)), "from"))
			return NULL;
	return "h= does not name From";
}

/* The same domain as d=, or one below it. */
static const char *
read_i(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	const size_t n = t->domain.n;

	(void)l;
	if (s.p == NULL)
		return NULL;
	if (s.n <= n || (s.p[s.n - n - 1] != '@' && s.p[s.n - n - 1] != '.'))
		return "i= is not of the domain in d=";
	for (size_t i = 0; i < n; i++)
		if (ascii_lower(s.p[s.n - n + i]) !=
		    ascii_lower(t->domain.p[i]))
			return "i= is not of the domain in d=";
	return memchr(s.p, '@', s.n) != NULL ? NULL : "i= has no @";
}

static const char *
read_t(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	uint64_t when;

	(void)t;
	(void)l;
	return s.p == NULL || read_number(s, 20, &when) ? NULL :
	    "t= is no time";
}

/* Whether it is over is not asked: stored mail is old. */
static const char *
read_x(struct dkim_tags *t, struct span s, const struct tag_list *l)
{
	const struct tag *made = find_tag(l, SPAN("t"));
	uint64_t from, to;

	(void)t;
	if (s.p == NULL)
		return NULL;
	if (!read_number(s, 20, &to))
		return "x= is no time";
	return made == NULL || !read_number(made->value, 20, &from) ||
	    to > from ? NULL : "x= is not later than t=";
}

/* q= says where keys are, z= what was signed: neither is needed here. */
static const struct {
	struct span name;
	read_fn *read;
	const char *missing;	/* NULL: then value.p is NULL */
	bool not_arc;		/* means something else there, or nothing */
} tags[] = {
#define NAME(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
	{ NAME("d"), read_d, "no d=", false },
	{ NAME("s"), read_s, "no s=", false },
	{ NAME("v"), read_v, "no v=", true },
	{ NAME("a"), read_a, "no a=", false },
	{ NAME("c"), read_c, NULL, false },
	{ NAME("l"), read_l, NULL, false },
	{ NAME("bh"), read_bh, "no bh=", false },
	{ NAME("b"), read_b, "no b=", false },
	{ NAME("h"), read_h, "no h=", false },
	{ NAME("i"), read_i, NULL, true },
	{ NAME("t"), read_t, NULL, false },
	{ NAME("x"), read_x, NULL, false },
};

static void
read_tags(struct dkim_tags *t, struct span value, bool arc)
{
	static const struct span absent = { NULL, 0 };
	struct tag_list l;

	*t = (struct dkim_tags){ .length = UINT64_MAX };
	t->why = split_tags(&l, value);
	if (t->why != NULL)
		return;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		const struct tag *is = find_tag(&l, tags[i].name);
		const char *why = is == NULL ? tags[i].missing :
		    tags[i].read(t, is->value, &l);

		if (arc && tags[i].not_arc)
			continue;
		if (is == NULL && why == NULL)
			why = tags[i].read(t, absent, &l);
		if (t->why == NULL)
			t->why = why;
	}
}

void
dkim_tags_read(struct dkim_tags *t, struct span value)
{
	read_tags(t, value, false);
}

void
dkim_tags_read_arc(struct dkim_tags *t, struct span value)
{
	read_tags(t, value, true);
}

bool
dkim_tags_find(struct span value, struct span name, struct span *out)
{
	struct tag_list l;
	const struct tag *is;

	if (split_tags(&l, value) != NULL || (is = find_tag(&l, name)) == NULL)
		return false;
	*out = is->value;
	return true;
}
