/*
 * See convention.h.
 */
#include "convention.h"

/* CRCRLF's own CR is a defect of a CRLF line, not a vote for CR. */
static enum convention
majority(const struct tally *t, enum brk native)
{
	const uint64_t lf = t->breaks[BRK_LF].count;
	const uint64_t crlf = t->breaks[BRK_CRLF].count;
	const uint64_t cr = t->breaks[BRK_CR].count;

	if (cr > lf + crlf)
		return CONV_CR;
	if (lf != crlf)
		return lf > crlf ? CONV_LF : CONV_CRLF;
	return native == BRK_CRLF ? CONV_CRLF : CONV_LF;
}

enum convention
convention_of(const struct tally *t, enum eol_mode eol, enum brk native)
{
	switch (eol) {
	case EOL_LF:
		return CONV_LF;
	case EOL_CRLF:
		return CONV_CRLF;
	case EOL_WIRE:
		return CONV_WIRE;
	default:
		return majority(t, native);
	}
}
