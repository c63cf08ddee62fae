/*
 * See sender.h.
 */
#include "sender.h"

/* Bytes on their way out. */
struct out {
	uint8_t *p;
	size_t n;		/* SENDER_OUT + 1: it refuses */
	struct sender_state *s;
};

struct sender_state
sender_begin(void)
{
	return (struct sender_state){ .behind = BEHIND_START };
}

static void
put(struct out *o, uint8_t byte, enum sender_behind behind)
{
	if (o->n >= SENDER_OUT)
		return;
	o->p[o->n++] = byte;
	o->s->behind = (uint8_t)behind;
}

/* The end of a line as it goes over the wire. */
static void
put_end(struct out *o)
{
	put(o, '\r', BEHIND_CR);
	put(o, '\n', BEHIND_CRLF);
}

/* A CR or LF that is not its line end. */
static void
put_stray(struct out *o, uint8_t does, uint8_t byte)
{
	switch (does) {
	case SENDER_KEEPS:
		put(o, byte, byte == '\n' ? BEHIND_LF : BEHIND_CR);
		break;
	case SENDER_CRLF:
		put_end(o);
		break;
	case SENDER_SPACE:
		put(o, ' ', BEHIND_OTHER);
		break;
	default:
		o->n = SENDER_OUT + 1;
	}
}

/* An LF; s->cr: behind a CR that did not go out yet.  lf: the message's own
 * lines end in LF. */
static void
put_lf(struct out *o, const struct sender_does_what *d, bool lf)
{
	const bool own = lf && d->holds != HOLDS_FILE;

	/* What became of that CR when the message was brought to its form. */
	if (o->s->cr && own && !(d->holds == HOLDS_LF && d->drops_cr))
		put_stray(o, d->cr, '\r');
	if (o->s->cr || own || d->holds == HOLDS_LF)
		put_end(o);
	else
		put_stray(o, d->lf, '\n');
	o->s->cr = o->s->cut = false;
}

static void
put_byte(struct out *o, const struct sender_does_what *d, enum wire_class c)
{
	if (c == WIRE_NUL && d->nul_truncates) {
		o->s->cut = true;
		return;
	}
	if (c == WIRE_DOT && (d->stuffs & o->s->behind) != 0)
		put(o, '.', BEHIND_OTHER);
	put(o, c == WIRE_DOT ? '.' : c == WIRE_NUL ? 0 : 'x', BEHIND_OTHER);
}

size_t
sender_step(const struct sender_does_what *d, bool lf,
    struct sender_state *s, enum wire_class c, uint8_t out[SENDER_OUT])
{
	struct out o = { .p = out, .s = s };

	if (c == WIRE_LF) {
		put_lf(&o, d, lf);
		return o.n;
	}
	if (s->cut)
		return 0;
	if (s->cr) {
		s->cr = false;
		put_stray(&o, d->cr, '\r');
	}
	if (c == WIRE_CR)
		s->cr = true;
	else
		put_byte(&o, d, c);
	return o.n;
}

size_t
sender_end(const struct sender_does_what *d, struct sender_state *s,
    uint8_t out[SENDER_OUT], size_t *dot)
{
	struct out o = { .p = out, .s = s };

	if (s->cr) {
		s->cr = false;
		put_stray(&o, d->cr, '\r');
	}
	if (s->cut || (!d->bdat &&
	    (s->behind & (BEHIND_START | BEHIND_CRLF)) == 0))
		put_end(&o);
	s->cut = false;
	*dot = o.n;
	if (d->bdat)
		return o.n;
	put(&o, '.', BEHIND_OTHER);
	put_end(&o);
	return o.n;
}

size_t
sender_number(struct sender_state s)
{
	const size_t behind = (size_t)__builtin_ctz(s.behind);

	return behind + 5 * (size_t)s.cr + 10 * (size_t)s.cut;
}

struct sender_does_what
sender_essence(const struct sender_does_what *d, bool lf)
{
	struct sender_does_what e = *d;

	if (!lf && e.holds == HOLDS_LF)
		e.lf = SENDER_CRLF;	/* all that ends a line is its end */
	if (!lf || (e.holds == HOLDS_LF && !e.drops_cr))
		e.holds = HOLDS_CRLF;
	if (lf && e.holds != HOLDS_FILE)
		e.lf = SENDER_KEEPS;	/* there is none */
	if (!lf || e.holds != HOLDS_LF)
		e.drops_cr = false;
	if (e.lf != SENDER_KEEPS || (lf && e.holds != HOLDS_FILE))
		e.stuffs &= (uint8_t)~BEHIND_LF;
	if (e.cr != SENDER_KEEPS)
		e.stuffs &= (uint8_t)~BEHIND_CR;
	return e;
}
