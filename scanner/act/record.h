/*
 * Fields of a record of the journal: "key LENGTH:bytes\n" one after another.
 *
 * Lengths go before bytes, so that names may hold anything; what is read may
 * be damaged or hostile, and is believed only as far as it is whole.
 */
#ifndef BAREDOT_RECORD_H
#define BAREDOT_RECORD_H

#include "buf.h"

/* Append a field; key: a literal of letters.  Latches like all of buf.h. */
void record_bytes(struct buf *, const char *key, struct span);
void record_text(struct buf *, const char *key, const char *);
void record_u64(struct buf *, const char *key, uint64_t);

/*
 * The next field of *in, which is moved behind it; key and value point into
 * it.  False: nothing is left, or no field begins here (then in->n > 0).
 */
bool record_next(struct span *in, struct span *key, struct span *value);

/* The first field of that name.  False: there is none. */
bool record_find(struct span in, const char *key, struct span *value);
bool record_find_u64(struct span in, const char *key, uint64_t *value);

/* Text without a NUL in it, into out of cap bytes; false: does not fit. */
bool record_find_text(struct span in, const char *key, char *out,
    size_t cap);

#endif
