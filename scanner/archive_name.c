/*
 * See archive_name.h.
 */
#include "archive_name.h"

#include <limits.h>
#include <string.h>

#include "names.h"
#include "queue_names.h"

/* As text; "": it is none that a file could have. */
static void
to_text(struct span s, char out[NAME_MAX + 1])
{
	out[0] = '\0';
	if (s.n == 0 || s.n > NAME_MAX || memchr(s.p, '\0', s.n) != NULL)
		return;
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

static bool
is_maildir_name(const char *name)
{
	const size_t digits = strspn(name, "0123456789");

	return (digits > 0 && name[digits] == '.') ||
	    strstr(name, ":2,") != NULL;
}

static bool
maildir_place(const char *name, const char *folder, enum store_place *out)
{
	*out = PLACE_MAILDIR;
	return name[0] != '.' && strcmp(folder, "tmp") != 0;
}

bool
archive_name_place(struct span path, enum store_place *out)
{
	const struct span last = path_part(&path), above = path;
	char name[NAME_MAX + 1], folder[NAME_MAX + 1];

	to_text(last, name);
	to_text(path_part(&path), folder);
	*out = PLACE_OTHER;
	if (name[0] == '\0' || name_is_metadata(name) ||
	    queue_is_data(above, last) ||
	    (name[0] == ',' && name_is_number(name + 1)))
		return false;
	if (name_is_maildir_part(folder) && is_maildir_name(name))
		return maildir_place(name, folder, out);
	*out = queue_place(above, last);
	if (*out == PLACE_OTHER)
		*out = name_place(name);
	return true;
}
