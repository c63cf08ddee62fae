/*
 * See folders.h.
 */
#include "folders.h"

#include <stdlib.h>

bool
folder_push(struct folder **innermost, const char *path)
{
	struct folder *f = calloc(1, sizeof(*f));

	if (f != NULL) {
		f->path = strdup(path);
		f->facts = calloc(1, sizeof(*f->facts));
	}
	if (f == NULL || f->path == NULL || f->facts == NULL) {
		if (f != NULL) {
			free(f->path);
			free(f->facts);
		}
		free(f);
		return false;
	}
	f->up = *innermost;
	*innermost = f;
	return true;
}

void
folder_pop(struct folder **innermost)
{
	struct folder *f = *innermost;

	*innermost = f->up;
	free(f->path);
	free(f);
}
