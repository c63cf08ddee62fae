/*
 * formats/spool.c: which file of a queue a file is.  Every fact is needed, and
 * an ordinary folder with the same names is none.
 */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "spool.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define AROUND 6u

static char top[64];

static void
remove_at(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	folder_remove_tree(path);
}

/* A file, with all folders above it; with a slash at its end, a folder. */
static void
make(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	for (char *p = path + strlen(top) + 1; *p != '\0'; p++)
		if (*p == '/') {
			*p = '\0';
			assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
			*p = '/';
		}
	if (path[strlen(path) - 1] != '/')
		(void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static void
make_link(const char *to, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	assert_int_equal(symlink(to, path), 0);
}

/* By its path, by its folder, and from within: all the same. */
static enum store_place
place_of(const char *name)
{
	enum spool_folder folder = SPOOL_UNKNOWN;
	enum store_place by_path, by_fd, within;
	char path[512], *slash;
	int fd, here;

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	by_path = spool_place_at(path);
	slash = strrchr(path, '/');
	*slash = '\0';
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0 && here >= 0);
	by_fd = spool_place(fd, &folder, slash + 1);
	assert_int_equal(spool_place(fd, &folder, slash + 1), by_fd);
	assert_int_equal(fchdir(fd), 0);
	within = spool_place_at(slash + 1);
	assert_int_equal(fchdir(here), 0);
	(void)close(fd);
	(void)close(here);
	assert_int_equal(by_path, by_fd);
	assert_int_equal(by_path, within);
	return by_path;
}

#define QMAIL "q/mess/", "q/info/", "q/local/", "q/remote/", "q/lock/"

static const struct layout {
	enum store_place place;
	const char *file;
	const char *around[AROUND];	/* all of them are needed */
} layouts[] = {
	{ PLACE_QMAIL, "q/mess/3/17", { QMAIL } },
	{ PLACE_QMAIL_OTHER, "q/info/3/17", { QMAIL } },
	{ PLACE_QMAIL_OTHER, "q/local/3/17", { QMAIL } },
	{ PLACE_QMAIL_OTHER, "q/remote/3/17", { QMAIL } },
	{ PLACE_QMAIL_OTHER, "q/todo/17", { QMAIL } },
	{ PLACE_QMAIL_OTHER, "q/intd/17", { QMAIL } },
	{ PLACE_QMAIL_OTHER, "q/bounce/17", { QMAIL } },
	{ PLACE_QMAIL_OTHER, "q/todo/3/17", { QMAIL } },
	{ PLACE_QMAIL_OTHER, "q/intd/3/17", { QMAIL } },
	{ PLACE_QMAIL_OTHER, "q/bounce/3/17", { QMAIL } },
	{ PLACE_COURIER, "c/msgs/7/D17", { "c/msgs/7/C17", "c/msgq/" } },
	{ PLACE_COURIER, "c/msgs/7/C17", { "c/msgs/7/D17", "c/msgq/" } },
	{ PLACE_COURIER, "c/tmp/179597/D17", { "c/tmp/179597/C17",
	    "c/msgs/", "c/msgq/" } },
	{ PLACE_SENDMAIL_BODY, "s/df1", { "s/qf1" } },
	{ PLACE_SENDMAIL_BODY, "s/df1", { "s/hf1" } },
	{ PLACE_SENDMAIL_BODY, "s/df1", { "s/Qf1" } },
	{ PLACE_SENDMAIL_BODY, "s/df/df1", { "s/qf/qf1" } },
	{ PLACE_SENDMAIL_BODY, "s/df/df1", { "s/qf/hf1" } },
	{ PLACE_SENDMAIL_BODY, "s/df/df1", { "s/qf/Qf1" } },
};

static void
each_queue_is_known_and_each_fact_needed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(layouts); i++) {
		const struct layout *l = &layouts[i];

		print_message("# %s\n", l->file);
		assert_int_equal(mkdir(top, 0700), 0);
		make(l->file);
		for (size_t k = 0; k < AROUND && l->around[k] != NULL; k++)
			make(l->around[k]);
		assert_int_equal(place_of(l->file), l->place);
		for (size_t k = 0; k < AROUND && l->around[k] != NULL; k++) {
			if (strncmp(l->file, l->around[k],
			    strlen(l->around[k])) == 0)
				continue;	/* it is in there */
			remove_at(l->around[k]);
			assert_int_equal(place_of(l->file), PLACE_OTHER);
			make(l->around[k]);
		}
		remove_at("");
	}
}

/* MH folders, and files that are called nearly so. */
static void
ordinary_folders_are_none(void **state)
{
	static const char *const files[] = {
		"Mail/mess/3/17", "Mail/inbox/17", "Mail/17", "17",
		"q/mess/17", "q/mess/3/4/17", "q/more/3/17", "q/info/17",
		"q/mess/3/17x", "q/mess/3/17.eml", "q/pid/17",
		"c/msgs/7/E17", "c/msgs/7/D17x", "c/msgs/7/D", "c/msgs/D17",
		"c/msgs/7/4/D17", "c/more/7/D17", "c/msgs/7/17",
		"c/msgs/7/D18", "s/df", "s/xf1", "s/df2", "s/ef1", "s/more/df1",
	};

	(void)state;
	assert_int_equal(mkdir(top, 0700), 0);
	for (size_t i = 0; i < COUNT(files); i++)
		make(files[i]);
	make("q/local/");
	make("q/remote/");
	make("q/lock/");
	make("q/info/");
	make("c/msgq/");
	make("c/msgs/7/C17x");
	make("c/msgs/7/C");
	make("c/msgs/C17");
	make("c/msgs/7/4/C17");
	make("c/more/7/C17");
	make("s/qf1");
	make("s/qf");
	for (size_t i = 0; i < COUNT(files); i++) {
		print_message("# %s\n", files[i]);
		assert_int_equal(place_of(files[i]), PLACE_OTHER);
	}
	assert_int_equal(spool_place_at("/nonexistent/df1"), PLACE_OTHER);
	assert_int_equal(spool_place_at(""), PLACE_OTHER);
	remove_at("");
}

/* Nothing is believed that a link says, but it may lead there. */
static void
links_are_no_facts(void **state)
{
	(void)state;
	assert_int_equal(mkdir(top, 0700), 0);
	make("q/mess/3/17");
	make("q/local/");
	make("q/remote/");
	make("q/lock/");
	make("info/");
	make_link("../info", "q/info");
	assert_int_equal(place_of("q/mess/3/17"), PLACE_OTHER);
	remove_at("q/info");
	make("q/info/");
	assert_int_equal(place_of("q/mess/3/17"), PLACE_QMAIL);
	make_link("q/mess/3", "to");
	assert_int_equal(place_of("to/17"), PLACE_QMAIL);
	make("s/df1");
	make("qf1");
	make_link("../qf1", "s/qf1");
	assert_int_equal(place_of("s/df1"), PLACE_OTHER);
	remove_at("");
}

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(top, sizeof(top), "/tmp/baredot-spool.XXXXXX");
	return mkdtemp(top) == NULL || rmdir(top) != 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    each_queue_is_known_and_each_fact_needed, set_up),
		cmocka_unit_test_setup(ordinary_folders_are_none, set_up),
		cmocka_unit_test_setup(links_are_no_facts, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
