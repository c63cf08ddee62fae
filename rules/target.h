/*
 * What a mail server would refuse or change, as data: rules/data/targets.conf.
 *
 * A row says: a message with one of these findings is refused with this
 * reply, or is stored otherwise than it was sent.
 */
#ifndef BAREDOT_TARGET_H
#define BAREDOT_TARGET_H

#include "codes.h"

struct target_row {
	bool refuses;		/* else it changes the message */
	code_set when;		/* any of these findings */
	const char *reply;	/* what the server says; NULL: nothing known */
	const char *what;	/* what happens, for people; never NULL */
	const char *source;
};

struct target_server {
	const char *name;	/* "cyrus" */
	const char *title;	/* "Cyrus IMAP" */
	const struct target_row *rows;
	size_t n;
};

/* The codes that its rows ask for. */
code_set target_codes(const struct target_server *);

#endif
