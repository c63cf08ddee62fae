/*
 * How many bytes from here on are ordinary lines?
 *
 * Ordinary: whole blocks of 64 bytes whose every break is the given one, with
 * no NUL, no line that looks like the end of data (line_is_dotty) or begins
 * like RCPT TO (line_is_rcpt), and no line that could be over 998 bytes.  The
 * answer may be too small, never too large: what is passed over here is never
 * looked at again.
 */
#ifndef BAREDOT_CENSUS_H
#define BAREDOT_CENSUS_H

#include "kernel.h"

#define LINE_LIMIT 998u		/* RFC 5322 2.1.1, without the CRLF */

struct census {
	uint64_t in_line;	/* in and out: bytes of the current line that
				 * are already behind p; going in, that line is
				 * none that those bytes may make dotty, or
				 * one that begins like RCPT TO */
	uint64_t lines;		/* out: breaks passed */
	bool cr_open;		/* out: the last byte passed is a CR, and
				 * whether its LF follows was not looked at */
};

/* Returns a multiple of 64, at most n; native is not BRK_NONE. */
typedef size_t census_fn(const uint8_t *p, size_t n, enum brk native,
    struct census *);

/*
 * The same in the header block, from the start of a line on: how many bytes
 * are whole lines that end in the given break and are a field or continuation,
 * with no NUL, no byte over 127, no dotty line and none that could be over 998
 * bytes?  But no field whose name begins with Me, nor with Content-Ty unless
 * the value begins with a letter other than m: a Message-ID and a multipart's
 * Content-Type have to be read.
 */
typedef size_t census_fields_fn(const uint8_t *p, size_t n, enum brk native,
    uint64_t *lines);

struct census_kit {
	census_fn *body;
	census_fields_fn *fields;
};

/* The census for a kernel. */
struct census_kit census_pick(const struct kernel *);

/*
 * The line of these n bytes looks like an end of data: it is "..", or one dot
 * with nothing but spaces, tabs and NULs around it, no more than one space or
 * tab of them before it, and DOTTY_MAX bytes in all.
 */
#define DOTTY_MAX 16u
static inline bool
line_is_dotty(const uint8_t *p, size_t n)
{
	size_t dots = 0, spaces_before = 0;

	if (n == 0 || n > DOTTY_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '.')
			dots++;
		else if (p[i] != 0 && !ascii_wsp(p[i]))
			return false;
		else if (p[i] != 0 && dots == 0)
			spaces_before++;
	}
	return (dots == 1 && spaces_before <= 1) || (dots == 2 && n == 2);
}

/*
 * The line of these n bytes begins with RCPT, in any case, and a space or a
 * tab.  There is no SMTP dialogue without such a line (RFC 5321 4.1.1.3), and
 * few in other text.
 */
#define RCPT_HEAD 5u		/* bytes */

/* So far it begins like one. */
static inline bool
begins_rcpt(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n && i < RCPT_HEAD; i++)
		if (i < 4 ? ascii_lower(p[i]) != "rcpt"[i] :
		    !ascii_wsp(p[i]))
			return false;
	return true;
}

static inline bool
line_is_rcpt(const uint8_t *p, size_t n)
{
	return n >= RCPT_HEAD && begins_rcpt(p, n);
}

#endif
