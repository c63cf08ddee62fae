/*
 * See fooled.h.  Each look-alike in a message of its own is replayed.
 */
#include "fooled.h"

static const struct {
	enum code code;
	struct span bytes;
} samples[] = {
#define S(code, text) { CODE_##code, { (const uint8_t *)(text), \
	sizeof(text) - 1 } }
	S(EOD_CRLF_CRLF, "\r\n.\r\n"), S(EOD_CRLF_LF, "\r\n.\n"),
	S(EOD_CRLF_CR, "\r\n.\r"), S(EOD_LF_CRLF, "\n.\r\n"),
	S(EOD_LF_LF, "\n.\n"), S(EOD_LF_CR, "\n.\r"),
	S(EOD_CR_CRLF, "\r.\r\n"), S(EOD_CR_LF, "\r.\n"),
	S(EOD_CR_CR, "\r.\r"),
	S(EOD_DOT_CRCRLF, "\r\n.\r\r\n"), S(EOD_DOT_CRCRLF, "\n.\r\r\n"),
	S(EOD_DOT_CRCRLF, "\r.\r\r\n"),
	S(EOD_DOT_NUL, "\r\n.\0\r\n"), S(EOD_DOT_NUL, "\n.\0\n"),
	S(EOD_DOT_NUL, "\r.\0\r"),
	S(EOD_NUL_DOT, "\r\n\0.\r\n"), S(EOD_NUL_DOT, "\n\0.\n"),
	S(EOD_NUL_DOT, "\r\0.\r"),
	S(EOD_DOT_SPACE, "\r\n. \r\n"), S(EOD_DOT_SPACE, "\n. \n"),
	S(EOD_SPACE_DOT, "\r\n .\r\n"), S(EOD_SPACE_DOT, "\n .\n"),
	S(EOD_STUFFED_DOT, "\r\n..\r\n"), S(EOD_STUFFED_DOT, "\n..\n"),
	S(EOD_STUFFED_DOT, "\r\n..\n"), S(EOD_STUFFED_DOT, "\n..\r\n"),
#undef S
};

static void
try_sample(struct fooled *f, const struct replay_plan *p, struct replay *r,
    size_t i, bool lf)
{
	const struct span head = lf ? SPAN("A: b\n\nx") : SPAN("A: b\r\n\r\nx");
	const struct span tail = lf ? SPAN("x\n") : SPAN("x\r\n");
	bool *by = f->by[lf][samples[i].code];
	const struct replay_result *v;

	replay_begin(r, lf);
	replay_feed(r, head);
	replay_feed(r, samples[i].bytes);
	replay_feed(r, tail);
	v = replay_end(r);
	for (size_t s = 0; s < replay_plan_senders(p); s++)
		for (size_t k = 0; k < replay_plan_receivers(p); k++)
			by[k] |= replay_between(p, v->cells, s, k) >=
			    REPLAY_CUT;
}

bool
fooled_make(struct fooled *f, const struct replay_plan *p)
{
	struct replay *r = replay_new(p, NULL);

	memset(f, 0, sizeof(*f));
	f->plan = p;
	for (size_t i = 0; r != NULL && i < sizeof(samples) /
	    sizeof(samples[0]); i++) {
		try_sample(f, p, r, i, false);
		try_sample(f, p, r, i, true);
	}
	replay_free(r);
	return r != NULL;
}

const struct receiver_row *
fooled_next(const struct fooled *f, bool lf, enum code c, size_t *i)
{
	const size_t n = replay_plan_receivers(f->plan);

	while (*i < n && !f->by[lf][c][*i])
		(*i)++;
	return *i < n ? replay_receiver(f->plan, (*i)++) : NULL;
}
