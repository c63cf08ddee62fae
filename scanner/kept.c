/*
 * See kept.h.
 */
#include "kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct keeper *
kept_by(const char *path, const char *name, int fd)
{
	const char *slash = strrchr(name, '/');
	uint8_t head[KEEPER_HEAD] = { 0 };
	const ssize_t n = pread(fd, head, sizeof(head), 0);
	const struct span bytes = { head, n > 0 ? (size_t)n : 0 };
	const struct keeper *k;
	char *up;

	if (path[0] != '\0')
		return keeper_of(path, -1, name, bytes);
	if (slash == NULL)
		return keeper_of(".", -1, name, bytes);
	if ((up = strndup(name, slash > name ? (size_t)(slash - name) : 1)) ==
	    NULL)
		return NULL;
	k = keeper_of(up, -1, slash + 1, bytes);
	free(up);
	return k;
}

void
kept_why(const struct keeper *k, bool message, char *out, size_t size)
{
	(void)snprintf(out, size, message ? "%s keeps it, and its size or "
	    "place elsewhere: %s" : "a file of %s, never changed here: %s",
	    k->server, k->command);
}
