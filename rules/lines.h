/*
 * A message's bytes to its lines, in one pass, however they are cut into
 * spans, in memory that does not depend on the message.
 *
 * lines_begin -> lines_feed* -> lines_end
 *
 * Everything that can be counted is counted here (tally).  A line is shown to
 * the callback only if its kind was asked for; runs of lines that nobody asked
 * for are passed over by the census.
 */
#ifndef BAREDOT_LINES_H
#define BAREDOT_LINES_H

#include "census.h"
#include "look.h"

#define LINE_HEAD 1024u		/* bytes of a line that can be looked at */
#define LINE_WIDE 78u		/* the same, "SHOULD" */

struct line {
	uint64_t off;		/* of its first byte, in the message */
	uint64_t len;		/* bytes, the break not counted */
	struct span head;	/* its first min(len, LINE_HEAD) bytes; valid
				 * during the callback only */
	enum brk before;	/* BRK_NONE: the first line */
	enum brk after;		/* BRK_NONE: the message ends without one */
};

/* Kinds of lines that can be asked for. */
enum want {
	WANT_ODD_FIELDS = 1,	/* lines of the header block, but plain ones
				 * (census_fields_fn) may be left out */
	WANT_HEADER = 2,	/* every line of the header block */
	WANT_ALL = 4,		/* every line */
	WANT_NEEDED = 8		/* the same, but pass may leave some out */
};

typedef void line_fn(void *ctx, const struct line *);

/*
 * These whole lines are next.  Returns how many bytes of them, from the first
 * line on and up to the start or end of one, need not be shown.
 */
typedef size_t pass_fn(void *ctx, struct span lines);

struct lines {
	/* Set once by the owner: */
	const struct kernel *kernel;
	struct census_kit census;	/* NULLs: look at every line */
	bool wide;		/* count lines over LINE_WIDE too */
	line_fn *fn;
	pass_fn *pass;		/* asked now and then while WANT_NEEDED; what
				 * is passed over is in no tally.  Or NULL */
	void *ctx;		/* of both */

	/* For reading, by the callback and after lines_end: */
	struct tally tally;
	struct look look;	/* for noting places near the line's end */

	/* Its own: */
	unsigned wants;		/* of enum want */
	const uint8_t *base;	/* the span at hand */
	uint64_t off;		/* of base, in the message */
	uint64_t line_off;	/* where the current line starts */
	uint64_t cr_at;		/* a CR that may turn out to be a CRCRLF's */
	uint64_t dot_cr;	/* the last lone dot before a CR, or NOWHERE */
	uint64_t line_high;	/* tally.high in the current line */
	enum brk before;
	enum brk dot_cr_before;	/* the break before that lone dot */
	bool cr_open;		/* the last byte is a CR, its LF may follow */
	bool long_noted;	/* the current line is in tally.long_lines */
	size_t whole;		/* bytes of the span: its whole lines, if there
				 * is somebody to ask about them */
	size_t ask_from;	/* the byte of the span from which on to ask */
	size_t head_n;
	uint8_t head[LINE_HEAD]; /* of a line begun in an earlier span */
};

/* Kernel and census of this machine; the owner sets the rest. */
void lines_init(struct lines *, const struct kernel *, bool use_census);

void lines_begin(struct lines *, unsigned wants);
void lines_feed(struct lines *, struct span);
void lines_end(struct lines *);

/* Bytes of s up to its last break, that included. */
size_t lines_whole(struct span s);

/* From the callback: from the next line on, these. */
void lines_want(struct lines *, unsigned wants);

/*
 * From the callback: this line was not of the header block after all; its
 * high bytes are not in tally.high.
 */
void lines_not_header(struct lines *);

#endif
