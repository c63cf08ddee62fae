/*
 * Where a line is folded: against every way of folding it.
 */
#include "fold.h"
#include "t.h"

#define MAX 9u			/* bytes of a line */
#define N(a) (sizeof(a) / sizeof((a)[0]))

static bool
has_text(struct span s, size_t from, size_t to)
{
	bool solid = false;

	for (size_t i = from; i < to; i++)
		solid = s.p[i] == '\r' ? false : solid ||
		    (s.p[i] != ' ' && s.p[i] != '.' && s.p[i] != 0);
	return solid;
}

/* Text before a CR or NUL. */
static bool
begins_with_text(struct span s, size_t from)
{
	while (from < s.n && (s.p[from] == ' ' || s.p[from] == '.'))
		from++;
	return from < s.n && s.p[from] != '\r' && s.p[from] != 0;
}

static bool
is_quoted(const struct fold *f, size_t upto)
{
	bool quoted = f->quoted, escaped = false;

	for (size_t i = f->value; i < upto; i++) {
		const uint8_t c = f->line.p[i];

		if (c == '"' && !escaped)
			quoted = !quoted;
		escaped = quoted && c == '\\' && !escaped;
	}
	return quoted;
}

/* A line from `from` may be followed by one from at; in what follows there
 * is no other fold before `next`. */
static bool
is_fold(const struct fold *f, size_t from, size_t at)
{
	const struct span s = f->line;

	return at > f->value && s.p[at] == ' ' && s.p[at - 1] != '\\' &&
	    !(f->quotes && is_quoted(f, at)) && begins_with_text(s, at) &&
	    has_text(s, from > f->value ? from : f->value, at);
}

/* Whether there are folds that leave no line too long. */
static bool
can_fit(const struct fold *f)
{
	bool fits[MAX + 1] = { false };	/* what begins there, and can fit */
	const size_t n = f->line.n;

	for (size_t from = n + 1; from-- > 0; ) {
		const size_t max = from == 0 ? f->first_max : f->max;

		fits[from] = n - from <= max;
		for (size_t at = from + 1; at < n && at - from <= max; at++)
			fits[from] = fits[from] || (fits[at] &&
			    is_fold(f, from, at));
	}
	return fits[0];
}

/* What fold_next makes of it: the laws that hold of each fold. */
static bool
check_folds(struct fold *f)
{
	size_t from = 0, at = 0;
	bool fits = true;

	while (f->line.n - from > (from == 0 ? f->first_max : f->max)) {
		const size_t max = from == 0 ? f->first_max : f->max;

		if (!fold_next(f, from, &at)) {
			for (at = from + 1; at < f->line.n; at++)
				assert_false(is_fold(f, from, at));
			return false;
		}
		assert_true(at > from && at < f->line.n);
		assert_true(is_fold(f, from, at));
		if (at - from > max) {
			fits = false;
			for (size_t i = from + 1; i < at; i++)
				assert_false(is_fold(f, from, i));
		}
		from = at;
	}
	return fits;
}

static uint64_t
check_line(uint8_t *p, size_t n, unsigned how)
{
	struct fold f = { .line = { p, n }, .value = how & 1, .max = 2 +
	    (how >> 1 & 1), .first_max = 3 + (how >> 1 & 3),
	    .quotes = (how & 8) != 0, .quoted = (how & 17) == 16 };
	const struct fold before = f;
	const bool fits = check_folds(&f);
	bool quoted = is_quoted(&f, n);

	assert_int_equal(fold_ends_quoted(&f), quoted);
	f = before;
	if (fits)
		assert_true(can_fit(&f));
	return !fits && can_fit(&f);
}

/*
 * All lines of up to 7 bytes.  Taking the most that fits is right but where a
 * run of white space is longer than a line, which must stay rare.
 */
static void
every_short_line_is_folded_where_it_can_be(void **state)
{
	static const char bytes[] = "x .\"\\\r";
	uint8_t p[MAX];
	uint64_t missed = 0, all = 0;

	(void)state;
	for (size_t n = 0, count = 1; n <= 7; n++, count *= 6)
		for (size_t i = 0; i < count; i++) {
			for (size_t k = 0, rest = i; k < n; k++, rest /= 6)
				p[k] = (uint8_t)bytes[rest % 6];
			missed += check_line(p, n, (unsigned)(i % 32));
			all++;
		}
	print_message("# %llu of %llu missed\n", (unsigned long long)missed,
	    (unsigned long long)all);
	assert_true(missed * 1000 < all);
}

struct fold_case {
	const char *line, *folded;	/* with | where it is */
};

static const struct fold_case cases[] = {
	{ "S: aa bb cc dd", "S: aa bb| cc dd" },
	{ "S: aa bb  cc dd", "S: aa bb|  cc dd" },
	{ "S: aaaaaaaaaaaa bb", "S: aaaaaaaaaaaa| bb" },
	{ "S: aa bbbbbbbbbbbbb cc", "S: aa| bbbbbbbbbbbbb| cc" },
	{ "S:           aaaaaaa", "S:           aaaaaaa" },
	{ "S: aa        bbbbbb", "S: aa    |    bbbbbb" },
	{ "S: aaaa ... bbbb", "S: aaaa| ... bbbb" },
	{ "S: aaaaaaaa ...", "S: aaaaaaaa ..." },
	{ "S: aaaaaaaa     ", "S: aaaaaaaa     " },
	{ "S: \"aaa\\ aaa bbbbb", "S: \"aaa\\ aaa| bbbbb" },
};

static void
a_line_is_folded_as_people_would(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		const char *s = cases[i].line;
		struct fold f = { .line = { (const uint8_t *)s, strlen(s) },
		    .value = 2, .max = 10, .first_max = 10 };
		size_t from = 0, at, n = 0;
		char made[64];

		while (strlen(s) - from > 10 && fold_next(&f, from, &at)) {
			memcpy(made + n, s + from, at - from);
			n += at - from;
			made[n++] = '|';
			from = at;
		}
		memcpy(made + n, s + from, strlen(s + from) + 1);
		assert_string_equal(made, cases[i].folded);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_short_line_is_folded_where_it_can_be),
		cmocka_unit_test(a_line_is_folded_as_people_would),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
