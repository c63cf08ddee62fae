/*
 * smoke SECONDS LAST [FOLDER...]: a fuzz target without a fuzzer, for make
 * check: its seeds, and then seeds that were changed at random, the same every
 * time.  LAST is a file with the input that was tried last.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "span.h"

#define MOST 8192u		/* bytes of an input */
#define SEEDS_MAX 512u

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const uint8_t telling[] = "\r\n\n..\0 \t:;=\"<>{}[]()F-\xff\x80\x01";
static struct span seeds[SEEDS_MAX];
static size_t seeds_n;
static uint8_t *last;		/* MOST bytes, kept if we die */
static size_t last_n;
static int last_fd;

static _Noreturn void
give_up(const char *what)
{
	perror(what);
	exit(2);
}

/* We die: of the file only what was tried. */
static void
at_death(void)
{
	if (ftruncate(last_fd, (off_t)last_n) != 0)
		perror("input");
}

static void
on_abort(int signal)
{
	(void)signal;
	at_death();
}

/* splitmix64 */
static uint64_t
any(uint64_t below)
{
	static uint64_t state = 20240114;
	uint64_t z = (state += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % below;
}

/* In memory of its own size, so that reading behind it shows. */
static void
try(const uint8_t *p, size_t n)
{
	uint8_t *own = malloc(n > 0 ? n : 1);

	if (own == NULL)
		give_up("input");
	memcpy(own, p, n);
	memcpy(last, p, n);
	last_n = n;
	(void)LLVMFuzzerTestOneInput(own, n);
	free(own);
}

static void
read_seed(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *p = malloc(MOST);
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (p == NULL || (fd = open(path, O_RDONLY)) < 0 ||
	    (n = read(fd, p, MOST)) < 0)
		give_up(path);
	(void)close(fd);
	seeds[seeds_n++] = (struct span){ p, (size_t)n };
}

static int
by_bytes(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	const int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return c != 0 ? c : (x->n > y->n) - (x->n < y->n);
}

static void
read_seeds(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *one;

	if (d == NULL)
		give_up(folder);
	while ((one = readdir(d)) != NULL && seeds_n < SEEDS_MAX)
		if (one->d_name[0] != '.')
			read_seed(folder, one->d_name);
	(void)closedir(d);
	qsort(seeds, seeds_n, sizeof(seeds[0]), by_bytes);
}

static size_t
insert(uint8_t *p, size_t n, const uint8_t *what, size_t len)
{
	const size_t at = (size_t)any(n + 1);

	len = len < MOST - n ? len : MOST - n;
	memmove(p + at + len, p + at, n - at);
	memcpy(p + at, what, len);
	return n + len;
}

static size_t
cut(uint8_t *p, size_t n)
{
	const size_t at = (size_t)any(n), len = 1 + (size_t)any(
	    n - at < 32 || any(4) == 0 ? n - at : 32);

	memmove(p + at, p + at + len, n - at - len);
	return n - len;
}

static size_t
change(uint8_t *p, size_t n)
{
	uint8_t part[MOST];
	const struct span other = seeds[any(seeds_n)];
	size_t at, len;

	switch (n == 0 ? 3 : any(7)) {
	case 0:
		p[any(n)] ^= (uint8_t)(1u << any(8));
		return n;
	case 1:
		p[any(n)] = telling[any(sizeof(telling))];
		return n;
	case 2:
		return cut(p, n);
	case 3:
		return insert(p, n, telling + any(sizeof(telling) - 3), 1 +
		    (size_t)any(3));
	case 4:
		p[any(n)] = (uint8_t)any(256);
		return n;
	case 5:
		at = (size_t)any(n);
		len = 1 + (size_t)any(n - at);
		memcpy(part, p + at, len);
		return insert(p, n, part, len);
	default:
		if (other.n == 0)
			return n;
		at = (size_t)any(other.n);
		return insert(p, n, other.p + at, 1 + (size_t)any(
		    other.n - at));
	}
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	static uint8_t p[MOST];
	unsigned long runs = 0;
	double end;

	if (argc < 3)
		give_up("smoke SECONDS LAST [FOLDER...]");
	last_fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0666);
	if (last_fd < 0 || ftruncate(last_fd, MOST) != 0)
		give_up(argv[2]);
	last = mmap(NULL, MOST, PROT_READ | PROT_WRITE, MAP_SHARED, last_fd,
	    0);
	if (last == MAP_FAILED)
		give_up(argv[2]);
	(void)signal(SIGABRT, on_abort);
	__sanitizer_set_death_callback(at_death);
	for (int i = 3; i < argc; i++)
		read_seeds(argv[i]);
	if (seeds_n == 0)
		seeds[seeds_n++] = SPAN("From: a@example.org\n\n.\r\n\r.\n");
	for (size_t i = 0; i < seeds_n; i++, runs++)
		try(seeds[i].p, seeds[i].n);
	for (end = now() + atof(argv[1]); now() < end; runs++) {
		const struct span s = seeds[any(seeds_n)];
		size_t n = s.n;

		memcpy(p, s.p, n);
		for (uint64_t k = 1 + any(6); k > 0; k--)
			n = change(p, n);
		try(p, n);
	}
	(void)unlink(argv[2]);
	printf("%lu runs\n", runs);
	return 0;
}
