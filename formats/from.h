/*
 * The From_ line, which separates the messages of an mbox.
 *
 * The rule was right for all of 340,190 "From " lines of 1,437 list archives:
 * the line begins with "From ", ends with a date (whatever stands between),
 * and the next line is a header field.  Without a date there are "From "
 * (today's Thunderbird), "From -" (old Netscape) and "From NUMBER@xxx" (Google
 * Takeout); they count too, with a header field behind them.
 */
#ifndef BAREDOT_FROM_H
#define BAREDOT_FROM_H

#include "span.h"

#define FROM_AHEAD 2048u	/* bytes that decide, from the line's start */

enum from_is {
	FROM_NO,		/* does not begin with "From " */
	FROM_TEXT,		/* does, and is no separator */
	FROM_SEPARATOR
};

/*
 * Judge the line at the start of s, which holds FROM_AHEAD bytes or all that
 * there are.  Lines end at `last` ('\n', or '\r' where only CRs are used).
 */
enum from_is from_judge(struct span s, uint8_t last);

#endif
