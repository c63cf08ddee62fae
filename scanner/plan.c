/*
 * See plan.h.  Both ends are the same binary, but no length is trusted.
 */
#include "plan.h"

struct wire_item {
	uint64_t root, size, folder_n, name_n, note_n;
	uint8_t place, container, take;
	uint8_t sha[HASH_SIZE];
};

void
plan_put(struct buf *b, const struct plan_item *i)
{
	struct wire_item w = { .root = i->root, .size = i->size,
	    .folder_n = i->folder.n, .name_n = i->name.n,
	    .note_n = i->note.n, .place = i->place,
	    .container = i->container, .take = i->take };

	memcpy(w.sha, i->sha, HASH_SIZE);
	buf_add(b, &w, sizeof(w));
	buf_add(b, i->folder.p, i->folder.n);
	buf_add(b, i->name.p, i->name.n);
	buf_add(b, i->note.p, i->note.n);
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
	if (w.folder_n > left || w.name_n == 0 ||
	    w.name_n > left - w.folder_n || w.root > w.folder_n ||
	    w.note_n > left - w.folder_n - w.name_n ||
	    memchr(p, '\0', w.folder_n + w.name_n) != NULL)
		return false;
	*out = (struct plan_item){ .folder = { p, w.folder_n },
	    .root = w.root, .name = { p + w.folder_n, w.name_n },
	    .note = { p + w.folder_n + w.name_n, w.note_n },
	    .container = w.container != 0, .take = w.take != 0,
	    .place = w.place, .size = w.size };
	memcpy(out->sha, w.sha, HASH_SIZE);
	left -= (size_t)(w.folder_n + w.name_n + w.note_n);
	*in = (struct span){ out->note.p + w.note_n, left };
	return true;
}
