/*
 * See archive_ledger.h.
 */
#include "archive_ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "archive_rewrite.h"

#define LEFT_OUT UINT64_MAX	/* ledger_line.size */
#define FIRST 256u

int
ledger_open(struct ledger *l, struct err *e)
{
	*l = (struct ledger){ .hash = hash_new() };
	return l->hash != NULL ? ST_OK :
	    err_set(e, ST_DEAD, ENOMEM, "archive");
}

void
ledger_close(struct ledger *l)
{
	free(l->list);
	free(l->links);
	hash_free(l->hash);
	*l = (struct ledger){ 0 };
}

/* Room for one more in an array of items of that size. */
static void *
grow(void *p, size_t n, size_t *cap, size_t size, struct err *e)
{
	size_t more = *cap > 0 ? *cap * 2 : FIRST;
	void *q;

	if (n < *cap)
		return p;
	if (more > ARCHIVE_MEMBERS_MAX)
		more = ARCHIVE_MEMBERS_MAX;
	if ((q = realloc(p, more * size)) == NULL) {
		(void)err_set(e, ST_DEAD, ENOMEM, "archive");
		return NULL;
	}
	*cap = more;
	return q;
}

int
ledger_add(struct ledger *l, const struct ledger_line *line, struct err *e)
{
	struct ledger_line *p;

	if (l->n == ARCHIVE_MEMBERS_MAX)
		return err_set(e, ST_BAD, 0, "it has more than %u members",
		    ARCHIVE_MEMBERS_MAX);
	if ((p = grow(l->list, l->n, &l->cap, sizeof(*p), e)) == NULL)
		return ST_DEAD;
	l->list = p;
	p[l->n++] = *line;
	return ST_OK;
}

int
ledger_add_link(struct ledger *l, struct span to, struct err *e)
{
	uint64_t *p;

	if (l->links_n == ARCHIVE_MEMBERS_MAX)
		return err_set(e, ST_BAD, 0, "it has more than %u members",
		    ARCHIVE_MEMBERS_MAX);
	if ((p = grow(l->links, l->links_n, &l->links_cap, sizeof(*p), e)) ==
	    NULL)
		return ST_DEAD;
	l->links = p;
	p[l->links_n++] = ledger_name(l, to);
	return ST_OK;
}

uint64_t
ledger_short(const uint8_t sha[HASH_SIZE])
{
	uint64_t v;

	memcpy(&v, sha, sizeof(v));
	return v;
}

/* Parts between slashes; those that are empty or "." lead nowhere. */
uint64_t
ledger_name(struct ledger *l, struct span s)
{
	uint8_t sha[HASH_SIZE] = { 0 };
	size_t n;

	hash_begin(l->hash);
	for (; s.n > 0; s.p += n, s.n -= n) {
		for (n = 0; n < s.n && s.p[n] != '/'; n++)
			;
		if (n > 0 && !(n == 1 && s.p[0] == '.')) {
			hash_feed(l->hash, SPAN("/"));
			hash_feed(l->hash, (struct span){ s.p, n });
		}
		n += n < s.n;
	}
	(void)hash_end(l->hash, sha);
	return ledger_short(sha);
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int
ledger_seal(struct ledger *l, struct err *e)
{
	uint64_t *names = calloc(l->n + 1, sizeof(*names));
	int rc = ST_OK;

	if (names == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "archive");
	for (size_t i = 0; i < l->n; i++)
		names[i] = l->list[i].name;
	qsort(names, l->n, sizeof(*names), by_value);
	for (size_t i = 1; i < l->n && rc == ST_OK; i++)
		if (names[i] == names[i - 1])
			rc = err_set(e, ST_BAD, 0,
			    "two of its members have the same name");
	free(names);
	if (l->links_n > 0)
		qsort(l->links, l->links_n, sizeof(*l->links), by_value);
	return rc;
}

bool
ledger_is_linked(const struct ledger *l, uint64_t ordinal)
{
	return l->links_n > 0 && bsearch(&l->list[ordinal].name, l->links,
	    l->links_n, sizeof(*l->links), by_value) != NULL;
}

void
ledger_replace(struct ledger *l, uint64_t ordinal, uint64_t size,
    const uint8_t sha[HASH_SIZE])
{
	l->list[ordinal].size = size;
	l->list[ordinal].data = ledger_short(sha);
	l->list[ordinal].raw = 0;
}

void
ledger_drop(struct ledger *l, uint64_t ordinal)
{
	l->list[ordinal].size = LEFT_OUT;
}

static const char *
difference(const struct ledger_line *a, const struct ledger_line *b)
{
	if (a->name != b->name)
		return "name";
	if (a->size != b->size)
		return "size";
	if (a->data != b->data)
		return "contents";
	if (a->attributes != b->attributes)
		return "attributes";
	if (a->raw != 0 && a->raw != b->raw)
		return "headers";
	return NULL;
}

int
ledger_compare(const struct ledger *wanted, const struct ledger *found,
    struct err *e)
{
	const char *what;
	size_t k = 0;

	for (size_t i = 0; i < wanted->n; i++) {
		if (wanted->list[i].size == LEFT_OUT)
			continue;
		if (k == found->n)
			return err_set(e, ST_BAD, 0,
			    "member %zu is missing from it", i);
		what = difference(wanted->list + i, found->list + k++);
		if (what != NULL)
			return err_set(e, ST_BAD, 0,
			    "member %zu has another %s in it", i, what);
	}
	if (k != found->n)
		return err_set(e, ST_BAD, 0, "it has more members");
	if (wanted->rest != found->rest)
		return err_set(e, ST_BAD, 0,
		    "what is between its members differs");
	return ST_OK;
}
