/*
 * See dots.h.
 */
#include "dots.h"

void
dots_begin(struct dots *d, uint64_t off)
{
	d->n = 0;
	d->off = off;
	d->first = off == 0;
	d->cr = false;
	d->cr_dotty = false;
	d->line_n = 0;
}

static bool
is_break(uint8_t c)
{
	return c == '\n' || c == '\r';
}

static void
note(struct dots *d, uint64_t behind)
{
	if (d->n < DOTS_MAX)
		d->behind[d->n] = behind;
	if (d->n <= DOTS_MAX)
		d->n++;
}

/* --- byte by byte, where lines may be cut */

static void
see_byte(struct dots *d, uint8_t c)
{
	const bool lf_of_crlf = d->cr && c == '\n';
	bool dotty;

	if (d->cr_dotty)
		note(d, d->off + lf_of_crlf);
	d->cr = c == '\r';
	d->cr_dotty = false;
	d->off++;
	if (!is_break(c)) {
		if (d->line_n < sizeof(d->line))
			d->line[d->line_n++] = c;
		return;
	}
	if (lf_of_crlf)
		return;
	dotty = !d->first && line_is_dotty(d->line, d->line_n);
	if (dotty && c == '\n')
		note(d, d->off);
	d->cr_dotty = dotty && c == '\r';
	d->first = false;
	d->line_n = 0;
}

/* --- whole lines */

static bool
is_company(uint8_t c)
{
	return c == '.' || c == 0 || ascii_wsp(c);
}

/* A dot is at s.p[at], and s is whole lines.  Returns where to go on. */
static size_t
see_dot(struct dots *d, struct span s, size_t at)
{
	size_t begin = at, end = at + 1, behind;

	while (begin > 0 && at - begin < DOTTY_MAX &&
	    is_company(s.p[begin - 1]))
		begin--;
	if (begin > 0 && !is_break(s.p[begin - 1]))
		return end;
	while (end - begin <= DOTTY_MAX && !is_break(s.p[end]))
		end++;
	if (!is_break(s.p[end]) || !line_is_dotty(s.p + begin, end - begin))
		return end;
	behind = end + 1;
	if (s.p[end] == '\r' && behind < s.n && s.p[behind] == '\n')
		behind++;
	note(d, d->off + behind);
	return behind;
}

/* Lines from the first byte behind a break up to the last break; its byte is
 * left for see_byte when it is a CR. */
static void
see_lines(struct dots *d, struct span s)
{
	const uint8_t *dot;

	for (size_t i = 0; i < s.n && d->n <= DOTS_MAX; ) {
		dot = memchr(s.p + i, '.', s.n - i);
		if (dot == NULL)
			return;
		i = see_dot(d, s, (size_t)(dot - s.p));
	}
}

/* Bytes up to the last LF, that included. */
static size_t
up_to_lf(struct span s)
{
	const uint8_t *lf = s.n > 0 ? memrchr(s.p, '\n', s.n) : NULL;

	return lf != NULL ? (size_t)(lf + 1 - s.p) : 0;
}

void
dots_feed(struct dots *d, struct span s)
{
	size_t i = 0, n = up_to_lf(s);

	if (d->n > DOTS_MAX)
		return;
	/* The rest of the line that was begun, and the LF of its CRLF. */
	while (i < n && s.p[i] != '\n')
		see_byte(d, s.p[i++]);
	if (i < n)
		see_byte(d, s.p[i++]);
	if (i < n) {
		see_lines(d, (struct span){ s.p + i, n - i });
		d->off += n - i;
		i = n;
	}
	while (i < s.n && d->n <= DOTS_MAX)
		see_byte(d, s.p[i++]);
}

void
dots_end(struct dots *d)
{
	if (d->cr_dotty)
		note(d, d->off);
	d->cr_dotty = false;
}
