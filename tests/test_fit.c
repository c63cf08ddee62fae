/*
 * Text on a screen: rows and cuts are those of a terminal that writes one
 * character after another.
 */
#include "t.h"

#include "fit.h"

#define PIECES 8u
#define LONGEST 6u
#define PLAIN "\033[0m"

static const char *const pieces[PIECES] = {
	"x", "\n", "\033[1m", "\033[0m", "\xc3\xa9", "\xe2\x82\xac",
	"\xe4\xb8\xad", "\xcc\x81"	/* a Chinese one; an accent alone */
};
static const unsigned char wide[PIECES] = { 1, 0, 0, 0, 1, 1, 2, 0 };

/* The terminal: rows that whole lines took, and the columns of the last. */
struct screen_oracle {
	size_t rows, at;
};

static void
draw(struct screen_oracle *s, unsigned piece, size_t columns)
{
	if (piece == 1) {
		s->rows++;
		s->at = 0;
	} else if (piece != 2 && piece != 3) {
		if (wide[piece] > 0 && s->at > 0 &&
		    s->at + wide[piece] > columns) {
			s->rows++;
			s->at = 0;
		}
		s->at += wide[piece];
	}
}

/* The n-th text of that many pieces. */
static void
make(struct buf *b, size_t length, unsigned n, unsigned out[LONGEST])
{
	buf_clear(b);
	for (size_t i = 0; i < length; i++, n /= PIECES) {
		out[i] = n % PIECES;
		buf_str(b, pieces[out[i]]);
	}
}

static unsigned
texts(size_t length)
{
	unsigned n = 1;

	while (length-- > 0)
		n *= PIECES;
	return n;
}

static void
rows_are_those_of_a_terminal(void **state)
{
	struct buf b = { 0 };
	unsigned all[LONGEST];

	(void)state;
	for (size_t length = 0; length <= LONGEST; length++)
		for (unsigned n = 0; n < texts(length); n++) {
			make(&b, length, n, all);
			buf_byte(&b, '\n');
			for (size_t columns = 1; columns <= 4; columns++) {
				struct screen_oracle s = { 0, 0 };

				for (size_t i = 0; i < length; i++)
					draw(&s, all[i], columns);
				draw(&s, 1, columns);
				assert_int_equal(fit_rows(buf_span(&b),
				    columns), s.rows);
			}
		}
	buf_free(&b);
}

/* What the terminal would write behind it. */
static bool
is_colored(const struct buf *b, size_t from)
{
	bool colored = false;

	for (size_t i = from; i + 4 <= b->n; i++)
		if (memcmp(b->p + i, "\033[", 2) == 0)
			colored = b->p[i + 2] != '0';
	return colored;
}

/* One row; what fits stays as it is, of the rest the beginning and dots. */
static void
a_line_that_is_cut_fits(void **state)
{
	struct buf b = { 0 }, old = { 0 };
	unsigned all[LONGEST];

	(void)state;
	for (size_t length = 0; length <= LONGEST; length++)
		for (unsigned n = 0; n < texts(length); n++)
			for (size_t columns = 5; columns <= 6; columns++) {
				size_t width = 0, kept;

				make(&old, length, n, all);
				for (size_t i = 0; i < length; i++)
					width += wide[all[i]];
				if (memchr(buf_text(&old), '\n', old.n) !=
				    NULL)
					continue;
				buf_clear(&b);
				buf_str(&b, "what\nis above: ");
				kept = b.n;
				buf_add(&b, old.p, old.n);
				fit_cut(&b, kept, columns);
				if (width <= columns) {
					assert_int_equal(b.n, kept + old.n);
					continue;
				}
				assert_false(is_colored(&b, kept));
				if (memcmp(b.p + b.n - 4, PLAIN, 4) == 0)
					b.n -= 4;
				assert_memory_equal(b.p + b.n - 3, "...", 3);
				assert_memory_equal(b.p + kept, old.p,
				    b.n - 3 - kept);
				buf_byte(&b, '\n');
				assert_int_equal(fit_rows((struct span){
				    b.p + kept, b.n - kept }, columns), 1);
			}
	buf_free(&b);
	buf_free(&old);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_those_of_a_terminal),
		cmocka_unit_test(a_line_that_is_cut_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
