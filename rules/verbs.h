/*
 * SMTP commands and replies on lines of their own: RFC 5321 4.1.1 and 4.2,
 * tolerantly.
 */
#ifndef BAREDOT_VERBS_H
#define BAREDOT_VERBS_H

#include "span.h"

enum verb {
	VERB_NONE,
	VERB_HELLO,		/* EHLO, HELO, LHLO */
	VERB_MAIL, VERB_RCPT, VERB_DATA, VERB_BDAT, VERB_RSET, VERB_QUIT
};

/*
 * The command that is all of s, in any case, but for spaces, tabs and NULs
 * around it.  There may be spaces around the colon of MAIL FROM and RCPT TO,
 * and an address with an @ needs no angle brackets; what follows it must be
 * ESMTP parameters.
 */
enum verb verb_of(struct span s);

/* The words that commands begin with, in lower case; NULL: there are no more
 * than i. */
const char *verb_word(size_t i);

/* s is a server's reply: three digits, alone or with a space or a hyphen
 * behind them. */
bool verb_is_reply(struct span s);

#endif
