/*
 * See shard_check.h.
 */
#include "shard_check.h"

#include <errno.h>
#include <stdlib.h>

#define RELATIVE ",\"index\":\"+"	/* no string has that in it: a quote
				 * in one is escaped */

struct checking {
	struct shard_id id;
	struct shard_head *head;
	struct shard_tail *tail;
	struct shard_rules rules;

	/* Scratch: */
	struct shard_sums sums;
	struct shard_place place;
	struct store_facts facts;
	struct buf path;
};

/* False: it makes no sense. */
static bool
find_index(struct span s, struct shard_index *out)
{
	const uint8_t *mark = memmem(s.p, s.n, RELATIVE,
	    sizeof(RELATIVE) - 1);
	const uint8_t *end = s.p + s.n, *at;

	*out = (struct shard_index){ 0 };
	if (mark == NULL)
		return true;
	at = mark + sizeof(RELATIVE) - 1;
	for (; at < end && ascii_digit(*at) && out->index < 1ull << 53; at++)
		out->index = out->index * 10 + (uint64_t)(*at - '0');
	if (at == end || *at != '"')
		return false;
	out->at = (size_t)(mark - s.p);
	out->n = (size_t)(at + 1 - mark);
	return true;
}

static bool
is_it(struct shard_id a, struct shard_id b)
{
	return a.i == b.i && a.n == b.n;
}

static bool
read_head(struct checking *c, const struct json_object *o)
{
	return shard_head_read(o, c->head) && is_it(c->head->id, c->id);
}

static bool
read_tail(struct checking *c, const struct json_object *o)
{
	return shard_tail_read(o, c->tail) && is_it(c->tail->id, c->id) &&
	    memcmp(c->tail->plan, c->head->plan, HASH_SIZE) == 0;
}

/* It is what its kind has to be. */
static bool
makes_sense(struct checking *c, const struct shard_line *l)
{
	struct part_facts part;

	switch (l->kind) {
	case SHARD_HEAD:
		return read_head(c, l->o) && shard_rules_read(l->o, &c->rules);
	case SHARD_PART:
		return shard_part_read(l->o, &part, &c->facts, &c->path);
	case SHARD_PIECE:
		return shard_piece_read(l->o, &c->rules.rules, &c->sums,
		    &c->place);
	case SHARD_TAIL:
		return read_tail(c, l->o);
	default:
		return true;
	}
}

static int
take(struct checking *c, struct span text, enum shard_kind kind,
    shard_told *told, void *ctx, struct err *e)
{
	struct shard_line l = { .text = text, .kind = kind };
	struct json_object *o = NULL;
	bool ok;
	int rc = ST_OK;

	if (kind == SHARD_RECORD)
		ok = find_index(text, &l.index);
	else
		ok = (l.o = o = json_parse(text)) != NULL &&
		    makes_sense(c, &l);
	if (!ok)
		rc = err_set(e, ST_BAD, 0, "a line makes no sense");
	else if (told != NULL)
		rc = told(ctx, &l, e);
	json_free(o);
	return rc;
}

static void
checking_free(struct checking *c)
{
	shard_rules_free(&c->rules);
	buf_free(&c->place.folder);
	buf_free(&c->path);
	free(c);
}

static int
open_it(struct shard_reader *r, int dir, struct shard_id id, struct err *e)
{
	struct buf name = { 0 };
	int rc;

	shard_file_name(&name, id);
	rc = shard_reader_open(r, dir, buf_text(&name), e);
	buf_free(&name);
	return rc;
}

int
shard_check(int dir, struct shard_id id, struct shard_head *head,
    struct shard_tail *tail, shard_told *told, void *ctx, struct err *e)
{
	struct checking *c = calloc(1, sizeof(*c));
	struct shard_reader r;
	enum shard_kind kind;
	struct span line;
	int rc;

	if (c == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot read");
	c->id = id;
	c->head = head;
	c->tail = tail;
	rc = open_it(&r, dir, id, e);
	while (rc == ST_OK && (rc = shard_reader_next(&r, &line, &kind, e)) ==
	    ST_OK)
		rc = take(c, line, kind, told, ctx, e);
	if (rc == ST_END && r.fd >= 0)
		rc = ST_OK;
	shard_reader_close(&r);
	checking_free(c);
	return rc;
}

int
shard_glance(int dir, struct shard_id id, struct shard_head *head,
    struct shard_tail *tail, struct buf *header, struct err *e)
{
	struct checking c = { .id = id, .head = head, .tail = tail };
	struct json_object *o = NULL;
	struct shard_reader r;
	enum shard_kind kind;
	struct span line;
	bool ok = true;
	int rc;

	rc = open_it(&r, dir, id, e);
	if (rc == ST_OK)
		rc = shard_reader_next(&r, &line, &kind, e);
	if (rc == ST_OK) {
		buf_add(header, line.p, line.n);
		rc = shard_reader_next(&r, &line, &kind, e);
	}
	if (rc == ST_OK)
		ok = (o = json_parse(line)) != NULL && read_head(&c, o);
	json_free(o);
	o = NULL;
	if (rc == ST_OK && ok && (rc = shard_reader_last(&r, &line, e)) ==
	    ST_OK)
		ok = (o = json_parse(line)) != NULL && read_tail(&c, o);
	json_free(o);
	shard_reader_close(&r);
	return rc != ST_OK || ok ? rc : err_set(e, ST_BAD, 0,
	    "a line makes no sense");
}
