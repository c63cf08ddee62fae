/*
 * See repair_lengths.h.
 */
#include "repair_lengths.h"

void
repair_lengths_begin(struct repair_lengths *l, const struct fields *f)
{
	*l = (struct repair_lengths){ 0 };
	length_field_find(f, "content-length", &l->bytes.field);
	length_field_find(f, "lines", &l->lines.field);
}

/* Lines are counted by their LFs. */
static int64_t
lf_count(struct span s)
{
	int64_t lf = 0;

	for (size_t i = 0; i < s.n; i++)
		lf += s.p[i] == '\n';
	return lf;
}

void
repair_lengths_watch(struct repair_lengths *l, uint64_t del, struct span old,
    struct span put)
{
	l->bytes.delta += (int64_t)put.n - (int64_t)del;
	l->lines.delta += lf_count(put) - lf_count(old);
}

static void
put_length(struct repair_lengths *l, struct repair_length *one)
{
	const size_t n = length_field_text(one->field.value +
	    (uint64_t)one->delta, one->digits);

	l->graft[l->n++] = (struct graft){ .off = one->field.off,
	    .del = one->field.digits, .ins = { one->digits, n },
	    .kind = EDIT_LENGTH };
}

bool
repair_lengths_settle(struct repair_lengths *l, uint64_t body)
{
	const struct length_field *b = &l->bytes.field;
	const struct length_field *n = &l->lines.field;

	l->n = 0;
	if (b->there && l->bytes.delta != 0) {
		if (b->many || b->bad || b->value != body)
			return false;
		put_length(l, &l->bytes);
	}
	/* What it says is for people: as right as it was. */
	if (n->there && !n->bad && !n->many && l->lines.delta != 0 &&
	    (l->lines.delta > 0 || n->value >= (uint64_t)-l->lines.delta))
		put_length(l, &l->lines);
	return true;
}
