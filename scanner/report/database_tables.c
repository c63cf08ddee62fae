/*
 * See database_tables.h.
 */
#include "database_tables.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "database_columns.h"

#define TABLE_ROW(name) { #name, columns_##name },
static const struct {
	const char *name;
	const struct column *columns;
} tables[TABLES_N] = { TABLES(TABLE_ROW) };

/* Values that are made: what is behind a cell stays until the row is put. */
struct table_scratch {
	struct cell cells[DATABASE_CELLS];
	struct buf made[DATABASE_CELLS];
};

struct table_scratch *
table_scratch_new(void)
{
	return calloc(1, sizeof(struct table_scratch));
}

void
table_scratch_free(struct table_scratch *s)
{
	for (size_t i = 0; s != NULL && i < DATABASE_CELLS; i++)
		buf_free(&s->made[i]);
	free(s);
}

/* A row of a store may be put again, when its record comes. */
static void
put_statement(struct buf *b, enum table t)
{
	const struct column *c = tables[t].columns;
	size_t n = 0;

	buf_printf(b, "INSERT%s INTO %s(", t == TABLE_store ? " OR REPLACE" :
	    t == TABLE_code ? " OR IGNORE" : "", tables[t].name);
	for (; c->is != IS_END; c++) {
		buf_printf(b, "%s\"%s\"", n++ > 0 ? ", " : "", c->name);
		if (c->is == IS_BYTES && ++n)
			buf_printf(b, ", \"%s_bytes\"", c->name);
	}
	buf_str(b, ") VALUES(");
	for (size_t i = 0; i < n; i++)
		buf_str(b, i > 0 ? ", ?" : "?");
	buf_byte(b, ')');
}

int
tables_say(struct database *d, struct err *e)
{
	struct buf b = { 0 };
	int rc = ST_OK;

	for (size_t i = 0; i < TABLES_N && rc == ST_OK; i++) {
		buf_clear(&b);
		put_statement(&b, (enum table)i);
		rc = database_say(d, i, buf_text(&b), e);
	}
	buf_free(&b);
	return rc;
}

static struct cell
number_cell(uint64_t n)
{
	return (struct cell){ .is = CELL_NUMBER, .number = n };
}

/* Text has no NUL; where it has, a copy has U+FFFD there. */
static struct cell
text_cell(struct span s, struct buf *made)
{
	const uint8_t *nul;

	while (s.n > 0 && (nul = memchr(s.p, '\0', s.n)) != NULL) {
		buf_add(made, s.p, (size_t)(nul - s.p));
		buf_str(made, "\xef\xbf\xbd");
		s.n -= (size_t)(nul + 1 - s.p);
		s.p = nul + 1;
	}
	if (made->n > 0) {
		buf_add(made, s.p, s.n);
		s = buf_span(made);
	}
	return (struct cell){ .is = CELL_TEXT, .bytes = s };
}

bool
table_bytes(const struct json_object *o, const char *key,
    struct cell out[2], struct buf *text, struct buf *exact)
{
	struct span s;

	out[0] = out[1] = (struct cell){ .is = CELL_NULL };
	buf_clear(text);
	buf_clear(exact);
	if (!json_member_text(o, key, &s))
		return true;
	if (!json_member_bytes(o, key, exact))
		return false;
	out[0] = text_cell(s, text);
	if (!span_eq(out[0].bytes, buf_span(exact)))
		out[1] = (struct cell){ .is = CELL_BYTES,
		    .bytes = buf_span(exact) };
	return buf_ok(text);
}

/* The object that a key is in, and the last part of it. */
static const struct json_object *
find_object(const struct json_object *o, const char **key)
{
	const char *dot;
	char part[32];

	while (o != NULL && (dot = strchr(*key, '.')) != NULL) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)(dot - *key),
		    *key);
		o = json_member(o, part);
		*key = dot + 1;
	}
	return o;
}

static bool
put_number(const struct json_object *o, const char *key, bool any,
    struct cell *out, struct buf *made)
{
	uint64_t n;

	if (!json_member_u64(o, key, &n))
		return true;
	if (n <= INT64_MAX) {
		*out = number_cell(n);
		return true;
	}
	if (!any)
		return false;
	buf_u64(made, n);
	*out = (struct cell){ .is = CELL_TEXT, .bytes = buf_span(made) };
	return buf_ok(made);
}

static void
put_list(const struct json_object *o, const char *key, struct cell *out,
    struct buf *made)
{
	uint64_t n;

	for (size_t i = 0; json_member_u64_at(o, key, i, &n); i++)
		buf_printf(made, "%s%" PRIu64, i > 0 ? "." : "", n);
	if (made->n > 0)
		*out = (struct cell){ .is = CELL_TEXT,
		    .bytes = buf_span(made) };
}

static bool
put_hex(const struct json_object *o, const char *key, struct cell *out,
    struct buf *made)
{
	uint8_t bytes[64];
	struct span s;

	if (!json_member_text(o, key, &s))
		return true;
	if (s.n / 2 > sizeof(bytes) ||
	    !json_member_hex(o, key, bytes, s.n / 2))
		return false;
	buf_add(made, bytes, s.n / 2);
	*out = (struct cell){ .is = CELL_BYTES, .bytes = buf_span(made) };
	return buf_ok(made);
}

/* A column that is made of a member.  False: it is not what it should be. */
static bool
put_member(const struct json_object *o, const struct column *c,
    struct cell *out, struct buf *made)
{
	const char *key = c->key != NULL ? c->key : c->name;
	struct span s;
	uint64_t n;
	bool is;

	if ((o = find_object(o, &key)) == NULL)
		return true;
	switch (c->is) {
	case IS_TEXT:
		if (json_member_text(o, key, &s))
			*out = text_cell(s, made);
		return buf_ok(made);
	case IS_BYTES:
		return table_bytes(o, key, out, made, made + 1);
	case IS_NUMBER:
	case IS_ANY_NUMBER:
		return put_number(o, key, c->is == IS_ANY_NUMBER, out, made);
	case IS_BOOL:
		if (json_member_bool(o, key, &is))
			*out = number_cell(is);
		return true;
	case IS_FIRST:
		if (json_member_u64_at(o, key, 0, &n))
			*out = number_cell(n);
		return out->number <= INT64_MAX;
	case IS_LIST:
		put_list(o, key, out, made);
		return buf_ok(made);
	default:
		return put_hex(o, key, out, made);
	}
}

static bool
put_cell(const struct row *r, const struct column *c, struct cell *out,
    struct buf *made)
{
	switch (c->is) {
	case IS_ID:
		*out = number_cell(r->id);
		return true;
	case IS_OF:
		*out = number_cell(r->of);
		return true;
	case IS_N:
		*out = number_cell(r->n);
		return r->n <= INT64_MAX;
	case IS_WORD:
		if (r->word[c->word].p != NULL)
			*out = text_cell(r->word[c->word], made);
		return buf_ok(made);
	default:
		return put_member(r->o, c, out, made);
	}
}

int
table_put(struct database *d, struct table_scratch *s, enum table t,
    const struct row *r, struct err *e)
{
	size_t n = 0;
	int rc;

	for (const struct column *c = tables[t].columns; c->is != IS_END;
	    c++) {
		const size_t wide = c->is == IS_BYTES ? 2 : 1;

		if (wide > DATABASE_CELLS - n)
			return err_set(e, ST_DEAD, 0, "too many columns");
		for (size_t i = n; i < n + wide; i++) {
			s->cells[i] = (struct cell){ .is = CELL_NULL };
			buf_clear(&s->made[i]);
		}
		if (!put_cell(r, c, &s->cells[n], &s->made[n]))
			return err_set(e, ST_DEAD, 0, "%s is too large, or "
			    "not what it should be", c->key != NULL ? c->key :
			    c->name);
		n += wide;
	}
	rc = database_run(d, t, s->cells, n, NULL, e);
	return rc == ST_END ? ST_OK : rc;
}
