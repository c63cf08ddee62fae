/*
 * The repair of line ends, NULs and look-alikes of the end of data: which
 * edits (edit.h) make a message right.
 *
 * fix_init -> (fix_begin -> fix_feed* -> fix_end)*
 *
 * No I/O, no allocation, memory that does not depend on the message.  The
 * edits do not depend on how the message is cut into spans, nor on the
 * kernel.
 *
 * What is done
 *
 * A break is a CRLF, an LF, 2 to FIX_RUN CRs before an LF (CRCRLF, which
 * some text-mode write made of a CRLF, perhaps more than once), or a CR.
 * Breaks of a kind to be fixed become the target's, a CRCRLF one break; where
 * CRLF becomes LF, a CRCRLF does so too.  A bare CR becomes what `cr` says, a
 * NUL what `nul` says.  All other bytes stay, in their order.
 *
 * What is never done, though it was asked for.  A space takes the byte's
 * place (edit.spaced), and where even that is not safe it stays:
 *  - to make a line that is a dot alone, for those who end lines at an LF or
 *    for those who do so at a CR too: no CR becomes a break, and no byte is
 *    dropped, where a dot would then be alone.  So "x\r.\ry" becomes
 *    "x .\ny", also where every CR is a break; and ".\r\r\n" becomes
 *    ". \n", for a strict reader did not see a lone dot there.  Nor is a
 *    ".." made, or a dot beside a NUL, by dropping what is between.
 *  - to make a field of what was none.  In the header block, which ends with
 *    the first empty line, a bare CR becomes a space; with FIX_CR_NEWLINE a
 *    break, if the line was not empty and what follows is white space and
 *    then text: a folded line (RFC 5322 2.2.3).  A NUL at the beginning of a
 *    line there is not dropped.  A bare LF there becomes a CRLF like all
 *    others: whoever ends lines at an LF sees the same fields before and
 *    after, and those who do not saw a message that RFC 5322 2.3 forbids.
 *  - to make a line that begins with "From ", which in an mbox would begin
 *    another message.  So a CR or NUL behind "From" at the beginning of a
 *    line stays, if it does not become a break.
 *  - to put a CR before a CR or an LF that it was not before.
 *
 * Look-alikes: a dot alone between two breaks that are not both the target's;
 * two dots likewise; a dot with a NUL beside it (line_is_dotty).  `eod` says
 * what happens to the first two, and to the breaks around them whether or not
 * their kinds are to be fixed.  A dot beside a NUL is left to `nul`, and its
 * breaks are like all others, but for FIX_EOD_STUFF and FIX_EOD_KEEP.
 *
 * Of the look-alikes those may be spared that have certain codes.  One is not
 * if it would get another code from what is done to its breaks for their own
 * sake, nor, with FIX_EOD_CRLF and LF as the target, if it has CRLFs.  And
 * lines that are look-alikes by their breaks, one behind the other, share
 * breaks: they are repaired together if one of them is not spared, or if there
 * are more than FIX_ROW bytes of them.
 */
#ifndef BAREDOT_FIX_H
#define BAREDOT_FIX_H

#include "edit.h"
#include "kernel.h"

#define FIX_RUN 8u	/* CRs before an LF that are taken for one break; of
			 * more, the first are bare CRs */
#define FIX_AHEAD 48u	/* bytes behind a place that may matter to it */
#define FIX_ROW 28u	/* bytes, with at least two for each break */

/* What is fixed: bits. */
enum fix_class {
	FIX_BARE_CR = 1,
	FIX_BARE_LF = 2,	/* LF in a message that should have CRLF */
	FIX_CRLF = 4,		/* CRLF in a message that should have LF */
	FIX_CRCRLF = 8,
	FIX_NUL = 16,
	FIX_LOOK_ALIKE = 32
};
#define FIX_ALL 63u

enum fix_cr { FIX_CR_SPACE, FIX_CR_NEWLINE, FIX_CR_DROP, FIX_CR_KEEP };
enum fix_nul { FIX_NUL_KEEP, FIX_NUL_SPACE, FIX_NUL_DROP };

enum fix_eod {
	FIX_EOD_NATIVE,		/* the breaks around become the target's: in a
				 * store such a dot is text.  Between bare LFs
				 * it was that only to those who end lines at
				 * an LF; now it is alone to all, and a sender
				 * that does not stuff (RFC 5321 4.5.2) ends
				 * the data there: see STUFF */
	FIX_EOD_STUFF,		/* ... and where the dot would still be alone,
				 * or beside a NUL, a dot is put before it */
	FIX_EOD_CRLF,		/* where the dot would still be alone, CRLFs
				 * around it; not behind a lone dot that has
				 * the target's breaks */
	FIX_EOD_REMOVE,		/* a lone dot between LFs goes, with the break
				 * behind it, as in Postfix >= 3.8.5 */
	FIX_EOD_KEEP,		/* the line and both breaks stay as they are */
	FIX_EOD_ELSEWHERE	/* encode, quarantine: as KEEP; if there is
				 * one, no edit of this message is to be made */
};

struct fix_options {
	enum brk to;		/* BRK_LF or BRK_CRLF */
	unsigned classes;	/* of enum fix_class: from fix_classes */
	code_set spared;	/* of eod.*, with FIX_LOOK_ALIKE: those that
				 * are not repaired */
	enum fix_cr cr;
	enum fix_nul nul;
	enum fix_eod eod;
	bool cr_is_break;	/* old Macintosh text (CONV_CR): with
				 * FIX_BARE_CR each CR is a line break, in the
				 * header block too, whatever cr says */
};

/* Bytes that are not to be touched: [from, to).  Nor is a break that is
 * partly in there, nor a look-alike. */
struct fix_range {
	uint64_t from, to;
};

struct fix_counts {
	uint64_t edits;
	uint64_t spaced;	/* edit.spaced */
	uint64_t unsafe;	/* CRs and NULs that had to stay */
	uint64_t added, cut;	/* bytes */
};

/* The next edit, in order; valid during the call. */
typedef void edit_fn(void *ctx, const struct edit *);

struct fix {
	struct fix_counts counts;	/* for reading, after fix_end */

	/* Its own: */
	const struct kernel *kernel;
	edit_fn *fn;
	void *ctx;
	struct fix_options o;
	const struct fix_range *range;	/* those that are not yet behind */
	size_t ranges;
	bool turns;		/* LF or CRLF can be turned in bulk */
	uint64_t off;		/* of the next byte that is not decided */
	bool fresh;		/* no byte was looked at */
	bool elsewhere;		/* FIX_ELSEWHERE */
	bool header;		/* in the header block */
	unsigned mode;		/* of the line at hand */
	enum code look_alike;	/* what it is, if it is one */
	uint64_t row;		/* where its break is, if that may be shared */
	bool chosen;		/* then: it is repaired */
	uint8_t last;		/* the new byte before; at the start an LF */
	uint8_t head_n;		/* bytes of the new line: 5 and more are 5 */
	uint8_t head[5];	/* the first of them, while less than 5 */
	size_t held;
	uint8_t hold[2 * FIX_AHEAD];	/* bytes that are not decided */
};

/* The classes whose codes are in the set; and of those of look-alikes the
 * codes that are not. */
unsigned fix_classes(code_set);
code_set fix_spared(code_set);

/* The kinds of edits (enum edit_kind) that these options may need. */
unsigned fix_kinds(const struct fix_options *);

/* kernel NULL: look at each byte. */
void fix_init(struct fix *, const struct kernel *, edit_fn *, void *ctx);

/*
 * ranges: n of them, sorted, none of them empty, without overlap; they must
 * stay until fix_end.  NULL if n is 0.
 */
void fix_begin(struct fix *, const struct fix_options *,
    const struct fix_range *ranges, size_t n);

/* The next bytes; they may be gone when this returns. */
void fix_feed(struct fix *, struct span);

/* All edits before this offset were made: no more than FIX_AHEAD bytes that
 * were fed are behind it. */
uint64_t fix_settled(const struct fix *);

enum fix_end {
	FIX_CLEAN,		/* there was no edit */
	FIX_EDITED,
	FIX_ELSEWHERE		/* a look-alike was found, and it is decided
				 * elsewhere what becomes of the message: the
				 * edits must not be made */
};
enum fix_end fix_end(struct fix *);

#endif
