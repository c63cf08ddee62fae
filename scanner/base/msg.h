/*
 * Which message this is, as far as its store can tell.
 *
 * A format fills it in; the scanner adds the path.  Whoever wants to change
 * a message needs raw_off: either message byte i is file byte raw_off + i,
 * or it is MSG_NOT_RAW and why_not says why.
 */
#ifndef BAREDOT_MSG_H
#define BAREDOT_MSG_H

#include "span.h"

#define MSG_NOT_RAW UINT64_MAX

struct msg {
	const char *format;	/* "maildir", "mbox", ...: a literal */
	uint64_t index;		/* 1 for the first message of its store */
	uint64_t off;		/* of its first byte in the store's data: the
				 * file, or what the file decompresses to */
	uint64_t from;		/* where its separator starts; off: none */
	uint64_t len;		/* bytes; known when it has been read whole */
	uint64_t raw_off;	/* bytes into the file, or MSG_NOT_RAW */
	const char *why_not;	/* a literal, when MSG_NOT_RAW */
	const char *kept;	/* a literal: why its store may not be changed
				 * all the same; or NULL */
	enum brk native;	/* how this store ends lines */
};

#endif
