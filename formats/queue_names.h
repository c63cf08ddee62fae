/*
 * What the names of a file and of the folders that it is in say about queues of
 * mail servers.
 */
#ifndef BAREDOT_QUEUE_NAMES_H
#define BAREDOT_QUEUE_NAMES_H

#include "store.h"

/* The last part of *path, which is cut before it. */
struct span path_part(struct span *path);

/*
 * PLACE_OPENSMTPD, PLACE_KUMOMTA, or PLACE_OTHER: no message of a queue.
 * folder: as far as it is known; nothing is looked up.
 */
enum store_place queue_place(struct span folder, struct span name);

/* A server keeps it beside its messages, or has not written it to its end:
 * it is no message. */
bool queue_is_data(struct span folder, struct span name);

/* The ID in the path of a message of KumoMTA.  False: it is not such a path. */
#define KUMOMTA_ID 32u		/* hexadecimal digits */
bool queue_kumomta_id(struct span path, uint8_t id[KUMOMTA_ID]);

#endif
