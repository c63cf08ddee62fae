/*
 * The least that reading a Maildir costs: list one directory, then open, read
 * to the end and close every file in it, with N threads; judge nothing.
 *
 *	floor N DIR
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* O_NOATIME */
#endif

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER (256u << 10)	/* bytes */
#define BATCH 32u		/* files taken at once */
#define THREADS_MAX 64u

struct names {
	char *text;		/* names, each with its NUL */
	size_t n, cap;
	size_t *at;		/* where each name starts */
	size_t count, at_cap;
};

struct work {
	struct names names;
	int dir;
	atomic_size_t next;	/* the first file nobody took */
	atomic_uint_fast64_t bytes;
};

static void
die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *
grow(void *p, size_t *cap, size_t size)
{
	*cap = (*cap + 4096) * 2;
	if ((p = realloc(p, *cap * size)) == NULL)
		die("memory");
	return p;
}

static void
names_add(struct names *s, const char *name)
{
	const size_t n = strlen(name) + 1;

	while (n > s->cap - s->n)
		s->text = grow(s->text, &s->cap, 1);
	if (s->count == s->at_cap)
		s->at = grow(s->at, &s->at_cap, sizeof(*s->at));
	s->at[s->count++] = s->n;
	memcpy(s->text + s->n, name, n);
	s->n += n;
}

static void
names_read(struct names *s, const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	if (d == NULL)
		die(path);
	errno = 0;
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			names_add(s, entry->d_name);
	if (errno != 0)
		die(path);
	(void)closedir(d);
}

/* O_NOATIME is for a file's owner alone. */
static int
open_quietly(int dir, const char *name)
{
	const int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOATIME);

	return fd >= 0 || errno != EPERM ? fd :
	    openat(dir, name, O_RDONLY | O_CLOEXEC);
}

static uint64_t
read_file(int dir, const char *name, uint8_t *buf)
{
	const int fd = open_quietly(dir, name);
	uint64_t bytes = 0;
	ssize_t n;

	if (fd < 0)
		die(name);
	while ((n = read(fd, buf, BUFFER)) > 0)
		bytes += (uint64_t)n;
	if (n < 0)
		die(name);
	(void)close(fd);
	return bytes;
}

static void *
reader(void *arg)
{
	struct work *w = arg;
	uint8_t *buf = malloc(BUFFER);
	uint64_t bytes = 0;
	size_t i, end;

	if (buf == NULL)
		die("memory");
	while ((i = atomic_fetch_add(&w->next, BATCH)) < w->names.count) {
		end = w->names.count - i < BATCH ? w->names.count : i + BATCH;
		for (; i < end; i++)
			bytes += read_file(w->dir,
			    w->names.text + w->names.at[i], buf);
	}
	atomic_fetch_add(&w->bytes, bytes);
	free(buf);
	return NULL;
}

int
main(int argc, char **argv)
{
	struct work w = { .dir = -1 };
	pthread_t thread[THREADS_MAX];
	unsigned long n = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;

	if (n < 1 || n > THREADS_MAX) {
		fprintf(stderr, "usage: floor N DIR\n");
		return 2;
	}
	names_read(&w.names, argv[2]);
	if ((w.dir = open(argv[2], O_RDONLY | O_DIRECTORY)) < 0)
		die(argv[2]);
	for (size_t i = 0; i < n; i++)
		if ((errno = pthread_create(&thread[i], NULL, reader, &w)) !=
		    0)
			die("thread");
	for (size_t i = 0; i < n; i++)
		(void)pthread_join(thread[i], NULL);
	printf("files=%zu bytes=%" PRIuFAST64 "\n", w.names.count,
	    atomic_load(&w.bytes));
	(void)close(w.dir);
	free(w.names.text);
	free(w.names.at);
	return 0;
}
