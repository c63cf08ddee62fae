/*
 * The record of one message, as report.schema.json has it.
 */
#ifndef BAREDOT_NDJSON_MESSAGE_H
#define BAREDOT_NDJSON_MESSAGE_H

#include "json.h"
#include "report.h"

void ndjson_put_message(struct json *, const struct report_message *,
    const struct report_options *);

/* Of bytes: their SHA-256 if there is one, or the token that stands for it. */
void ndjson_put_sum(struct json *, bool hashed,
    const uint8_t sha256[HASH_SIZE], const char *token);

#endif
