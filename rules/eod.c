/*
 * Look-alikes of the end of data: lines of a lone dot, by the breaks around
 * them, and a dot with a NUL, a space or a second dot beside it.
 *
 * RFC 5321 4.1.1.4: only <CRLF>.<CRLF> ends the data.  Which other forms a
 * server took for it: CVE-2023-51764, -51765, -51766 and codes.c.
 */
#include "rule.h"

static const enum code pair_codes[BRK_KINDS][BRK_KINDS] = {
	[BRK_CRLF] = {
		[BRK_CRLF] = CODE_EOD_CRLF_CRLF,
		[BRK_LF] = CODE_EOD_CRLF_LF,
		[BRK_CR] = CODE_EOD_CRLF_CR,
	},
	[BRK_LF] = {
		[BRK_CRLF] = CODE_EOD_LF_CRLF,
		[BRK_LF] = CODE_EOD_LF_LF,
		[BRK_CR] = CODE_EOD_LF_CR,
	},
	[BRK_CR] = {
		[BRK_CRLF] = CODE_EOD_CR_CRLF,
		[BRK_LF] = CODE_EOD_CR_LF,
		[BRK_CR] = CODE_EOD_CR_CR,
	},
};	/* a dot on the first or last line ends nothing: BRK_NONE is unused */

struct eod {
	struct spots stuffed_odd;	/* ".." between breaks that are not the
					 * message's */
	struct spots wire[BRK_KINDS];	/* lone dots behind CRLF or DATA */
};

/* Between the message's own breaks a lone dot is text, but on the wire. */
static enum severity
pair_severity(enum brk before, enum brk after, enum convention c)
{
	if (before != convention_break(c) || after != before)
		return code_info(pair_codes[before][after])->severity;
	return c == CONV_WIRE ? SEV_HIGH : c == CONV_CR ? SEV_MEDIUM :
	    SEV_INFO;
}

/*
 * The lone dots between two breaks.  On the wire the line before the first
 * one is the DATA command's, so there a dot on the first line counts.
 */
static const struct spots *
lone_dots(struct eod *s, const struct facts *f, enum brk before,
    enum brk after)
{
	const struct tally *t = f->tally;

	if (f->convention != CONV_WIRE || before != BRK_CRLF ||
	    t->lone[BRK_NONE][after].count == 0)
		return &t->lone[before][after];
	s->wire[after] = t->lone[before][after];
	look_merge(&s->wire[after], &t->lone[BRK_NONE][after]);
	return &s->wire[after];
}

static void
end_pairs(struct eod *s, const struct facts *f, struct emit *out)
{
	const struct spots *where;

	for (enum brk b = BRK_CRLF; b < BRK_KINDS; b++)
		for (enum brk a = BRK_CRLF; a < BRK_KINDS; a++)
			if ((where = lone_dots(s, f, b, a))->count > 0)
				emit(out, pair_codes[b][a],
				    pair_severity(b, a, f->convention), where);
}

static void
end_stuffed(struct eod *s, const struct facts *f, struct emit *out)
{
	const enum brk native = convention_break(f->convention);
	const struct spots *stuffed = f->tally->stuffed;

	for (enum brk b = BRK_NONE; b < BRK_KINDS; b++)
		if (b != native && stuffed[b].count > 0)
			look_merge(&s->stuffed_odd, &stuffed[b]);
	if (s->stuffed_odd.count > 0)
		emit(out, CODE_EOD_STUFFED_DOT, SEV_MEDIUM, &s->stuffed_odd);
	else if (stuffed[native].count > 0 && f->convention != CONV_WIRE)
		emit(out, CODE_EOD_STUFFED_DOT, SEV_INFO, &stuffed[native]);
}

static void
eod_end(void *state, const struct facts *f, struct emit *out)
{
	struct eod *s = state;
	const struct {
		enum code code;
		const struct spots *where;
	} beside[] = {
		{ CODE_EOD_DOT_CRCRLF, &f->tally->dot_crcrlf },
		{ CODE_EOD_DOT_NUL, &f->tally->dot_nul },
		{ CODE_EOD_NUL_DOT, &f->tally->nul_dot },
		{ CODE_EOD_DOT_SPACE, &f->tally->dot_space },
		{ CODE_EOD_SPACE_DOT, &f->tally->space_dot },
	};

	end_pairs(s, f, out);
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		if (beside[i].where->count > 0)
			emit(out, beside[i].code,
			    code_info(beside[i].code)->severity,
			    beside[i].where);
	end_stuffed(s, f, out);
}

const struct rule rule_eod = {
	.name = "eod", .state_size = sizeof(struct eod), .end = eod_end,
};
