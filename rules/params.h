/*
 * The parameters of a MIME field: RFC 2045 5.1, RFC 2231, and the encoded
 * words that RFC 2047 5 forbids there, as KumoMTA reads them.
 */
#ifndef BAREDOT_PARAMS_H
#define BAREDOT_PARAMS_H

#include "cursor.h"

#define PARAMS_MAX 64u		/* kept, of those whose values are used */
#define PARAM_TEXT_MAX 1000u	/* bytes */

enum param_kind { PARAM_PLAIN, PARAM_QUOTED, PARAM_WORD };

struct param {
	struct span name;
	int64_t section;	/* RFC 2231: *0 and so on; -1: none */
	bool escaped;		/* RFC 2231: a star */
	bool has_charset;
	const struct charset *charset;	/* NULL: none, or not known */
	enum param_kind kind;
	struct span value;
};

struct params {
	size_t n;
	struct param list[PARAMS_MAX];	/* boundary and charset only */
};

/*
 * The rest of a value: parameters, whose semicolons may be missing.  False:
 * something else is there.
 */
bool params_read(struct cursor *, struct params *out);

/* A value, in UTF-8. */
struct param_text {
	bool whole;		/* it is known, and had room */
	size_t n;
	uint8_t p[PARAM_TEXT_MAX];
};

/*
 * The parameters of that name (lower case), those of one name joined, by
 * section.  False: there is none; *out is empty.
 */
bool params_get(const struct params *, struct span name,
    struct param_text *out);

bool byte_is_mime_token(uint8_t);	/* RFC 2045 5.1 */

#endif
