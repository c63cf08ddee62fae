/*
 * Compare two commands by wall time, in pairs: A B A B ...
 *
 *	pair N -- COMMAND_A ... -- COMMAND_B ...
 *
 * Each runs once before the clock starts, so that both find the cache warm.
 * Prints the median of A's seconds, of B's seconds, and of A / B within the
 * pairs.  What the commands print is thrown away.  A command that fails ends
 * the comparison: a failure is quick.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAIRS_MAX 1000u

extern char **environ;

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds that a command takes. */
static double
run(char **command, const posix_spawn_file_actions_t *quiet)
{
	const double start = now();
	int rc, status;
	pid_t pid;

	rc = posix_spawnp(&pid, command[0], quiet, NULL, command, environ);
	if (rc != 0) {
		fprintf(stderr, "pair: %s: %s\n", command[0], strerror(rc));
		exit(1);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "pair: %s failed\n", command[0]);
		exit(1);
	}
	return now() - start;
}

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_size);
	return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void
usage(void)
{
	fprintf(stderr, "usage: pair N -- COMMAND_A ... -- COMMAND_B ...\n");
	exit(2);
}

static void
compare(size_t n, char **a, char **b)
{
	static double ta[PAIRS_MAX], tb[PAIRS_MAX], ratio[PAIRS_MAX];
	posix_spawn_file_actions_t quiet;

	if (posix_spawn_file_actions_init(&quiet) != 0 ||
	    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO,
	    "/dev/null", O_WRONLY, 0) != 0)
		exit(1);
	(void)run(a, &quiet);
	(void)run(b, &quiet);
	for (size_t i = 0; i < n; i++) {
		ta[i] = run(a, &quiet);
		tb[i] = run(b, &quiet);
		ratio[i] = ta[i] / tb[i];
	}
	(void)posix_spawn_file_actions_destroy(&quiet);
	printf("%.4f %.4f %.4f\n", median(ta, n), median(tb, n),
	    median(ratio, n));
}

int
main(int argc, char **argv)
{
	const unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	char **b;

	if (argc < 6 || n < 1 || n > PAIRS_MAX || strcmp(argv[2], "--") != 0)
		usage();
	for (b = argv + 4; *b != NULL && strcmp(*b, "--") != 0; b++)
		;
	if (b[0] == NULL || b[1] == NULL)
		usage();
	*b = NULL;
	compare(n, argv + 3, b + 1);
	return fflush(stdout) == 0 ? 0 : 1;
}
