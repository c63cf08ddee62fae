/*
 * See text_look.h.
 */
#include "text_look.h"

size_t
text_block_size(struct span s)
{
	size_t line = 0, at;
	const uint8_t *lf;

	for (; line < s.n; line = at + 1) {
		lf = memchr(s.p + line, '\n', s.n - line);
		if (lf == NULL)
			break;
		for (at = line; s.p[at] == '\r'; at++)
			;
		if (s.p + at == lf)
			return at + 1;
		at = (size_t)(lf - s.p);
	}
	return s.n;
}

bool
text_has_wide_line(struct span s, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		n = s.p[i] == '\n' ? 0 : n + (s.p[i] != '\r');
		if (n > max)
			return true;
	}
	return false;
}

bool
text_has_high_byte(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return true;
	return false;
}

static void
on_edit(void *ctx, const struct edit *e)
{
	(void)ctx;
	(void)e;
}

bool
text_has_look_alike(struct span s, size_t from, const struct fix_options *how,
    const struct kernel *kernel)
{
	const struct fix_options o = { .to = how->to,
	    .classes = how->classes & FIX_LOOK_ALIKE, .spared = how->spared,
	    .eod = FIX_EOD_ELSEWHERE };
	struct fix f;

	while (from > 0 && (s.p[from - 1] == '\n' || s.p[from - 1] == '\r'))
		from--;
	fix_init(&f, kernel, on_edit, NULL);
	fix_begin(&f, &o, NULL, 0);
	fix_feed(&f, (struct span){ s.p + from, s.n - from });
	return fix_end(&f) == FIX_ELSEWHERE;
}
