/*
 * See undo_look.h.
 */
#include "undo_look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blob.h"
#include "exchange.h"
#include "mailbox_look.h"
#include "remove.h"

#define TABLE_MIN 64u		/* a power of two */

/* What would be back by then under a path. */
struct undo_back {
	struct undo_back *next;	/* in its slot of the table */
	char *path;
	char run[40];		/* a mailbox: this original of this run */
	uint8_t sha[HASH_SIZE];
};

static void
back_free(struct undo_back *b)
{
	if (b != NULL)
		free(b->path);
	free(b);
}

/* NULL: no memory. */
static struct undo_back *
back_new(const struct undo_look *u, struct intent *in)
{
	struct undo_back *b = calloc(1, sizeof(*b));

	if (b == NULL || asprintf(&b->path, "%s/%s", buf_text(&in->path),
	    in->name.text) < 0) {
		free(b);
		return NULL;
	}
	memcpy(b->run, u->view->id, sizeof(b->run));
	memcpy(b->sha, in->old.sha, HASH_SIZE);
	return b;
}

/* FNV-1a; there are u->cap slots, a power of two. */
static struct undo_back **
slot_of(const struct undo_look *u, const char *path)
{
	uint64_t h = 14695981039346656037u;

	for (; *path != '\0'; path++)
		h = (h ^ (uint8_t)*path) * 1099511628211u;
	return &u->back[h & (u->cap - 1)];
}

static struct undo_back *
find_back(const struct undo_look *u, const char *path)
{
	struct undo_back *b = u->cap > 0 ? *slot_of(u, path) : NULL;

	while (b != NULL && strcmp(b->path, path) != 0)
		b = b->next;
	return b;
}

static void
put_in_slot(struct undo_look *u, struct undo_back *b)
{
	struct undo_back **slot = slot_of(u, b->path);

	b->next = *slot;
	*slot = b;
}

static bool
grow(struct undo_look *u)
{
	struct undo_look old = *u;

	u->cap = old.cap > 0 ? 2 * old.cap : TABLE_MIN;
	if ((u->back = calloc(u->cap, sizeof(struct undo_back *))) == NULL) {
		*u = old;
		return false;
	}
	for (size_t i = 0; i < old.cap; i++)
		for (struct undo_back *b = old.back[i], *next; b != NULL;
		    b = next) {
			next = b->next;
			put_in_slot(u, b);
		}
	free(old.back);
	return true;
}

/* Only the last one that comes back under a path counts. */
static int
remember(struct undo_look *u, struct undo_back *b, struct undo_back *there,
    struct err *e)
{
	if (there != NULL) {
		memcpy(there->run, b->run, sizeof(b->run));
		memcpy(there->sha, b->sha, HASH_SIZE);
		back_free(b);
	} else if (u->n < u->cap || grow(u)) {
		put_in_slot(u, b);
		u->n++;
	} else {
		back_free(b);
		return err_set(e, ST_DEAD, ENOMEM, "undo");
	}
	return ST_OK;
}

/* The original that will be the mailbox by then; *fd -1: none. */
static int
open_back(const struct undo_look *u, const struct undo_back *b, int *fd,
    struct err *e)
{
	char path[64];
	struct sum sum;
	int dir, rc;

	*fd = -1;
	if (b == NULL)
		return ST_OK;
	(void)snprintf(path, sizeof(path), "%.40s/blobs", b->run);
	dir = openat(u->run.state->runs, path, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return err_set(e, ST_DEAD, errno, "cannot open the run");
	rc = blob_open(dir, b->sha, fd, &sum, e);
	(void)close(dir);
	return rc == ST_BAD ? ST_DEAD : rc;	/* it was there just now */
}

static int
look_at_mailbox(struct undo_look *u, struct intent *in,
    const struct undo_back *b, struct outcome *o, struct err *e)
{
	int fd, rc;

	if ((rc = open_back(u, b, &fd, e)) != ST_OK)
		return rc;
	rc = mailbox_look(&u->run, in, fd, o, e);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* in: no ACT_PUT, which is itself an undo. */
static int
look(struct undo_look *u, struct intent *in, struct outcome *o,
    struct err *e)
{
	struct undo_back *b = back_new(u, in), *there;
	int rc;

	if (b == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "undo");
	there = find_back(u, b->path);
	if (in->act == ACT_SWAP)
		rc = exchange_look(&u->run, in, o, e);
	else if (in->act == ACT_REMOVE)
		rc = remove_look(&u->run, in, there != NULL, o, e);
	else
		rc = look_at_mailbox(u, in, there, o, e);
	if (rc == ST_OK && o->kind == OUTCOME_DONE)
		return remember(u, b, there, e);
	back_free(b);
	return rc;
}

int
undo_look_one(struct undo_look *u, uint64_t seq, undo_fn *fn, void *ctx,
    struct err *e)
{
	struct intent in = { 0 };
	struct outcome o = { 0 };
	int rc;

	if ((rc = intent_read(u->run.journal, seq, &in, e)) == ST_OK &&
	    undo_is_for(&in) && (rc = look(u, &in, &o, e)) == ST_OK)
		fn(ctx, &in, &o);
	intent_free(&in);
	return rc;
}

static int
tell_open(struct undo_look *u, uint64_t seq, undo_fn *fn, void *ctx,
    struct err *e)
{
	struct intent in = { 0 };
	struct outcome o = { .kind = OUTCOME_UNSETTLED };
	int rc;

	if ((rc = intent_read(u->run.journal, seq, &in, e)) == ST_OK)
		fn(ctx, &in, &o);
	intent_free(&in);
	return rc;
}

int
undo_look_all(struct undo_look *u, undo_fn *fn, void *ctx, struct err *e)
{
	const struct history *h = &u->view->history;
	int rc = ST_OK;

	for (size_t i = h->n; i-- > 0 && rc == ST_OK; ) {
		const struct past *p = &h->list[i];

		if (p->fate == FATE_OPEN)
			rc = tell_open(u, p->seq, fn, ctx, e);
		else if (p->fate == FATE_DONE && p->undoes == 0)
			rc = undo_look_one(u, p->seq, fn, ctx, e);
	}
	return rc;
}

void
undo_look_begin(struct undo_look *u, const struct run_view *v)
{
	u->view = v;
	run_view_run(v, &u->run);
}

void
undo_look_end(struct undo_look *u)
{
	run_view_run_end(&u->run);
	u->view = NULL;
}

void
undo_look_free(struct undo_look *u)
{
	for (size_t i = 0; i < u->cap; i++)
		for (struct undo_back *b = u->back[i], *next; b != NULL;
		    b = next) {
			next = b->next;
			back_free(b);
		}
	free(u->back);
	*u = (struct undo_look){ 0 };
}
