/*
 * The repair: its laws on every short message and on random long ones, and
 * what it makes of known cases.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fixlaws.h"
#include "gen.h"
#include "rig.h"
#include "t.h"

#define ABC SPAN("\r\n.\0 x")
#define SHORT 6u		/* bytes of the longest string */
#define SOME 6u			/* ways in which those are asked about */
#define ALL_WAYS 4u		/* bytes of those that are asked in every way */
#define WAYS 180u		/* of asking, all classes selected */
#define MAX (2 * GEN_MAX)
#define N(a) (sizeof(a) / sizeof((a)[0]))
#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

/* The string is in the body, or in the header block. */
static const struct span heads[] = {
	{ (const uint8_t *)"", 0 }, { (const uint8_t *)"A: b\n\n", 6 },
	{ (const uint8_t *)"A: b\r\n\r\n", 8 },
	{ (const uint8_t *)"A: b\nC", 6 },
};

static bool
is_long(void)
{
	return getenv("CHECK_LONG") != NULL;
}

static int
setup(void **state)
{
	struct fixlaws *l = malloc(sizeof(*l));

	if (l == NULL)
		return -1;
	fixlaws_open(l, MAX);
	*state = l;
	return 0;
}

static int
teardown(void **state)
{
	fixlaws_close(*state);
	free(*state);
	return 0;
}

static struct fix_options
way(size_t i)
{
	return (struct fix_options){
		.classes = FIX_ALL, .to = i % 2 > 0 ? BRK_LF : BRK_CRLF,
		.cr = i / 2 % 5 < 4 ? i / 2 % 5 : i / 30 % 4,
		.cr_is_break = i / 2 % 5 == 4,
		.nul = i / 10 % 3, .eod = i / 30 % 6,
	};
}

static void
show(const char *what, struct span m)
{
	print_error("%s \"", what);
	for (size_t i = 0; i < m.n; i++)
		print_error(m.p[i] < 127 && m.p[i] >= ' ' ? "%c" : "\\x%02x",
		    m.p[i]);
	print_error("\"\n");
}

static void
check(struct fixlaws *l, const struct fixlaws_case *c)
{
	const char *bad = fixlaws_check(l, c);

	if (bad == NULL)
		return;
	show("old", c->m);
	show("new", (struct span){ l->made, l->made_n });
	print_error("to %d, classes %u, cr %d, nul %d, eod %d, CR is break "
	    "%d, %zu ranges, spared %llx, cut at %zu + n * %zu\n",
	    (int)c->o.to, c->o.classes, (int)c->o.cr, (int)c->o.nul,
	    (int)c->o.eod, c->o.cr_is_break, c->ranges,
	    (unsigned long long)c->o.spared, c->first, c->step);
	fail_msg("%s", bad);
}

/* --- short messages */

typedef void string_fn(struct fixlaws *, struct span m, size_t head_n,
    size_t i);

static void
each_string(struct fixlaws *l, size_t min, size_t max, string_fn *fn)
{
	uint8_t m[16 + SHORT + 1];
	size_t i = min > 0 ? rig_strings(ABC, min - 1) : 0;

	for (; i < rig_strings(ABC, max); i++) {
		const struct span head = heads[(i + i / 97) % N(heads)];

		memcpy(m, head.p, head.n);
		fn(l, (struct span){ m, head.n + rig_string(ABC, i,
		    m + head.n) }, head.n, i);
	}
}

static void
check_way(struct fixlaws *l, struct span m, struct fix_options o, size_t i)
{
	check(l, &(struct fixlaws_case){ .m = m, .o = o,
	    .kernel = kernel_at(i % 3), .first = i % 7, .step = 1 + i % 5 });
}

static void
check_all_ways(struct fixlaws *l, struct span m, size_t head_n, size_t i)
{
	(void)head_n;
	for (size_t w = 0; w < WAYS; w++)
		check_way(l, m, way(w), i + w);
}

static void
every_law_holds_for_every_short_message(void **state)
{
	each_string(*state, 0, is_long() ? SHORT : ALL_WAYS, check_all_ways);
}

/* Every set of classes comes with every way, sooner or later. */
static void
check_some_ways(struct fixlaws *l, struct span m, size_t head_n, size_t i)
{
	(void)head_n;
	for (size_t w = 0; w < SOME; w++) {
		struct fix_options o = way((i * SOME + w) * 67);

		if (w > 1)
			o.classes = (unsigned)(i * 29 + w * 11) % 64;
		check_way(l, m, o, i + w);
	}
}

static void
every_law_holds_for_longer_ones_asked_in_some_ways(void **state)
{
	each_string(*state, ALL_WAYS + 1, SHORT + is_long(), check_some_ways);
}

static void
check_classes(struct fixlaws *l, struct span m, size_t head_n, size_t i)
{
	(void)head_n;
	for (size_t w = i % 4; w < WAYS; w += is_long() ? 1 : 4) {
		struct fix_options o = way(w);

		for (o.classes = 0; o.classes <= FIX_ALL; o.classes++)
			check_way(l, m, o, i + w);
	}
}

static void
every_law_holds_for_every_set_of_classes(void **state)
{
	each_string(*state, 0, is_long() ? 5 : 3, check_classes);
}

static void
every_law_holds_around_from(void **state)
{
	static const struct span parts[] = {
		S("From"), S(" "), S("\r"), S("\0"), S("\n"), S("."), S("om"),
	};
	const size_t len = is_long() ? 7 : 5;
	size_t all = 1;
	uint8_t m[64];

	for (size_t i = 0; i < len; i++)
		all *= N(parts);
	for (size_t i = 0; i < all; i++) {
		size_t n = i % 3 > 0 ? 2 : 0;

		memcpy(m, "\n\n", 2);
		if (i % 2 > 0) {
			memcpy(m + n, "\nFr", 3);
			n += 3;
		}
		for (size_t k = 0, left = i; k < len; k++, left /= N(parts)) {
			const struct span s = parts[left % N(parts)];

			memcpy(m + n, s.p, s.n);
			n += s.n;
		}
		check_some_ways(*state, (struct span){ m, n }, 0, i);
	}
}

/* One code, all but one, or any of them; with other classes or without. */
static struct fix_options
selection(size_t i)
{
	static const code_set all = (1ull << (CODE_EOD_STUFFED_DOT + 1)) -
	    (1ull << CODE_EOD_CRLF_CRLF);
	const code_set one = 1ull << (CODE_EOD_CRLF_CRLF + i / 3 %
	    (CODE_EOD_STUFFED_DOT - CODE_EOD_CRLF_CRLF + 1));
	struct fix_options o = way(i * 67);

	o.classes = FIX_LOOK_ALIKE | (i / 2 % 3 > 0 ? i / 7 % 32 : 0);
	o.spared = i % 3 == 0 ? all & ~one : i % 3 == 1 ? one :
	    all & (i * 0x9e3779b97f4a7c15u >> 20);
	return o;
}

/* Rows of look-alikes, of which some are to be repaired. */
static void
every_law_holds_for_every_selection_of_look_alikes(void **state)
{
	static const struct span parts[] = {
		S("."), S("\n"), S("\r\n"), S("\r"), S("\n."), S("\r\n."),
		S("\r\r\n"), S("x"), S("\0"),
	};
	const size_t most = is_long() ? 7 : 5;
	uint8_t m[64];

	for (size_t i = 0, all = 1, len = 0; len <= most; i++) {
		size_t n = 2;

		memcpy(m, "\n\n", n);
		for (size_t k = 0, left = i; k < len; k++, left /= N(parts)) {
			const struct span s = parts[left % N(parts)];

			memcpy(m + n, s.p, s.n);
			n += s.n;
		}
		for (size_t w = 0; w < 4; w++)
			check_way(*state, (struct span){ m, n },
			    selection(i * 4 + w), i + w);
		if (i + 1 == all) {
			all *= N(parts);
			len++;
			i = (size_t)-1;
		}
	}
}

/* Of every length, also longer ones than can be looked at. */
static void
every_law_holds_for_every_row_of_look_alikes(void **state)
{
	static const struct span breaks[] = {
		S("\n"), S("\r\n"), S("\r"), S("\r\r\n"),
	};
	uint8_t m[256];

	for (size_t i = 0; i < 16 * 16 * 20 * 32; i++) {
		size_t n = 3, which = i;

		memcpy(m, "\n\nx", n);
		for (size_t k = 0; k <= i / 256 % 20; k++) {
			const struct span s = breaks[which >> k * 2 % 8 & 3];

			memcpy(m + n, s.p, s.n);
			n += s.n;
			m[n++] = '.';
			if (i / 5120 % 4 == 0 && k % 3 == 1)
				m[n++] = '.';
		}
		m[n++] = i % 3 > 0 ? '\n' : '\r';
		m[n++] = 'y';
		check_way(*state, (struct span){ m, n }, selection(i * 5), i);
	}
}

/* Runs of CRs, up to more than are taken for one break. */
static void
every_law_holds_for_every_run_of_crs(void **state)
{
	static const struct span parts[] = {
		S("\n"), S("x"), S("."), S("\0"), S("\n."), S("\r\n."),
	};
	uint8_t m[64];

	for (size_t i = 0; i < N(parts) * N(parts) * 13 * 13; i++) {
		const struct span a = parts[i % N(parts)];
		const struct span b = parts[i / N(parts) % N(parts)];
		const size_t k = i / N(parts) / N(parts);
		size_t n = 2;

		memcpy(m, "\n\n", 2);
		memcpy(m + n, a.p, a.n);
		n += a.n;
		for (size_t crs = k % 13; crs > 0; crs--)
			m[n++] = '\r';
		memcpy(m + n, b.p, b.n);
		n += b.n;
		for (size_t crs = k / 13; crs > 0; crs--)
			m[n++] = '\r';
		m[n++] = '\n';
		check_some_ways(*state, (struct span){ m, n }, 0, i);
	}
}

static void
check_ranges(struct fixlaws *l, struct span m, size_t head_n, size_t i)
{
	const size_t n = m.n - head_n;

	for (size_t from = 0; from < n; from++)
		for (size_t to = from + 1; to <= n; to++) {
			const struct fix_range r[] = {
				{ head_n + from, head_n + to },
				{ head_n + to + 1, head_n + n },
			};
			const size_t w = i * 13 + from * 7 + to;

			check(l, &(struct fixlaws_case){ .m = m,
			    .o = way(w * 7), .range = r,
			    .ranges = r[1].from < r[1].to ? 1 + w % 2 : 1,
			    .kernel = kernel_at(w % 3), .first = w % 7,
			    .step = 1 + w % 3 });
		}
}

static void
protected_bytes_stay(void **state)
{
	each_string(*state, 1, is_long() ? SHORT : 5, check_ranges);
}

/* --- long messages: what is held, what is passed over */

/* The string between enough lines that it is in the middle of a block. */
static void
check_padded(struct fixlaws *l, struct span s, size_t head_n, size_t i)
{
	const struct fix_options o = way(i * 67 + i / 3);
	const bool crlf = i / 5 % 2 > 0;
	uint8_t m[600];
	size_t n = 0, at;

	memcpy(m, "A: b\r\n\r\n", 8);
	for (n = i % 3 > 0 ? 8 : 0; n < 70 + i % 130; ) {
		m[n++] = 'y';
		if (n % 23 == 0 && crlf)
			m[n++] = '\r';
		if (n % 23 < 2 && m[n - 1] != 'y')
			m[n++] = '\n';
	}
	memcpy(m + n, s.p + head_n, s.n - head_n);
	at = n += s.n - head_n;
	for (; n < at + 130; n++)
		m[n] = n % 19 == 0 ? '\n' : 'z';
	for (size_t k = 0; k < 3; k++)
		check(l, &(struct fixlaws_case){ .m = { m, n }, .o = o,
		    .kernel = kernel_at(k), .first = at - s.n + i % 60 -
		    k * 20, .step = k == 0 ? 1 : n });
}

static void
no_cut_and_no_kernel_matters(void **state)
{
	each_string(*state, 0, is_long() ? 5 : 4, check_padded);
}

static size_t
random_ranges(struct gen *g, struct fix_range *out)
{
	const size_t n = gen_below(g, FIXLAWS_RANGES);
	uint64_t at = 0;

	for (size_t i = 0; i < n; i++) {
		out[i].from = at + gen_below(g, 1 + g->n / FIXLAWS_RANGES);
		at = out[i].to = out[i].from + 1 + gen_below(g, 40);
		at++;
	}
	return n;
}

static void
every_law_holds_for_random_messages(void **state)
{
	struct gen *g = malloc(sizeof(*g));
	struct fix_range range[FIXLAWS_RANGES];

	assert_non_null(g);
	g->seed = 0x5eed;
	for (size_t i = 0; i < (is_long() ? 40000 : 2000); i++) {
		struct fixlaws_case c = { .o = way(gen_below(g, WAYS)),
		    .range = range, .kernel = kernel_at(gen_below(g, 3)) };

		gen_message(g, 1 + gen_below(g, 4000));
		c.m = (struct span){ g->p, g->n };
		if (gen_below(g, 2) > 0)
			c.o.classes = (unsigned)gen_below(g, 64);
		if (gen_below(g, 3) == 0)
			c.ranges = random_ranges(g, range);
		c.first = gen_below(g, g->n + 1);
		c.step = 1 + gen_below(g, 300);
		check(*state, &c);
	}
	free(g);
}

/* --- known cases */

#define CRLF .to = BRK_CRLF, .classes = FIX_ALL
#define LF .to = BRK_LF, .classes = FIX_ALL

struct fix_case {
	struct fix_options o;
	struct span old, new;
	uint64_t spaced, unsafe;
};

static const struct fix_case cases[] = {
	/* Breaks. */
	{ { LF }, S("\na\r\nb\r\r\nc\n\r\r\r\n"), S("\na\nb\nc\n\n"), 0, 0 },
	{ { CRLF }, S("\na\nb\r\r\nc\r\n"), S("\r\na\r\nb\r\nc\r\n"), 0, 0 },
	{ { LF }, S("\n\ra\rb\r"), S("\n a b "), 0, 0 },
	{ { LF, .cr = FIX_CR_DROP }, S("\n\ra\rb\r"), S("\nab"), 0, 0 },
	{ { LF, .cr = FIX_CR_NEWLINE }, S("\n\ra\rb\r"), S("\n\na\nb\n"),
	    0, 0 },
	{ { CRLF, .cr = FIX_CR_NEWLINE }, S("\r\na\rb"), S("\r\na\r\nb"),
	    0, 0 },
	{ { LF, .cr = FIX_CR_KEEP }, S("\na\rb\r\r\r\nc\r\r"),
	    S("\na\rb\nc\r\r"), 0, 0 },
	{ { LF }, S("\na\r\r\r\r\r\r\r\r\nb"), S("\na\nb"), 0, 0 },
	{ { LF }, S("\na\r\r\r\r\r\r\r\r\r\r\nb"), S("\na  \nb"), 0, 0 },
	{ { LF, .cr = FIX_CR_KEEP }, S("\na\r\r\r\r\r\r\r\r\r\nb"),
	    S("\na\r \nb"), 1, 0 },
	{ { .to = BRK_LF, .classes = FIX_CRLF }, S("\na\r\r\nb\rc"),
	    S("\na\nb\rc"), 0, 0 },
	{ { .to = BRK_CRLF, .classes = FIX_BARE_CR }, S("\r\na\r\r\r\nb\n"),
	    S("\r\na \r\r\nb\n"), 0, 0 },
	{ { .to = BRK_CRLF, .classes = FIX_CRCRLF }, S("\r\na\rb\r\r\nc\n"),
	    S("\r\na\rb\r\nc\n"), 0, 0 },
	{ { .to = BRK_LF, .classes = FIX_CRCRLF }, S("\na\r\r\nb\r\nc"),
	    S("\na\nb\r\nc"), 0, 0 },

	/* Old Macintosh text. */
	{ { LF, .cr_is_break = true }, S("A: b\rC: d\r\rx\ry\r\nz\r"),
	    S("A: b\nC: d\n\nx\ny\nz\n"), 0, 0 },
	{ { CRLF, .cr_is_break = true }, S("A: b\r\rx\r.\ry"),
	    S("A: b\r\n\r\nx .\r\ny"), 1, 0 },

	/* NULs. */
	{ { LF }, S("\na\0b"), S("\na\0b"), 0, 0 },
	{ { LF, .nul = FIX_NUL_SPACE }, S("\na\0\n"), S("\na \n"), 0, 0 },
	{ { LF, .nul = FIX_NUL_DROP }, S("\na\0\0b\0\n"), S("\nab\n"), 0, 0 },
	{ { LF, .nul = FIX_NUL_DROP }, S("\n.\0\nx"), S("\n. \nx"), 1, 0 },
	{ { LF, .nul = FIX_NUL_DROP }, S("\n\0\0.\n"), S("\n .\n"), 1, 0 },
	{ { LF, .nul = FIX_NUL_DROP }, S("\n\0..\n.\0x"), S("\n ..\n.x"),
	    1, 0 },
	{ { LF, .nul = FIX_NUL_DROP, .cr = FIX_CR_KEEP }, S("\nx\r\0\n"),
	    S("\nx\r \n"), 1, 0 },

	/* A lone dot is not made. */
	{ { LF, .cr = FIX_CR_NEWLINE }, S("\nx\r.\ry"), S("\nx .\ny"), 1, 0 },
	{ { LF, .cr = FIX_CR_NEWLINE }, S("\nx\r.y\rz"), S("\nx\n.y\nz"),
	    0, 0 },
	{ { LF, .cr = FIX_CR_NEWLINE }, S("\n.\ry"), S("\n. y"), 1, 0 },
	{ { LF, .cr = FIX_CR_NEWLINE }, S("\nx\r."), S("\nx ."), 1, 0 },
	{ { LF, .cr = FIX_CR_DROP }, S("\n\r.\ny"), S("\n .\ny"), 1, 0 },
	{ { LF, .cr = FIX_CR_DROP }, S("\n.\r\ry"), S("\n. y"), 1, 0 },
	{ { LF, .cr = FIX_CR_DROP }, S("\n.\r.\n"), S("\n. .\n"), 1, 0 },
	{ { LF, .cr = FIX_CR_DROP }, S("\n\r.x\n.\ry"), S("\n.x\n.y"), 0, 0 },
	{ { LF, .cr = FIX_CR_NEWLINE }, S("\nx\r.\0\n"), S("\nx .\0\n"),
	    1, 0 },
	{ { LF }, S("\n.\r\r\nx"), S("\n. \nx"), 1, 0 },
	{ { CRLF }, S("\r\n.\r\r\r\nx"), S("\r\n. \r\nx"), 1, 0 },

	/* In the header block; and what ends it. */
	{ { CRLF, .cr = FIX_CR_NEWLINE }, S("A: b\rC: d\r\n\r\nx\ry"),
	    S("A: b C: d\r\n\r\nx\r\ny"), 1, 0 },
	{ { LF, .cr = FIX_CR_NEWLINE }, S("A: b\r c\r\t\td\r \r\n\n"),
	    S("A: b\n c\n\t\td  \n\n"), 1, 0 },
	{ { LF, .cr = FIX_CR_NEWLINE }, S("A: b\n\r c\n \r d\n"),
	    S("A: b\n  c\n   d\n"), 2, 0 },
	{ { LF, .cr = FIX_CR_DROP }, S("A: b\n\rC: d\rx\n\n\ry"),
	    S("A: b\n C: d x\n\ny"), 2, 0 },
	{ { LF, .nul = FIX_NUL_DROP }, S("A: b\n\0C: \0d\n\0\n\n\0y"),
	    S("A: b\n C: d\n \n\ny"), 2, 0 },
	{ { .to = BRK_CRLF, .classes = FIX_BARE_LF | FIX_NUL,
	    .nul = FIX_NUL_DROP }, S("x\r\r\r\n\0C: d\n\ny"),
	    S("x\r\r\r\n C: d\r\n\r\ny"), 1, 0 },
	{ { CRLF }, S("A: b\nC: d\n e\n\nx"),
	    S("A: b\r\nC: d\r\n e\r\n\r\nx"), 0, 0 },
	{ { LF, .cr = FIX_CR_NEWLINE }, S("A: b\r\r\n\r\r\nx\ry"),
	    S("A: b\n\nx\ny"), 0, 0 },

	/* From_ lines are not made. */
	{ { LF }, S("\n\nFrom\ra b"), S("\n\nFrom\ra b"), 0, 1 },
	{ { LF, .nul = FIX_NUL_SPACE }, S("\nFrom\0a"), S("\nFrom\0a"),
	    0, 1 },
	{ { LF, .nul = FIX_NUL_DROP }, S("\nFr\0o\0m a"), S("\nFro m a"),
	    1, 0 },
	{ { LF, .nul = FIX_NUL_DROP }, S("\nFrom\0 a"), S("\nFrom\0 a"),
	    0, 1 },
	{ { LF, .cr = FIX_CR_DROP }, S("\n\rFrom a\rFrom b"),
	    S("\n From aFrom b"), 1, 0 },
	{ { LF, .cr = FIX_CR_NEWLINE }, S("\nx\rFrom a\rFrob"),
	    S("\nx From a\nFrob"), 1, 0 },
	{ { LF, .cr_is_break = true }, S("\nx\rFrom a\ry"),
	    S("\nx From a\ny"), 1, 0 },
	{ { LF, .eod = FIX_EOD_REMOVE }, S("\nx\n\n.\r\nFrom a"),
	    S("\nx\n\n.\nFrom a"), 0, 0 },
	{ { LF, .cr = FIX_CR_NEWLINE }, S("A: b\nFrom\rC: d\n\n"),
	    S("A: b\nFrom\rC: d\n\n"), 0, 1 },
	{ { LF, .cr = FIX_CR_NEWLINE }, S("\n\nFrom\rC\n"),
	    S("\n\nFrom\nC\n"), 0, 0 },

	/* Look-alikes. */
	{ { LF }, S("\nx\n.\r\ny\r\n.\nz\n.\n"), S("\nx\n.\ny\n.\nz\n.\n"),
	    0, 0 },
	{ { LF }, S("\nx\r.\r\ny\n.\rz"), S("\nx .\ny\n. z"), 0, 0 },
	{ { .to = BRK_CRLF, .classes = FIX_LOOK_ALIKE },
	    S("\r\nx\ny\n.\nz\r.\r\nw\rv"), S("\r\nx\ny\r\n.\r\nz .\r\nw\rv"),
	    0, 0 },
	{ { CRLF, .eod = FIX_EOD_STUFF }, S("\r\n.\r\nx\n.\ny\r.\rz"),
	    S("\r\n.\r\nx\r\n..\r\ny . z"), 0, 0 },
	{ { CRLF, .eod = FIX_EOD_STUFF, .cr = FIX_CR_KEEP }, S("\r\nx\r.\ry"),
	    S("\r\nx\r..\ry"), 0, 0 },
	{ { CRLF, .eod = FIX_EOD_STUFF }, S("\r\n.\0\r\n\0.\r\n.\r\r\n"),
	    S("\r\n..\0\r\n\0..\r\n..\r\n"), 0, 0 },
	{ { LF, .eod = FIX_EOD_STUFF }, S("\nx\r.\ny\n.\rz"),
	    S("\nx .\ny\n. z"), 0, 0 },
	{ { LF, .eod = FIX_EOD_STUFF, .cr_is_break = true },
	    S("\nx\r..\ry\r.\n"), S("\nx\n..\ny .\n"), 1, 0 },
	{ { LF, .eod = FIX_EOD_STUFF, .cr_is_break = true,
	    .cr = FIX_CR_KEEP }, S("\nx\r.\n"), S("\nx .\n"), 1, 0 },
	{ { LF, .eod = FIX_EOD_STUFF, .nul = FIX_NUL_SPACE }, S("\n.\0\n"),
	    S("\n. \n"), 0, 0 },
	{ { .to = BRK_CRLF, .classes = FIX_LOOK_ALIKE, .eod = FIX_EOD_STUFF },
	    S("\r\nx\n.\0\ny"), S("\r\nx\n..\0\ny"), 0, 0 },
	{ { LF, .eod = FIX_EOD_CRLF }, S("\nx\n.\r\ny\r\n.\n.\nz\r\n"),
	    S("\nx\r\n.\r\ny\r\n.\r\n.\r\nz\n"), 0, 0 },
	{ { LF, .eod = FIX_EOD_CRLF }, S("\nx\n.\n.\r\ny\r.\n"),
	    S("\nx\n.\n.\ny .\n"), 0, 0 },
	{ { LF, .eod = FIX_EOD_CRLF }, S("\nx\n.\n.\r\n.\r\ny"),
	    S("\nx\n.\n.\n.\ny"), 0, 0 },
	{ { LF, .eod = FIX_EOD_REMOVE }, S(".\r\r\nx"), S(". \nx"), 1, 0 },
	{ { LF, .eod = FIX_EOD_KEEP }, S("\n. \r\nx"), S("\n. \nx"), 0, 0 },
	{ { .to = BRK_LF, .classes = FIX_BARE_CR | FIX_LOOK_ALIKE,
	    .eod = FIX_EOD_KEEP }, S("\n.\r\r\r\r\nx\r"),
	    S("\n.\r\r\r\r\nx "), 0, 0 },
	{ { LF, .eod = FIX_EOD_REMOVE }, S("\nx\r\n.\r\ny\n.\nz\n.\r\r\nw"),
	    S("\nx\ny\n.\nz\nw"), 0, 0 },
	{ { LF, .eod = FIX_EOD_REMOVE }, S("\n.\r\n.\r\n\r\nx\r.\r\n"),
	    S("\n\nx .\n"), 0, 0 },
	{ { LF, .eod = FIX_EOD_KEEP, .cr = FIX_CR_DROP },
	    S("\nw\rx\r.\r\ny\r\n.\0\nz"), S("\nwx\r.\r\ny\r\n.\0\nz"),
	    0, 0 },
	{ { .to = BRK_LF, .classes = FIX_ALL ^ FIX_LOOK_ALIKE },
	    S("\nx\r.\r\n.\r\r\n"), S("\nx .\n. \n"), 1, 0 },
};

static void
what_is_made_of_known_cases(void **state)
{
	struct fixlaws *l = *state;

	for (size_t i = 0; i < N(cases); i++) {
		const struct fix_case *k = &cases[i];
		const struct fixlaws_case c = { .m = k->old, .o = k->o,
		    .kernel = kernel_at(0), .first = 1, .step = 1 };

		check(l, &c);
		fixlaws_plan(l, &c);
		if (l->made_n == k->new.n &&
		    memcmp(l->made, k->new.p, k->new.n) == 0 &&
		    l->counts.spaced == k->spaced &&
		    l->counts.unsafe == k->unsafe)
			continue;
		show("old", k->old);
		show("new", (struct span){ l->made, l->made_n });
		show("should be", k->new);
		fail_msg("%llu spaced, %llu unsafe",
		    (unsigned long long)l->counts.spaced,
		    (unsigned long long)l->counts.unsafe);
	}
}

/* A range over bytes that no repair touches changes nothing. */
static void
check_idle_ranges(struct fixlaws *l, struct span m, size_t head_n, size_t i)
{
	struct fix_range range[FIXLAWS_RANGES];
	struct fixlaws_case c = { .m = m, .o = way(i * 67), .range = range,
	    .first = m.n, .step = 1 };
	const struct edit *bad = NULL;
	struct edit list[4 * SHORT];
	size_t n;

	fixlaws_plan(l, &c);
	assert_true((n = l->n) <= N(list));
	memcpy(list, l->list, n * sizeof(*list));
	for (size_t k = head_n; k < m.n; k++)
		if (m.p[k] == 'x' && c.ranges < FIXLAWS_RANGES)
			range[c.ranges++] = (struct fix_range){ k, k + 1 };
	fixlaws_plan(l, &c);
	for (size_t k = 0; k < n && bad == NULL; k++)
		if (k >= l->n || l->list[k].off != list[k].off ||
		    l->list[k].del != list[k].del ||
		    l->list[k].ins != list[k].ins)
			bad = &list[k];
	if (bad != NULL || l->n != n) {
		show("old", m);
		fail_msg("%zu edits, %zu with ranges", n, l->n);
	}
}

static void
what_is_not_protected_is_repaired(void **state)
{
	each_string(*state, 0, SHORT, check_idle_ranges);
}

static void
a_dot_is_alone_behind_a_protected_cr(void **state)
{
	static const struct fix_range range[] = { { 2, 3 }, { 6, 7 } };
	const struct fixlaws_case c = { .m = S("\nx\r.\n\n.\ry"),
	    .o = { LF, .eod = FIX_EOD_STUFF }, .range = range, .ranges = 1,
	    .first = 1, .step = 1 };
	struct fixlaws *l = *state;

	check(l, &c);
	assert_int_equal(l->made_n, 10);
	assert_memory_equal(l->made, "\nx\r..\n\n. y", 10);
}

/* Behind a break that stays, to remove a dot would make another odd. */
static void
a_dot_behind_a_protected_break_is_not_removed(void **state)
{
	static const struct fix_range range = { 1, 2 };
	const struct fixlaws_case c = { .m = S("\r\n.\n.\n"),
	    .o = { LF, .eod = FIX_EOD_REMOVE }, .range = &range, .ranges = 1,
	    .first = 1, .step = 1 };
	struct fixlaws *l = *state;

	check(l, &c);
	assert_int_equal(l->n, 0);
}

static void
count_edit(void *ctx, const struct edit *e)
{
	(void)e;
	++*(size_t *)ctx;
}

static void
a_fix_remembers_nothing_of_the_last_message(void **state)
{
	const struct fix_options o = { LF, .eod = FIX_EOD_ELSEWHERE,
	    .cr = FIX_CR_NEWLINE, .nul = FIX_NUL_DROP };
	const struct fix_range range = { 0, 9 };
	struct fix f;
	size_t edits = 0;

	(void)state;
	fix_init(&f, kernel_at(0), count_edit, &edits);
	for (size_t i = 0; i < rig_strings(ABC, 4); i++) {
		uint8_t m[8];
		const size_t n = rig_string(ABC, i, m);

		fix_begin(&f, &o, &range, i % 2);
		fix_feed(&f, (struct span){ m, n });
		(void)fix_end(&f);
		edits = 0;
		fix_begin(&f, &o, NULL, 0);
		fix_feed(&f, SPAN(".\rx\n"));
		assert_int_equal(fix_end(&f), FIX_EDITED);
		assert_int_equal(edits, 1);
		assert_int_equal(f.counts.edits, 1);
		assert_int_equal(f.counts.spaced, 1);
		fix_begin(&f, &o, NULL, 0);
		assert_int_equal(fix_end(&f), FIX_CLEAN);
	}
}

/* Longer than what is kept of a line, and at every place in a block. */
static void
a_line_is_a_dot_alone_only_at_its_beginning(void **state)
{
	struct fixlaws *l = *state;
	uint8_t m[200];

	for (size_t n = 1; n < 150; n++) {
		const struct fixlaws_case c = { .m = { m, n + 4 },
		    .o = { LF, .cr = FIX_CR_NEWLINE }, .kernel = kernel_at(0),
		    .first = n, .step = n };

		memset(m, 'x', n);
		m[0] = '\n';
		memcpy(m + n, ".\ry\n", 4);
		check(l, &c);
		assert_int_equal(l->counts.spaced, n == 1);
	}
}

/* As far as is looked ahead: a break, a line that may be dotty, a break. */
static void
a_look_alike_of_any_length_does_not_depend_on_cuts(void **state)
{
	struct fixlaws *l = *state;
	uint8_t m[200];

	for (size_t i = 0; i < 19 * 18 * 11; i++) {
		const size_t len = i % 19, nul = i / 19 % 18, crs = i / 342;
		size_t n = 0;

		memset(m, '\r', sizeof(m));
		m[0] = m[1] = '\n';
		n = 3 + crs;
		m[n++] = '\n';
		m[n] = '.';
		memset(m + n + 1, '\t', len);
		if (nul <= len)
			m[n + nul] = 0;
		n += len + 1 + crs;
		m[n++] = '\n';
		for (size_t cut = 0; cut < n; cut++)
			check(l, &(struct fixlaws_case){ .m = { m, n },
			    .o = way(i * 7 + cut * 31), .first = cut,
			    .step = n, .kernel = kernel_at(cut % 2) });
	}
}

/* White space behind a CR in the header block, more than is seen at once. */
static void
a_fold_does_not_depend_on_cuts(void **state)
{
	struct fixlaws *l = *state;
	uint8_t m[200];

	for (size_t n = 1; n < 100; n++)
		for (size_t cut = 0; cut < n + 9; cut += 1 + n / 20) {
			const struct fixlaws_case c = { .m = { m, n + 9 },
			    .o = { LF, .cr = FIX_CR_NEWLINE }, .first = cut,
			    .step = n + 9, .kernel = kernel_at(0) };

			memcpy(m, "A: b\r", 5);
			memset(m + 5, ' ', n);
			memcpy(m + 5 + n, "c\n\nx", 4);
			check(l, &c);
			assert_int_equal(l->counts.spaced, n > 46);
		}
}

static void
each_edit_says_why(void **state)
{
	static const enum code why[] = {
		CODE_LIMIT_NUL, CODE_EOL_BARE_CR, CODE_EOL_CRLF,
		CODE_EOL_CRCRLF, CODE_EOD_LF_CRLF, CODE_EOL_CRLF,
	};
	struct fixlaws *l = *state;

	fixlaws_plan(l, &(struct fixlaws_case){ .o = { LF,
	    .nul = FIX_NUL_SPACE, .eod = FIX_EOD_STUFF },
	    .m = S("\na\0b\rc\r\nd\r\r\ne\n.\r\n"), .first = 1, .step = 1 });
	assert_int_equal(l->n, N(why));
	for (size_t i = 0; i < N(why); i++)
		assert_int_equal(l->list[i].why, why[i]);
	fixlaws_plan(l, &(struct fixlaws_case){ .o = { .to = BRK_LF,
	    .classes = FIX_LOOK_ALIKE }, .m = S("\na\r\nb\r\n.\r\r\n"),
	    .first = 1, .step = 1 });
	assert_int_equal(l->n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(l->list[i].why, CODE_EOD_DOT_CRCRLF);
}

static void
what_is_decided_elsewhere_is_said(void **state)
{
	struct fixlaws *l = *state;
	struct fixlaws_case c = { .m = S("\na\r\nb\n"), .first = 1, .step = 1,
	    .o = { LF, .eod = FIX_EOD_ELSEWHERE } };

	fixlaws_plan(l, &c);
	assert_int_equal(l->end, FIX_EDITED);
	c.m = (struct span)S("\na\nb\n.\n");
	fixlaws_plan(l, &c);
	assert_int_equal(l->end, FIX_CLEAN);
	c.m = (struct span)S("\na\nb\n.\r\n");
	fixlaws_plan(l, &c);
	assert_int_equal(l->end, FIX_ELSEWHERE);
	c.o.classes = FIX_ALL ^ FIX_LOOK_ALIKE;
	fixlaws_plan(l, &c);
	assert_int_equal(l->end, FIX_EDITED);
}

static void
classes_are_those_of_the_codes(void **state)
{
	(void)state;
	assert_int_equal(fix_classes(code_set_default()), FIX_ALL);
	assert_int_equal(fix_classes(0), 0);
	assert_int_equal(fix_classes(code_set_glob("eod.*")), FIX_LOOK_ALIKE);
	assert_int_equal(fix_classes(code_set_glob("eod.lf-dot-crlf")),
	    FIX_LOOK_ALIKE);
	assert_int_equal(fix_classes(code_set_glob("eol.*")), FIX_BARE_CR |
	    FIX_BARE_LF | FIX_CRLF | FIX_CRCRLF);
	assert_int_equal(fix_classes(code_set_glob("eol.bare-*")),
	    FIX_BARE_CR | FIX_BARE_LF);
	assert_int_equal(fix_classes(code_set_glob("eol.cr-only")),
	    FIX_BARE_CR);
	assert_int_equal(fix_classes(code_set_glob("limit.*")), FIX_NUL);
	assert_int_equal(fix_classes(code_set_glob("mime.*")), 0);
	assert_int_equal(fix_classes(code_set_glob("eod.dot-space")), 0);
	assert_int_equal(fix_spared(code_set_default()), 0);
	assert_int_equal(fix_spared(code_set_glob("eod.*")), 0);
	assert_int_equal(fix_spared(code_set_glob("eod.cr-*")),
	    code_set_glob("eod.crlf-*") | code_set_glob("eod.lf-*") |
	    code_set_glob("eod.dot-crcrlf") | code_set_glob("eod.dot-nul") |
	    code_set_glob("eod.nul-dot") | code_set_glob("eod.stuffed-dot"));
}

/* No kind of edit is allowed that these options do not ask for. */
static void
kinds_are_no_more_than_what_was_asked(void **state)
{
	(void)state;
	assert_int_equal(fix_kinds(&(struct fix_options){ LF }),
	    EDIT_CUT_CR | EDIT_SPACE_CR);
	assert_int_equal(fix_kinds(&(struct fix_options){ CRLF }),
	    EDIT_ADD_CR | EDIT_CUT_CR | EDIT_SPACE_CR);
	assert_int_equal(fix_kinds(&(struct fix_options){ .to = BRK_CRLF,
	    .classes = FIX_BARE_LF }), EDIT_ADD_CR);
	assert_int_equal(fix_kinds(&(struct fix_options){ .to = BRK_LF,
	    .classes = FIX_BARE_LF }), 0);
	assert_int_equal(fix_kinds(&(struct fix_options){ .to = BRK_LF,
	    .classes = FIX_NUL, .nul = FIX_NUL_DROP }),
	    EDIT_DROP_NUL | EDIT_SPACE_NUL);
	assert_int_equal(fix_kinds(&(struct fix_options){ .to = BRK_LF,
	    .classes = FIX_LOOK_ALIKE, .eod = FIX_EOD_KEEP }), 0);
	assert_int_equal(fix_kinds(&(struct fix_options){ LF,
	    .eod = FIX_EOD_STUFF }), EDIT_CUT_CR | EDIT_SPACE_CR | EDIT_STUFF);
	assert_int_equal(fix_kinds(&(struct fix_options){ LF,
	    .eod = FIX_EOD_REMOVE, .cr = FIX_CR_DROP }), EDIT_CUT_CR |
	    EDIT_SPACE_CR | EDIT_DROP_CR | EDIT_CUT_DOT);
	assert_int_equal(fix_kinds(&(struct fix_options){ .to = BRK_LF,
	    .classes = FIX_BARE_CR, .cr_is_break = true }),
	    EDIT_CR_TO_LF | EDIT_SPACE_CR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_made_of_known_cases),
		cmocka_unit_test(every_law_holds_for_every_short_message),
		cmocka_unit_test(
		    every_law_holds_for_longer_ones_asked_in_some_ways),
		cmocka_unit_test(every_law_holds_for_every_set_of_classes),
		cmocka_unit_test(
		    every_law_holds_for_every_selection_of_look_alikes),
		cmocka_unit_test(every_law_holds_for_every_row_of_look_alikes),
		cmocka_unit_test(every_law_holds_for_every_run_of_crs),
		cmocka_unit_test(every_law_holds_around_from),
		cmocka_unit_test(protected_bytes_stay),
		cmocka_unit_test(what_is_not_protected_is_repaired),
		cmocka_unit_test(a_dot_is_alone_behind_a_protected_cr),
		cmocka_unit_test(a_dot_behind_a_protected_break_is_not_removed),
		cmocka_unit_test(a_fix_remembers_nothing_of_the_last_message),
		cmocka_unit_test(no_cut_and_no_kernel_matters),
		cmocka_unit_test(every_law_holds_for_random_messages),
		cmocka_unit_test(a_line_is_a_dot_alone_only_at_its_beginning),
		cmocka_unit_test(
		    a_look_alike_of_any_length_does_not_depend_on_cuts),
		cmocka_unit_test(a_fold_does_not_depend_on_cuts),
		cmocka_unit_test(each_edit_says_why),
		cmocka_unit_test(what_is_decided_elsewhere_is_said),
		cmocka_unit_test(classes_are_those_of_the_codes),
		cmocka_unit_test(kinds_are_no_more_than_what_was_asked),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
