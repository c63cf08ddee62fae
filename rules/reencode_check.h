/*
 * Whether an encoded body is the old one: whoever puts it into a message does
 * not believe who made it (reencode.h), and shares no code with it.
 *
 * reencode_check_new -> (reencode_check_begin -> (reencode_check_old |
 * reencode_check_text)* -> reencode_check_end)* -> reencode_check_free
 *
 * Read strictly, by RFC 2045 6.7 and 6.8: all that a decoder might take in
 * two ways is wrong.  A line of the new body must not begin with a dot, with
 * "From " or with "--" either, nor be longer than 76 bytes, and all breaks
 * must be of one kind.
 *
 * Old and new bytes may come in any order and in any pieces; memory does not
 * depend on them.
 */
#ifndef BAREDOT_REENCODE_CHECK_H
#define BAREDOT_REENCODE_CHECK_H

#include "edit.h"
#include "transfer.h"

struct reencode_check;

struct reencode_check *reencode_check_new(void);	/* NULL: no memory */
void reencode_check_free(struct reencode_check *);	/* NULL is fine */

/*
 * lines: in the old body a CRLF stands for a line break, and with BRK_LF as
 * native an LF too; else all bytes stand for themselves.
 */
void reencode_check_begin(struct reencode_check *, enum transfer_encoding,
    bool lines, enum brk native);

/* The next bytes of the old body, and of the new. */
void reencode_check_old(struct reencode_check *, struct span);
void reencode_check_text(struct reencode_check *, struct span);

/* Both are over.  True: decoded, the new one is the old one. */
bool reencode_check_end(struct reencode_check *);

/*
 * The same for splice (edit.h).  What is encoded may be taken either way, as
 * lines or not: as nothing says which, whoever made it may choose.
 *
 * reencode_splice_open -> splice... -> reencode_splice_close
 */
struct reencode_splice {
	struct splice_check hook;	/* for splice_text; this must stay */

	/* Its own: */
	struct reencode_check *lines, *bytes;
	enum brk native;
};

/* False: no memory; there is nothing to close. */
bool reencode_splice_open(struct reencode_splice *, enum brk native);
void reencode_splice_close(struct reencode_splice *);

#endif
