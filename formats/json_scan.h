/*
 * JSON (RFC 8259) that a mail server wrote beside a message, as it comes: each
 * text, number and word in it, with what it is in.  For a few fields of it; all
 * the rest is only passed over.
 */
#ifndef BAREDOT_JSON_SCAN_H
#define BAREDOT_JSON_SCAN_H

#include "err.h"
#include "input.h"

#define JSON_TEXT 1024u		/* bytes that are shown of one */
#define JSON_DEPTH 64u		/* objects and arrays around it, at most */

struct json_value {
	/* ".a[].b": of the member "b" of the objects in the array "a" of the
	 * outermost object.  A name that is long, deep or odd is "?". */
	struct span path;
	struct span text;	/* without quotes and escapes, in UTF-8 */
	bool is_text;		/* else a number, true, false or null */
	bool cut;		/* it is longer, text is its beginning */
};

/* Both spans are valid until it returns. */
typedef void json_fn(void *ctx, const struct json_value *);

/*
 * Take `most` bytes of the input, or all that there are, as one JSON value and
 * white-space around it.  ST_OK; ST_BAD: it is none, or deeper than JSON_DEPTH,
 * *e says before which byte of the input, where it then stands.  ST_DEAD: read
 * error.
 */
int json_scan(struct input *in, uint64_t most, json_fn *fn, void *ctx,
    struct err *e);

#endif
