/*
 * What a repair would do to a message, what came of files that were acted on,
 * and the sum of it: as text and as JSON.
 */
#ifndef BAREDOT_REPAIRED_H
#define BAREDOT_REPAIRED_H

#include "json.h"
#include "report.h"

/* The end of a message's line, behind its place; and "repair": {...}. */
void repaired_text(struct buf *, const struct repair_facts *, uint64_t len,
    const struct report_options *);
void repaired_json(struct json *, const struct repair_facts *);

/* A line; a record. */
void acted_text(struct buf *, const struct act_report *,
    const struct report_options *);
void acted_json(struct json *, const struct act_report *);

/* The last lines; and "acts": {...} of the summary. */
void acts_text(struct buf *, const struct act_facts *,
    const struct totals *);
void acts_json(struct json *, const struct act_facts *,
    const struct totals *);

#endif
