/*
 * See note.h.
 */
#include "note.h"

#include <errno.h>

#include "record.h"

int
run_note(struct run *r, struct span json, struct err *e)
{
	struct buf b = { 0 };
	int rc;

	record_bytes(&b, "json", json);
	rc = buf_ok(&b) ? journal_note(r->journal, buf_span(&b), e) :
	    err_set(e, ST_DEAD, ENOMEM, "note");
	buf_free(&b);
	return rc;
}

void
run_drop_notes(struct run *r)
{
	journal_drop_notes(r->journal);
}

int
note_read(struct journal *j, uint64_t seq, struct buf *out, struct err *e)
{
	struct buf b = { 0 };
	struct span json;
	int rc = journal_read(j, seq, &b, e);

	if (rc == ST_OK && !record_find(buf_span(&b), "json", &json))
		rc = err_set(e, ST_BAD, 0, "a damaged record");
	if (rc == ST_OK) {
		buf_clear(out);
		buf_add(out, json.p, json.n);
		if (!buf_ok(out))
			rc = err_set(e, ST_DEAD, ENOMEM, "note");
	}
	buf_free(&b);
	return rc;
}
