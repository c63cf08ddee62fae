/*
 * See replayed.h: senders and receivers, and the worst between them.
 */
#include "replayed.h"

#include <inttypes.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEF";
static const char marks[REPLAY_OUTCOMES] = {
	[REPLAY_NONE] = '.', [REPLAY_WHOLE] = '.', [REPLAY_REFUSED] = 'r',
	[REPLAY_UNSENT] = '-', [REPLAY_OPEN] = 'o', [REPLAY_CUT] = 'c',
	[REPLAY_SMUGGLED] = 'S',
};

/* --- text */

/* How many places of senders there are. */
static size_t
columns(const struct replay_plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < replay_plan_senders(p); i++)
		if (replay_sender_at(p, i) >= n)
			n = replay_sender_at(p, i) + 1;
	return n;
}

/* A row of those that have the place. */
static size_t
sender_of(const struct replay_plan *p, size_t place)
{
	size_t i = 0;

	while (replay_sender_at(p, i) != place)
		i++;
	return i;
}

static bool
is_dull(const struct replay_plan *p, const uint8_t *cells, size_t receiver)
{
	for (size_t s = 0; s < replay_plan_senders(p); s++) {
		const enum replayed o = replay_between(p, cells, s, receiver);

		if (o > REPLAY_WHOLE && o != REPLAY_UNSENT)
			return false;
	}
	return true;
}

static void
put_name(struct buf *b, const char *name, enum known known)
{
	escape_text(b, span_text(name));
	if (known == KNOWN_PROSE)
		buf_byte(b, '*');
}

static char
mark(const struct replay_plan *p, const uint8_t *cells, size_t sender,
    size_t receiver)
{
	const enum replayed o = replay_between(p, cells, sender, receiver);

	return o <= REPLAY_WHOLE && replay_by_bdat(p, sender, receiver) ?
	    'b' : marks[o];
}

static void
put_row(struct buf *b, const struct replay_plan *p, const uint8_t *cells,
    size_t receiver)
{
	const struct receiver_row *r = replay_receiver(p, receiver);
	const size_t before = b->n;

	buf_str(b, "  ");
	put_name(b, r->name, r->known);
	do
		buf_byte(b, ' ');
	while (buf_ok(b) && b->n < before + 23);
	for (size_t k = 0; k < columns(p); k++)
		buf_printf(b, " %c", mark(p, cells, sender_of(p, k),
		    receiver));
	buf_byte(b, '\n');
}

/* Who sends what is in which column. */
static void
put_senders(struct buf *b, const struct replay_plan *p)
{
	for (size_t k = 0; k < columns(p); k++) {
		const char *sep = "";

		buf_printf(b, "  %c  ", letters[k]);
		for (size_t i = 0; i < replay_plan_senders(p); i++) {
			const struct sender_row *s = replay_sender(p, i);

			if (replay_sender_at(p, i) != k)
				continue;
			buf_str(b, sep);
			put_name(b, s->name, s->known);
			sep = ", ";
		}
		buf_byte(b, '\n');
	}
}

static void
put_dull(struct buf *b, const struct replay_plan *p, const uint8_t *cells)
{
	const char *sep = "  Whole, or unsent, for ";
	bool any = false;

	for (size_t i = 0; i < replay_plan_receivers(p); i++) {
		const struct receiver_row *r = replay_receiver(p, i);

		if (!is_dull(p, cells, i))
			continue;
		buf_str(b, sep);
		put_name(b, r->name, r->known);
		sep = ", ";
		any = true;
	}
	buf_str(b, any ? "\n" : "");
}

static void
put_matrix(struct buf *b, const struct replay_plan *p, const uint8_t *cells)
{
	buf_printf(b, "\nThe worst for each receiver, by sender:\n%23s", "");
	for (size_t k = 0; k < columns(p); k++)
		buf_printf(b, " %c", letters[k]);
	buf_byte(b, '\n');
	for (size_t i = 0; i < replay_plan_receivers(p); i++)
		if (!is_dull(p, cells, i))
			put_row(b, p, cells, i);
	put_dull(b, p, cells);
	buf_str(b, "  S smuggled, c cut, o open, r refused, - unsent, . "
	    "whole, b whole, by BDAT;\n  * is known from prose alone\n");
	put_senders(b, p);
}

/* Senders that come to that with a receiver. */
static size_t
count_senders(const struct replay_plan *p, const uint8_t *cells,
    size_t receiver, enum replayed o)
{
	size_t n = 0;

	for (size_t s = 0; s < replay_plan_senders(p); s++)
		n += replay_between(p, cells, s, receiver) == o;
	return n;
}

/* Smuggled, then cut: more is worse. */
static size_t
badness(const struct replay_plan *p, const uint8_t *cells, size_t receiver)
{
	return count_senders(p, cells, receiver, REPLAY_SMUGGLED) *
	    (REPLAY_ROWS + 1) + count_senders(p, cells, receiver, REPLAY_CUT);
}

/* The worst of those that were not shown; as many as there are: none. */
static size_t
next_worst(const struct replay_plan *p, const uint8_t *cells,
    const bool shown[REPLAY_ROWS])
{
	size_t at = replay_plan_receivers(p), most = 0;

	for (size_t i = 0; i < replay_plan_receivers(p); i++)
		if (!shown[i] && badness(p, cells, i) > most) {
			most = badness(p, cells, i);
			at = i;
		}
	return at;
}

/* The receivers that are fooled by most senders. */
static void
put_brief(struct buf *b, const struct replay_plan *p, const uint8_t *cells,
    size_t rows)
{
	const size_t all = replay_plan_receivers(p);
	bool shown[REPLAY_ROWS] = { false };
	size_t i;

	buf_printf(b, "\nThe receivers that are fooled most, by how many of "
	    "%zu senders:\n", replay_plan_senders(p));
	for (rows = rows > 4 ? rows - 4 : 1; rows > 0 && (i = next_worst(p,
	    cells, shown)) < all; rows--) {
		const size_t from = b->n;

		shown[i] = true;
		buf_str(b, "  ");
		put_name(b, replay_receiver(p, i)->name,
		    replay_receiver(p, i)->known);
		do
			buf_byte(b, ' ');
		while (buf_ok(b) && b->n < from + 23);
		buf_printf(b, "%3zu smuggled %3zu cut\n", count_senders(p,
		    cells, i, REPLAY_SMUGGLED), count_senders(p, cells, i,
		    REPLAY_CUT));
	}
	buf_str(b, "  The table of all is in a file (-o) or a pipe; * is "
	    "known from prose alone\n");
}

void
replayed_summary_text(struct buf *b, const struct replay_plan *p,
    const struct totals *t, size_t rows, size_t columns)
{
	const size_t from = b->n;
	size_t used, before;

	buf_str(b, "\nMessages, by the worst that becomes of them:\n");
	for (unsigned i = REPLAY_OUTCOMES; i-- > REPLAY_WHOLE; )
		if (t->replays[i] > 0)
			buf_printf(b, "  %10" PRIu64 "  %s\n", t->replays[i],
			    replay_names[i]);
	before = b->n;
	put_matrix(b, p, t->replay_cells);
	if (rows == SIZE_MAX || !buf_ok(b) || fit_rows((struct span){ b->p +
	    from, b->n - from }, columns) <= rows)
		return;
	used = fit_rows((struct span){ b->p + from, before - from }, columns);
	b->n = before;
	put_brief(b, p, t->replay_cells, rows > used ? rows - used : 0);
}

/* --- JSON */

static void
put_text(struct json *j, const char *key, const char *text)
{
	if (text != NULL)
		json_key_text(j, key, text);
}

#define PUT_ROW(j, r) do { \
	json_open(j, '{'); \
	json_key_text(j, "name", (r)->name); \
	json_key_text(j, "title", (r)->title); \
	put_text(j, "versions", (r)->versions); \
	put_text(j, "cve", (r)->cve); \
	put_text(j, "fixed", (r)->fixed); \
	put_text(j, "note", (r)->note); \
	json_key_text(j, "known", known_names[(r)->known]); \
	json_key_text(j, "source", (r)->source); \
} while (0)

void
replayed_header_json(struct json *j, const struct replay_plan *p)
{
	json_key(j, "replay");
	json_open(j, '{');
	json_key(j, "senders");
	json_open(j, '[');
	for (size_t i = 0; i < replay_plan_senders(p); i++) {
		PUT_ROW(j, replay_sender(p, i));
		json_key_bool(j, "bdat", replay_sender(p, i)->bdat);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_key(j, "receivers");
	json_open(j, '[');
	for (size_t i = 0; i < replay_plan_receivers(p); i++) {
		PUT_ROW(j, replay_receiver(p, i));
		json_key_text(j, "pipelining",
		    pipelining_names[replay_receiver(p, i)->pipelining]);
		json_key_bool(j, "chunking", replay_receiver(p, i)->chunking);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

/* Whom it does not send to by DATA. */
static void
put_by_bdat(struct json *j, const struct replay_plan *p, size_t sender)
{
	bool any = false;

	for (size_t i = 0; i < replay_plan_receivers(p); i++) {
		if (!replay_by_bdat(p, sender, i))
			continue;
		if (!any) {
			json_key(j, "by_bdat");
			json_open(j, '[');
		}
		any = true;
		json_text(j, replay_receiver(p, i)->name);
	}
	if (any)
		json_close(j, ']');
}

static void
put_worst(struct json *j, const struct replay_plan *p, const uint8_t *cells,
    size_t sender)
{
	json_open(j, '{');
	json_key_text(j, "sender", replay_sender(p, sender)->name);
	put_by_bdat(j, p, sender);
	for (unsigned o = REPLAY_WHOLE; o < REPLAY_OUTCOMES; o++) {
		bool any = false;

		for (size_t i = 0; i < replay_plan_receivers(p); i++) {
			if (replay_between(p, cells, sender, i) != o)
				continue;
			if (!any) {
				json_key(j, replay_names[o]);
				json_open(j, '[');
			}
			any = true;
			json_text(j, replay_receiver(p, i)->name);
		}
		if (any)
			json_close(j, ']');
	}
	json_close(j, '}');
}

void
replayed_summary_json(struct json *j, const struct replay_plan *p,
    const struct totals *t)
{
	json_key(j, "replay");
	json_open(j, '{');
	json_key(j, "messages");
	json_open(j, '{');
	for (unsigned i = REPLAY_WHOLE; i < REPLAY_OUTCOMES; i++)
		json_key_u64(j, replay_names[i], t->replays[i]);
	json_close(j, '}');
	json_key(j, "matrix");
	json_open(j, '[');
	for (size_t s = 0; s < replay_plan_senders(p); s++)
		put_worst(j, p, t->replay_cells, s);
	json_close(j, ']');
	json_close(j, '}');
}
