/*
 * Files that hold mail, or may, which others have to unpack, convert or
 * decrypt before it can be read here: known by their content.
 */
#ifndef BAREDOT_FOREIGN_H
#define BAREDOT_FOREIGN_H

#include "store.h"

struct foreign {
	const char *what;	/* for people, with what to do about it */
	bool anywhere;		/* wherever it stands: no message begins so */
	bool told;		/* it is mail: name it always, as it was not
				 * judged */
};

/* head: the first bytes; of less than PEEK_MAX some are not known.  NULL: it is
 * none. */
const struct foreign *foreign_of(struct span head, enum store_place);

#endif
