/*
 * Pieces of HTML.
 */
#ifndef BAREDOT_PAGE_PUT_H
#define BAREDOT_PAGE_PUT_H

#include "codes.h"
#include "escape.h"
#include "json_read.h"

/* Text of ours or of others, escaped. */
void put_text(struct buf *, const char *);

/* A member that is text, or bytes, escaped.  False: there is none. */
bool put_member(struct buf *, const struct json_object *, const char *key);

/* "1 message", "2 messages": the number, a space, and one of the words. */
void put_counted(struct buf *, uint64_t, const char *one, const char *many);

/* The word; page.css puts a mark before it, and a colour. */
void put_severity(struct buf *, enum severity);

/* A bar of the four severities, as wide as `most` of them; no text. */
void put_bar(struct buf *, const uint64_t by_severity[SEVERITIES],
    uint64_t most);

/* Four cells of numbers, the worst first. */
void put_severity_cells(struct buf *, const uint64_t by_severity[SEVERITIES]);
void put_severity_heads(struct buf *);

#endif
