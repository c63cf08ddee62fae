/*
 * Any bytes as a plan: lines that are read make lines that say the same, and
 * lead nowhere else than down; and a first line, with the sum that it needs.
 */
#include <stdlib.h>

#include "shard_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_names(const struct plan_line *l)
{
	const char *path = (const char *)l->path.p;
	const bool file = l->kind == PLAN_FILE || l->kind == PLAN_MBOX;

	check(l->path.n > 0 && strlen(path) == l->path.n);
	if (file && !l->named)
		check(strchr(path, '/') == NULL && strcmp(path, "..") != 0);
	if (l->kind == PLAN_FOLDER)
		check(l->root > 0 && l->root <= l->path.n &&
		    strstr(path + l->root, "/../") == NULL);
	if (l->kind == PLAN_MBOX)
		check(l->from < l->to && l->to <= l->size);
}

/* Lines in the usual form are read another way: with the same result. */
static void
check_slow(const struct plan_line *a, bool ok, struct span s)
{
	struct plan_line b = { .root = 0 };
	struct buf slow = { 0 }, one = { 0 }, two = { 0 };

	if (s.n > 0 && s.p[0] == '{') {
		buf_str(&slow, "{ ");
		buf_add(&slow, s.p + 1, s.n - 1);
		check(plan_line_read(&b, buf_span(&slow)) == ok);
		if (ok) {
			plan_line_put(&one, a);
			plan_line_put(&two, &b);
			check(span_eq(buf_span(&one), buf_span(&two)));
		}
	}
	plan_line_free(&b);
	buf_free(&slow);
	buf_free(&one);
	buf_free(&two);
}

static void
try_line(struct span s)
{
	struct plan_line a = { .root = 0 }, b = { .root = 0 };
	struct buf one = { 0 }, two = { 0 };
	const bool ok = plan_line_read(&a, s);

	check_slow(&a, ok, s);
	if (ok) {
		check_names(&a);
		plan_line_put(&one, &a);
		check(plan_line_read(&b, (struct span){ one.p, one.n - 1 }));
		plan_line_put(&two, &b);
		check(span_eq(buf_span(&one), buf_span(&two)));
	}
	plan_line_free(&a);
	plan_line_free(&b);
	buf_free(&one);
	buf_free(&two);
}

/* What an attacker would do: the sum is that of what he wrote. */
static void
try_header(struct span rest)
{
	struct hash *h = hash_new();
	struct plan_header p;
	struct buf line = { 0 };
	uint8_t sum[HASH_SIZE];
	struct err e;
	uint64_t at = 0;

	hash_begin(h);
	hash_feed(h, rest);
	check(hash_end(h, sum));
	buf_str(&line, "{\"type\":\"plan\",\"plan_sha256\":\"");
	buf_hex(&line, sum, sizeof(sum));
	buf_add(&line, rest.p, rest.n);
	if (plan_header_read(&p, "r", buf_span(&line), &e) == ST_OK) {
		check(p.shards > 0 && p.shards <= PLAN_SHARDS_MAX);
		for (size_t i = 0; i < p.shards; i++) {
			check(p.segments[i].at == at);
			at += p.segments[i].n;
		}
	}
	plan_header_free(&p);
	buf_free(&line);
	hash_free(h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end = data + n, *at = data, *next;

	try_header((struct span){ data, n });
	for (; at < end; at = next + 1) {
		next = memchr(at, '\n', (size_t)(end - at));
		if (next == NULL)
			next = end;
		try_line((struct span){ at, (size_t)(next - at) });
		if (next == end)
			break;
	}
	return 0;
}
