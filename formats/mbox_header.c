/*
 * See mbox_header.h.
 */
#include "mbox_header.h"

#include "from.h"

/* Digits and white space only; anything odd is no length at all. */
static uint64_t
parse_length(struct span v)
{
	uint64_t n = 0;
	size_t digits = 0;

	while (v.n > 0 && ascii_wsp(v.p[0]))
		v = (struct span){ v.p + 1, v.n - 1 };
	while (v.n > 0 && (ascii_wsp(v.p[v.n - 1]) || v.p[v.n - 1] == '\r'))
		v.n--;
	for (; digits < v.n && digits < 18; digits++) {
		if (!ascii_digit(v.p[digits]))
			return NO_LENGTH;
		n = n * 10 + (uint64_t)(v.p[digits] - '0');
	}
	return digits == v.n && v.n > 0 ? n : NO_LENGTH;
}

/* Walks over the line ends of a span, 64 bytes at a time. */
struct ends {
	size_t at;		/* bits are of the block before this */
	uint64_t bits;		/* ends not yet returned */
};

/* Where the next line ends; a.n: it does not. */
static size_t
next_end(struct ends *w, const struct kernel *k, uint8_t last,
    struct span a)
{
	struct masks m;
	const uint8_t *end;
	size_t i;

	while (w->bits == 0 && a.n - w->at >= 64) {
		k->masks(a.p + w->at, &m);
		w->bits = last == '\n' ? m.lf : m.cr;
		w->at += 64;
	}
	if (w->bits != 0) {
		i = w->at - 64 + (size_t)__builtin_ctzll(w->bits);
		w->bits &= w->bits - 1;
		return i;
	}
	end = w->at < a.n ? memchr(a.p + w->at, last, a.n - w->at) : NULL;
	w->at = end == NULL ? a.n : (size_t)(end - a.p) + 1;
	return end == NULL ? a.n : w->at - 1;
}

struct mbox_header
mbox_header_read(const struct kernel *k, uint8_t last, struct span a)
{
	struct mbox_header h = { .length = NO_LENGTH };
	struct ends w = { 0, 0 };
	size_t i = 0, n, end;

	while ((end = next_end(&w, k, last, a)) < a.n) {
		const struct span line = { a.p + i, end - i };

		n = line.n;
		if (i > 0 && line.p[0] == 'F' && from_judge((struct span){
		    line.p, a.n - i }, last) == FROM_SEPARATOR)
			break;
		i += n + 1;
		if (n == 0 || (n == 1 && line.p[0] == '\r')) {
			h.body = i;
			break;
		}
		if (ascii_lower(line.p[0]) == 'c' && h.length == NO_LENGTH &&
		    span_starts_nocase(line, SPAN("content-length:")))
			h.length = parse_length((struct span){
			    line.p + 15, n - 15 });
		else if (ascii_lower(line.p[0]) == 'x' &&
		    span_starts_nocase(line, SPAN("x-imap:")))
			h.internal = true;
	}
	return h;
}
