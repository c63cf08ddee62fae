/*
 * Where messages with findings are: stores, by their paths, and what is
 * counted in each.
 */
#ifndef BAREDOT_PAGE_PLACES_H
#define BAREDOT_PAGE_PLACES_H

#include "buf.h"
#include "codes.h"

#define PLACES_MAX 65536u	/* those beyond are counted in one */
#define PLACES_BYTES (32u << 20)	/* of all their paths */

struct page_place {
	struct span path;	/* empty: all those beyond PLACES_MAX */
	uint64_t flagged;	/* messages with findings */
	uint64_t by_severity[SEVERITIES];	/* by their worst */
	uint64_t messages;	/* in it; 0: not known */
	uint64_t shown;		/* messages that are shown one by one */
	uint32_t rank;		/* from 0, the worst first; its index in list,
				 * until places_rank too */
};

struct page_places {
	struct page_place **list;	/* as they came */
	size_t n, room, bytes;
	void *tree;			/* the same, by their paths */
};

void places_free(struct page_places *);

/* The index of a store in list, which is added.  SIZE_MAX: no memory. */
size_t places_add(struct page_places *, struct span path);

/* NULL: it is not there. */
struct page_place *places_find(const struct page_places *, struct span path);

/* Say who is worse, in rank, and put the list in that order. */
void places_rank(struct page_places *);

/* The list by path, a folder before what is in it; to be freed.  NULL: no
 * memory. */
struct page_place **places_by_path(const struct page_places *);

/* The store that a message is in: its path, or the folder (or archive) of a
 * file with a single message. */
struct span places_of(struct span path, struct span format);

/* How many bytes of s, from `from` on, are up to the next / or ! */
size_t places_part(struct span s, size_t from);

#endif
