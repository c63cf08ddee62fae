/*
 * Any bytes as the file of a shard: it is whole only if its sums are right; and
 * each line as each of its records: a part that is read makes one that says
 * the same.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shard_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
try_part(const struct json_object *o)
{
	struct part_facts p, q;
	struct store_facts f, g;
	struct buf path = { 0 }, again = { 0 }, one = { 0 }, two = { 0 };
	struct json_object *twin;

	if (shard_part_read(o, &p, &f, &path)) {
		shard_part_put(&one, &p);
		twin = json_parse((struct span){ one.p, one.n - 1 });
		check(twin != NULL && shard_part_read(twin, &q, &g, &again));
		shard_part_put(&two, &q);
		check(span_eq(buf_span(&one), buf_span(&two)));
		json_free(twin);
	}
	buf_free(&path);
	buf_free(&again);
	buf_free(&one);
	buf_free(&two);
}

static void
try_line(struct span s)
{
	struct json_object *o = json_parse(s);
	struct shard_head head;
	struct shard_tail tail;
	struct shard_rules rules;
	struct shard_sums *sums = calloc(1, sizeof(*sums));
	struct shard_place place = { .root = 0 };
	struct border_state border = { .known = false };

	if (o != NULL) {
		(void)shard_head_read(o, &head);
		if (shard_rules_read(o, &rules))
			(void)shard_piece_read(o, &rules.rules, sums, &place);
		shard_rules_free(&rules);
		if (shard_tail_read(o, &tail))
			(void)shard_border_next(&border, &tail.borders);
		try_part(o);
	}
	json_free(o);
	buf_free(&place.folder);
	free(sums);
}

static void
try_file(const uint8_t *data, size_t n)
{
	const int fd = memfd_create("shard", MFD_CLOEXEC);
	struct shard_reader r;
	enum shard_kind kind;
	struct span line;
	uint64_t bytes = 0;
	struct err e;
	int rc;

	check(fd >= 0 && write(fd, data, n) == (ssize_t)n &&
	    lseek(fd, 0, SEEK_SET) == 0);
	rc = shard_reader_begin(&r, fd, &e);
	while (rc == ST_OK && (rc = shard_reader_next(&r, &line, &kind, &e)) ==
	    ST_OK) {
		bytes += line.n + 1;
		check(memcmp(line.p, data + r.offset - line.n - 1, line.n) ==
		    0);
	}
	if (rc == ST_END)
		check(r.ended && bytes == n && r.sealed == n);
	check(r.sealed <= n);
	shard_reader_close(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end = data + n, *at = data, *next;

	try_file(data, n);
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
