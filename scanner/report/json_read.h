/*
 * Read JSON objects that report/json.h wrote, and believe nothing: first
 * json_checked, then the rest, which need a value that it let pass.
 */
#ifndef BAREDOT_JSON_READ_H
#define BAREDOT_JSON_READ_H

#include "buf.h"

/*
 * s is one object, strictly by RFC 8259, at most 8 levels deep, without white
 * space between its parts, and without a character that escape_json would not
 * have left as it is: so it may be put as it stands into what we write.
 */
bool json_checked(struct span s);

/*
 * The next member of an object; *in is the whole object first.  Key and value
 * point into it: the key as it is written, without its quotes.  False: no
 * more.
 */
bool json_next(struct span *in, struct span *key, struct span *value);

/* The first member of that name, which needs no escapes.  False: none. */
bool json_member(struct span object, const char *key, struct span *value);

/* A number, or the string that json_u64 makes of a large one. */
bool json_member_u64(struct span object, const char *key, uint64_t *out);

/* A string, as UTF-8, added to out.  False: none, or no memory. */
bool json_member_text(struct span object, const char *key, struct buf *out);

/* What json_bytes wrote, added to out. */
bool json_member_bytes(struct span object, const char *key, struct buf *out);

#endif
