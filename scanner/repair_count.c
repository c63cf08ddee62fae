/*
 * See repair_count.h.
 */
#include "repair_count.h"

/* Between the message's own breaks a dot is text, but on the wire and where
 * CRs are breaks (eod.c). */
static bool
is_text(enum brk before, enum brk after, enum convention c)
{
	return (c == CONV_LF || c == CONV_CRLF) && before == after &&
	    before == convention_break(c);
}

static uint64_t
look_alikes(const struct tally *t, enum convention c)
{
	uint64_t n = t->dot_crcrlf.count + t->dot_nul.count +
	    t->nul_dot.count;

	for (enum brk a = BRK_CRLF; a < BRK_KINDS; a++) {
		for (enum brk b = BRK_CRLF; b < BRK_KINDS; b++)
			if (!is_text(b, a, c))
				n += t->lone[b][a].count;
		if (c == CONV_WIRE)
			n += t->lone[BRK_NONE][a].count;
	}
	for (enum brk b = BRK_NONE; b < BRK_KINDS; b++)
		if (b != convention_break(c))
			n += t->stuffed[b].count;
	return n;
}

void
repair_count(const struct verdict *v, uint64_t n[REPAIR_CLASSES])
{
	const struct tally *t = v->tally;
	const bool crlf = convention_break(v->convention) == BRK_CRLF;

	n[REPAIR_BARE_CR] = t->breaks[BRK_CR].count;
	n[REPAIR_BARE_LF] = crlf ? t->breaks[BRK_LF].count : 0;
	n[REPAIR_CRLFS] = crlf ? 0 : t->breaks[BRK_CRLF].count;
	n[REPAIR_CRCRLF] = t->crcrlf.count;
	n[REPAIR_NULS] = t->nul.count;
	n[REPAIR_LOOK_ALIKES] = look_alikes(t, v->convention);
}
