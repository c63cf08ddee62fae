/*
 * What replays of messages came to, and which receivers look-alikes fool: as
 * text and as JSON.
 */
#ifndef BAREDOT_REPLAYED_H
#define BAREDOT_REPLAYED_H

#include "json.h"
#include "report.h"

/* The text of a message's record, its place is written by put; the members of
 * its JSON object. */
void replayed_text(struct buf *, const struct report_message *,
    const struct report_options *, void (*put)(struct buf *,
    const struct report_message *, uint64_t off));
void replayed_json(struct json *, const struct report_message *);

/* "replay": {...} of the header: who is known, and how. */
void replayed_header_json(struct json *, const struct replay_plan *);

/* The last part of the text, with the matrix, or, where that does not fit in
 * so many rows, with the receivers that are fooled most; "replay": {...} of
 * the summary. */
void replayed_summary_text(struct buf *, const struct replay_plan *,
    const struct totals *, size_t rows, size_t columns);
void replayed_summary_json(struct json *, const struct replay_plan *,
    const struct totals *);

/* Whom a finding fools; nothing, where nobody is known. */
void fooled_text(struct buf *, const struct verdict *, const struct finding *,
    const struct report_options *);
void fooled_json(struct json *, const struct verdict *,
    const struct finding *, const struct report_options *);

#endif
