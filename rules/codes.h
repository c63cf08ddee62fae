/*
 * Every fact that can be reported, by its stable dotted name.
 *
 * A code never changes its meaning and never goes away; codes.c says what
 * each means (`baredot explain CODE`).  X(enum, "name", severity, on): on is
 * 0 for a code that must be asked for by name.
 */
#ifndef BAREDOT_CODES_H
#define BAREDOT_CODES_H

#include "span.h"

#define CODES(X) \
	X(EOL_BARE_CR,		"eol.bare-cr",		MEDIUM,	1) \
	X(EOL_BARE_LF,		"eol.bare-lf",		MEDIUM,	1) \
	X(EOL_CRLF,		"eol.crlf",		LOW,	1) \
	X(EOL_CRCRLF,		"eol.crcrlf",		MEDIUM,	1) \
	X(EOL_MIXED,		"eol.mixed",		LOW,	1) \
	X(EOL_CR_ONLY,		"eol.cr-only",		MEDIUM,	1) \
	X(EOL_NO_FINAL,		"eol.no-final",		INFO,	1) \
	X(EOD_CRLF_CRLF,	"eod.crlf-dot-crlf",	HIGH,	1) \
	X(EOD_CRLF_LF,		"eod.crlf-dot-lf",	HIGH,	1) \
	X(EOD_CRLF_CR,		"eod.crlf-dot-cr",	MEDIUM,	1) \
	X(EOD_LF_CRLF,		"eod.lf-dot-crlf",	HIGH,	1) \
	X(EOD_LF_LF,		"eod.lf-dot-lf",	HIGH,	1) \
	X(EOD_LF_CR,		"eod.lf-dot-cr",	MEDIUM,	1) \
	X(EOD_CR_CRLF,		"eod.cr-dot-crlf",	MEDIUM,	1) \
	X(EOD_CR_LF,		"eod.cr-dot-lf",	MEDIUM,	1) \
	X(EOD_CR_CR,		"eod.cr-dot-cr",	HIGH,	1) \
	X(EOD_DOT_CRCRLF,	"eod.dot-crcrlf",	HIGH,	1) \
	X(EOD_DOT_NUL,		"eod.dot-nul",		HIGH,	1) \
	X(EOD_NUL_DOT,		"eod.nul-dot",		MEDIUM,	1) \
	X(EOD_DOT_SPACE,	"eod.dot-space",	INFO,	1) \
	X(EOD_SPACE_DOT,	"eod.space-dot",	INFO,	1) \
	X(EOD_STUFFED_DOT,	"eod.stuffed-dot",	MEDIUM,	1) \
	X(LIMIT_LINE_998,	"limit.line-998",	LOW,	1) \
	X(LIMIT_LINE_78,	"limit.line-78",	INFO,	0) \
	X(LIMIT_NUL,		"limit.nul",		MEDIUM,	1) \
	X(LIMIT_8BIT_HEADER,	"limit.8bit-header",	LOW,	1) \
	X(LIMIT_NO_HEADER_END,	"limit.no-header-end",	LOW,	1) \
	X(MIME_UNCLOSED,	"mime.unclosed",	MEDIUM,	1) \
	X(MIME_NO_BOUNDARY,	"mime.no-boundary",	LOW,	1) \
	X(MIME_DUPLICATE,	"mime.duplicate-field",	LOW,	1) \
	X(MIME_NESTING,		"mime.nesting",		LOW,	1) \
	X(MIME_BINARY_EOL,	"mime.binary-eol",	INFO,	1) \
	X(MIME_ATTACHED_EOL,	"mime.attached-eol",	INFO,	1) \
	X(DKIM_MISMATCH,	"dkim.body-mismatch",	LOW,	1) \
	X(DKIM_FIX_RESTORES,	"dkim.fix-restores",	INFO,	1) \
	X(DKIM_FIX_BREAKS,	"dkim.fix-breaks",	LOW,	1) \
	X(DKIM_LENGTH,		"dkim.length",		LOW,	1) \
	X(DKIM_SHA1,		"dkim.rsa-sha1",	INFO,	1) \
	X(DKIM_UNUSABLE,	"dkim.unusable",	LOW,	1) \
	X(SMUGGLE_ATTEMPT,	"smuggle.attempt",	HIGH,	1) \
	X(SMUGGLE_PROBE,	"smuggle.probe",	MEDIUM,	1) \
	X(SMUGGLE_VERBS,	"smuggle.verbs",	LOW,	1) \
	X(SMUGGLE_QUOTED,	"smuggle.quoted",	INFO,	1) \
	X(CONFORM_COLON,	"conform.missing-colon-value", LOW, 0) \
	X(CONFORM_LINE_ENDS,	\
		"conform.non-canonical-line-endings",	MEDIUM,	0) \
	X(CONFORM_NAME_SPACE,	"conform.name-ends-with-space", LOW, 0) \
	X(CONFORM_LINE_LONG,	"conform.line-too-long", LOW,	0) \
	X(CONFORM_TRANSFER,	\
		"conform.needs-transfer-encoding",	LOW,	0) \
	X(CONFORM_DATE,		"conform.missing-date-header", LOW, 0) \
	X(CONFORM_MESSAGE_ID,	\
		"conform.missing-message-id-header",	LOW,	0) \
	X(CONFORM_MIME_VERSION,	"conform.missing-mime-version", LOW, 0) \
	X(CONFORM_MIME_HEADERS,	"conform.invalid-mime-headers", LOW, 0) \
	X(CONFORM_PARSE,	"conform.parse-error",	MEDIUM,	0) \
	X(RULE_MATCH,		"rule.match",		MEDIUM,	1) \
	X(RULE_GAVE_UP,		"rule.gave-up",		LOW,	1) \
	X(TARGET_REFUSES,	"target.refuses",	MEDIUM,	1) \
	X(TARGET_CHANGES,	"target.changes",	LOW,	1)

#define CODE_ENUM(id, name, severity, on) CODE_##id,
enum code { CODES(CODE_ENUM) CODE_COUNT };

/* How much it matters.  INFO is what a careful reader may want to know. */
enum severity { SEV_INFO, SEV_LOW, SEV_MEDIUM, SEV_HIGH };
#define SEVERITIES 4

/* A set of codes: bit i is code i. */
typedef uint64_t code_set;

struct code_info {
	const char *name;	/* "eod.lf-dot-crlf" */
	enum severity severity;	/* the usual one; a finding has its own */
	bool on;		/* reported without being asked for */
	const char *title;	/* one line, for people */
	const char *means;	/* the rest: paragraphs for `explain` */
	const char *affects;
	const char *todo;
	const char *strings;	/* what servers say, for searching; or NULL */
	const char *source;
};

const struct code_info *code_info(enum code);
const char *severity_name(enum severity);	/* "info" ... "high" */
bool severity_parse(const char *name, enum severity *out);

code_set code_set_default(void);

/*
 * The codes whose names match a glob ("eod.*"); 0 when there are none.  Only
 * `*` is special.
 */
code_set code_set_glob(const char *glob);

/* The known code that is nearest to a mistyped one; never NULL. */
const char *code_nearest(const char *name);

#endif
