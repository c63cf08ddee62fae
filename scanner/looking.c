/*
 * See looking.h.
 */
#include "looking.h"

static void
look(struct looking *l, uint64_t root, enum target_kind kind)
{
	const struct target t = { .folder = buf_text(&l->names.folder),
	    .root = root, .name = buf_text(&l->names.name) };
	struct err e = { 0 };

	/* Where the disk fails --apply would stop, and say so. */
	if (target_look(&l->run, &t, kind, &l->outcome, &e) != ST_OK)
		(void)outcome_from(&l->outcome, OUTCOME_FAILED, &e);
}

bool
looking_at(struct looking *l, const struct plan_item *i)
{
	plan_names_set(&l->names, i->folder, i->name);
	if (i->container && span_eq(buf_span(&l->mailbox),
	    buf_span(&l->names.path)))
		return false;
	buf_clear(&l->mailbox);
	if (i->container)
		buf_add(&l->mailbox, l->names.path.p, l->names.path.n);
	look(l, i->folder.n > 0 ? i->root : l->names.folder.n,
	    i->container ? TARGET_MAILBOX : i->take ? TARGET_TAKE :
	    TARGET_EDIT);
	return true;
}

void
looking_at_archive(struct looking *l, const char *path, size_t root,
    bool in_place)
{
	plan_names_set(&l->names, (struct span){ NULL, 0 }, span_text(path));
	look(l, root < l->names.folder.n ? root : l->names.folder.n,
	    in_place ? TARGET_EDIT : TARGET_READ);
}

void
looking_free(struct looking *l)
{
	run_end(&l->run);
	plan_names_free(&l->names);
	buf_free(&l->mailbox);
}
