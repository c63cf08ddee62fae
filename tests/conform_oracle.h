/*
 * KumoMTA's conformance flags of a whole message in memory, the slow way.
 */
#ifndef BAREDOT_CONFORM_ORACLE_H
#define BAREDOT_CONFORM_ORACLE_H

#include "conform.h"

struct conform_oracle {
	enum head_error error;		/* then there are no flags */
	uint8_t bad_byte;
	unsigned flags;			/* bits of enum conform_flag */
	bool beyond;			/* more than the rule follows */
};

/* m, as it came in by SMTP. */
void conform_oracle(struct conform_oracle *, struct span m);

bool oracle_has_lone(struct span);

/* Every c that stands alone, or `lone` itself, becomes CRLF: for LF, CR. */
size_t oracle_expand(struct span, uint8_t c, uint8_t *out);

#endif
