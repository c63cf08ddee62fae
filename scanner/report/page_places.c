/*
 * See page_places.h.  A tree and no hash table: paths are chosen by others.
 */
#include "page_places.h"

#include <search.h>
#include <stdlib.h>

static int
compare_bytes(struct span a, struct span b)
{
	const size_t n = a.n < b.n ? a.n : b.n;
	const int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return c != 0 ? c : a.n < b.n ? -1 : a.n > b.n;
}

static int
compare_paths(const void *a, const void *b)
{
	return compare_bytes(((const struct page_place *)a)->path,
	    ((const struct page_place *)b)->path);
}

static void
keep(void *place)
{
	(void)place;
}

void
places_free(struct page_places *t)
{
	tdestroy(t->tree, keep);
	for (size_t i = 0; i < t->n; i++)
		free(t->list[i]);
	free(t->list);
	*t = (struct page_places){ 0 };
}

struct page_place *
places_find(const struct page_places *t, struct span path)
{
	const struct page_place key = { .path = path };
	void *const *at = tfind(&key, &t->tree, compare_paths);

	return at != NULL ? *at : NULL;
}

static bool
make_room(struct page_places *t)
{
	const size_t room = t->room > 0 ? 2 * t->room : 64;
	struct page_place **list;

	if (t->n < t->room)
		return true;
	if ((list = realloc(t->list, room * sizeof(*list))) == NULL)
		return false;
	t->list = list;
	t->room = room;
	return true;
}

/* Its path stands behind it. */
static struct page_place *
new_place(struct span path, size_t i)
{
	struct page_place *p = malloc(sizeof(*p) + path.n + 1);
	uint8_t *copy;

	if (p == NULL)
		return NULL;
	copy = (uint8_t *)(p + 1);
	if (path.n > 0)
		memcpy(copy, path.p, path.n);
	*p = (struct page_place){ .path = { copy, path.n },
	    .rank = (uint32_t)i };	/* below PLACES_MAX + 1 */
	return p;
}

size_t
places_add(struct page_places *t, struct span path)
{
	struct page_place *p = places_find(t, path);

	if (p == NULL && (t->n >= PLACES_MAX ||
	    path.n > PLACES_BYTES - t->bytes)) {
		path.n = 0;
		p = places_find(t, path);
	}
	if (p != NULL)
		return p->rank;
	if (!make_room(t) || (p = new_place(path, t->n)) == NULL)
		return SIZE_MAX;
	if (tsearch(p, &t->tree, compare_paths) == NULL) {
		free(p);
		return SIZE_MAX;
	}
	t->bytes += path.n;
	t->list[t->n] = p;
	return t->n++;
}

static int
compare_worst(const void *x, const void *y)
{
	const struct page_place *const a = *(struct page_place *const *)x;
	const struct page_place *const b = *(struct page_place *const *)y;

	for (size_t i = SEVERITIES; i-- > 0; )
		if (a->by_severity[i] != b->by_severity[i])
			return a->by_severity[i] > b->by_severity[i] ? -1 : 1;
	return compare_bytes(a->path, b->path);
}

void
places_rank(struct page_places *t)
{
	if (t->n > 0)
		qsort(t->list, t->n, sizeof(*t->list), compare_worst);
	for (size_t i = 0; i < t->n; i++)
		t->list[i]->rank = (uint32_t)i;
}

/* Where parts of a path meet sorts before all else. */
static unsigned
order(uint8_t c)
{
	return c == '/' ? 0 : c == '!' ? 1 : c + 2u;
}

static int
compare_parts(const void *x, const void *y)
{
	const struct span a = (*(struct page_place *const *)x)->path;
	const struct span b = (*(struct page_place *const *)y)->path;
	size_t i = 0;

	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	if (i == a.n || i == b.n)
		return a.n < b.n ? -1 : a.n > b.n;
	return order(a.p[i]) < order(b.p[i]) ? -1 : 1;
}

struct page_place **
places_by_path(const struct page_places *t)
{
	struct page_place **list = malloc((t->n + 1) * sizeof(*list));

	if (list == NULL)
		return NULL;
	if (t->n > 0)
		memcpy(list, t->list, t->n * sizeof(*list));
	qsort(list, t->n, sizeof(*list), compare_parts);
	return list;
}

struct span
places_of(struct span path, struct span format)
{
	static const char *const many[] = { "mbox", "dbox", "mmdf" };
	size_t n = path.n;

	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		if (span_eq(format, span_text(many[i])))
			return path;
	while (n > 0 && path.p[n - 1] != '/' && path.p[n - 1] != '!')
		n--;
	if (n > 1)
		return (struct span){ path.p, n - 1 };
	return n == 1 ? (struct span){ path.p, 1 } : path;
}

size_t
places_part(struct span s, size_t from)
{
	size_t i = from;

	while (i < s.n && s.p[i] != '/' && s.p[i] != '!')
		i++;
	return i - from;
}
