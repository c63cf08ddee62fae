/*
 * See place_named.h.
 */
#include "place_named.h"

#include "names.h"
#include "queue_names.h"
#include "spool.h"

enum store_place
place_named(const char *path, bool on_disk)
{
	const char *slash = strrchr(path, '/');
	struct span folder = span_text(path);
	const struct span name = path_part(&folder);
	enum store_place by_name;

	if ((by_name = queue_place(folder, name)) != PLACE_OTHER)
		return by_name;
	if (on_disk && (by_name = spool_place_at(path)) != PLACE_OTHER)
		return by_name;
	by_name = name_place(slash != NULL ? slash + 1 : path);
	return by_name == PLACE_EMLX || by_name == PLACE_EMLX_PARTIAL ||
	    by_name == PLACE_CYRUS ? by_name : PLACE_NAMED;
}
