/*
 * What names of files and folders say about mail.
 */
#ifndef BAREDOT_NAMES_H
#define BAREDOT_NAMES_H

#include "store.h"

/* An index, lock or setting of a mail server or reader: not mail. */
bool name_is_metadata(const char *name);

bool name_is_number(const char *name);	/* an MH message */
bool name_is_eml(const char *name);	/* .eml, in any case */

/* What the name of a file outside of Maildirs says about it. */
enum store_place name_place(const char *name);

/* new, cur or tmp: a part of a Maildir, if the others are there too. */
bool name_is_maildir_part(const char *name);

/*
 * Bytes of a Maildir name up to its flags: what a message keeps when its
 * flags change (maildir(5)).
 */
size_t name_base(const char *name);

/* The two name the same message of a Maildir. */
bool name_same_base(const char *a, const char *b);

#endif
