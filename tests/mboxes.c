/*
 * See mboxes.h.
 */
#include "mboxes.h"

#include <stdlib.h>

#include "drip.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const separators[] = {
	"From a@example.org Thu Jan  1 00:00:00 1970",
	"From user at host.example  Sat Sep 17 10:31:02 2005",
	"From 1545668983435175434@xxx Fri Sep 16 22:26:51 +0000 2016",
	"From MAILER-DAEMON  Mon Feb 29 23:59:60 2016",
	"From - Tue Mar  1 08:00:00 2011",
	"From ", "From - ", "From 1844347792267117879@xxx",
	"From \"a b c\"@example.org Wed Apr  2 1:02 99",
	"From x@y Thu, 9 Nov 2002 22:33:52 +0100",
	"From uucp!x Fri May  3 09:08:07 CET DST 1996 remote from host",
};

static const char *const fields[] = {
	"Subject: x", "To: y@example.org", "X-Long: a\n\tb\n c", "F:",
	"From: z",
	"X-IMAP: 1122334455 0000000012", "X-IMAPbase: 1 2", "Received : old",
	"From : nobody", ">From the header",
};

static const char *const texts[] = {
	"x", "", "", ".", "..", "From here on, all is well", "From ",
	">From a@example.org Thu Jan  1 00:00:00 1970", "F", "Fr", "From",
	"From a@example.org Thu Jan  1 00:00:00 1970", " From x", "FFrom x",
	"Content-Length: 3", "Subject: in the body",
	"a line longer than most of the others, to fill more bytes", "\r",
	"a\rb",
};

static const char *const odd_lengths[] = {
	"", "-1", "+5", "0x10", "5 5", "99999999999999999999",
	"999999999999999999", "123456789012345678901234567890",
	"18446744073709551615", "18446744073709551610", "0", "1", " 2 ", "7",
	"40",
};

static const char *
pick(const char *const *list, size_t n, uint64_t *seed)
{
	return list[drip_random(seed) % n];
}

/* text with its LFs turned into the end, and one more. */
static void
add_line(struct buf *b, const char *text, const char *end)
{
	for (; *text != '\0'; text++)
		if (*text == '\n')
			buf_str(b, end);
		else if (*text != '\r' || end[0] != '\r' || end[1] == '\n')
			buf_byte(b, (uint8_t)*text);
	buf_str(b, end);
}

static void
add_body(struct buf *b, const char *end, uint64_t *seed)
{
	for (uint64_t n = drip_random(seed) % 9; n > 0; n--)
		add_line(b, pick(texts, COUNT(texts), seed), end);
	if (drip_random(seed) % 8 == 0)
		buf_str(b, "no end");
}

static void
add_length(struct buf *b, const char *end, uint64_t body, uint64_t *seed)
{
	static const char *const names[] = {
		"Content-Length:", "content-length: ", "CONTENT-LENGTH:\t",
	};
	const uint64_t how = drip_random(seed) % 8;

	buf_str(b, pick(names, COUNT(names), seed));
	if (how < 4)
		buf_u64(b, body);
	else if (how < 6)
		buf_u64(b, body + drip_random(seed) % 200);
	else
		buf_str(b, pick(odd_lengths, COUNT(odd_lengths), seed));
	buf_str(b, end);
}

static void
add_message(struct buf *b, const struct mboxes_how *how, const char *end,
    uint64_t *seed)
{
	struct buf body = { 0 };
	uint64_t n = drip_random(seed) % 4;

	add_body(&body, end, seed);
	add_line(b, pick(fields, 7, seed), end);
	for (; n > 0; n--)
		add_line(b, pick(fields, COUNT(fields), seed), end);
	for (n = drip_random(seed) % 3; how->lengths && n > 0; n--)
		add_length(b, end, body.n, seed);
	if (drip_random(seed) % 12 != 0) {
		buf_str(b, end);
		buf_add(b, body.p, body.n);
	}
	buf_free(&body);
}

void
mboxes_make(struct buf *out, const struct mboxes_how *how, uint64_t seed)
{
	static const char *const ends[] = { "\n", "\r\n", "\r", "\n" };
	const char *end = ends[how->ends];
	const char *outer = how->ends == ENDS_MIXED ? "\r\n" : end;
	uint64_t n = 1 + drip_random(&seed) % how->most;

	for (; n > 0; n--) {
		add_line(out, pick(separators, COUNT(separators), &seed),
		    outer);
		add_message(out, how, end, &seed);
		if (drip_random(&seed) % 5 != 0)
			buf_str(out, outer);
	}
}
