/*
 * See database_fill.h: rows, and which store a message is in.
 */
#include "database_fill.h"

#include "codes.h"

void
fill_row(struct filling *f, enum table t, const struct row *r)
{
	if (f->rc == ST_OK)
		f->rc = table_put(f->db, f->scratch, t, r, f->e);
}

void
fill_list(struct filling *f, enum table t, const struct json_object *o,
    const char *key, uint64_t of)
{
	const size_t n = json_member_count(o, key);

	for (size_t i = 0; i < n; i++)
		fill_row(f, t, &(struct row){ .o = json_member_at(o, key, i),
		    .of = of, .n = i + 1 });
}

void
fill_names(struct filling *f, enum table t, const struct json_object *o,
    const char *key, struct span role, uint64_t of)
{
	struct span name;

	for (size_t i = 0; json_member_text_at(o, key, i, &name); i++)
		fill_row(f, t, &(struct row){ .of = of,
		    .word = { role, name } });
}

void
fill_code(struct filling *f, struct span code)
{
	for (unsigned i = 0; i < CODE_COUNT; i++)
		if (span_eq(code, span_text(code_info((enum code)i)->name)))
			return;
	fill_row(f, TABLE_code, &(struct row){ .n = 1, .word = { code } });
}

void
fill_codes(struct filling *f, enum table t, const struct json_object *o,
    const char *key, uint64_t of)
{
	struct span code;

	for (size_t i = 0; json_member_text_at(o, key, i, &code); i++) {
		fill_code(f, code);
		fill_row(f, t, &(struct row){ .of = of, .word = { code } });
	}
}

/* --- which store */

void
fill_path_free(struct path *p)
{
	buf_free(&p->text);
	buf_free(&p->exact);
}

bool
fill_path(struct path *p, const struct json_object *o)
{
	return table_bytes(o, "path", p->cells, &p->text, &p->exact) &&
	    p->cells[0].is == CELL_TEXT;
}

/* The piece that fill_path_store names; text and bytes have / and ! alike. */
static struct span
piece(struct span s, size_t members)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && members > 0; i++)
		if (s.p[i] == '!' && --members == 0)
			n = i;
	if (n > 0)
		return (struct span){ s.p, n };
	for (n = s.n; n > 0 && s.p[n - 1] != '/'; )
		n--;
	return n > 1 ? (struct span){ s.p, n - 1 } :
	    n == 1 ? (struct span){ s.p, 1 } : s;
}

void
fill_path_store(const struct path *p, const struct json_object *message,
    struct cell out[2])
{
	const size_t members = json_member_count(message, "member");

	out[0] = p->cells[0];
	out[1] = p->cells[1];
	if (json_member_is(message, "format", "mbox") ||
	    json_member_is(message, "format", "dbox") ||
	    json_member_is(message, "format", "mmdf"))
		return;
	out[0].bytes = piece(out[0].bytes, members);
	if (out[1].is == CELL_BYTES)
		out[1].bytes = piece(out[1].bytes, members);
	if (span_eq(out[0].bytes, out[1].bytes))
		out[1] = (struct cell){ .is = CELL_NULL };
}

uint64_t
fill_find_store(struct filling *f, const struct cell path[2], bool *is_new)
{
	uint64_t id = 0;
	int rc;

	*is_new = false;
	if (f->rc != ST_OK)
		return 0;
	rc = database_run(f->db, FIND_STORE, path, 2, &id, f->e);
	if (rc == ST_OK)
		return id;
	*is_new = rc == ST_END;
	f->rc = rc == ST_END ? ST_OK : rc;
	return ++f->stores;
}

uint64_t
fill_store(struct filling *f, const struct cell path[2])
{
	bool is_new;
	const uint64_t id = fill_find_store(f, path, &is_new);
	const struct cell cells[3] = { { .is = CELL_NUMBER, .number = id },
	    path[0], path[1] };
	int rc;

	if (!is_new)
		return id;
	rc = database_run(f->db, PUT_STORE, cells, 3, NULL, f->e);
	f->rc = rc == ST_END ? ST_OK : rc;
	return id;
}
