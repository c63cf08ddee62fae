/*
 * Names of messages in a Maildir whose contents are new.
 *
 * IMAP servers hold a message to be the same, and unchanged, as long as its
 * base name is; so new contents get a new one.  Sizes in it, ",S=" (bytes) and
 * ",W=" (bytes with every line ended by CRLF), are believed more than the file:
 * they are made right, and not added where there are none (store-formats 2.1,
 * 2.4).
 */
#ifndef BAREDOT_MAILNAME_H
#define BAREDOT_MAILNAME_H

#include <limits.h>
#include <stdbool.h>

#include "sum.h"

struct mailname {
	char text[NAME_MAX + 1];
};

#define MAILNAME_RANDOM 8u	/* bytes, written as twice as many digits */

/* The name carries S= or W=. */
bool mailname_has_sizes(const char *name);

#define MAILNAME_SIZE_MAX (UINT64_MAX >> 8)

/* What S= says; false: there is none, or more than MAILNAME_SIZE_MAX. */
bool mailname_size(const char *name, uint64_t *bytes);

/*
 * name with another base for these contents; its flags stay.  random: as
 * call_random_hex gives it.  False: it would be too long.
 */
bool mailname_renew(const char *name, const struct sum *,
    const char *random, struct mailname *out);

/* The base of one name with the flags of another.  False: too long. */
bool mailname_join(const char *base_of, const char *flags_of,
    struct mailname *out);

#endif
