/*
 * See plan.h.  Both ends are the same binary, but no length is trusted.
 */
#include "plan.h"

struct wire_item {
	uint64_t root, size, which, folder_n, name_n, note_n, frames_n;
	struct stamp stamp;
	uint8_t place, container, take, left, settled, found;
	uint8_t sha[HASH_SIZE];
};

void
plan_put(struct buf *b, const struct plan_item *i)
{
	struct wire_item w = { .root = i->root, .size = i->size,
	    .folder_n = i->folder.n, .name_n = i->name.n,
	    .note_n = i->note.n, .frames_n = i->frames.n,
	    .stamp = i->stamp, .place = i->place,
	    .container = i->container, .take = i->take, .left = i->left,
	    .settled = i->settled, .found = i->found, .which = i->which };

	memcpy(w.sha, i->sha, HASH_SIZE);
	buf_add(b, &w, sizeof(w));
	buf_add(b, i->folder.p, i->folder.n);
	buf_add(b, i->name.p, i->name.n);
	buf_add(b, i->note.p, i->note.n);
	buf_add(b, i->frames.p, i->frames.n);
}

bool
plan_next(struct span *in, struct plan_item *out)
{
	struct wire_item w;
	const uint8_t *p;
	size_t left;

	if (in->n < sizeof(w))
		return false;
	memcpy(&w, in->p, sizeof(w));
	p = in->p + sizeof(w);
	left = in->n - sizeof(w);
	if (w.folder_n > left || (w.name_n == 0 && w.found == 0) ||
	    w.name_n > left - w.folder_n || w.root > w.folder_n ||
	    w.note_n > left - w.folder_n - w.name_n ||
	    w.frames_n > left - w.folder_n - w.name_n - w.note_n ||
	    memchr(p, '\0', w.folder_n + w.name_n) != NULL)
		return false;
	*out = (struct plan_item){ .folder = { p, w.folder_n },
	    .root = w.root, .name = { p + w.folder_n, w.name_n },
	    .note = { p + w.folder_n + w.name_n, w.note_n },
	    .frames = { p + w.folder_n + w.name_n + w.note_n, w.frames_n },
	    .container = w.container != 0, .take = w.take != 0,
	    .left = w.left != 0, .settled = w.settled != 0,
	    .found = w.found != 0, .which = w.which,
	    .stamp = w.stamp, .place = w.place, .size = w.size };
	memcpy(out->sha, w.sha, HASH_SIZE);
	left -= (size_t)(w.folder_n + w.name_n + w.note_n + w.frames_n);
	*in = (struct span){ out->frames.p + w.frames_n, left };
	return true;
}

/* What the user named may lead through links. */
void
plan_names_set(struct plan_names *n, struct span folder, struct span name)
{
	const uint8_t *slash = folder.n == 0 ?
	    memrchr(name.p, '/', name.n) : NULL;

	buf_clear(&n->path);
	buf_add(&n->path, folder.p, folder.n);
	if (folder.n > 0 && folder.p[folder.n - 1] != '/')
		buf_byte(&n->path, '/');
	buf_add(&n->path, name.p, name.n);
	buf_clear(&n->folder);
	buf_clear(&n->name);
	if (folder.n > 0) {
		buf_add(&n->folder, folder.p, folder.n);
	} else if (slash == NULL) {
		buf_str(&n->folder, ".");
	} else {
		buf_add(&n->folder, name.p, slash == name.p ? 1 :
		    (size_t)(slash - name.p));
		name.n -= (size_t)(slash + 1 - name.p);
		name.p = slash + 1;
	}
	buf_add(&n->name, name.p, name.n);
}

void
plan_names_free(struct plan_names *n)
{
	buf_free(&n->path);
	buf_free(&n->folder);
	buf_free(&n->name);
}
