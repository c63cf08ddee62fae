/*
 * Words from mail and from paths that say nothing of anybody, and are left as
 * they are in a redacted report.
 */
#ifndef BAREDOT_REDACT_WORDS_H
#define BAREDOT_REDACT_WORDS_H

#include <stdbool.h>

#include "span.h"

/* A part of a path: of the layout of a store, or nothing. */
bool redact_keeps_part(struct span);

/* A Content-Type or Content-Transfer-Encoding that is in general use. */
bool redact_keeps_type(struct span);
bool redact_keeps_encoding(struct span);

/* What a server would say (verdict.would_reject, or NULL), without what it
 * quotes. */
const char *redact_reply(const char *);

#endif
