/*
 * See text_look.h.
 */
#include "text_look.h"

size_t
text_block_size(struct span s)
{
	bool fresh = true;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n' && fresh)
			return i + 1;
		fresh = s.p[i] == '\n' || (fresh && s.p[i] == '\r');
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
