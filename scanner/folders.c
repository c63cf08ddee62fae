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

void
folder_join(struct buf *b, const char *dir, const char *name)
{
	buf_str(b, dir);
	if (dir[0] != '\0' && b->n > 0 && b->p[b->n - 1] != '/')
		buf_byte(b, '/');
	buf_str(b, name);
}
