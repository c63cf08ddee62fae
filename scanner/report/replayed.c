/*
 * See replayed.h: messages, and look-alikes.  The matrix: replayed_matrix.c.
 */
#include "replayed.h"

#include <inttypes.h>

#define NAMES_SHOWN 4u		/* of a list in text, without --verbose */
#define LINES_SHOWN 8u		/* of a message that comes out */

/* Rows of either kind. */
struct rows {
	size_t n;
	uint8_t row[REPLAY_ROWS];
};

/* What becomes of the message between these is the same. */
struct group {
	enum replayed outcome;
	struct rows senders, receivers;
};

static bool
same_rows(const struct rows *a, const struct rows *b)
{
	return a->n == b->n && memcmp(a->row, b->row, a->n) == 0;
}

static struct rows
senders_at(const struct replay_plan *p, uint64_t places)
{
	struct rows all = { 0 };

	for (size_t i = 0; i < replay_plan_senders(p); i++)
		if ((places >> replay_sender_at(p, i) & 1) != 0)
			all.row[all.n++] = (uint8_t)i;
	return all;
}

/* Those that read what is behind an end, where that is asked for. */
static struct rows
receivers_at(const struct replay_plan *p, uint64_t places, bool read)
{
	struct rows all = { 0 };

	for (size_t i = 0; i < replay_plan_receivers(p); i++)
		if ((places >> replay_receiver_at(p, i) & 1) != 0 && (!read ||
		    replay_receiver(p, i)->pipelining == PIPELINING_READ))
			all.row[all.n++] = (uint8_t)i;
	return all;
}

/* Those to whom the sender's message comes to that. */
static struct rows
receivers_with(const struct replay_plan *p, const uint8_t *cells,
    size_t sender, enum replayed o)
{
	struct rows all = { 0 };

	for (size_t i = 0; i < replay_plan_receivers(p); i++)
		if (replay_between(p, cells, sender, i) == o)
			all.row[all.n++] = (uint8_t)i;
	return all;
}

/* The group of the first sender from *at on of whom o is true, with all others
 * of whom the same is; *at: where to go on.  False: there is none. */
static bool
next_group(const struct replay_plan *p, const uint8_t *cells,
    enum replayed o, size_t *at, struct group *g)
{
	const size_t n = replay_plan_senders(p);

	for (size_t i; (i = *at) < n; ) {
		bool first = true;

		(*at)++;
		*g = (struct group){ .outcome = o,
		    .receivers = receivers_with(p, cells, i, o) };
		for (size_t k = 0; g->receivers.n > 0 && k < n; k++) {
			const struct rows other = receivers_with(p, cells, k,
			    o);

			if (!same_rows(&other, &g->receivers))
				continue;
			first = first && k >= i;
			g->senders.row[g->senders.n++] = (uint8_t)k;
		}
		if (g->receivers.n > 0 && first)
			return true;
	}
	return false;
}

static const char *
name_of(const struct replay_plan *p, bool sender, size_t row,
    enum known *known)
{
	if (sender) {
		*known = replay_sender(p, row)->known;
		return replay_sender(p, row)->name;
	}
	*known = replay_receiver(p, row)->known;
	return replay_receiver(p, row)->name;
}

/* --- text */

static void
put_name(struct buf *b, size_t i, const char *name, enum known known)
{
	buf_str(b, i > 0 ? ", " : "");
	escape_text(b, span_text(name));
	if (known == KNOWN_PROSE)
		buf_str(b, " (prose)");
}

static void
put_names(struct buf *b, const struct replay_plan *p, bool sender,
    const struct rows *rows, bool every)
{
	enum known known;

	for (size_t i = 0; i < rows->n; i++) {
		const char *name = name_of(p, sender, rows->row[i], &known);

		if (!every && i == NAMES_SHOWN && rows->n > NAMES_SHOWN + 1) {
			buf_printf(b, " and %zu more", rows->n - i);
			return;
		}
		put_name(b, i, name, known);
	}
}

static void
put_group(struct buf *b, const struct replay_plan *p, const struct group *g,
    const struct report_options *o)
{
	const bool bad = g->outcome == REPLAY_SMUGGLED;

	if (o->color)
		buf_str(b, bad ? "\033[1;31m" : "\033[33m");
	buf_str(b, replay_names[g->outcome]);
	if (o->color)
		buf_str(b, "\033[0m");
	buf_str(b, ": from ");
	put_names(b, p, true, &g->senders, o->verbose);
	buf_str(b, " to ");
	put_names(b, p, false, &g->receivers, o->verbose);
	buf_byte(b, '\n');
}

static void
put_address(struct buf *b, const struct replay_address *a)
{
	escape_text(b, (struct span){ a->p, a->n });
}

/* The first lines of what comes out. */
static void
put_lines(struct buf *b, const struct replay_split *s)
{
	size_t lines = 0;

	for (size_t i = 0, end; i < s->n && lines < LINES_SHOWN; lines++) {
		for (end = i; end < s->n && s->text[end] != '\n' &&
		    s->text[end] != '\r'; end++)
			;
		buf_str(b, "    | ");
		escape_text(b, (struct span){ s->text + i, end - i });
		buf_byte(b, '\n');
		i = end + 1;
		if (end + 1 < s->n && s->text[end] == '\r' &&
		    s->text[end + 1] == '\n')
			i++;
	}
}

static void
put_message(struct buf *b, const struct replay_split *s)
{
	const size_t n = s->recipients;

	buf_str(b, "note: behind this the message from ");
	put_address(b, &s->mail);
	for (size_t i = 0; i < n && i < REPLAY_RECIPIENTS; i++) {
		buf_str(b, i > 0 ? ", " : " to ");
		put_address(b, &s->rcpt[i]);
	}
	if (n > REPLAY_RECIPIENTS)
		buf_printf(b, " and %zu more", n - REPLAY_RECIPIENTS);
	buf_str(b, " comes out:\n");
	put_lines(b, s);
}

/* The same message may come out for several lists of receivers. */
static bool
is_shown_before(const struct replay_result *v, size_t i)
{
	const struct replay_split *s = &v->list[i];

	for (size_t k = 0; k < i; k++)
		if (v->list[k].smuggled && v->list[k].off == s->off)
			return true;
	return false;
}

void
replayed_text(struct buf *b, const struct report_message *r,
    const struct report_options *o, void (*put)(struct buf *,
    const struct report_message *, uint64_t off))
{
	const struct replay_result *v = r->replay;
	struct group g;

	for (unsigned k = REPLAY_OUTCOMES; k-- > REPLAY_OPEN; )
		for (size_t at = 0; next_group(r->plan, v->cells,
		    (enum replayed)k, &at, &g); ) {
			put(b, r, v->n > 0 ? v->list[0].off : 0);
			put_group(b, r->plan, &g, o);
		}
	if (v->worst < REPLAY_OPEN) {
		put(b, r, 0);
		buf_printf(b, "%s\n", replay_names[v->worst]);
	}
	for (size_t i = 0; v->worst == REPLAY_SMUGGLED && i < v->n; i++)
		if (v->list[i].smuggled && !is_shown_before(v, i)) {
			put(b, r, v->list[i].off);
			put_message(b, &v->list[i]);
		}
	if (v->more > 0) {
		put(b, r, 0);
		buf_printf(b, "note: %" PRIu64 " more places where the data "
		    "ends too early\n", v->more);
	}
}

/* --- JSON */

static void
json_names(struct json *j, const char *key, const struct replay_plan *p,
    bool sender, const struct rows *rows)
{
	enum known known;

	json_key(j, key);
	json_open(j, '[');
	for (size_t i = 0; i < rows->n; i++)
		json_text(j, name_of(p, sender, rows->row[i], &known));
	json_close(j, ']');
}

static void
json_message(struct json *j, const struct replay_split *s)
{
	json_key(j, "message");
	json_open(j, '{');
	json_bytes(j, "sender", (struct span){ s->mail.p, s->mail.n });
	json_key(j, "recipients");
	json_open(j, '[');
	for (size_t i = 0; i < s->recipients && i < REPLAY_RECIPIENTS; i++) {
		json_open(j, '{');
		json_bytes(j, "address", (struct span){ s->rcpt[i].p,
		    s->rcpt[i].n });
		json_close(j, '}');
	}
	json_close(j, ']');
	if (s->recipients > REPLAY_RECIPIENTS)
		json_key_u64(j, "recipients_more", s->recipients -
		    REPLAY_RECIPIENTS);
	json_bytes(j, "text", (struct span){ s->text, s->n });
	json_close(j, '}');
}

static void
json_end(struct json *j, const struct replay_plan *p,
    const struct replay_split *s)
{
	const struct rows from = senders_at(p, s->senders);
	const struct rows to = receivers_at(p, s->receivers, false);
	const struct rows read = receivers_at(p, s->receivers, true);

	json_open(j, '{');
	json_key_u64(j, "offset", s->off);
	json_key_u64(j, "before", s->nth);
	json_names(j, "senders", p, true, &from);
	json_names(j, "receivers", p, false, s->nth > 0 ? &read : &to);
	if (s->smuggled && read.n > 0)
		json_message(j, s);
	json_close(j, '}');
}

void
replayed_json(struct json *j, const struct report_message *r)
{
	const struct replay_result *v = r->replay;
	struct group g;

	json_key_text(j, "worst", replay_names[v->worst]);
	json_key(j, "outcomes");
	json_open(j, '[');
	for (unsigned k = REPLAY_OUTCOMES; k-- > REPLAY_UNSENT; )
		for (size_t at = 0; next_group(r->plan, v->cells,
		    (enum replayed)k, &at, &g); ) {
			json_open(j, '{');
			json_key_text(j, "outcome", replay_names[k]);
			json_names(j, "senders", r->plan, true, &g.senders);
			json_names(j, "receivers", r->plan, false,
			    &g.receivers);
			json_close(j, '}');
		}
	json_close(j, ']');
	json_key(j, "ends");
	json_open(j, '[');
	for (size_t i = 0; i < v->n; i++)
		json_end(j, r->plan, &v->list[i]);
	json_close(j, ']');
	if (v->more > 0)
		json_key_u64(j, "ends_more", v->more);
}

/* --- look-alikes */

/* The next one that the finding fools.  What is ordinary in its message is no
 * look-alike. */
static const struct receiver_row *
next_fooled(struct buf *b, const struct verdict *v, const struct finding *f,
    const struct report_options *o, size_t *i)
{
	const struct fooled *known;

	if (o->fooled == NULL || f->severity == SEV_INFO)
		return NULL;
	if ((known = o->fooled(o->fooled_ctx)) == NULL) {
		b->failed = true;
		return NULL;
	}
	return fooled_next(known, v->convention == CONV_LF, f->code, i);
}

void
fooled_text(struct buf *b, const struct verdict *v, const struct finding *f,
    const struct report_options *o)
{
	const struct receiver_row *r;
	size_t at = 0, n = 0, more = 0;

	while ((r = next_fooled(b, v, f, o, &at)) != NULL) {
		if (n == NAMES_SHOWN && !o->verbose) {
			more++;
			continue;
		}
		buf_str(b, n == 0 ? "; fools " : "");
		put_name(b, n++, r->name, r->known);
	}
	if (more > 0)
		buf_printf(b, " and %zu more", more);
}

void
fooled_json(struct json *j, const struct verdict *v, const struct finding *f,
    const struct report_options *o)
{
	const struct receiver_row *r;
	size_t at = 0;
	bool any = false;

	while ((r = next_fooled(j->out, v, f, o, &at)) != NULL) {
		if (!any) {
			json_key(j, "fools");
			json_open(j, '[');
		}
		any = true;
		json_open(j, '{');
		json_key_text(j, "receiver", r->name);
		json_key_text(j, "known", known_names[r->known]);
		json_close(j, '}');
	}
	if (any)
		json_close(j, ']');
}
