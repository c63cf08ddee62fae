/*
 * See shard_plan.h: the first line.
 */
#include "shard_plan.h"

#include <errno.h>
#include <stdlib.h>

/* The sum is of what stands behind it: so that it can be put in last. */
#define BEFORE "{\"type\":\"plan\",\"plan_sha256\":\""
#define BEHIND (sizeof(BEFORE) - 1 + 2 * HASH_SIZE)

void
plan_header_free(struct plan_header *h)
{
	for (size_t i = 0; h->roots != NULL && i < h->roots_n; i++)
		buf_free(&h->roots[i].path);
	free(h->roots);
	free(h->segments);
	buf_free(&h->cwd);
	*h = (struct plan_header){ .shards = 0 };
}

static bool
sum_of(struct span s, uint8_t out[HASH_SIZE])
{
	struct hash *h = hash_new();
	bool ok;

	if (h == NULL)
		return false;
	hash_begin(h);
	hash_feed(h, s);
	ok = hash_end(h, out);
	hash_free(h);
	return ok;
}

static void
put_roots(struct json *j, const struct plan_header *h)
{
	json_key(j, "roots");
	json_open(j, '[');
	for (size_t i = 0; i < h->roots_n; i++) {
		json_open(j, '{');
		json_bytes(j, "path", buf_span(&h->roots[i].path));
		json_key_u64(j, "inode", h->roots[i].inode);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
put_segments(struct json *j, const struct plan_header *h)
{
	json_key(j, "shards");
	json_open(j, '[');
	for (size_t i = 0; i < h->shards; i++) {
		const struct plan_segment *s = &h->segments[i];

		json_open(j, '{');
		json_key_u64(j, "at", s->at);
		json_key_u64(j, "length", s->n);
		json_key_u64(j, "weight", s->weight);
		json_key(j, "sha256");
		json_hex(j, s->sha, HASH_SIZE);
		json_close(j, '}');
	}
	json_close(j, ']');
}

size_t
plan_header_room(const struct plan_header *h)
{
	size_t n = 1024 + 3 * h->cwd.n * 4 + h->shards * 200;

	for (size_t i = 0; i < h->roots_n; i++)
		n += 100 + 8 * h->roots[i].path.n;
	return n;
}

bool
plan_header_put(struct buf *b, struct plan_header *h, const char *rules,
    size_t room, void (*more)(void *ctx, struct json *), void *ctx)
{
	struct json j = json_begin(b);
	struct buf hex = { 0 };
	bool ok;

	json_open(&j, '{');
	json_key_text(&j, "type", "plan");
	json_key(&j, "plan_sha256");
	json_hex(&j, h->sha, HASH_SIZE);
	json_key_text(&j, "tool", "baredot");
	json_key_text(&j, "version", BAREDOT_VERSION);
	json_key_u64(&j, "schema", PLAN_SCHEMA);
	json_key_text(&j, "rules_sha256", rules);
	json_key_bool(&j, "forensic", h->forensic);
	if (h->cwd.n > 0)
		json_bytes(&j, "cwd", buf_span(&h->cwd));
	put_roots(&j, h);
	put_segments(&j, h);
	if (more != NULL)
		more(ctx, &j);
	json_close(&j, '}');
	while (b->n + 1 < room && !b->failed)
		buf_byte(b, ' ');
	buf_byte(b, '\n');
	ok = buf_ok(b) && b->n == room && sum_of((struct span){ b->p + BEHIND,
	    b->n - BEHIND - 1 }, h->sha);
	buf_hex(&hex, h->sha, HASH_SIZE);
	if ((ok = ok && buf_ok(&hex)))
		memcpy(b->p + sizeof(BEFORE) - 1, hex.p, hex.n);
	buf_free(&hex);
	return ok;
}

/* --- and back */

static bool
read_root(const struct json_object *o, struct plan_root *out)
{
	return o != NULL && json_member_bytes(o, "path", &out->path) &&
	    strlen(buf_text(&out->path)) == out->path.n &&
	    json_member_u64(o, "inode", &out->inode);
}

/* Segments lie one behind another. */
static bool
read_segment(const struct json_object *o, uint64_t at,
    struct plan_segment *out)
{
	return o != NULL && json_member_u64(o, "at", &out->at) &&
	    out->at == at && json_member_u64(o, "length", &out->n) &&
	    out->n <= INT64_MAX - out->at &&
	    json_member_u64(o, "weight", &out->weight) &&
	    json_member_hex(o, "sha256", out->sha, HASH_SIZE);
}

static bool
read_lists(struct plan_header *h, const struct json_object *o)
{
	uint64_t at = 0;

	h->roots_n = json_member_count(o, "roots");
	h->shards = json_member_count(o, "shards");
	if (h->shards == 0 || h->shards > PLAN_SHARDS_MAX)
		return false;
	h->roots = calloc(h->roots_n + 1, sizeof(*h->roots));
	h->segments = calloc(h->shards, sizeof(*h->segments));
	if (h->roots == NULL || h->segments == NULL)
		return false;
	for (size_t i = 0; i < h->roots_n; i++)
		if (!read_root(json_member_at(o, "roots", i), &h->roots[i]))
			return false;
	for (size_t i = 0; i < h->shards; i++) {
		if (!read_segment(json_member_at(o, "shards", i), at,
		    &h->segments[i]))
			return false;
		at = h->segments[i].at + h->segments[i].n;
	}
	return true;
}

/* What it was made by. */
static int
check_maker(const struct json_object *o, const char *rules, struct err *e)
{
	struct span version = { (const uint8_t *)"", 0 };
	uint64_t schema = 0;

	(void)json_member_text(o, "version", &version);
	(void)json_member_u64(o, "schema", &schema);
	if (schema != PLAN_SCHEMA || !span_eq(version,
	    span_text(BAREDOT_VERSION)))
		return err_set(e, ST_BAD, 0, "the plan is of baredot %.*s, "
		    "and this is " BAREDOT_VERSION ": all have to be the same",
		    version.n < 32 ? (int)version.n : 32,
		    (const char *)version.p);
	if (!json_member_is(o, "rules_sha256", rules))
		return err_set(e, ST_BAD, 0, "the plan is of a baredot with "
		    "other rules: all have to be the same");
	return ST_OK;
}

static int
read_members(struct plan_header *h, const struct json_object *o,
    const char *rules, struct err *e)
{
	int rc;

	if ((rc = check_maker(o, rules, e)) != ST_OK)
		return rc;
	h->forensic = json_member_true(o, "forensic");
	(void)json_member_bytes(o, "cwd", &h->cwd);
	if (strlen(buf_text(&h->cwd)) != h->cwd.n || !read_lists(h, o))
		return err_set(e, ST_BAD, 0, "it is not a plan that this "
		    "version made");
	return ST_OK;
}

int
plan_header_read(struct plan_header *h, const char *rules, struct span line,
    struct err *e)
{
	struct json_object *o = NULL;
	uint8_t sha[HASH_SIZE];
	int rc;

	*h = (struct plan_header){ .shards = 0 };
	if (!span_starts(line, SPAN(BEFORE)) || line.n < BEHIND ||
	    (o = json_parse(line)) == NULL)
		return err_set(e, ST_BAD, 0, "it is not a plan");
	if (!sum_of((struct span){ line.p + BEHIND, line.n - BEHIND }, sha)) {
		rc = err_set(e, ST_DEAD, ENOMEM, "cannot read the plan");
	} else if (!json_member_hex(o, "plan_sha256", h->sha, HASH_SIZE) ||
	    memcmp(sha, h->sha, HASH_SIZE) != 0) {
		rc = err_set(e, ST_BAD, 0, "the plan was changed");
	} else {
		rc = read_members(h, o, rules, e);
	}
	json_free(o);
	return rc;
}

int
plan_open(struct report_lines *lines, const char *path, const char *rules,
    struct plan_header *h, struct err *e)
{
	struct span line;
	int rc;

	*h = (struct plan_header){ .shards = 0 };
	if ((rc = report_lines_open(lines, path, e)) != ST_OK)
		return rc;
	rc = report_lines_next(lines, &line, e);
	if (rc == ST_END || (rc == ST_OK && lines->cut))
		return err_set(e, ST_BAD, 0, "it is not a plan");
	return rc == ST_OK ? plan_header_read(h, rules, line, e) : rc;
}
