/*
 * See gen.h.
 */
#include "gen.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

static const struct span breaks[] = { S("\n"), S("\r\n"), S("\r") };

static const struct span defects[] = {
	S("\r"), S("\r\r\n"), S("\r\r\r\n"), S("\n"), S("\r\n"), S("\n\r"),
	S("."), S(".\n"), S(".\r\n"), S(".\r"), S(".\r\r\n"), S(".\r\r"),
	S("\n.\n"), S("\r\n.\r\n"), S("\r.\r"), S("\n.\r\n"), S("\r\n.\n"),
	S("\r.\n"), S("\r.\r\n"), S("\n.\r"), S("\r\n.\r"),
	S("\r\n.\r\r\n"), S("\r\r\n.\r\r\n"), S("\r\r\n.\r\n"),
	S("\r\n\0.\r\n"), S("\r\n.\0\r\n"), S("\0\r\n.\r\n"),
	S("\r\0\n.\r\n"), S("\r\n.\r\0\n"), S("\n\r.\n\r"),
	S(".."), S("..\n"), S("..\r\n"), S("..\r"), S("..\r\r\n"),
	S(". \n"), S(" .\n"), S(". \r\n"), S("\t.\r\n"), S(".\t\r"),
	S(" .\r"), S("  .\n"), S(".  .\n"), S(". x\n"), S(" . \r\n"),
	S("\0"), S("\0.\n"), S(".\0\r"), S(" \0.\n"), S(".\0 \n"),
	S("\x80"), S("\xff\xfe"), S(".               \n"),
	S(".                \n"), S("\r\n\r\n"), S("\n\n"), S("\r\r"),
	S("RCPT TO:<a@example.org>\n"), S("rcpt to: b\r\n"), S("rCpT\t\r"),
	S("Rcpt "), S("rcpt"), S("RCPT:\n"), S("\nrcPt x"), S("\rrcpt \n"),
	S("\r\nRCPT \r\n"), S("rc"), S("r"), S("rcpt \r\r\n"),
};

static const struct span fields[] = {
	S("From: a@example.org"), S("Subject: \x80\xffgr\xfc\xdf"), S("X:"),
	S("To : b@example.org"), S("Message-ID: <1@example.org>"),
	S("Message-Id:\n <2@example.org>"), S(" continued \xe4"),
	S("\tcontinued"), S("MESSAGE-ID : \r\n <3@\r\n\texample.org> "),
	S("RCPT : x"), S("rcpt to:<c@example.org>"), S("no field"),
	S(": none"), S("a\x80: b"), S("A: b\r"), S("."),
};

/* xorshift64 (G. Marsaglia, "Xorshift RNGs", 2003). */
size_t
gen_below(struct gen *g, size_t n)
{
	g->seed ^= g->seed << 13;
	g->seed ^= g->seed >> 7;
	g->seed ^= g->seed << 17;
	return (size_t)((g->seed >> 11) % n);
}

void
gen_add(struct gen *g, struct span s)
{
	if (s.n > GEN_MAX - g->n)
		s.n = GEN_MAX - g->n;
	memcpy(g->p + g->n, s.p, s.n);
	g->n += s.n;
}

void
gen_fill(struct gen *g, uint8_t c, size_t n)
{
	if (n > GEN_MAX - g->n)
		n = GEN_MAX - g->n;
	memset(g->p + g->n, c, n);
	g->n += n;
}

void
gen_saturate(struct gen *g)
{
	static const struct span dot = S(".");
	static const struct span crcrlf = S("\n.\r\r\n");

	for (unsigned i = 0; i < 9; i++) {
		for (size_t b = 0; b < N(breaks); b++)
			for (size_t a = 0; a < N(breaks); a++) {
				gen_add(g, breaks[b]);
				gen_add(g, dot);
				gen_add(g, breaks[a]);
				gen_fill(g, 'y', 1);
			}
		gen_add(g, crcrlf);
	}
}

static void
gen_header(struct gen *g)
{
	for (size_t i = gen_below(g, 8); i > 0; i--) {
		/* Those that end the header block come last, and rarely. */
		const size_t of = gen_below(g, 8) > 0 ? 10 : N(fields);

		gen_add(g, fields[gen_below(g, of)]);
		if (gen_below(g, 20) == 0)
			gen_fill(g, 'h', 900 + gen_below(g, 200));
		gen_add(g, g->native);
	}
	if (gen_below(g, 10) > 0)
		gen_add(g, g->native);
}

static void
gen_text(struct gen *g, size_t n)
{
	static const uint8_t begin[] = "abc. \t.x>-rR2";
	static const uint8_t text[] = "etaoinshrdlu ETAOIN.,.,  =cC";

	for (size_t i = 0; i < n; i++)
		gen_fill(g, i == 0 ? begin[gen_below(g, N(begin) - 1)] :
		    text[gen_below(g, N(text) - 1)], 1);
}

static void
gen_defect(struct gen *g)
{
	switch (gen_below(g, 16)) {
	case 0:
		gen_fill(g, 'l', 900 + gen_below(g, 200));
		gen_add(g, breaks[gen_below(g, N(breaks))]);
		return;
	case 1:
		gen_fill(g, (uint8_t)gen_below(g, 256), gen_below(g, 80));
		return;
	default:
		if (gen_below(g, 4) == 0)
			gen_text(g, gen_below(g, 100));
		gen_add(g, defects[gen_below(g, N(defects))]);
	}
}

void
gen_message(struct gen *g, size_t size)
{
	g->n = 0;
	g->native = breaks[gen_below(g, N(breaks))];
	g->rare = (unsigned)(1ull << gen_below(g, 7));
	gen_header(g);
	if (gen_below(g, 4) == 0)
		gen_saturate(g);
	while (g->n < size) {
		if (gen_below(g, g->rare) == 0)
			gen_defect(g);
		gen_text(g, gen_below(g, 121));
		gen_add(g, g->native);
	}
	if (gen_below(g, 4) == 0)
		gen_defect(g);
}
