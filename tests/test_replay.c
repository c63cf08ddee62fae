/*
 * Replays of many senders and receivers at once, against one after another by
 * the oracle; and however the message is cut.
 */
#include "replay_oracle.h"
#include "servers.h"

#include <stdio.h>
#include <stdlib.h>

#include "t.h"

static struct servers *servers;
static struct replay_plan *plan;
static struct replay *replay;
static struct receiver_dfa dfas[REPLAY_ROWS], bdat_dfas[REPLAY_ROWS];

/* No server does these; what is passed over must not rely on that. */
static const char odd_rows[] =
    "receiver empty-line { title = x known = prose source = x\n"
    " end = { \"CR LF CR LF\" } }\n"
    "receiver empty-lf-line { title = x known = prose source = x\n"
    " end = { \"LF LF . LF\" } refuses = { \"LF LF LF\" } }\n"
    "receiver behind-empty { title = x known = prose source = x\n"
    " end = { \"CR LF CR LF . CR LF\" } }\n"
    "receiver dot-in-line { title = x known = prose source = x\n"
    " end = { \"!LF . !CR|LF\" } line = cr-or-lf }\n"
    "receiver three { title = x known = prose source = x\n"
    " end = { \"LF any any any CR? LF\" } unstuffs = doubled }\n"
    "receiver late { title = x known = prose source = x\n"
    " end = { \"LF . LF\" } refuses_late = { \"NUL\", \"CR CR\" } }\n"
    "receiver chunks { title = x known = prose source = x\n"
    " end = { \"LF . LF\" } chunking = offered\n"
    " bdat_refuses = { \"LF . CR\", \"NUL LF\" } }\n"
    "receiver first { title = x known = prose source = x\n"
    " end = { \"LF . LF\" } chunking = offered\n"
    " bdat_refuses_lf_first = { \"any LF\" } }\n"
    "sender chunked { title = x known = prose source = x holds = file\n"
    " lf = space cr = keep stuffs = { lf } bdat = where-offered\n"
    " bdat_lf = keep }\n"
    "sender refuser { title = x known = prose source = x holds = crlf\n"
    " lf = keep cr = refuse stuffs = { crlf } nul = truncate\n"
    " bdat = where-offered }\n"
    "sender spaces { title = x known = prose source = x holds = file\n"
    " lf = space cr = space stuffs = { lf, cr } }\n";

static bool
make_plan(bool odd, const char *from, const char *to, char *why)
{
	const struct span rows = { (const uint8_t *)odd_rows,
	    sizeof(odd_rows) - 1 };

	servers = servers_new(why);
	if (servers == NULL || (odd && !servers_text(servers, "odd", rows,
	    why)))
		return false;
	return (plan = servers_plan(servers, from, to, why)) != NULL &&
	    (replay = replay_new(plan, NULL)) != NULL;
}

static int
set_up_with(bool odd, const char *from, const char *to)
{
	char why[SERVERS_WHY] = "no memory";

	if (!make_plan(odd, from, to, why)) {
		(void)fprintf(stderr, "%s\n", why);
		return -1;
	}
	for (size_t i = 0; i < replay_plan_receivers(plan); i++)
		if (!receiver_compile(replay_receiver(plan, i), &dfas[i]) ||
		    !receiver_compile_bdat(replay_receiver(plan, i),
		    &bdat_dfas[i]))
			return -1;
	return 0;
}

static int
set_up(void **state)
{
	(void)state;
	return set_up_with(false, "all", "all");
}

static int
set_up_empty(void **state)
{
	(void)state;
	return set_up_with(true, "as-is,spaces,exim,mox",
	    "empty*,behind*,late");
}

static int
set_up_dot(void **state)
{
	(void)state;
	return set_up_with(true, "as-is,spaces,exim,mox", "dot*,late");
}

static int
set_up_three(void **state)
{
	(void)state;
	return set_up_with(true, "as-is,spaces,exim,mox", "three,dot*,late");
}

static int
tear_down(void **state)
{
	(void)state;
	replay_free(replay);
	replay_plan_free(plan);
	servers_free(servers);
	return 0;
}

static const char *
shown(struct span s)
{
	static struct buf b;

	buf_clear(&b);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] > ' ' && s.p[i] < 127)
			buf_byte(&b, s.p[i]);
		else
			buf_printf(&b, "\\x%02x", s.p[i]);
	return buf_text(&b);
}

static void
is_address(const struct replay_address *a, const struct buf *want)
{
	assert_int_equal(a->n, want->n);
	if (a->n > 0)
		assert_memory_equal(a->p, want->p, a->n);
}

/* The text that is shown of it begins as what the receiver keeps does; it may
 * go on, for others for whom it does not end there. */
static void
check_text(const struct replay_split *p, const struct receiver_row *to,
    const struct oracle_message *want)
{
	bool start = true;
	size_t n = 0;

	for (size_t i = 0; i < want->text.n && n < REPLAY_TEXT; i++) {
		const uint8_t c = want->text.p[i];

		if (!start || c != '.') {
			assert_in_range(n, 0, p->n - 1);
			assert_int_equal(p->text[n++], c);
		}
		start = c == '\n' || (c == '\r' && to->cr_ends_line);
	}
}

/* The nth message that comes out is in the list, and right. */
static void
check_message(const struct replay_result *v, size_t s, size_t row, size_t nth,
    const struct oracle_message *want)
{
	const size_t r = replay_receiver_at(plan, row);

	for (size_t i = 0; i < v->n; i++) {
		const struct replay_split *p = &v->list[i];

		if ((p->senders >> s & 1) == 0 || (p->receivers >> r & 1) ==
		    0 || p->nth != nth || !p->smuggled)
			continue;
		assert_int_equal(p->off, want->off);
		assert_int_equal(p->recipients, want->recipients);
		is_address(&p->mail, &want->mail);
		for (size_t k = 0; k < want->recipients &&
		    k < REPLAY_RECIPIENTS; k++)
			is_address(&p->rcpt[k], &want->rcpt[k]);
		if (!replay_receiver(plan, row)->unstuffs_doubled)
			check_text(p, replay_receiver(plan, row), want);
		return;
	}
	fail_msg("the message that comes out is not in the list");
}

static void
check_pair(const struct replay_result *v, size_t s, size_t r, bool lf,
    struct span m)
{
	struct oracle_replay want;
	enum replayed got;

	oracle_replay(replay_sender(plan, s), replay_receiver(plan, r),
	    replay_by_bdat(plan, s, r) ? &bdat_dfas[r] : &dfas[r], lf, m,
	    &want);
	got = replay_between(plan, v->cells, s, r);
	if (got != want.outcome)
		fail_msg("%s to %s, lf %d, %s: %s, not %s",
		    replay_sender(plan, s)->name,
		    replay_receiver(plan, r)->name, lf, shown(m),
		    replay_names[got], replay_names[want.outcome]);
	if (v->more == 0)
		for (size_t i = 0; i < want.n; i++)
			check_message(v, replay_sender_at(plan, s), r, i,
			    &want.list[i]);
	oracle_replay_free(&want);
}

static const struct replay_result *
run_with(struct replay *r, struct span m, bool lf, size_t step)
{
	replay_begin(r, lf);
	for (size_t at = 0; at < m.n; at += step)
		replay_feed(r, (struct span){ m.p + at,
		    m.n - at < step ? m.n - at : step });
	return replay_end(r);
}

static const struct replay_result *
run(struct span m, bool lf, size_t step)
{
	return run_with(replay, m, lf, step);
}

/* all: every pair of rows; else a few of them. */
static void
check(struct span m, bool lf, bool every)
{
	const struct replay_result *v = run(m, lf, m.n > 0 ? m.n : 1);

	for (size_t s = 0; s < replay_plan_senders(plan); s++)
		for (size_t r = 0; r < replay_plan_receivers(plan); r++)
			if (every || rand() % 16 == 0)
				check_pair(v, s, r, lf, m);
}

/* Everything that is said of a message. */
static void
digest(const struct replay_result *v, struct buf *out)
{
	buf_clear(out);
	buf_add(out, v->cells, sizeof(v->cells));
	buf_printf(out, "%d %zu %llu", (int)v->worst, v->n,
	    (unsigned long long)v->more);
	for (size_t i = 0; i < v->n; i++) {
		const struct replay_split *p = &v->list[i];

		buf_printf(out, " %llu %x %llx %d %u %zu ",
		    (unsigned long long)p->off, p->senders,
		    (unsigned long long)p->receivers, p->smuggled, p->nth,
		    p->recipients);
		buf_add(out, p->mail.p, p->mail.n);
		buf_add(out, p->text, p->n);
	}
}

static void
check_cuts(struct span m, bool lf)
{
	static const size_t steps[] = { 1, 2, 3, 7, 64, 65, 100, 129, 1000 };
	struct buf whole = { 0 }, cut = { 0 };

	digest(run(m, lf, m.n + 1), &whole);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		digest(run(m, lf, steps[i]), &cut);
		if (whole.n != cut.n || memcmp(whole.p, cut.p, cut.n) != 0)
			fail_msg("cut at %zu: %s", steps[i], shown(m));
	}
	buf_free(&whole);
	buf_free(&cut);
}

/* Every string over the bytes that matter. */
static void
short_messages_come_out_as_the_oracle_says(void **state)
{
	static const uint8_t abc[] = { '\r', '\n', '.', 0, 'x' };
	const size_t most = getenv("CHECK_LONG") != NULL ? 7 : 5;
	uint8_t s[8];

	(void)state;
	for (size_t n = 0, all_n = 1; n <= most; n++, all_n *= 5)
		for (size_t code = 0; code < all_n; code++) {
			for (size_t i = 0, k = code; i < n; i++, k /= 5)
				s[i] = abc[k % 5];
			check((struct span){ s, n }, false, n < 5);
			check((struct span){ s, n }, true, n < 5);
		}
}

static const char *const words[] = {
	"\r", "\n", ".", "x", "\r\n", "\n.\r\n", "\r\n.\n", "\r.\r",
	"\r\n.\r\r\n", "\n.\n", "MAIL FROM:<a@example.org>",
	"RCPT TO:<b@example.org>", "DATA", "RSET", "QUIT", "BDAT 10 LAST",
	"\nMAIL FROM:<c@example.org>\nRCPT TO:<d@example.org>\nDATA\n",
	"\rMAIL FROM:<e@example.org>\rRCPT TO:<f@example.org>\rDATA\r",
	"Subject: x\r\n\r\n", "..", "\r\n..\r\n", " ", ":", "ab", "ab\n",
	"ab\r", "\r\nab\n", "\r\nab.", "\r\n\r\n", "\n\n", "a.b", "\r\nabc\r\n",
	"a line that is rather long, so that more than one block is ordinary",
};
#define WORDS (sizeof(words) / sizeof(words[0]))

/* Ordinary lines: now and then an empty one, or a dot within one. */
static void
make_lines(struct buf *b, const char *end)
{
	for (int k = rand() % 8; k >= 0; k--)
		buf_printf(b, "%s%s%s%s%s", words[WORDS - 1],
		    rand() % 8 == 0 ? "a.b" : "", words[WORDS - 1], end,
		    rand() % 8 == 0 ? end : "");
}

/* Words, NULs, and long stretches of ordinary lines. */
static void
make(struct buf *b, bool lf)
{
	const int n = rand() % 24;

	buf_clear(b);
	for (int i = 0; i < n; i++) {
		const int what = rand() % 20;

		if (what == 0)
			buf_byte(b, 0);
		else if (what == 1)
			make_lines(b, lf ? "\n" : "\r\n");
		else
			buf_str(b, words[(size_t)rand() % WORDS]);
	}
}

/* n messages; returns how many of them smuggle one. */
static size_t
check_dialogues(int n)
{
	struct buf b = { 0 };
	size_t smuggled = 0;

	srand(7);
	for (int i = 0; i < n; i++) {
		const bool lf = rand() % 2 == 0;

		make(&b, lf);
		check(buf_span(&b), lf, false);
		smuggled += run(buf_span(&b), lf, 7)->worst ==
		    REPLAY_SMUGGLED;
	}
	buf_free(&b);
	return smuggled;
}

static void
dialogues_come_out_as_the_oracle_says(void **state)
{
	(void)state;
	/* With fewer this is no test. */
	assert_in_range(check_dialogues(6000), 400, 6000);
}

static void
so_they_do_for_rows_that_no_server_has(void **state)
{
	(void)state;
	assert_in_range(check_dialogues(8000), 100, 8000);
}

static void
cuts_make_no_difference(void **state)
{
	struct buf b = { 0 };

	(void)state;
	srand(11);
	for (int i = 0; i < 3000; i++) {
		const bool lf = rand() % 2 == 0;

		make(&b, lf);
		check_cuts(buf_span(&b), lf);
	}
	buf_free(&b);
}

static void
kernels_make_no_difference(void **state)
{
	struct buf b = { 0 }, one = { 0 }, other = { 0 };
	struct replay *r;

	(void)state;
	for (size_t k = 0; kernel_at(k) != NULL; k++) {
		srand(13);
		assert_non_null(r = replay_new(plan, kernel_at(k)));
		for (int i = 0; i < 2000; i++) {
			const bool lf = rand() % 2 == 0;

			make(&b, lf);
			digest(run(buf_span(&b), lf, 4096), &one);
			digest(run_with(r, buf_span(&b), lf, 4096), &other);
			assert_int_equal(one.n, other.n);
			assert_memory_equal(one.p, other.p, one.n);
		}
		replay_free(r);
	}
	buf_free(&b);
	buf_free(&one);
	buf_free(&other);
}

/* --- single cases, written by hand */

#define HEAD "From: a@example.org\r\n\r\nhello\r\n"
#define INNER "MAIL FROM:<c@example.org>\r\nRCPT TO:<d@example.org>\r\n" \
	"DATA\r\nSubject: inner\r\n\r\n.. text\r\n"

static const struct {
	const char *text;
	const char *from, *to;
	bool lf;
	enum replayed outcome;
} cases[] = {
	{ HEAD, "postfix", "postfix", false, REPLAY_WHOLE },
	{ HEAD "\n.\r\n" INNER, "gmx-2023", "postfix-no", false,
	    REPLAY_SMUGGLED },
	{ HEAD "\n.\r\n" INNER, "gmx-2023", "postfix", false, REPLAY_WHOLE },
	{ HEAD "\n.\r\n" INNER, "postfix", "postfix-no", false,
	    REPLAY_WHOLE },
	{ HEAD "\n.\r\n" INNER, "gmx-2023", "opensmtpd", false, REPLAY_CUT },
	{ HEAD "\n.\r\nhello\r\n", "gmx-2023", "postfix-no", false,
	    REPLAY_CUT },
	{ HEAD "\n.\r\n" INNER, "gmx-2023", "qmail", false, REPLAY_REFUSED },
	{ HEAD "\n.\r\n" INNER, "mox", "postfix-no", false, REPLAY_UNSENT },
	{ HEAD "\r.\r" INNER, "sendmail", "cisco-clean", false,
	    REPLAY_SMUGGLED },
	{ HEAD "\r.\r" INNER, "postfix", "cisco-clean", false, REPLAY_WHOLE },
	{ HEAD "\n.\n" INNER, "kumomta", "james-3.8.0", false,
	    REPLAY_SMUGGLED },
	{ "A: b\n\nhi\n.\nhi\n", "curl-old", "postfix-no", true, REPLAY_CUT },
	{ "A: b\n\nhi\n.\nhi\n", "exim", "postfix-no", true, REPLAY_WHOLE },
	{ "A: b\n\nhi\n.\nhi\n", "gmx-2023", "postfix-no", true,
	    REPLAY_WHOLE },
	{ "A: b\nc\r\n.\r\nhi\r\n", "curl-old", "exim", false, REPLAY_WHOLE },
	{ "A: b\nc\n.\nhi\r\n", "curl-old", "exim", false, REPLAY_CUT },
	{ "A: b\r\nc\n.\nhi\r\n", "curl-old", "exim", false, REPLAY_WHOLE },
};

static size_t
row_of(const char *name, bool from)
{
	size_t i = 0;

	while (strcmp(name, from ? replay_sender(plan, i)->name :
	    replay_receiver(plan, i)->name) != 0)
		i++;
	return i;
}

static void
cases_come_out_as_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct span m = { (const uint8_t *)cases[i].text,
		    strlen(cases[i].text) };
		const struct replay_result *v = run(m, cases[i].lf, m.n);
		const enum replayed got = replay_between(plan, v->cells,
		    row_of(cases[i].from, true), row_of(cases[i].to, false));

		if (got != cases[i].outcome)
			fail_msg("%s to %s: %s is %s", cases[i].from,
			    cases[i].to, shown(m), replay_names[got]);
	}
}

static void
what_comes_out_is_shown(void **state)
{
	const struct span m = SPAN(HEAD "\n.\r\n" INNER);
	const struct replay_result *v = run(m, false, m.n);
	const size_t s = replay_sender_at(plan, row_of("gmx-2023", true));
	const size_t r = replay_receiver_at(plan, row_of("postfix-no",
	    false));
	size_t i = 0;

	(void)state;
	while (i < v->n && ((v->list[i].senders >> s & 1) == 0 ||
	    (v->list[i].receivers >> r & 1) == 0))
		i++;
	assert_in_range(i, 0, v->n - 1);
	assert_true(v->list[i].smuggled);
	assert_int_equal(v->list[i].off, sizeof(HEAD "\n.\r\n") - 1);
	assert_int_equal(v->list[i].recipients, 1);
	assert_memory_equal(v->list[i].mail.p, "<c@example.org>",
	    v->list[i].mail.n);
	assert_memory_equal(v->list[i].text, "Subject: inner\r\n\r\n.. text",
	    25);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_come_out_as_written),
		cmocka_unit_test(what_comes_out_is_shown),
		cmocka_unit_test(short_messages_come_out_as_the_oracle_says),
		cmocka_unit_test(dialogues_come_out_as_the_oracle_says),
		cmocka_unit_test(cuts_make_no_difference),
		cmocka_unit_test(kernels_make_no_difference),
	};

	const struct CMUnitTest odd[] = {
		cmocka_unit_test(short_messages_come_out_as_the_oracle_says),
		cmocka_unit_test(so_they_do_for_rows_that_no_server_has),
		cmocka_unit_test(cuts_make_no_difference),
	};
	int failed = cmocka_run_group_tests_name("replay", tests, set_up,
	    tear_down);

	failed += cmocka_run_group_tests_name("replay to odd rows", odd,
	    set_up_empty, tear_down);
	failed += cmocka_run_group_tests_name("replay to odder rows", odd,
	    set_up_dot, tear_down);
	return failed + cmocka_run_group_tests_name("replay to others", odd,
	    set_up_three, tear_down);
}
