/*
 * Inflate as a source: .gz files, and the messages that Dovecot and OpenSMTPD
 * store compressed without a suffix.  Members one after another are one
 * stream (RFC 1952 2.2); zeros behind the last are padding.
 */
#ifndef BAREDOT_GZIP_H
#define BAREDOT_GZIP_H

#include "input.h"

struct gzip;

struct gzip *gzip_new(void);		/* NULL: no memory */
void gzip_free(struct gzip *);		/* NULL is fine */

bool gzip_magic(struct span head);	/* these are the first bytes of one */

/*
 * What the input below decompresses to.  below is borrowed until the source
 * is closed, and so is the struct gzip.
 */
struct byte_source gzip_source(struct gzip *, struct input *below);

#endif
