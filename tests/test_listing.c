/*
 * formats/listing.c: every message of a folder once, even while it changes.
 */
#include "t.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drip.h"
#include "listing.h"
#include "names.h"

#define FILES 1000u	/* that change, and as many that do not */
#define LISTINGS 30u

static int
folder_new(char path[64])
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	(void)snprintf(path, 64, "%s/listing-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	assert_non_null(mkdtemp(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void
touch(int dirfd, const char *name)
{
	const int fd = openat(dirfd, name, O_CREAT | O_EXCL | O_WRONLY, 0600);

	assert_true(fd >= 0);
	(void)close(fd);
}

static void
folder_drop(int fd, const char *path)
{
	struct listing l = { 0 };

	assert_int_equal(listing_read(&l, fd, NULL), ST_OK);
	for (size_t i = 0; i < l.n; i++)
		assert_int_equal(unlinkat(fd, l.list[i].name,
		    l.list[i].type == ENTRY_DIR ? AT_REMOVEDIR : 0), 0);
	listing_free(&l);
	(void)close(fd);
	assert_int_equal(rmdir(path), 0);
}

static void
check_sorted(const struct listing *l)
{
	for (size_t i = 1; i < l->n; i++)
		assert_true(strcmp(l->list[i - 1].name, l->list[i].name) < 0);
}

static void
names_come_in_byte_order_with_their_type(void **state)
{
	static const struct {
		const char *name;
		enum entry_type type;
	} want[] = {
		{ ".hidden", ENTRY_FILE }, { "1", ENTRY_FILE },
		{ "10", ENTRY_FILE }, { "2", ENTRY_FILE }, { "A", ENTRY_DIR },
		{ "a", ENTRY_SYMLINK }, { "f", ENTRY_SPECIAL },
		{ "\xc3\xa9", ENTRY_FILE },
	};
	char path[64];
	const int fd = folder_new(path);
	struct listing l = { 0 };

	(void)state;
	assert_int_equal(mkdirat(fd, "A", 0700), 0);
	assert_int_equal(symlinkat("nowhere", fd, "a"), 0);
	assert_int_equal(mkfifoat(fd, "f", 0600), 0);
	for (size_t i = 8; i-- > 0; )
		if (want[i].type == ENTRY_FILE)
			touch(fd, want[i].name);
	assert_int_equal(listing_read(&l, fd, NULL), ST_OK);
	assert_int_equal(l.n, 8);
	for (size_t i = 0; i < l.n; i++) {
		assert_string_equal(l.list[i].name, want[i].name);
		assert_int_equal(l.list[i].type, want[i].type);
	}
	listing_free(&l);
	folder_drop(fd, path);
}

/* More names than fit one block of memory, which they nearly fill. */
static void
many_long_names_are_kept(void **state)
{
	char path[64], name[256];
	const int fd = folder_new(path);
	struct listing l = { 0 };

	(void)state;
	for (unsigned i = 0; i < 700; i++) {
		const unsigned k = i * 3 % 700;

		(void)snprintf(name, 5, "%04u", k);
		memset(name + 4, 'n', 251);
		name[225] = '\0';
		touch(fd, name);
	}
	assert_int_equal(listing_read(&l, fd, NULL), ST_OK);
	assert_int_equal(l.n, 700);
	for (unsigned i = 0; i < 700; i++) {
		assert_int_equal(strlen(l.list[i].name), 225);
		assert_int_equal(strtoul(l.list[i].name, NULL, 10), i);
	}
	listing_free(&l);
	folder_drop(fd, path);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name,
	    ((const struct entry *)b)->name);
}

/* Every subset of names that share prefixes, asked for every name. */
static void
same_base_is_found_among_names_that_share_prefixes(void **state)
{
	static const char *const names[] = {
		"1.a", "1.a:2,", "1.a:2,S", "1.a!", "1.a!:2,", "1.a,S=5:2,",
		"1.a;", "1.a;:2,", "1.ab", "1.ab:2,S", "1", "1:2,", ":2,",
		"1.a:1,",
	};
	const size_t n = sizeof(names) / sizeof(names[0]);

	(void)state;
	for (unsigned set = 0; set < 1u << n; set++) {
		struct entry list[sizeof(names) / sizeof(names[0])];
		struct listing l = { .list = list };

		for (size_t i = 0; i < n; i++)
			if (set >> i & 1)
				list[l.n++].name = names[i];
		qsort(list, l.n, sizeof(list[0]), by_name);
		for (size_t i = 0; i < n; i++) {
			const char *got = listing_same_base(&l, names[i]);
			const size_t k = strcspn(names[i], ":");
			bool want = false;

			for (size_t j = 0; j < l.n; j++)
				want = want || (strcspn(list[j].name, ":") ==
				    k && strncmp(list[j].name, names[i], k) ==
				    0);
			assert_true((got != NULL) == want);
			if (got != NULL)
				assert_true(strcspn(got, ":") == k &&
				    strncmp(got, names[i], k) == 0);
		}
	}
}

static void
known_messages_are_dropped(void **state)
{
	struct entry a[] = { { ENTRY_FILE, "1" }, { ENTRY_FILE, "2" },
	    { ENTRY_FILE, "3" } };
	struct entry b[] = { { ENTRY_FILE, "1:2,S" }, { ENTRY_FILE, "3x" } };
	struct listing l = { .list = a, .n = 3 }, known = { .list = b, .n = 2 };

	(void)state;
	listing_drop_known(&l, &known);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.list[0].name, "2");
	assert_string_equal(l.list[1].name, "3");
}

/* A live listing of a folder at rest is the plain one, and it is settled;
 * two files with one base are two files. */
static void
a_folder_at_rest_is_listed_as_it_is(void **state)
{
	static const char *const names[] = {
		"1.a", "1.a!b", "1.a:2,S", "1.a:2,T", "2", "3:2,",
	};
	const size_t n = sizeof(names) / sizeof(names[0]);
	char path[64];
	const int fd = folder_new(path);
	bool settled = false;

	(void)state;
	for (size_t have = 0; have <= n; have++) {
		struct listing l = { 0 };

		if (have > 0)
			touch(fd, names[have - 1]);
		assert_int_equal(listing_read_live(&l, fd, &settled, NULL),
		    ST_OK);
		assert_true(settled);
		assert_int_equal(l.n, have);
		for (size_t i = 0; i < have; i++)
			assert_string_equal(l.list[i].name, names[i]);
		listing_free(&l);
	}
	folder_drop(fd, path);
}

/* Change flags for ever: two renames a file, round and round. */
static void
rename_for_ever(int fd)
{
	static const char *const flags[] = { "", ":2,", ":2,S", ":2,RS" };
	char from[64], to[64];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned round = 0;; round++)
		for (unsigned i = 0; i < FILES; i++) {
			(void)snprintf(from, sizeof(from), "%u.m%s", i * 37,
			    flags[round % 4]);
			(void)snprintf(to, sizeof(to), "%u.m%s", i * 37,
			    flags[(round + 1) % 4]);
			if (renameat(fd, from, fd, to) != 0)
				_exit(1);
		}
}

static void
check_every_message_once(const struct listing *l)
{
	unsigned char seen[2][FILES] = { { 0 } };

	check_sorted(l);
	for (size_t i = 0; i < l->n; i++) {
		const char *name = l->list[i].name;
		const unsigned long k = strtoul(name, NULL, 10);

		assert_true(k % 37 == 0 && k / 37 < FILES);
		seen[strchr(name, '!') != NULL][k / 37]++;
	}
	for (size_t i = 0; i < FILES; i++)
		if (seen[0][i] != 1 || seen[1][i] != 1)
			fail_msg("message %zu: %u and %u times", i,
			    seen[0][i], seen[1][i]);
}

static void
every_message_is_listed_once_while_flags_change(void **state)
{
	char path[64], name[64];
	const int fd = folder_new(path);
	pid_t child;
	int status;

	(void)state;
	for (unsigned i = 0; i < FILES; i++) {
		(void)snprintf(name, sizeof(name), "%u.m", i * 37);
		touch(fd, name);
		(void)snprintf(name, sizeof(name), "%u.m!", i * 37);
		touch(fd, name);	/* sorts between names of the other */
	}
	if ((child = fork()) == 0)
		rename_for_ever(fd);
	assert_true(child > 0);
	for (unsigned i = 0; i < LISTINGS; i++) {
		struct listing l = { 0 };
		bool settled;

		assert_int_equal(listing_read_live(&l, fd, &settled, NULL),
		    ST_OK);
		assert_int_equal(waitpid(child, &status, WNOHANG), 0);
		check_every_message_once(&l);
		listing_free(&l);
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_true(waitpid(child, &status, 0) == child);
	folder_drop(fd, path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_in_byte_order_with_their_type),
		cmocka_unit_test(many_long_names_are_kept),
		cmocka_unit_test(
		    same_base_is_found_among_names_that_share_prefixes),
		cmocka_unit_test(known_messages_are_dropped),
		cmocka_unit_test(a_folder_at_rest_is_listed_as_it_is),
		cmocka_unit_test(
		    every_message_is_listed_once_while_flags_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
