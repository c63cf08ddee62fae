/*
 * Receivers and senders against what was measured with real servers, what was
 * read in their sources, and readers of patterns and of lines that share
 * nothing with the automata.
 */
#include "servers.h"

#include <stdio.h>
#include <stdlib.h>

#include "panel.h"
#include "t.h"

#define TABLES "tests/data/"	/* tests run at the top */

static struct servers *all;

static int
set_up(void **state)
{
	char why[SERVERS_WHY];

	(void)state;
	all = servers_new(why);
	if (all == NULL)
		(void)fprintf(stderr, "%s\n", why);
	return all != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	servers_free(all);
	return 0;
}

static const struct receiver_row *
receiver(const char *name)
{
	const struct receiver_row *r;

	for (size_t i = 0; (r = servers_receiver(all, i)) != NULL; i++)
		if (strcmp(r->name, name) == 0)
			return r;
	fail_msg("no receiver is called %s", name);
	return NULL;
}

static const struct sender_row *
sender(const char *name)
{
	const struct sender_row *s;

	for (size_t i = 0; (s = servers_sender(all, i)) != NULL; i++)
		if (strcmp(s->name, name) == 0)
			return s;
	fail_msg("no sender is called %s", name);
	return NULL;
}

static size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2, n++) {
		const char two[] = { hex[0], hex[1], '\0' };

		out[n] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

/* --- what was measured: receivers.tsv, see docs/replay.md */

struct reader {
	const struct receiver_row *row;
	struct receiver_dfa dfa;
	uint8_t at;
	bool refused, tainted;
};

/* True: a byte before the last one, or the last one, is the end.  *behind: how
 * many bytes are behind that. */
static bool
reads_end(struct reader *r, struct span s, size_t *behind)
{
	for (size_t i = 0; i < s.n && !r->refused; i++) {
		const enum wire_class c = wire_classes[s.p[i]];
		const unsigned act = r->dfa.act[r->at][c];

		r->at = r->dfa.next[r->at][c];
		r->refused = (act & RECEIVER_REFUSE) != 0;
		r->tainted |= (act & RECEIVER_TAINT) != 0;
		*behind = s.n - i - 1;
		if (!r->refused && (act & RECEIVER_END) != 0)
			return true;
	}
	return false;
}

static void
begin_reader(struct reader *r, const char *name)
{
	size_t behind;

	*r = (struct reader){ .row = receiver(name) };
	assert_true(receiver_compile(r->row, &r->dfa));
	r->at = r->dfa.start;
	assert_false(reads_end(r, SPAN("From: <a@example.org>\r\n\r\n"
	    "first part"), &behind));
}

/* The sequence comes with `tail` in one write, or before it. */
static const char *
predict(const char *name, struct span s, bool at_once)
{
	struct reader r;
	size_t behind;

	begin_reader(&r, name);
	if (reads_end(&r, s, &behind)) {
		if (r.tainted || (r.row->pipelining == PIPELINING_REFUSED &&
		    (at_once || behind > 0)))
			return "reject";
		return "end";
	}
	if (!r.refused)
		assert_true(reads_end(&r, SPAN("tail\r\n.\r\n"), &behind) ||
		    r.refused);
	return r.refused || r.tainted ? "reject" : "data";
}

/* Split at tabs, in place. */
static size_t
cells_of(char *line, char **cells, size_t max)
{
	size_t n = 0;
	char *cell;

	line[strcspn(line, "\n")] = '\0';
	while (n < max && (cell = strsep(&line, "\t")) != NULL)
		cells[n++] = cell;
	return n;
}

typedef size_t cell_fn(char **heads, char **cells, size_t n);

/* Each row of a table is shown to fn; returns what fn counted. */
static size_t
each_row(const char *path, cell_fn *fn)
{
	char first[4096], line[4096], *heads[64], *cells[64];
	FILE *f = fopen(path, "re");
	size_t n, counted = 0;

	assert_non_null(f);
	assert_non_null(fgets(first, sizeof(first), f));
	n = cells_of(first, heads, 64);
	while (fgets(line, sizeof(line), f) != NULL) {
		assert_int_equal(cells_of(line, cells, 64), n);
		counted += fn(heads, cells, n);
	}
	(void)fclose(f);
	return counted;
}

static size_t
check_measured(char **heads, char **cells, size_t n)
{
	uint8_t bytes[64];
	const struct span s = { bytes, from_hex(cells[0], bytes) };
	char both[32];

	for (size_t i = 1; i < n; i++) {
		(void)snprintf(both, sizeof(both), "%s/%s",
		    predict(heads[i], s, false), predict(heads[i], s, true));
		if (strcmp(both, cells[i]) != 0)
			fail_msg("%s, %s: measured %s, predicted %s",
			    heads[i], cells[0], cells[i], both);
		assert_int_equal(receiver(heads[i])->known, KNOWN_MEASURED);
	}
	return n - 1;
}

static void
receivers_do_what_was_measured(void **state)
{
	(void)state;
	assert_int_equal(each_row(TABLES "receivers.tsv", check_measured),
	    55 * 10);
}

static size_t
check_read(char **heads, char **cells, size_t n)
{
	uint8_t bytes[64];
	const struct span s = { bytes, from_hex(cells[0], bytes) };

	for (size_t i = 1; i < n; i++) {
		struct reader r;
		size_t behind;
		const char *got;

		begin_reader(&r, heads[i]);
		got = reads_end(&r, s, &behind) ? "end" : "data";
		if (strcmp(got, "data") == 0 && !r.refused)
			(void)reads_end(&r, SPAN("M"), &behind);
		if (r.refused || r.tainted)
			got = "reject";
		if (strcmp(got, cells[i]) != 0)
			fail_msg("%s, %s: %s in its source, predicted %s",
			    heads[i], cells[0], cells[i], got);
	}
	return n - 1;
}

static void
receivers_do_what_their_sources_say(void **state)
{
	(void)state;
	assert_int_equal(each_row(TABLES "receivers-read.tsv", check_read),
	    23 * 27);
}

/* What was measured, see docs/replay.md: whether each refuses this, by BDAT,
 * behind "x" on a line of its own or the first one. */
static const struct {
	const char *name, *bytes;
	bool first, refuses;
} by_bdat[] = {
	{ "postfix-no", "\n.\n", false, false },
	{ "postfix-no", "\r\n.\r\n", false, false },
	{ "postfix-normalize", "\r\n.\n", true, false },
	{ "postfix-reject", "\r.\r", false, false },
	{ "postfix-reject", "\r\n.\r\n", false, false },
	{ "postfix-reject", "\r\n.\n", false, true },
	{ "postfix-reject", "\n", true, true },
	{ "exim", "\n.\n", false, false },
	{ "exim", "\n", true, true },
	{ "exim", "\r\r\n\n", true, false },
	{ "exim", "\r\n\n", true, false },
	{ "exim", "\r.\n", true, true },
	{ "dovecot-2.3", "\n.\r\n", false, false },
	{ "dovecot-2.3", "\r\n.\r\n", true, false },
};

static void
by_bdat_nothing_ends_and_some_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(by_bdat) / sizeof(by_bdat[0]); i++) {
		const char *bytes = by_bdat[i].bytes;
		struct reader r = { .row = receiver(by_bdat[i].name) };
		size_t behind;

		assert_true(r.row->chunking);
		assert_true(receiver_compile_bdat(r.row, &r.dfa));
		r.at = r.dfa.start;
		assert_false(reads_end(&r, by_bdat[i].first ? SPAN("x") :
		    SPAN("x\r\nx"), &behind));
		assert_false(reads_end(&r, (struct span){ (const uint8_t *)
		    bytes, strlen(bytes) }, &behind));
		assert_false(reads_end(&r, SPAN("x\r\n"), &behind));
		if (r.tainted != by_bdat[i].refuses || r.refused)
			fail_msg("%s, %zu", by_bdat[i].name, i);
	}
}

static size_t
check_sent(char **heads, char **cells, size_t n)
{
	const struct sender_row *row = sender(cells[1]);
	const bool lf = row->does.holds == HOLDS_LF;
	struct sender_state t = sender_begin();
	uint8_t in[64], want[64], got[256], out[SENDER_OUT];
	size_t in_n = from_hex(cells[0], in), got_n = 0, m;
	const size_t want_n = from_hex(cells[2], want);

	(void)heads;
	(void)n;
	(void)sender_step(&row->does, lf, &t, WIRE_OTHER, out);
	in[in_n++] = 'x';
	for (size_t i = 0; i < in_n; i++) {
		m = sender_step(&row->does, lf, &t, wire_classes[in[i]], out);
		assert_in_range(m, 0, SENDER_OUT);
		memcpy(got + got_n, out, m);
		got_n += m;
	}
	if (got_n != want_n + 1 || memcmp(got, want, want_n) != 0)
		fail_msg("%s sends something else for %s", cells[1], cells[0]);
	return 1;
}

static void
senders_send_what_their_sources_say(void **state)
{
	(void)state;
	assert_int_equal(each_row(TABLES "senders.tsv", check_sent),
	    21 * 21 - 1);
}

/* What goes out of all the bytes, and of the end; more than there is room for:
 * it is not sent. */
static size_t
send_all(const struct sender_does_what *d, bool lf, struct span s,
    uint8_t out[64])
{
	struct sender_state t = sender_begin();
	size_t n = 0, m, dot;

	for (size_t i = 0; i < s.n; i++) {
		m = sender_step(d, lf, &t, wire_classes[s.p[i]], out + n);
		if (m > SENDER_OUT)
			return 65;
		n += m;
	}
	m = sender_end(d, &t, out + n, &dot);
	return m > SENDER_OUT ? 65 : n + m;
}

static void
check_essence(const struct sender_does_what *d, bool lf, struct span s)
{
	const struct sender_does_what e = sender_essence(d, lf);
	uint8_t a[64], b[64];
	const size_t n = send_all(d, lf, s, a);

	assert_int_equal(send_all(&e, lf, s, b), n);
	if (n < 65)
		assert_memory_equal(a, b, n);
}

/* Every sender that there may be, on every short message. */
static void
what_makes_no_difference_may_be_forgotten(void **state)
{
	static const uint8_t abc[] = { '\r', '\n', '.', 0, 'x' };
	uint8_t s[4];

	(void)state;
	for (unsigned k = 0; k < 3u << 11; k++) {
		const struct sender_does_what d = {
			.holds = (uint8_t)(k % 3), .lf = k / 3 & 3,
			.cr = k / 12 & 3,
			.stuffs = (uint8_t)((k / 48 & 15) << 1),
			.drops_cr = (k / 768 & 1) != 0,
			.nul_truncates = (k / 1536 & 1) != 0,
			.bdat = (k / 3072 & 1) != 0 };

		for (size_t code = 0; code < 625; code++) {
			for (size_t i = 0, c = code; i < 4; i++, c /= 5)
				s[i] = abc[c % 5];
			for (size_t n = 0; n <= 4; n += 2) {
				check_essence(&d, false, (struct span){ s, n });
				check_essence(&d, true, (struct span){ s, n });
			}
		}
	}
}

/* --- patterns, by trying: the oracle */

/* The word at w (n bytes, without its sign) stands for c. */
static bool
word_is(const char *w, size_t n, uint8_t c)
{
	static const char *const names[] = { "CR", "LF", "NUL", ".", "any" };
	const bool not = w[0] == '!';
	bool is = false;

	for (w += not, n -= not; n > 0; ) {
		const size_t k = strcspn(w, "|") < n ? strcspn(w, "|") : n;
		size_t i = 0;

		while (strlen(names[i]) != k || memcmp(names[i], w, k) != 0)
			i++;
		is |= i == 4 || c == (i == 3 ? '.' : "\r\n\0"[i]);
		w += k + (k < n);
		n -= k + (k < n);
	}
	return is != not;
}

/* The pattern from word on matches exactly s. */
static bool
matches(const char *word, struct span s)
{
	const struct span rest = { s.p + 1, s.n - 1 };
	const char *next;
	size_t n;
	char sign;
	bool is;

	word += strspn(word, " ");
	if (*word == '\0')
		return s.n == 0;
	n = strcspn(word, " ");
	next = word + n;
	sign = word[n - 1];
	if (strchr("?*+", sign) != NULL)
		n--;
	else
		sign = ' ';
	is = s.n > 0 && word_is(word, n, s.p[0]);
	if ((sign == '?' || sign == '*') && matches(next, s))
		return true;
	if (sign == '*' || sign == '+')
		return is && (matches(next, rest) || matches(word, rest));
	return is && matches(next, rest);
}

static const char *const tried[] = {
	"LF . CR* LF", "CR LF . CR LF", "LF . CR? LF", "LF . NUL !LF* LF",
	"CR|LF . CR|LF", "!CR LF", "CR !LF", "LF . !LF LF", "CR+ LF",
	"!CR CR LF . CR LF", "NUL", ". any? .", "CR LF . CR+ LF", "!CR|LF .",
};
#define TRIED (sizeof(tried) / sizeof(tried[0]))

/* For each string: the pattern matches some bytes up to here, or not. */
static void
check_pattern(const char *text, const struct receiver_dfa *d, struct span s)
{
	uint8_t at = d->start;
	static uint8_t whole[16] = "x\r\n";

	memcpy(whole + 3, s.p, s.n);
	for (size_t i = 3; i < s.n + 3; i++) {
		const enum wire_class c = wire_classes[whole[i]];
		bool want = false;

		for (size_t from = 0; from <= i && !want; from++)
			want = matches(text, (struct span){ whole + from,
			    i + 1 - from });
		assert_int_equal((d->act[at][c] & RECEIVER_END) != 0, want);
		at = d->next[at][c];
	}
}

static void
patterns_match_what_they_say(void **state)
{
	static const uint8_t abc[] = { '\r', '\n', '.', 0, 'x' };
	uint8_t s[6];

	(void)state;
	for (size_t t = 0; t < TRIED; t++) {
		struct receiver_row row = { .name = tried[t] };
		struct receiver_dfa d;
		const char *why = NULL;

		if (!wire_patterns_add(&row.patterns, WIRE_END, tried[t],
		    &why))
			fail_msg("%s: %s", tried[t], why);
		assert_true(receiver_compile(&row, &d));
		for (size_t n = 1, all_n = 5; n <= 6; n++, all_n *= 5)
			for (size_t code = 0; code < all_n; code++) {
				for (size_t i = 0, k = code; i < n; i++, k /= 5)
					s[i] = abc[k % 5];
				check_pattern(tried[t], &d, (struct span){ s,
				    n });
			}
	}
}

static void
patterns_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "", " ", "CR LFF", "?", "CR ?",
	    "CR?", "CR* LF?", "!", "CR|", "|CR", "CR||LF", "cr", "!!CR" };
	struct wire_patterns p;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&p, 0, sizeof(p));
		why = NULL;
		if (wire_patterns_add(&p, WIRE_END, bad[i], &why))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_non_null(why);
	}
	memset(&p, 0, sizeof(p));
	for (size_t i = 0; wire_patterns_add(&p, WIRE_END, "CR LF CR LF",
	    &why); i++)
		assert_in_range(i, 0, 12);
}

/* --- all at once */

static void
a_panel_is_its_receivers(void **state)
{
	static struct receiver_dfa dfas[PANEL_MAX];
	uint8_t at[PANEL_MAX];
	struct panel p;
	uint16_t k;
	size_t n = 0;

	(void)state;
	for (; servers_receiver(all, n) != NULL; n++) {
		assert_true(receiver_compile(servers_receiver(all, n),
		    &dfas[n]));
		at[n] = dfas[n].start;
	}
	assert_true(panel_make(&p, dfas, n));
	print_message("%zu receivers, %u states\n", n, p.states);
	k = p.start;
	srand(1);
	for (size_t i = 0; i < 200000; i++) {
		const enum wire_class c = (enum wire_class)(rand() %
		    WIRE_CLASSES);
		const struct panel_act *a = &p.act[k][c];

		for (size_t r = 0; r < n; r++) {
			const unsigned did = dfas[r].act[at[r]][c];
			const bool refuse = (did & RECEIVER_REFUSE) != 0;

			assert_int_equal(a->refuse >> r & 1, refuse);
			assert_int_equal(a->end >> r & 1, !refuse &&
			    (did & RECEIVER_END) != 0);
			assert_int_equal(a->taint >> r & 1,
			    (did & RECEIVER_TAINT) != 0);
			at[r] = dfas[r].next[at[r]][c];
		}
		k = p.next[k][c];
	}
	panel_free(&p);
}

/* Written otherwise, the same automaton; and not for one that differs. */
static void
equal_rows_are_the_same_automaton(void **state)
{
	struct receiver_row a = { .name = "a" }, b = { .name = "b" };
	struct receiver_dfa x, y;

	(void)state;
	assert_true(wire_patterns_add(&a.patterns, WIRE_END, "LF . CR? LF",
	    NULL));
	assert_true(wire_patterns_add(&b.patterns, WIRE_END, "LF . CR LF",
	    NULL));
	assert_true(receiver_compile(&a, &x) && receiver_compile(&b, &y));
	assert_false(receiver_same(&a, &x, &b, &y));
	assert_true(wire_patterns_add(&b.patterns, WIRE_END, "LF . LF",
	    NULL));
	assert_true(receiver_compile(&b, &y));
	assert_true(receiver_same(&a, &x, &b, &y));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(receivers_do_what_was_measured),
		cmocka_unit_test(receivers_do_what_their_sources_say),
		cmocka_unit_test(by_bdat_nothing_ends_and_some_is_refused),
		cmocka_unit_test(senders_send_what_their_sources_say),
		cmocka_unit_test(what_makes_no_difference_may_be_forgotten),
		cmocka_unit_test(patterns_match_what_they_say),
		cmocka_unit_test(patterns_that_are_none_are_refused),
		cmocka_unit_test(a_panel_is_its_receivers),
		cmocka_unit_test(equal_rows_are_the_same_automaton),
	};

	return cmocka_run_group_tests_name("receiver", tests, set_up,
	    tear_down);
}
