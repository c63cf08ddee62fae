/*
 * The parts of any message encoded: every law of encodelaws.h must hold.  The
 * first byte chooses how; the rest is the message.  And what any text is
 * taken for, by the check and by a slow decoder.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../encodelaws.h"

#define MAX 8192u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
want(bool what, const char *why)
{
	if (what)
		return;
	(void)fprintf(stderr, "%s\n", why);
	abort();
}

/* Whatever the check takes decodes to just one thing. */
static void
check_text(struct encodelaws *l, enum transfer_encoding encoding,
    struct span text)
{
	uint8_t *old = malloc(2 * text.n + 1);
	size_t n;

	if (old == NULL || !encodelaws_decode(encoding, text, old, &n))
		n = 0;
	if (old == NULL)
		return;
	reencode_check_begin(l->check, encoding, false, BRK_LF);
	reencode_check_text(l->check, text);
	reencode_check_old(l->check, (struct span){ old, n });
	if (reencode_check_end(l->check))
		want(encodelaws_text((struct span){ old, n }, false, BRK_LF,
		    memchr(text.p, '\r', text.n) != NULL ? BRK_CRLF : BRK_LF,
		    encoding, text) == NULL, "the check takes too much");
	free(old);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct encodelaws laws;
	static bool open;
	struct reencode_how how;
	const char *bad;

	if (n < 2 || n > MAX)
		return 0;
	if (!open)
		want(encodelaws_open(&laws, MAX), "no memory");
	open = true;
	how = (struct reencode_how){
		.native = (data[0] & 1) != 0 ? BRK_CRLF : BRK_LF,
		.to = (data[0] & 2) != 0 ? BRK_CRLF : BRK_LF,
		.encoding = (enum transfer_encoding)(data[0] >> 2 & 3) % 3,
		.any_charset = (data[0] & 16) != 0,
	};
	bad = encodelaws_message(&laws, (struct span){ data + 1, n - 1 },
	    &how);
	want(bad == NULL, bad);
	check_text(&laws, TRANSFER_QP, (struct span){ data + 1, n - 1 });
	check_text(&laws, TRANSFER_BASE64, (struct span){ data + 1, n - 1 });
	return 0;
}
