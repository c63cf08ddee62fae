/*
 * See replay_oracle.h.  The sender's three passes over the whole message, then
 * the receiver's automaton, then commands as lines.
 */
#include "replay_oracle.h"

#include "verbs.h"

/* Bytes, and where in the stored message each of them comes from. */
struct traced {
	size_t n;
	uint16_t p[1 << 16];	/* a byte, or OWN */
	size_t from[1 << 16];
};

static void
put(struct traced *t, int byte, size_t from)
{
	t->from[t->n] = from;
	t->p[t->n++] = (uint16_t)byte;
}

/* In the first passes a line end of its own is one thing. */
#define OWN 0x100

static bool
is_crlf(struct span s, size_t i)
{
	return i + 1 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n';
}

/* The message in the form in which it is held. */
static void
hold(const struct sender_does_what *d, bool lf, struct span s,
    struct traced *out)
{
	const bool by_lf = lf && d->holds != HOLDS_FILE;

	out->n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (is_crlf(s, i) && (!by_lf || (d->holds == HOLDS_LF &&
		    d->drops_cr)))
			put(out, OWN, ++i);
		else if (s.p[i] == '\n' && (by_lf || d->holds == HOLDS_LF))
			put(out, OWN, i);
		else
			put(out, s.p[i], i);
	}
}

/* Nothing of a line behind a NUL. */
static void
truncate_lines(const struct traced *in, struct traced *out)
{
	bool cut = false;

	out->n = 0;
	for (size_t i = 0; i < in->n; i++) {
		cut = in->p[i] != OWN && (cut || in->p[i] == 0);
		if (!cut)
			put(out, in->p[i], in->from[i]);
	}
}

/* Strays become what they become; false: it is sent up to there only. */
static bool
strays(const struct sender_does_what *d, const struct traced *in,
    struct traced *out)
{
	out->n = 0;
	for (size_t i = 0; i < in->n; i++) {
		const uint16_t c = in->p[i];
		const uint8_t does = c == '\n' ? d->lf : d->cr;

		if ((c != '\r' && c != '\n') || does == SENDER_KEEPS)
			put(out, c, in->from[i]);
		else if (does == SENDER_REFUSES)
			return false;
		else
			put(out, does == SENDER_CRLF ? OWN : ' ',
			    in->from[i]);
	}
	return true;
}

/* What goes out, with dots doubled. */
static void
stuff(const struct sender_does_what *d, const struct traced *in,
    struct traced *out)
{
	unsigned behind = BEHIND_START;

	out->n = 0;
	for (size_t i = 0; i < in->n; i++) {
		const uint16_t c = in->p[i];

		if (c == OWN)
			put(out, '\r', in->from[i]);
		else if (c == '.' && (d->stuffs & behind) != 0)
			put(out, '.', in->from[i]);
		put(out, c == OWN ? '\n' : c, in->from[i]);
		behind = c == OWN ? BEHIND_CRLF : c == '\n' ? BEHIND_LF :
		    c == '\r' ? BEHIND_CR : 0u;
	}
}

/* The wire; *dot: where what ends the data is.  False: it is sent in part. */
static bool
send_it(const struct sender_does_what *d, bool lf, struct span s,
    struct traced *wire, size_t *dot)
{
	static struct traced a, b;
	bool open, cut = false, sent;

	hold(d, lf, s, &a);
	if (d->nul_truncates) {
		truncate_lines(&a, &b);
		for (size_t i = 0; i < a.n; i++)
			cut = a.p[i] != OWN && (cut || a.p[i] == 0);
		a = b;
	}
	sent = strays(d, &a, &b);
	open = cut || (!d->bdat && b.n > 0 && b.p[b.n - 1] != OWN);
	stuff(d, &b, wire);
	*dot = wire->n;
	if (!sent)
		return false;
	if (open) {
		put(wire, '\r', s.n);
		put(wire, '\n', s.n);
	}
	*dot = wire->n;
	if (d->bdat)
		return true;
	put(wire, '.', s.n);
	put(wire, '\r', s.n);
	put(wire, '\n', s.n);
	return true;
}

struct session {
	const struct receiver_row *row;
	const struct receiver_dfa *dfa;
	const struct traced *wire;
	size_t at;		/* of the wire */
	bool tainted;
	struct oracle_replay *out;
};

enum ends { ENDS_NOT, ENDS, ENDS_REFUSED, ENDS_TAINTED };

/* The data from here on; what is kept of it goes to text, or NULL. */
static enum ends
read_data(struct session *s, struct buf *text)
{
	const struct receiver_dfa *d = s->dfa;
	bool tainted = false;
	uint8_t k = d->start;
	size_t line = 0;

	while (s->at < s->wire->n) {
		const uint8_t byte = (uint8_t)s->wire->p[s->at++];
		const enum wire_class c = wire_classes[byte];
		const unsigned act = d->act[k][c];

		k = d->next[k][c];
		if (text != NULL)
			buf_byte(text, byte);
		if ((act & RECEIVER_REFUSE) != 0)
			return ENDS_REFUSED;
		s->tainted = tainted |= (act & RECEIVER_TAINT) != 0;
		if ((act & RECEIVER_END) != 0) {
			if (text != NULL && text->p[line] == '.')
				text->n = line;
			return tainted ? ENDS_TAINTED : ENDS;
		}
		if (text != NULL && (byte == '\n' || (byte == '\r' &&
		    s->row->cr_ends_line)))
			line = text->n;
	}
	return ENDS_NOT;
}

static void
skip_lf(struct session *s)
{
	s->at += s->at < s->wire->n && s->wire->p[s->at] == '\n';
}

/* False: there are no more. */
static bool
read_line(struct session *s, struct buf *line)
{
	buf_clear(line);
	for (; s->at < s->wire->n; s->at++) {
		const uint8_t c = (uint8_t)s->wire->p[s->at];

		if (c == '\n' || (c == '\r' && s->row->cr_ends_line)) {
			s->at++;
			if (c == '\r')
				skip_lf(s);
			if (line->n > 512)
				buf_clear(line);
			if (line->n > 0 && line->p[line->n - 1] == '\r')
				line->n--;
			return true;
		}
		buf_byte(line, c);
	}
	return false;
}

static void
address(struct span line, struct buf *out)
{
	size_t i = 0;

	buf_clear(out);
	while (i < line.n && line.p[i] != ':')
		i++;
	for (i++; i < line.n && ascii_wsp(line.p[i]); i++)
		;
	for (; i < line.n && line.p[i] != ' ' && line.p[i] != '\r' &&
	    out->n < REPLAY_ADDRESS; i++)
		buf_byte(out, line.p[i]);
}

/* Commands up to DATA or BDAT; false: none comes. */
static bool
read_commands(struct session *s, struct oracle_message *m, bool *bdat)
{
	struct buf line = { 0 };
	unsigned bad = 0;
	bool mail = false, ok = false;

	while (!ok && bad < 20 && read_line(s, &line)) {
		const struct span text = buf_span(&line);
		const enum verb v = verb_of(text);

		if (v == VERB_QUIT)
			break;
		if (v == VERB_HELLO || v == VERB_RSET) {
			mail = false;
			m->recipients = 0;
		} else if (v == VERB_MAIL && !mail) {
			mail = true;
			address(text, &m->mail);
		} else if (v == VERB_RCPT && mail) {
			if (m->recipients < REPLAY_RECIPIENTS)
				address(text, &m->rcpt[m->recipients]);
			m->recipients++;
		} else if ((v == VERB_DATA || v == VERB_BDAT) &&
		    m->recipients > 0) {
			ok = true;
			*bdat = v == VERB_BDAT;
		} else
			bad++;
	}
	buf_free(&line);
	return ok;
}

/* What is behind a wrong end. */
static void
read_behind(struct session *s)
{
	struct oracle_replay *o = s->out;
	enum ends ends = ENDS;
	bool bdat = false;

	o->outcome = REPLAY_CUT;
	while ((ends == ENDS || ends == ENDS_TAINTED) && o->n < 4 && !bdat) {
		struct oracle_message *m = &o->list[o->n];

		m->off = s->wire->from[s->at - 1] + 1;
		if (s->row->cr_ends_line && s->wire->p[s->at - 1] == '\r')
			skip_lf(s);
		if (!read_commands(s, m, &bdat))
			break;
		o->n++;
		if (s->row->pipelining == PIPELINING_READ)
			o->outcome = REPLAY_SMUGGLED;
		ends = bdat ? ENDS_NOT : read_data(s, &m->text);
		for (size_t i = s->at; bdat && i < s->wire->n; i++)
			buf_byte(&m->text, (uint8_t)s->wire->p[i]);
	}
}

void
oracle_replay(const struct sender_row *from, const struct receiver_row *to,
    const struct receiver_dfa *dfa, bool lf, struct span message,
    struct oracle_replay *out)
{
	static struct traced wire;
	struct session s = { .row = to, .dfa = dfa, .wire = &wire,
	    .out = out };
	enum ends ends;
	size_t dot;
	bool sent;

	memset(out, 0, sizeof(*out));
	wire.n = 0;
	if (from->bdat && to->chunking) {
		sent = send_it(&from->by_bdat, lf, message, &wire, &dot);
		(void)read_data(&s, NULL);
		out->outcome = !sent ? REPLAY_UNSENT : s.tainted ?
		    REPLAY_REFUSED : REPLAY_WHOLE;
		return;
	}
	sent = send_it(&from->does, lf, message, &wire, &dot);
	ends = read_data(&s, NULL);
	if (ends == ENDS_NOT)
		out->outcome = sent ? REPLAY_OPEN : REPLAY_UNSENT;
	else if (ends == ENDS_REFUSED)
		out->outcome = REPLAY_REFUSED;
	else if (s.at <= dot && wire.from[s.at - 1] < message.n)
		read_behind(&s);
	else if (s.at <= dot)
		out->outcome = REPLAY_CUT;
	else
		out->outcome = ends == ENDS ? REPLAY_WHOLE : REPLAY_REFUSED;
}

void
oracle_replay_free(struct oracle_replay *o)
{
	for (size_t i = 0; i < 4; i++) {
		buf_free(&o->list[i].mail);
		buf_free(&o->list[i].text);
		for (size_t k = 0; k < REPLAY_RECIPIENTS; k++)
			buf_free(&o->list[i].rcpt[k]);
	}
}
