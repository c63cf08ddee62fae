/*
 * See filling.h.
 */
#include "filling.h"

#include <stddef.h>

bool
filling_lacks(const struct filling *f)
{
	return f->more != NULL && f->have < f->size;
}

int
filling_upto(struct filling *f, uint64_t end, struct err *e)
{
	int rc = ST_OK;

	while (rc == ST_OK && filling_lacks(f) && f->have < end)
		rc = f->more(f->ctx, &f->have, e);
	return rc;
}
