/*
 * See piece.h.
 */
#include "piece.h"

#include <string.h>

/* As it travels; `more` behind it. */
struct wire_piece {
	struct stamp stamp;
	uint64_t name;
	uint32_t text, more;
	uint8_t kind, worst, flagged, whole;
};

void
piece_put(struct buf *b, const struct piece *p)
{
	struct wire_piece w;

	memset(&w, 0, sizeof(w));	/* the gaps as well: it is kept */
	w.stamp = p->stamp;
	w.name = p->name;
	w.text = p->text;
	w.more = (uint32_t)p->more.n;
	w.kind = (uint8_t)p->kind;
	w.worst = (uint8_t)p->worst;
	w.flagged = p->flagged;
	w.whole = p->whole;
	buf_add(b, &w, sizeof(w));
	buf_add(b, p->more.p, p->more.n);
}

bool
piece_take(struct span *from, struct piece *out)
{
	struct wire_piece w;

	if (from->n < sizeof(w))
		return false;
	memcpy(&w, from->p, sizeof(w));
	if (w.more > from->n - sizeof(w) || w.kind >= PIECE_KINDS ||
	    w.worst >= SEVERITIES)
		return false;
	*out = (struct piece){ .kind = (enum piece_kind)w.kind,
	    .text = w.text, .flagged = w.flagged != 0,
	    .worst = (enum severity)w.worst, .whole = w.whole != 0,
	    .name = w.name, .stamp = w.stamp,
	    .more = { from->p + sizeof(w), w.more } };
	from->p += sizeof(w) + w.more;
	from->n -= sizeof(w) + w.more;
	return true;
}
