/*
 * Read JSON: reports, and the notes of journals.  The only file that sees
 * jansson.  Neither is believed: a report may have been edited, and what is in
 * a note was in somebody's mail.
 *
 * json_parse -> json_member... -> json_free
 */
#ifndef BAREDOT_JSON_READ_H
#define BAREDOT_JSON_READ_H

#include "json.h"

struct json_object;

/*
 * One object and nothing else, by RFC 8259, no key twice.  NULL: it is none,
 * or there is no memory.
 */
struct json_object *json_parse(struct span);
void json_free(struct json_object *);		/* NULL is fine */

/* A member that is an object, valid as long as the whole; NULL: none. */
const struct json_object *json_member(const struct json_object *,
    const char *key);

/* A number, or the string that json_u64 makes of a large one. */
bool json_member_u64(const struct json_object *, const char *key,
    uint64_t *out);

/* A string, as UTF-8; valid as long as the whole.  False: none. */
bool json_member_text(const struct json_object *, const char *key,
    struct span *out);

/* It is that word. */
bool json_member_is(const struct json_object *, const char *key,
    const char *word);

/* Each member that is an object, in their order. */
void json_each_object(const struct json_object *,
    void (*)(void *ctx, const char *key, const struct json_object *),
    void *ctx);

/* How many elements an array has; 0 where it is none. */
size_t json_member_count(const struct json_object *, const char *key);

/* An element of it, valid as long as the whole.  NULL, or false: it is no
 * object, string or number, or there are not so many. */
const struct json_object *json_member_at(const struct json_object *,
    const char *key, size_t i);
bool json_member_text_at(const struct json_object *, const char *key,
    size_t i, struct span *out);
bool json_member_u64_at(const struct json_object *, const char *key,
    size_t i, uint64_t *out);

bool json_member_true(const struct json_object *, const char *key);

/* False: it is no truth value. */
bool json_member_bool(const struct json_object *, const char *key, bool *out);

/* What json_hex wrote of n bytes. */
bool json_member_hex(const struct json_object *, const char *key,
    uint8_t *out, size_t n);

/* What json_bytes wrote, added to out.  False: none, or no memory. */
bool json_member_bytes(const struct json_object *, const char *key,
    struct buf *out);

/*
 * Write its members, in order, but those named in `but` (NULL-terminated):
 * strings, whole numbers, truth values, arrays and objects of them, escaped
 * anew.
 */
void json_copy_members(struct json *, const struct json_object *,
    const char *const *but);

#endif
