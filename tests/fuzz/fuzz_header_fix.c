/*
 * The repair of any header block: every law of headlaws.h must hold.  The
 * first bytes choose what is asked and how the message is cut; the rest is
 * the message.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../headlaws.h"

#define CHOICE 3u		/* bytes that choose */
#define MAX 8192u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct headlaws laws;
	struct headlaws_case c = { .o = {
		.date = "Tue, 5 Aug 2025 09:03:07 +0000",
		.message_id = "<1@example.com>" } };
	const char *bad;

	if (n < CHOICE || n - CHOICE > MAX)
		return 0;
	if (laws.max == 0)
		headlaws_open(&laws, MAX);
	c.m = (struct span){ data + CHOICE, n - CHOICE };
	c.convention = (data[0] & 1) != 0 ? CONV_CRLF : CONV_LF;
	c.o.to = (data[0] & 1) != 0 ? BRK_CRLF : BRK_LF;
	c.o.breaks_fixed = (data[0] & 6) == 6;
	c.o.flags = (data[0] & 8) != 0 ? data[1] : HEADER_FIX_FLAGS;
	c.step = 1 + data[2] + n / 256;
	bad = headlaws_check(&laws, &c);
	if (bad != NULL) {
		(void)fprintf(stderr, "%s\n", bad);
		abort();
	}
	return 0;
}
