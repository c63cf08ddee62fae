/*
 * What a message's header block says that matters for cutting an mbox.
 */
#ifndef BAREDOT_MBOX_HEADER_H
#define BAREDOT_MBOX_HEADER_H

#include "kernel.h"

#define NO_LENGTH UINT64_MAX

struct mbox_header {
	uint64_t length;	/* Content-Length; NO_LENGTH */
	size_t body;		/* where the body starts, in the span; 0: ? */
	bool internal;		/* X-IMAP: folder data of UW-IMAP or Dovecot */
};

/*
 * Read the header block at the start of a, whose lines end in `last`.  A
 * separator ends the block too: what is behind it is another message's.
 */
struct mbox_header mbox_header_read(const struct kernel *, uint8_t last,
    struct span a);

#endif
