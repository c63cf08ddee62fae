/*
 * What a Content-Type, Content-Transfer-Encoding or Content-Disposition says:
 * RFC 2045 5.1 and 6.1, RFC 2183 2, RFC 2231 3 and 4, tolerantly.
 *
 * A value may be folded, with any kind of break; comments are passed over.
 * What makes no sense is passed over too: nothing here can fail.
 */
#ifndef BAREDOT_CONTENT_TYPE_H
#define BAREDOT_CONTENT_TYPE_H

#include "span.h"

#define MEDIA_TYPE_MAX 80u

struct content_type {
	char type[MEDIA_TYPE_MAX + 1];	/* "text/plain", "base64", "inline":
					 * of RFC 2045's token characters, in
					 * lower case, cut when it is longer;
					 * "" when there is none */
	struct span params;	/* the rest of the value, in place */
};

void content_type_read(struct content_type *, struct span value);

/*
 * A parameter by its name in lower case: how many bytes its value has, of
 * which no more than max are put into out.  0: there is none, or it is empty.
 *
 * The first of several is taken.  Where name= is absent or empty, name*= or
 * the pieces name*0=, name*1=, ... (in any order, up to the first that is
 * missing) stand for it, decoded; the character set is not looked at.
 */
size_t content_type_param(const struct content_type *, const char *name,
    uint8_t *out, size_t max);

/* The type is main/..., or main alone. */
bool content_type_is(const char *type, const char *main);

/* An entity of that type and encoding holds a message with lines to read: RFC
 * 2046 5.2.1 forbids to encode one, but then there are none. */
bool content_type_holds_message(const char *type, const char *encoding);

#endif
