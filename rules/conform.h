/*
 * KumoMTA's message conformance checks: their names, and what it answers.
 *
 * msg:check_fix_conformance(check, "") of KumoMTA says nil, or one line of
 * text: the flags that were found, or what its parser cannot read.  The same
 * text is verdict.would_reject; the findings say where.  A flag that is
 * checked is reported, whatever is fixed elsewhere.
 *
 * It judges what came in by SMTP.  So a message is judged as it would arrive:
 * where its convention is LF each LF stands for a CRLF, where it is CR each
 * CR does; with CRLF and on the wire these are the very bytes.
 */
#ifndef BAREDOT_CONFORM_H
#define BAREDOT_CONFORM_H

#include "conform_part.h"

#define CONFORM_ALL ((1u << CONFORM_FLAGS) - 1)

/* In the order of their names, which is the one that KumoMTA shows. */
#define CONFORM_NAMES(X) \
	X(CONFORM_MIME_HEADERS,	"INVALID_MIME_HEADERS") \
	X(CONFORM_LINE_LONG,	"LINE_TOO_LONG") \
	X(CONFORM_COLON,	"MISSING_COLON_VALUE") \
	X(CONFORM_DATE,		"MISSING_DATE_HEADER") \
	X(CONFORM_MESSAGE_ID,	"MISSING_MESSAGE_ID_HEADER") \
	X(CONFORM_MIME_VERSION,	"MISSING_MIME_VERSION") \
	X(CONFORM_NAME_SPACE,	"NAME_ENDS_WITH_SPACE") \
	X(CONFORM_TRANSFER,	"NEEDS_TRANSFER_ENCODING") \
	X(CONFORM_LINE_ENDS,	"NON_CANONICAL_LINE_ENDINGS")

struct conform_name {
	enum conform_flag flag;
	const char *name;
};

extern const struct conform_name conform_names[CONFORM_FLAGS];

/*
 * Names with "|" between them; "all" is all of them.  *out: bits of enum
 * conform_flag.  False: *bad is not one, and *out is untouched.
 */
bool conform_parse(const char *list, unsigned *out, struct span *bad);

/* The codes of these flags, and conform.parse-error. */
code_set conform_codes(unsigned checks);

/* The flags of these codes; *any: one of them is a conform.* code. */
unsigned conform_checks(code_set, bool *any);

#endif
