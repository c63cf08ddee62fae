/*
 * Any bytes as an mbox: messages are in order and apart, and how the bytes
 * arrive does not matter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store.h"

#include "../drip.c"

#define MESSAGES_MAX 4096u

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct result {
	size_t n;
	uint64_t off[MESSAGES_MAX], len[MESSAGES_MAX];
	struct dialects seen;
};

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s\n", what);
	abort();
}

/* Append what the store holds to *r. */
static void
read_all(struct store *s, struct span all, struct result *r)
{
	struct dialects seen;
	uint64_t end = 0;
	struct span part;
	struct msg m;
	int rc;

	while ((rc = store_next(s, &m, NULL)) == ST_OK) {
		uint64_t at = m.off;

		check(m.off >= end && m.index > 0, "overlap");
		while ((rc = store_read(s, &part, NULL)) == ST_OK) {
			check(part.n > 0 && part.n <= all.n - at, "length");
			check(memcmp(part.p, all.p + at, part.n) == 0,
			    "bytes");
			at += part.n;
		}
		check(rc == ST_END && m.len == at - m.off, "sum");
		end = at;
		if (r->n < MESSAGES_MAX) {
			r->off[r->n] = m.off;
			r->len[r->n++] = m.len;
		}
	}
	check(rc == ST_END, "status");
	if (store_take_dialects(s, &seen))
		dialects_add(&r->seen, &seen);
}

static void
run_drip(struct store *s, struct span all, size_t step, struct result *r)
{
	const struct store_how how = { .format = "mbox" };
	struct drip d = { .bytes = all, .step = step, .seed = 1,
	    .fail_at = DRIP_NEVER };

	memset(r, 0, sizeof(*r));
	check(store_open_source(s, drip_source(&d), &how, NULL) == ST_OK,
	    "open");
	read_all(s, all, r);
	store_close(s);
}

/*
 * From a file Content-Length is followed, so the messages are others.  Where
 * the next separator starts.
 */
static uint64_t
run_file(struct store *s, struct span all, struct store_how how,
    struct result *r)
{
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);
	uint64_t position;

	check(fd >= 0 && write(fd, all.p, all.n) == (ssize_t)all.n &&
	    lseek(fd, 0, SEEK_SET) == 0, "file");
	how.format = "mbox";
	check(store_open(s, fd, all.n, &how, NULL) == ST_OK, "open");
	read_all(s, all, r);
	position = store_position(s);
	store_close(s);
	return position;
}

/* The file from its start to byte k, and from there on. */
static void
run_parts(struct store *s, struct span all, uint64_t k, struct result *r)
{
	struct store_how how = { .to = k };

	memset(r, 0, sizeof(*r));
	how.from = run_file(s, all, how, r);
	check(how.from <= all.n, "position");
	if (how.from == all.n)
		return;
	how.to = 0;
	how.exact = true;
	(void)run_file(s, all, how, r);
}

static void
same(const struct result *a, const struct result *b)
{
	check(a->n == b->n, "messages");
	check(memcmp(a->off, b->off, a->n * sizeof(a->off[0])) == 0, "places");
	check(memcmp(a->len, b->len, a->n * sizeof(a->len[0])) == 0, "sizes");
	check(a->seen.any_from == b->seen.any_from &&
	    a->seen.blank_from == b->seen.blank_from &&
	    a->seen.no_length == b->seen.no_length &&
	    a->seen.by_length == b->seen.by_length &&
	    a->seen.disputes == b->seen.disputes, "dialects");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct result a, b;
	struct store *s;
	struct span all;
	size_t step;

	/* Compressed data have tests of their own. */
	if (n < 2 || packing_filter((struct span){ p + 2, n - 2 }) !=
	    FILTER_NONE)
		return 0;
	s = store_new(NULL);
	step = p[0];
	all = (struct span){ p + 2, n - 2 };
	run_drip(s, all, step, &a);
	run_drip(s, all, SIZE_MAX, &b);
	same(&a, &b);
	if (all.n > 0) {
		memset(&a, 0, sizeof(a));
		(void)run_file(s, all, (struct store_how){ .to = 0 }, &a);
		run_parts(s, all, 1u + p[1], &b);
		same(&a, &b);
		(void)run_file(s, all, (struct store_how){
		    .from = 1u + p[1] }, &a);
	}
	store_free(s);
	return 0;
}
