/*
 * See beside.h.
 */
#include "beside.h"

#include <errno.h>

#include "packed.h"

static int
unpack(struct beside *b, struct err *e)
{
	struct byte_source source;
	struct span head;
	int rc;

	if ((rc = input_peek(b->file, INPUT_LOOK_MAX, &head, e)) != ST_OK ||
	    packing_filter(head) == FILTER_NONE)
		return rc;
	if (b->plain == NULL && (b->plain = input_new()) == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot unpack");
	if ((rc = packed_source(packing_filter(head), b->file, NULL, &source,
	    e)) != ST_OK)
		return rc;
	input_open_source(b->plain, source);
	b->in = b->plain;
	return ST_OK;
}

int
beside_open(struct beside *b, const struct store_how *how, const char *name,
    struct err *e)
{
	int rc;

	if (how->sibling == NULL)
		return ST_END;
	if (b->plain != NULL)
		input_close(b->plain);	/* it reads from the other */
	if (b->file != NULL)
		input_close(b->file);
	else if ((b->file = input_new()) == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot read");
	b->in = b->file;
	rc = how->sibling(how->sibling_ctx, name, b->file, e);
	return rc == ST_OK ? unpack(b, e) : rc;
}

void
beside_free(struct beside *b)
{
	input_free(b->plain);
	input_free(b->file);
	*b = (struct beside){ NULL, NULL, NULL };
}
