/*
 * See archive_name.h.
 */
#include "archive_name.h"

#include <limits.h>
#include <string.h>

#include "names.h"

/* The last component of *path, which is cut before it. */
static struct span
last_part(struct span *path)
{
	size_t at = path->n;
	struct span part;

	while (at > 0 && path->p[at - 1] != '/')
		at--;
	part = (struct span){ path->p + at, path->n - at };
	while (at > 0 && path->p[at - 1] == '/')
		at--;
	path->n = at;
	return part;
}

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
	char name[NAME_MAX + 1], folder[NAME_MAX + 1];

	to_text(last_part(&path), name);
	to_text(last_part(&path), folder);
	*out = PLACE_OTHER;
	if (name[0] == '\0' || name_is_metadata(name) ||
	    (name[0] == ',' && name_is_number(name + 1)))
		return false;
	if (name_is_maildir_part(folder) && is_maildir_name(name))
		return maildir_place(name, folder, out);
	*out = name_place(name);
	return true;
}
