/*
 * See queue_names.h.
 *
 * By OpenSMTPD's queue_fs.c, KumoMTA's spool_id.rs and local_disk.rs, and
 * Haraka's qfile.js.
 */
#include "queue_names.h"

#define LEVELS 4u		/* of folders: two digits of an ID each */

struct span
path_part(struct span *path)
{
	size_t at = path->n;
	struct span part;

	while (at > 0 && path->p[at - 1] != '/')
		at--;
	part = (struct span){ path->n > 0 ? path->p + at : NULL,
	    path->n - at };
	while (at > 0 && path->p[at - 1] == '/')
		at--;
	path->n = at;
	return part;
}

static bool
is_hex(struct span s, size_t n)
{
	size_t i = 0;

	while (i < s.n && (ascii_digit(s.p[i]) ||
	    (s.p[i] >= 'a' && s.p[i] <= 'f')))
		i++;
	return i == s.n && i == n;
}

/* queue/AB/ABxxxxxx or incoming/ABxxxxxx; *id: the last name. */
static bool
is_opensmtpd(struct span folder, struct span *id)
{
	struct span up;

	*id = path_part(&folder);
	up = path_part(&folder);
	return is_hex(*id, 8) && ((is_hex(up, 2) && span_starts(*id, up)) ||
	    span_eq(up, SPAN("incoming")));
}

/* AA/BB/CC/DD and the rest of a UUID that has a time in it: it is of version 1,
 * 6 or 7.  *folder is cut to what is above. */
static bool
is_kumomta(struct span *folder, struct span name)
{
	if (!is_hex(name, KUMOMTA_ID - 2 * LEVELS) ||
	    memchr("167", name.p[4], 3) == NULL ||
	    memchr("89ab", name.p[8], 4) == NULL)
		return false;
	for (unsigned i = 0; i < LEVELS; i++)
		if (!is_hex(path_part(folder), 2))
			return false;
	return true;
}

enum store_place
queue_place(struct span folder, struct span name)
{
	struct span id;

	if (span_eq(name, SPAN("message")) && is_opensmtpd(folder, &id))
		return PLACE_OPENSMTPD;
	return is_kumomta(&folder, name) ? PLACE_KUMOMTA : PLACE_OTHER;
}

/* __tmp__.ARRIVAL_... */
static bool
is_unfinished(struct span name)
{
	size_t i = 8;

	if (!span_starts(name, SPAN("__tmp__.")))
		return false;
	while (i < name.n && ascii_digit(name.p[i]))
		i++;
	return i > 8 && i < name.n && name.p[i] == '_';
}

bool
queue_is_data(struct span folder, struct span name)
{
	struct span id;

	if (is_unfinished(name))
		return true;
	if (is_hex(name, 16) && is_opensmtpd(folder, &id))
		return span_starts(name, id);
	return is_kumomta(&folder, name) &&
	    span_eq(path_part(&folder), SPAN("data")) &&
	    span_eq(path_part(&folder), SPAN("meta"));
}

bool
queue_kumomta_id(struct span path, uint8_t id[KUMOMTA_ID])
{
	struct span part = path_part(&path), folder = path;
	size_t at = KUMOMTA_ID - 2 * LEVELS;

	if (!is_kumomta(&folder, part))
		return false;
	memcpy(id + 2 * LEVELS, part.p, at);
	for (at = 2 * LEVELS; at > 0; at -= 2) {
		part = path_part(&path);
		memcpy(id + at - 2, part.p, 2);
	}
	return true;
}
