/*
 * Bytes that somebody else wrote, made safe to show.
 *
 * Nothing from a message or a file name may put a control character (C0, DEL,
 * C1), a bidirectional override or an invisible character on a terminal or
 * into a report.  The one place that decides is utf8_next.
 */
#ifndef BAREDOT_ESCAPE_H
#define BAREDOT_ESCAPE_H

#include "buf.h"

enum utf8_is {
	UTF8_PLAIN,		/* may be shown as it is */
	UTF8_UNSAFE,		/* a character, but must be escaped */
	UTF8_INVALID		/* no UTF-8: one byte */
};

/* The first character of s (not empty): its bytes *n and code point *c. */
enum utf8_is utf8_next(struct span s, size_t *n, uint32_t *c);

/* How many columns of a terminal it takes: 2 of Chinese, 0 of an accent that
 * goes with the character before it.  wcwidth(3), in any locale. */
unsigned utf8_columns(uint32_t c);

/* For terminals and text: \n \r \t \0 \\ \xNN \u{NNNN}. */
void escape_text(struct buf *, struct span);

/*
 * A word for a shell: as it is where that is safe, else in '...'; and in
 * $'...' where there are bytes that must not be shown.
 */
void escape_shell(struct buf *, struct span);

/*
 * For HTML, between tags and in quoted attributes: what escape_text makes of
 * it, with & < > " ' and ` as character references.
 */
void escape_html(struct buf *, struct span);

/*
 * For JSON, without the quotes.  False: some bytes were no UTF-8 and became
 * U+FFFD, so the reader needs the base64 form as well.
 */
bool escape_json(struct buf *, struct span);

/* How many bytes at the start of s are ASCII that JSON has as it is. */
size_t escape_json_plain(struct span s);

void escape_base64(struct buf *, struct span);

#endif
