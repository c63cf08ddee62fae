/*
 * Reading a header field's value from left to right: the letters of
 * RFC 5322 3.2, 4.1 and RFC 2047, in UTF-8 where RFC 6532 allows it.
 *
 * Each cursor_... but the first two either moves the cursor behind what it is
 * named after, or says false and leaves it where it was.
 */
#ifndef BAREDOT_CURSOR_H
#define BAREDOT_CURSOR_H

#include "transfer.h"

struct cursor {
	struct span s;
	size_t i;		/* the next byte */
};

struct span cursor_rest(const struct cursor *);
bool cursor_at_end(const struct cursor *);

typedef bool byte_fn(uint8_t);

bool cursor_byte(struct cursor *, uint8_t);
bool cursor_one(struct cursor *, byte_fn *);
bool cursor_utf8(struct cursor *);	/* a character, not of ASCII */

/* One or more, also UTF-8 among them with cursor_text; these go to *out. */
bool cursor_run(struct cursor *, byte_fn *, struct span *out);
bool cursor_text(struct cursor *, byte_fn *, struct span *out);

/* Folding white space.  That each LF has some behind it is taken for
 * granted: so it is in a field's value. */
bool cursor_fws(struct cursor *);
bool cursor_cfws(struct cursor *);	/* the same, and comments */

bool cursor_quoted_pair(struct cursor *);

/* With comments around it.  *out: what is between the quotes, quoted pairs
 * as they are. */
bool cursor_quoted_string(struct cursor *, struct span *out);

#define WORD_MAX 2000u		/* bytes of an encoded word's text */

/* An encoded word: RFC 2047 2. */
struct word {
	const struct charset *charset;
	size_t n;
	uint8_t text[WORD_MAX + 2];	/* valid in charset */
};

/*
 * Only with a charset that KumoMTA knows, a text that is valid in it and has
 * no more than WORD_MAX bytes.
 */
bool cursor_word(struct cursor *, struct word *out);

bool byte_is_one_of(uint8_t, const char *set);	/* of ASCII, NUL is not */
bool byte_is_visible(uint8_t);		/* ! to ~ */
bool byte_is_odd_control(uint8_t);	/* RFC 5322 4.1, obs-NO-WS-CTL */

#endif
