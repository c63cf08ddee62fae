/*
 * One message in a file of its own: Maildir, MH, Cyrus, .eml, standard input.
 */
#include "header_look.h"

#include "single.h"

struct eml {
	enum store_place place;
	bool given;		/* store_next has returned it */
};

/*
 * Fields of mail.  2: other "Name: value" text has no such field; 1: HTTP has
 * it too; 0: not of mail.
 */
static unsigned
mail_field(struct span line)
{
	static const struct span shared[] = {
		{ (const uint8_t *)"date:", 5 },
		{ (const uint8_t *)"content-type:", 13 },
	};
	static const struct span own[] = {
		{ (const uint8_t *)"received:", 9 },
		{ (const uint8_t *)"return-path:", 12 },
		{ (const uint8_t *)"delivered-to:", 13 },
		{ (const uint8_t *)"message-id:", 11 },
		{ (const uint8_t *)"mime-version:", 13 },
		{ (const uint8_t *)"from:", 5 },
		{ (const uint8_t *)"to:", 3 },
		{ (const uint8_t *)"subject:", 8 },
		{ (const uint8_t *)"dkim-signature:", 15 },
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (span_starts_nocase(line, own[i]))
			return 2;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (span_starts_nocase(line, shared[i]))
			return 1;
	return 0;
}

static bool
is_any_field(struct span line)
{
	size_t i = 0;

	while (i < line.n && ascii_ftext(line.p[i]))
		i++;
	return i > 0 && i < line.n && (line.p[i] == ':' ||
	    (ascii_wsp(line.p[i]) && i + 1 < line.n && line.p[i + 1] == ':'));
}

struct header_look
header_look(struct span s)
{
	struct header_look h = { 0, 0 };
	size_t n;

	for (; s.n > 0; s = (struct span){ s.p + n, s.n - n }) {
		for (n = 0; n < s.n && s.p[n] != '\n' && s.p[n] != '\r'; n++)
			;
		if (is_any_field((struct span){ s.p, n })) {
			h.fields++;
			h.of_mail += mail_field((struct span){ s.p, n });
		} else if (h.fields == 0 || n == 0 || !ascii_wsp(s.p[0])) {
			break;
		}
		if (n < s.n && s.p[n] == '\r' && n + 1 < s.n &&
		    s.p[n + 1] == '\n')
			n++;
		if (n < s.n)
			n++;
	}
	return h;
}

/*
 * A tar or cpio archive: its first member's name may look like a field's, as
 * in one of a Maildir ("1700000000.x.y:2,S"), and a message stands behind it.
 */
static bool
is_archive(struct span s)
{
	const uint8_t *end = memchr(s.p, '\n', s.n);
	const size_t line = end != NULL ? (size_t)(end - s.p) : s.n;

	return memchr(s.p, '\0', line) != NULL && (span_starts(s,
	    SPAN("07070")) || (s.n > 257 && span_starts((struct span){
	    s.p + 257, s.n - 257 }, SPAN("ustar"))));
}

static unsigned
eml_bid(struct span head, enum store_place place)
{
	struct header_look h;

	if (place == PLACE_MAILDIR)
		return 1000;
	if (place == PLACE_EML)
		return 8;
	/* A byte order mark makes the first field none, but it is mail. */
	if (span_starts(head, SPAN("\xef\xbb\xbf")))
		head = (struct span){ head.p + 3, head.n - 3 };
	h = header_look(head);
	if (h.fields == 0)
		return 0;
	if (place == PLACE_MH || place == PLACE_CYRUS ||
	    place == PLACE_NAMED)
		return 8;
	return h.of_mail >= HEADER_OF_MAIL && !is_archive(head) ? 16 : 0;
}

static int
eml_begin(void *state, struct input *in, const struct store_how *how,
    const struct kernel *k, struct err *e)
{
	struct eml *s = state;

	(void)in;
	(void)k;
	(void)e;
	s->place = how->place;
	return ST_OK;
}

static int
eml_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct eml *s = state;

	(void)e;
	return single_next(&s->given, s->place == PLACE_MAILDIR ? "maildir" :
	    s->place == PLACE_MH ? "mh" :
	    s->place == PLACE_CYRUS ? "cyrus" : "eml",
	    s->place == PLACE_MAILDIR || s->place == PLACE_MH ? BRK_LF :
	    BRK_CRLF, in, m);
}

const struct format format_eml = {
	.name = "eml", .state_size = sizeof(struct eml),
	.bid = eml_bid, .begin = eml_begin, .next = eml_next,
	.read = single_read,
};
