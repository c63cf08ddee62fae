/*
 * Lines that may be left out: those that are shown and those that are left
 * out are all lines there are, each as it is when all of them are shown.
 */
#include <stdlib.h>

#include "lines.h"
#include "rig.h"
#include "t.h"

#define ABC SPAN("\r\n.x")
#define SHORT 6u		/* bytes of the longest string */
#define PERIOD 4u		/* of what is repeated */
#define LONG 700u
#define HABITS 5u

struct check {
	struct span m;
	size_t n;
	struct line want[LONG + 1];	/* every line; head is not used */
	unsigned habit;		/* how many lines are left out */
	size_t next;		/* the line that has to be told next */
	size_t asked, passed;
	const uint8_t *base;	/* the span at hand */
	uint64_t off;		/* of it */
};

static void
keep_line(void *ctx, const struct line *ln)
{
	struct check *c = ctx;

	assert_true(c->n <= LONG);
	c->want[c->n++] = *ln;
}

static void
check_line(void *ctx, const struct line *ln)
{
	struct check *c = ctx;
	const struct line *want;

	assert_true(c->next < c->n);
	want = &c->want[c->next++];
	assert_true(ln->off == want->off && ln->len == want->len);
	assert_int_equal(ln->before, want->before);
	assert_int_equal(ln->after, want->after);
	assert_memory_equal(ln->head.p, c->m.p + ln->off, ln->head.n);
}

/* Leave out none, one, two, all, or a number that differs. */
static size_t
wish(struct check *c)
{
	switch (c->habit) {
	case 3:
		return SIZE_MAX;
	case 4:
		return c->asked * c->asked % 7 * (c->asked % 5);
	default:
		return c->habit;
	}
}

/* The lines that are shown are whole ones, and no more is whole for sure. */
static size_t
pass_some(void *ctx, struct span lines)
{
	struct check *c = ctx;
	const uint64_t off = c->off + (uint64_t)(lines.p - c->base);
	const uint64_t end = off + lines.n;
	size_t n = wish(c), done = 0;

	c->asked++;
	assert_true(lines.n > 0 && off == c->want[c->next].off);
	assert_memory_equal(lines.p, c->m.p + off, lines.n);
	for (; n > 0 && off + done < end; n--) {
		c->next++;
		done = c->next < c->n ? (size_t)(c->want[c->next].off - off) :
		    lines.n;
	}
	assert_true(off + done <= end);
	c->passed += done;
	return done;
}

static void
feed(struct lines *l, struct check *c, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, c->m.p + c->off, n);
	c->base = copy;
	lines_feed(l, (struct span){ copy, n });
	c->off += n;
	free(copy);
}

/* Cut at first, then every step bytes. */
static void
check_cut(struct check *c, size_t first, size_t step)
{
	static struct lines l;
	const struct kernel *k = kernel_at(first % 2);

	lines_init(&l, k != NULL ? k : kernel_at(0), true);
	l.fn = check_line;
	l.pass = pass_some;
	l.ctx = c;
	c->next = 0;
	c->off = 0;
	lines_begin(&l, WANT_NEEDED);
	feed(&l, c, first);
	while (c->off < c->m.n)
		feed(&l, c, step < c->m.n - c->off ? step :
		    (size_t)(c->m.n - c->off));
	lines_end(&l);
	assert_int_equal(c->next, c->n);
}

static void
read_lines(struct check *c, struct span m)
{
	static struct lines l;

	*c = (struct check){ .m = m };
	lines_init(&l, kernel_pick(NULL), false);
	l.fn = keep_line;
	l.ctx = c;
	lines_begin(&l, WANT_ALL);
	lines_feed(&l, m);
	lines_end(&l);
}

static void
every_short_string_is_told_whole_at_every_cut(void **state)
{
	static struct check c;
	uint8_t m[SHORT];
	size_t passed = 0;

	(void)state;
	for (size_t i = 0; i < rig_strings(ABC, SHORT); i++) {
		const size_t n = rig_string(ABC, i, m);

		read_lines(&c, (struct span){ m, n });
		for (c.habit = 0; c.habit < HABITS; c.habit++)
			for (size_t a = 0; a <= n; a++) {
				check_cut(&c, a, SIZE_MAX);
				check_cut(&c, a, 1);
			}
		passed += c.passed;
	}
	assert_true(passed > 0);
}

/* With a few lines in front, so that blocks begin anywhere in it. */
static void
every_short_string_may_be_repeated(void **state)
{
	static struct check c;
	uint8_t s[PERIOD], m[LONG];

	(void)state;
	for (size_t i = 1; i < rig_strings(ABC, PERIOD); i++) {
		const size_t n = rig_string(ABC, i, s);

		for (size_t k = 0; k < LONG; k++)
			m[k] = k < i % 64 ? 'y' : s[k % n];
		read_lines(&c, (struct span){ m, LONG - i % 7 });
		for (c.habit = 0; c.habit < HABITS; c.habit++)
			for (size_t step = 1; step < LONG; step += 1 + step) {
				check_cut(&c, i % 131, step);
				check_cut(&c, 0, LONG - step);
			}
	}
}

/* Nobody is asked unless some may be left out. */
static void
who_wants_all_lines_gets_them(void **state)
{
	static struct check c;
	static struct lines l;
	const struct span m = SPAN("a\nb\r\nc\rd");

	(void)state;
	read_lines(&c, m);
	c.habit = 3;
	c.base = m.p;
	lines_init(&l, kernel_pick(NULL), true);
	l.fn = check_line;
	l.pass = pass_some;
	l.ctx = &c;
	lines_begin(&l, WANT_ALL);
	lines_feed(&l, m);
	lines_end(&l);
	assert_int_equal(c.next, 4);
	assert_int_equal(c.asked, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_short_string_is_told_whole_at_every_cut),
		cmocka_unit_test(every_short_string_may_be_repeated),
		cmocka_unit_test(who_wants_all_lines_gets_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
