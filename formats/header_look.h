/*
 * Whether text begins like the header block of a mail (eml.c).
 */
#ifndef BAREDOT_HEADER_LOOK_H
#define BAREDOT_HEADER_LOOK_H

#include "span.h"

#define HEADER_OF_MAIL 3u	/* of_mail: it is one, wherever it stands */

struct header_look {
	size_t fields;		/* before the first line that is none */
	size_t of_mail;		/* 2 for each that is usual in mail, 1 where
				 * HTTP has it too */
};

struct header_look header_look(struct span);

#endif
