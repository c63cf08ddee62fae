/*
 * The record of one message, as report.schema.json has it.
 */
#ifndef BAREDOT_NDJSON_MESSAGE_H
#define BAREDOT_NDJSON_MESSAGE_H

#include "json.h"
#include "report.h"

void ndjson_put_message(struct json *, const struct report_message *,
    const struct report_options *);

#endif
