/*
 * See seal_walk.h.  Bytes to lines.
 *
 * A line is held until it is known whether it is a delimiter: its break and
 * all before it are of the part then, or not (RFC 2046 5.1.1).  Longer ones
 * than LINE_HEAD are none.
 */
#include "seal_walk.h"

#include <stdlib.h>

#include "seal_parts.h"

#define STEP 512u		/* bytes: no LF is looked for far beyond a CR */

struct seal_walk {
	const struct kernel *kernel;
	enum seal_lines lines;
	struct seal_parts parts;
	uint64_t crs;		/* CRs that are text or a break */
	bool bare;		/* the last break was an LF alone */
	const uint8_t *cr;	/* the next one of the span at hand, or where
				 * that ends; before s: not known */
	bool passed;		/* the line at hand was longer, and what was
				 * held of it was seen */
	size_t held;
	uint8_t line[LINE_HEAD];
};

struct seal_walk *
seal_walk_new(const struct kernel *k)
{
	struct seal_walk *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->kernel = k != NULL ? k : kernel_pick(NULL);
	if (seal_parts_open(&w->parts))
		return w;
	seal_walk_free(w);
	return NULL;
}

void
seal_walk_free(struct seal_walk *w)
{
	if (w == NULL)
		return;
	seal_parts_close(&w->parts);
	free(w);
}

static void
see(struct seal_walk *w, bool whole)
{
	seal_parts_line(&w->parts, (struct span){ w->line, w->held }, whole,
	    w->bare);
}

static void
text(struct seal_walk *w, struct span s)
{
	size_t n = LINE_HEAD - w->held;

	if (!w->passed) {
		if (n > s.n)
			n = s.n;
		if (n > 0)
			memcpy(w->line + w->held, s.p, n);
		w->held += n;
		s = (struct span){ s.p + n, s.n - n };
		if (s.n == 0)
			return;
		see(w, false);
		w->passed = true;
	}
	seal_parts_more(&w->parts, s);
}

static void
end_line(struct seal_walk *w, bool bare)
{
	if (!w->passed)
		see(w, true);
	w->passed = false;
	w->held = 0;
	w->bare = bare;
}

/* No LF is behind the CRs. */
static void
settle(struct seal_walk *w)
{
	for (; w->crs > 0; w->crs--)
		if (w->lines == SEAL_LINES_ALL)
			end_line(w, false);
		else
			text(w, SPAN("\r"));
}

/* Bytes before the first that may be of a break. */
static size_t
text_length(const struct seal_walk *w, struct span s)
{
	const uint8_t *lf;
	size_t n = 0;

	if (w->lines == SEAL_LINES_ALL) {
		while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n')
			n++;
		return n;
	}
	lf = memchr(s.p, '\n', s.n);
	n = lf != NULL ? (size_t)(lf - s.p) : s.n;
	return n > 0 && s.p[n - 1] == '\r' ? n - 1 : n;
}

/* Take what is the same all through; how much. */
static size_t
step(struct seal_walk *w, struct span s)
{
	const size_t n = text_length(w, s);

	if (n > 0) {
		settle(w);
		text(w, (struct span){ s.p, n });
		return n;
	}
	if (s.p[0] == '\n') {
		end_line(w, w->crs == 0);
		w->crs = 0;
		return 1;
	}
	if (w->lines == SEAL_LINES_LF)
		settle(w);
	w->crs++;
	return 1;
}

/* Bytes before the next CR. */
static size_t
before_cr(struct seal_walk *w, struct span s)
{
	if (w->cr == NULL || w->cr < s.p) {
		w->cr = memchr(s.p, '\r', s.n);
		if (w->cr == NULL)
			w->cr = s.p + s.n;
	}
	return (size_t)(w->cr - s.p);
}

/*
 * Nothing is hashed, and the line at hand does not matter: how many bytes
 * may be passed over.  All that matters begins with "--".
 */
static size_t
skip(struct seal_walk *w, struct span s)
{
	const bool begins = w->held == 0 && s.p[0] != '-';
	bool crs = w->lines == SEAL_LINES_ALL;
	size_t n, cr;

	if (!seal_parts_idle(&w->parts) || w->crs > 0 ||
	    (!w->passed && !begins))
		return 0;
	if (crs && (n = before_cr(w, s)) > STEP) {
		s.n = n;
		crs = false;
	} else if (crs && s.n > STEP) {
		s.n = STEP;
	}
	n = w->kernel->pair(s.p, s.n, '\n', '-');
	if (crs && n > 0 &&
	    (cr = w->kernel->pair(s.p, n, '\r', '-')) < n)
		n = cr;
	if (n == s.n && (s.p[n - 1] == '\n' || s.p[n - 1] == '\r'))
		n--;
	w->passed = true;
	return n;
}

void
seal_walk_begin(struct seal_walk *w, enum seal_lines lines,
    struct seal_list *out)
{
	w->lines = lines;
	w->crs = 0;
	w->bare = false;
	w->passed = false;
	w->held = 0;
	seal_parts_begin(&w->parts, out);
}

void
seal_walk_feed(struct seal_walk *w, struct span s)
{
	w->cr = NULL;
	while (s.n > 0) {
		size_t n = skip(w, s);

		if (n == 0)
			n = step(w, s);
		s = (struct span){ s.p + n, s.n - n };
	}
}

void
seal_walk_end(struct seal_walk *w)
{
	settle(w);
	end_line(w, false);
	seal_parts_end(&w->parts);
}
