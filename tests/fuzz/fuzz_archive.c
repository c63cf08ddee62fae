/*
 * Any bytes as an archive: refused, or written anew so that nothing but what
 * was to change did.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive_rewrite.h"
#include "kernel_calls.h"
#include "sum.h"

#define CHANGES_MAX 64u

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct script {
	uint64_t members;
	struct archive_change list[CHANGES_MAX];
	size_t n;
};

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s\n", what);
	abort();
}

/* The first is replaced, the second left out, the third kept, and so on. */
static enum archive_answer
on_member(void *ctx, const struct archive_member *m, int fd, int to,
    uint64_t *size, struct err *e)
{
	struct script *s = ctx;
	struct archive_change *c = s->list + s->n;
	struct sum sum;

	check(m->size == 0 || sum_file(fd, m->size, -1, &sum, e) == ST_OK,
	    "spool");
	check(m->size == 0 || sum.size == m->size, "spool's size");
	if (s->members++ % 3 == 2 || s->n == CHANGES_MAX)
		return ARCHIVE_KEEP;
	*c = (struct archive_change){ .ordinal = m->ordinal,
	    .drop = s->n % 2 == 1 };
	if (!c->drop) {
		*size = c->size = m->ordinal % 4;
		check(call_write(to, "new", c->size, 0) == 0, "write");
		check(sum_bytes((struct span){ (const uint8_t *)"new",
		    c->size }, c->sha, e) == ST_OK, "sum");
	}
	return s->list[s->n++].drop ? ARCHIVE_DROP : ARCHIVE_REPLACE;
}

static enum archive_answer
on_keep(void *ctx, const struct archive_member *m, int fd, int to,
    uint64_t *size, struct err *e)
{
	(void)ctx, (void)m, (void)fd, (void)to, (void)size, (void)e;
	return ARCHIVE_KEEP;
}

static void
rewrite(int from, int to, int a, int b)
{
	struct script s = { .n = 0 };
	const struct archive_rewrite_sink change = { .member = on_member,
	    .ctx = &s };
	const struct archive_rewrite_sink keep = { .member = on_keep };
	struct archive_facts f;
	struct err e;
	int rc;

	if ((rc = archive_look(from, &f, &e)) != ST_OK) {
		check(rc == ST_BAD, e.text);
		return;
	}
	check(archive_rewrite(from, to, a, b, &keep, &f, &e) == ST_OK &&
	    f.size == 0, "kept");
	check(ftruncate(to, 0) == 0, "truncate");
	rc = archive_rewrite(from, to, a, b, &change, &f, &e);
	check(rc == ST_OK || rc == ST_BAD, e.text);
	check(rc == ST_OK || strstr(e.text, "would be wrong") == NULL,
	    e.text);
	if (rc == ST_OK && f.size > 0)
		check(archive_check(from, to, s.list, s.n, &e) == ST_OK,
		    e.text);
}

/*
 * libarchive asks for as many bytes as a cpio header says that a name has.  The
 * process that reads archives has a limit of its memory (sandbox.h), and then
 * such an archive is damaged; so it is here.
 */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=1024";
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	int fd[4];

	for (unsigned i = 0; i < 4; i++)
		check((fd[i] = memfd_create("fuzz", MFD_CLOEXEC)) >= 0,
		    "memfd");
	check(call_write(fd[0], p, n, 0) == 0, "write");
	rewrite(fd[0], fd[1], fd[2], fd[3]);
	for (unsigned i = 0; i < 4; i++)
		(void)close(fd[i]);
	return 0;
}
