/*
 * Line ends, judged against the convention of the message.
 *
 * RFC 5322 2.3: CR and LF occur only together as CRLF in a message on the
 * wire; a store may well keep LF alone, and then a CRLF is what differs.
 */
#include "rule.h"

/*
 * Both kinds, and the rarer is a quarter of them or more: neither is clearly
 * the message's own.  (A few strays are told by their own codes.)
 */
static void
eol_mixed(const struct tally *t, struct emit *out)
{
	const struct spots *crlf = &t->breaks[BRK_CRLF];
	const struct spots *lf = &t->breaks[BRK_LF];
	const struct spots *rarer = crlf->count < lf->count ? crlf : lf;

	if (rarer->count > 0 && 4 * rarer->count >= crlf->count + lf->count)
		emit(out, CODE_EOL_MIXED, SEV_LOW, rarer);
}

static void
eol_end(void *state, const struct facts *f, struct emit *out)
{
	const struct tally *t = f->tally;
	const bool crlf = convention_break(f->convention) == BRK_CRLF;

	(void)state;
	if (t->breaks[BRK_CR].count > 0)
		emit(out, f->convention == CONV_CR ? CODE_EOL_CR_ONLY :
		    CODE_EOL_BARE_CR, SEV_MEDIUM, &t->breaks[BRK_CR]);
	if (crlf && t->breaks[BRK_LF].count > 0)
		emit(out, CODE_EOL_BARE_LF, SEV_MEDIUM, &t->breaks[BRK_LF]);
	if (!crlf && t->breaks[BRK_CRLF].count > 0)
		emit(out, CODE_EOL_CRLF, SEV_LOW, &t->breaks[BRK_CRLF]);
	if (t->crcrlf.count > 0)
		emit(out, CODE_EOL_CRCRLF, SEV_MEDIUM, &t->crcrlf);
	eol_mixed(t, out);
	if (t->no_final.count > 0)
		emit(out, CODE_EOL_NO_FINAL, f->convention == CONV_WIRE ?
		    SEV_LOW : SEV_INFO, &t->no_final);
}

const struct rule rule_eol = {
	.name = "eol", .end = eol_end,
};
