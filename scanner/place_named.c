/*
 * See place_named.h.
 */
#include "place_named.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "queue_names.h"
#include "spool.h"

/* A message of a queue, by the folders that it is in. */
static enum store_place
place_in_queue(const char *path, bool on_disk)
{
	struct span folder = span_text(path);
	const struct span name = path_part(&folder);
	const enum store_place place = queue_place(folder, name);

	return place == PLACE_OTHER && on_disk ? spool_place_at(path) : place;
}

enum store_place
place_named(const char *path, bool on_disk)
{
	const char *slash = strrchr(path, '/');
	char *real = on_disk ? realpath(path, NULL) : NULL;
	enum store_place by_name = place_in_queue(real != NULL ? real : path,
	    on_disk);

	free(real);
	if (by_name != PLACE_OTHER)
		return by_name;
	by_name = name_place(slash != NULL ? slash + 1 : path);
	return by_name == PLACE_EMLX || by_name == PLACE_EMLX_PARTIAL ||
	    by_name == PLACE_CYRUS ? by_name : PLACE_NAMED;
}
