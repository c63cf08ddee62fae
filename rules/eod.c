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
	struct spots dot_nul, nul_dot, dot_space, space_dot;
	struct spots stuffed[BRK_KINDS];	/* "..", by its breaks */
	struct spots stuffed_odd;		/* "..", not the same */
	struct spots wire[BRK_KINDS];	/* lone dots behind CRLF or DATA */
};

static void
see_stuffed(struct eod *s, const struct line *ln, struct look *look)
{
	if (ln->before == BRK_NONE || ln->after == BRK_NONE)
		return;
	look_note(look, ln->before == ln->after ? &s->stuffed[ln->after] :
	    &s->stuffed_odd, ln->off);
}

/* One dot among spaces, tabs and NULs: which of them is beside it? */
static void
see_company(struct eod *s, const struct line *ln, struct look *look)
{
	const uint8_t *p = ln->head.p;
	size_t dot = 0;

	while (p[dot] != '.')
		dot++;
	if (dot > 0)
		look_note(look, p[dot - 1] == 0 ? &s->nul_dot :
		    &s->space_dot, ln->off);
	if (dot + 1 < ln->len)
		look_note(look, p[dot + 1] == 0 ? &s->dot_nul :
		    &s->dot_space, ln->off);
}

static void
eod_line(void *state, const struct line *ln, struct look *look)
{
	struct eod *s = state;

	if (ln->len == 2 && ln->head.p[0] == '.' && ln->head.p[1] == '.')
		see_stuffed(s, ln, look);
	else
		see_company(s, ln, look);
}

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
end_stuffed(struct eod *s, enum convention c, struct emit *out)
{
	const enum brk native = convention_break(c);

	for (enum brk b = BRK_CRLF; b < BRK_KINDS; b++)
		if (b != native && s->stuffed[b].count > 0)
			look_merge(&s->stuffed_odd, &s->stuffed[b]);
	if (s->stuffed_odd.count > 0)
		emit(out, CODE_EOD_STUFFED_DOT, SEV_MEDIUM, &s->stuffed_odd);
	else if (s->stuffed[native].count > 0 && c != CONV_WIRE)
		emit(out, CODE_EOD_STUFFED_DOT, SEV_INFO, &s->stuffed[native]);
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
		{ CODE_EOD_DOT_NUL, &s->dot_nul },
		{ CODE_EOD_NUL_DOT, &s->nul_dot },
		{ CODE_EOD_DOT_SPACE, &s->dot_space },
		{ CODE_EOD_SPACE_DOT, &s->space_dot },
	};

	end_pairs(s, f, out);
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		if (beside[i].where->count > 0)
			emit(out, beside[i].code,
			    code_info(beside[i].code)->severity,
			    beside[i].where);
	end_stuffed(s, f->convention, out);
}

const struct rule rule_eod = {
	.name = "eod",
	.wants = WANT_DOT, .state_size = sizeof(struct eod),
	.line = eod_line, .end = eod_end,
};
