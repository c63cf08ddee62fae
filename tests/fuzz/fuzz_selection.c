/*
 * Any bytes as a report: the messages chosen, and the files, are those of its
 * lines one by one, in any order; and a line that is no record spoils it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "json_read.h"
#include "selection.h"

#define PATHS 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int
read_text(struct span text, struct selection **out, struct err *e)
{
	static char path[40];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("report", MFD_CLOEXEC);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	*out = NULL;
	if (ftruncate(fd, 0) != 0 ||
	    pwrite(fd, text.p, text.n, 0) != (ssize_t)text.n)
		abort();
	return selection_read(path, out, e);
}

static size_t
count_paths(const struct selection *s)
{
	size_t n = 0;

	while (selection_path(s, n) != NULL)
		n++;
	return n;
}

static bool
names(const struct selection *s, const char *path)
{
	for (size_t i = 0; selection_path(s, i) != NULL; i++)
		if (strcmp(selection_path(s, i), path) == 0)
			return true;
	return false;
}

/* All files once, and none of them nothing; an archive may be named as what is
 * in it, and by itself. */
static void
check_paths(const struct selection *s)
{
	const size_t n = count_paths(s);

	for (size_t i = 0; i < n && i < PATHS; i++) {
		if (selection_path(s, i)[0] == '\0')
			abort();
		for (size_t k = 0; k < i; k++)
			if (strcmp(selection_path(s, i),
			    selection_path(s, k)) == 0 &&
			    selection_is_archive(s, i) ==
			    selection_is_archive(s, k))
				abort();
	}
}

static bool
has(const struct selection *s, const char *path, uint64_t off, uint64_t len,
    const uint8_t *sha)
{
	return selection_has(s, span_text(path), off, len, sha, NULL);
}

/* A line that was read by itself as part of the whole. */
static void
check_record(const struct selection *all, const struct selection *one,
    struct span line)
{
	struct json_object *o = json_parse(line);
	uint8_t sha[HASH_SIZE];
	uint64_t off, len;
	struct unseen u = { .path = "" };
	size_t first = 0;
	const bool is = o != NULL && (json_member_is(o, "type", "message") ||
	    (json_member_is(o, "type", "replay") &&
	    (json_member_is(o, "worst", "cut") ||
	    json_member_is(o, "worst", "smuggled"))));

	if (count_paths(one) != is || selection_unseen(one, &first, &u) != is)
		abort();
	if (is && (!json_member_u64(o, "offset", &off) ||
	    !json_member_u64(o, "length", &len) ||
	    !json_member_hex(o, "sha256", sha, sizeof(sha)) ||
	    !has(one, u.path, off, len, sha) ||
	    !has(all, u.path, off, len, sha) ||
	    has(one, u.path, off + 1, len, sha) ||
	    !names(all, selection_path(one, 0))))
		abort();
	json_free(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct selection *all, *one;
	struct err e = { .text = "" };
	const int rc = read_text((struct span){ data, n }, &all, &e);
	bool bad = false;

	for (size_t at = 0, next; at < n; at = next) {
		const uint8_t *lf = memchr(data + at, '\n', n - at);
		const struct span line = { data + at, (lf != NULL ?
		    (size_t)(lf - data) : n) - at };

		next = at + line.n + (lf != NULL);
		if (read_text(line, &one, NULL) != ST_OK)
			bad = true;
		else if (rc == ST_OK)
			check_record(all, one, line);
		selection_free(one);
	}
	if (bad != (rc == ST_BAD) || (rc != ST_OK && rc != ST_BAD) ||
	    (rc == ST_BAD) != (e.text[0] != '\0'))
		abort();
	if (rc == ST_OK)
		check_paths(all);
	selection_free(all);
	return 0;
}
