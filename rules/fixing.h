/*
 * What fix.c, fix_line.c and fix_step.c have in common.
 */
#ifndef BAREDOT_FIXING_H
#define BAREDOT_FIXING_H

#include "fix.h"

#define FIX_HEAD 5u		/* bytes kept of a line's beginning */

/* What a line is, and so what happens to it and the breaks around it. */
enum fix_mode {
	PLAIN,			/* nothing about it matters */
	ORDINARY,		/* one or two dots, the target's breaks */
	KEEP,			/* it and both breaks stay */
	DOUBLE,			/* a dot is put before its dot */
	/* From here on the breaks are fixed, whatever their kind: */
	TARGET,
	AROUND,			/* ... to CRLF */
	STUFF,			/* ... and DOUBLE */
	REMOVE			/* ... and it goes */
};

struct like {
	enum fix_mode mode;
	enum code code;		/* of eod.*; 0: it is no look-alike */
	uint64_t row;		/* as fix.row; or NO_ROW */
	bool chosen;
};

#define NO_ROW UINT64_MAX

/* n bytes of a break; 0: there is none.  Over 2: CRCRLF, kind is CRLF. */
struct token {
	enum brk kind;
	size_t n;
};

/* What follows, no more than FIX_AHEAD bytes of it. */
struct win {
	const uint8_t *p;
	size_t n;
};

#define NO_BYTE (-1)		/* behind the end */

static inline int
peek(struct win w, size_t i)
{
	return i < w.n ? w.p[i] : NO_BYTE;
}

static inline bool
selected(const struct fix *f, enum fix_class c)
{
	return (f->o.classes & c) != 0;
}

/* NULs are replaced. */
static inline bool
fixes_nul(const struct fix *f)
{
	return selected(f, FIX_NUL) && f->o.nul != FIX_NUL_KEEP;
}

/* Every CR is a line break. */
static inline bool
cr_is_break(const struct fix *f)
{
	return f->o.cr_is_break && selected(f, FIX_BARE_CR);
}

static inline void
out(struct fix *f, uint8_t c)
{
	f->last = c;
	if (f->head_n < FIX_HEAD)
		f->head[f->head_n++] = c;
}

/* Some of the n bytes at off, which are not behind us, must not be touched. */
bool fix_is_protected(struct fix *, uint64_t off, size_t n);

/* The break at w.p[i]. */
struct token fix_token_at(struct win w, size_t i);

/* What is the line at w.p[i], behind this break? */
struct like fix_line_at(struct fix *, struct win w, size_t i,
    struct token before);

/* That line begins. */
void fix_enter_line(struct fix *, struct like);

/* Decide on the byte at w.p[0], or the break or line there; f->off is not
 * moved.  Returns how many bytes. */
size_t fix_step(struct fix *, struct win w);

#endif
