/*
 * Does to an archive what the commands will, for tests/cli/test_archive.py.
 *
 * driver look OLD
 * driver rewrite OLD NEW RULE...
 *	RULE: ORDINAL=FILE, ORDINAL=- (leave it out), crlf (a CR before each LF
 *	that has none, in all members); no rule: keep all, shown to the sink.
 * driver check OLD NEW
 * driver -: such arguments, tabs between them, on lines of standard input
 *
 * Says on standard output what came of it: "ok FORMAT FILTER MEMBERS REPLACED
 * DROPPED SIZE SHA", "bad WHY" or "dead WHY".
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive_rewrite.h"
#include "kernel_calls.h"

struct rules {
	char **list;
	int n;
};

static int
copy(const char *path, int to, uint64_t *size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t buf[65536];
	ssize_t n;

	*size = 0;
	if (fd < 0)
		return -1;
	while ((n = call_read(fd, buf, sizeof(buf), *size)) > 0) {
		if (call_write(to, buf, (size_t)n, *size) != 0)
			return -1;
		*size += (uint64_t)n;
	}
	(void)close(fd);
	return n == 0 ? 0 : -1;
}

static int
to_crlf(int fd, int to, uint64_t n, uint64_t *size)
{
	uint8_t in[4096], out[8192], last = 0;
	uint64_t off = 0;

	*size = 0;
	while (off < n) {
		const size_t want = n - off < sizeof(in) ? (size_t)(n - off) :
		    sizeof(in);
		size_t k = 0;

		if (call_read(fd, in, want, off) != (ssize_t)want)
			return -1;
		for (size_t i = 0; i < want; i++) {
			if (in[i] == '\n' && last != '\r')
				out[k++] = '\r';
			out[k++] = last = in[i];
		}
		if (call_write(to, out, k, *size) != 0)
			return -1;
		*size += k;
		off += want;
	}
	return 0;
}

/* What stands behind "ORDINAL=" in the rules; NULL: no such rule. */
static const char *
rule_of(const struct rules *r, uint64_t ordinal)
{
	for (int i = 0; i < r->n; i++) {
		const char *equals = strchr(r->list[i], '=');

		if (equals != NULL &&
		    strtoull(r->list[i], NULL, 10) == ordinal)
			return equals + 1;
	}
	return NULL;
}

static enum archive_answer
on_member(void *ctx, const struct archive_member *m, int fd, int to,
    uint64_t *size, struct err *e)
{
	const struct rules *r = ctx;
	const char *rule = rule_of(r, m->ordinal);

	if (rule != NULL && strcmp(rule, "-") == 0)
		return ARCHIVE_DROP;
	if (rule != NULL && copy(rule, to, size) == 0)
		return ARCHIVE_REPLACE;
	if (rule == NULL && r->n > 0 && strcmp(r->list[0], "crlf") == 0 &&
	    to_crlf(fd, to, m->size, size) == 0)
		return ARCHIVE_REPLACE;
	if (rule == NULL)
		return ARCHIVE_KEEP;
	(void)err_set(e, ST_DEAD, 0, "cannot make a member");
	return ARCHIVE_STOP;
}

static bool
on_wants(void *ctx, const struct archive_member *m)
{
	return rule_of(ctx, m->ordinal) != NULL;
}

static int
spool(void)
{
	const int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		exit(3);
	return fd;
}

static int
answer(int rc, const struct archive_facts *f, const struct err *e)
{
	if (rc != ST_OK) {
		(void)printf("%s %s\n", rc == ST_BAD ? "bad" : "dead",
		    e->text);
		return rc == ST_BAD ? 1 : 2;
	}
	(void)printf("ok %s %s %llu %llu %llu %llu ", f->format, f->filter,
	    (unsigned long long)f->members, (unsigned long long)f->replaced,
	    (unsigned long long)f->dropped, (unsigned long long)f->size);
	for (unsigned i = 0; i < HASH_SIZE; i++)
		(void)printf("%02x", f->sha[i]);
	(void)printf("\n");
	return 0;
}

static int
run(int argc, char **argv)
{
	static int spools[2] = { -1, -1 };
	struct archive_facts f = { .format = "-", .filter = "-" };
	struct rules r = { argv + 4, argc > 4 ? argc - 4 : 0 };
	const bool sparing = r.n > 0 && strchr(r.list[0], '=') != NULL;
	const struct archive_rewrite_sink sink = { .member = on_member,
	    .wants = sparing ? on_wants : NULL, .ctx = &r };
	struct err e = { 0 };
	int old, new = -1, rc;

	if (spools[0] < 0) {
		spools[0] = spool();
		spools[1] = spool();
	}
	if (argc < 3 || (old = open(argv[2], O_RDONLY | O_CLOEXEC)) < 0)
		return 3;
	if (strcmp(argv[1], "look") == 0)
		rc = archive_look(old, &f, &e);
	else if (argc < 4 || (new = open(argv[3], O_RDWR | O_CLOEXEC |
	    (argv[1][0] == 'r' ? O_CREAT | O_TRUNC : 0), 0600)) < 0)
		return 3;
	else if (strcmp(argv[1], "check") == 0)
		rc = archive_check(old, new, NULL, 0, &e);
	else
		rc = archive_rewrite(old, new, spools[0], spools[1], &sink,
		    &f, &e);
	(void)close(old);
	if (new >= 0)
		(void)close(new);
	return answer(rc, &f, &e);
}

int
main(int argc, char **argv)
{
	char line[4096], *list[16] = { argv[0] };
	int rc = 0;

	if (argc != 2 || strcmp(argv[1], "-") != 0)
		return run(argc, argv);
	while (rc != 3 && fgets(line, sizeof(line), stdin) != NULL) {
		int n = 1;

		for (char *at = line, *part; n < 15 &&
		    (part = strsep(&at, "\t\n")) != NULL && *part != '\0';)
			list[n++] = part;
		list[n] = NULL;
		rc = run(n, list);
		(void)fflush(stdout);
	}
	return rc == 3 ? 3 : 0;
}
