/*
 * scanner/act/reach.c: no user leads us anywhere but to what is theirs.
 */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "gen.h"
#include "reach.h"

#define EVE 65531u
#define BOB 65532u
#define PATHS 80u
#define TREES 150u
#define SWAPS 20000u

static char old[PATH_MAX];

static void
tree_begin(struct folder *f)
{
	assert_non_null(getcwd(old, sizeof(old)));
	folder_make(f);
	assert_int_equal(chmod(f->path, 0755), 0);
	assert_int_equal(chdir(f->path), 0);
}

static void
tree_end(struct folder *f)
{
	assert_int_equal(chdir(old), 0);
	(void)close(f->fd);
	folder_remove_tree(f->path);
}

/* --- a table of cases, which takes root */

/* "/..." as a link's text: below the tree. */
static const struct thing {
	const char *path, *to;	/* to: NULL: a folder */
	unsigned uid, mode;
} things[] = {
	{ "home", NULL, 0, 0755 },
	{ "home/eve", NULL, EVE, 0755 },
	{ "home/eve/own", NULL, EVE, 0700 },
	{ "home/eve/own/cur", NULL, EVE, 0700 },
	{ "home/bob", NULL, BOB, 0755 },
	{ "home/bob/Maildir", NULL, BOB, 0755 },
	{ "home/bob/closed", NULL, BOB, 0700 },
	{ "home/bob/closed/eve", NULL, EVE, 0755 },
	{ "secret", NULL, 0, 0700 },
	{ "secret/Maildir", NULL, 0, 0755 },
	{ "secret/eve", NULL, EVE, 0755 },
	{ "srv", NULL, 0, 0755 },
	{ "srv/eve", NULL, EVE, 0700 },
	{ "srv/eve/root", NULL, 0, 0755 },
	{ "tmp", NULL, 0, 01777 },
	{ "open", NULL, 0, 0777 },

	{ "users", "home", 0, 0 },
	{ "users2", "users/", 0, 0 },
	{ "root-to-secret", "secret/Maildir", 0, 0 },
	{ "tmp/root", "../secret", 0, 0 },
	{ "open/root", "../srv", 0, 0 },
	{ "home/eve/to-own", "own", EVE, 0 },
	{ "home/eve/to-srv", "/srv/eve", EVE, 0 },
	{ "home/eve/up", "../../srv/eve", EVE, 0 },
	{ "home/eve/by-root", "../../users/eve/own", EVE, 0 },
	{ "home/eve/twice", "to-srv", EVE, 0 },
	{ "home/eve/secret", "/secret/Maildir", EVE, 0 },
	{ "home/eve/up-secret", "../../secret/Maildir", EVE, 0 },
	{ "home/eve/to-root-link", "../../root-to-secret", EVE, 0 },
	{ "home/eve/srv", "../../srv", EVE, 0 },
	{ "home/eve/bob", "../bob/Maildir", EVE, 0 },
	{ "home/eve/closed", "../../secret/eve", EVE, 0 },
	{ "home/eve/closed2", "closed", EVE, 0 },
	{ "home/eve/bobs-link", "../bob/to-eve", EVE, 0 },
	{ "home/eve/roots", "../../srv/eve", 0, 0 },
	{ "home/eve/roots-moved", "../../secret/Maildir", 0, 0 },
	{ "home/eve/loop", "loop2", EVE, 0 },
	{ "home/eve/loop2", "loop", EVE, 0 },
	{ "home/eve/gone", "nothing", EVE, 0 },
	{ "home/bob/to-eve", "../eve/own", BOB, 0 },
	{ "home/bob/to-closed", "closed", BOB, 0 },
	{ "home/eve/via-bob", "../bob/to-closed/eve", EVE, 0 },
	{ "srv/eve/again", "../../home/bob/Maildir", EVE, 0 },
};

static void
make_things(const struct folder *f)
{
	char text[PATH_MAX];

	for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++) {
		const struct thing *t = &things[i];

		(void)snprintf(text, sizeof(text), "%s%s", t->to != NULL &&
		    t->to[0] == '/' ? f->path : "", t->to != NULL ? t->to :
		    "");
		assert_int_equal(t->to != NULL ? symlink(text, t->path) :
		    mkdir(t->path, 0755), 0);
		assert_int_equal(lchown(t->path, t->uid, t->uid), 0);
		if (t->to == NULL)
			assert_int_equal(chmod(t->path, t->mode), 0);
	}
}

static void
links_of_users_lead_to_what_is_theirs(void **state)
{
	static const struct {
		const char *path;
		int rc;
		const char *why;	/* in the text */
		const char *link;	/* BAD: its end; OK: by it, or NULL */
		unsigned uid;
	} rows[] = {
		/* What is no link, or root's. */
		{ "secret/Maildir", ST_OK, NULL, NULL, 0 },
		{ "secret//./Maildir/", ST_OK, NULL, NULL, 0 },
		{ "home/eve/own/../../bob", ST_OK, NULL, NULL, 0 },
		{ "users/eve/own", ST_OK, NULL, NULL, 0 },
		{ "users2/eve/own", ST_OK, NULL, NULL, 0 },
		{ "root-to-secret", ST_OK, NULL, NULL, 0 },
		{ "tmp/root/Maildir", ST_OK, NULL, NULL, 0 },
		{ ".", ST_OK, NULL, NULL, 0 },
		/* To what is theirs. */
		{ "home/eve/to-own/cur", ST_OK, NULL, "home/eve/to-own",
		    EVE },
		{ "home/eve/to-srv", ST_OK, NULL, "home/eve/to-srv", EVE },
		{ "home/eve/up/", ST_OK, NULL, "home/eve/up", EVE },
		{ "home/eve/by-root", ST_OK, NULL, "home/eve/by-root", EVE },
		{ "home/eve/twice", ST_OK, NULL, "home/eve/twice", EVE },
		{ "home/eve/roots", ST_OK, NULL, "home/eve/roots", EVE },
		/* To others'. */
		{ "home/eve/secret", ST_BAD, "may not go there",
		    "home/eve/secret", EVE },
		{ "home/eve/secret/", ST_BAD, "may not go there",
		    "home/eve/secret", EVE },
		{ "home/eve/up-secret", ST_BAD, "may not go there",
		    "home/eve/up-secret", EVE },
		{ "users/eve/up-secret", ST_BAD, "may not go there",
		    "home/eve/up-secret", EVE },
		{ "home/eve/to-root-link", ST_BAD, "may not go there",
		    "home/eve/to-root-link", EVE },
		{ "home/eve/srv", ST_BAD, "does not own it", "home/eve/srv",
		    EVE },
		{ "home/eve/srv/eve", ST_BAD, "does not own it",
		    "home/eve/srv", EVE },
		{ "home/eve/bob", ST_BAD, "does not own it", "home/eve/bob",
		    EVE },
		{ "home/eve/closed", ST_BAD, "may not go there",
		    "home/eve/closed", EVE },
		{ "home/eve/closed2", ST_BAD, "may not go there",
		    "home/eve/closed", EVE },
		{ "home/eve/bobs-link", ST_BAD, "may not go there",
		    "home/bob/to-eve", BOB },
		{ "home/eve/via-bob", ST_BAD, "may not go there",
		    "home/eve/via-bob", EVE },
		{ "home/eve/to-srv/again", ST_BAD, "does not own it",
		    "srv/eve/again", EVE },
		{ "home/eve/roots-moved", ST_BAD, "may not go there",
		    "home/eve/roots-moved", EVE },
		{ "open/root", ST_BAD, "that anybody may change",
		    "open/root", 0 },
		/* What cannot be opened. */
		{ "home/eve/loop", ST_DEAD, "levels of symbolic links", NULL,
		    0 },
		{ "home/eve/gone", ST_DEAD, "No such file", NULL, 0 },
		{ "nothing/at/all", ST_DEAD, "No such file", NULL, 0 },
		{ "", ST_DEAD, "No such file", NULL, 0 },
	};
	struct folder f;

	(void)state;
	if (getuid() != 0)
		skip();
	tree_begin(&f);
	make_things(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = { 0 };
		struct stat a, b;
		struct reach r;
		const int rc = reach_folder(&r, rows[i].path, &e);

		if (rc != rows[i].rc)
			fail_msg("%s: %d: %s", rows[i].path, rc, e.text);
		if (rc != ST_OK) {
			assert_int_equal(r.fd, -1);
			if (strstr(e.text, rows[i].why) == NULL ||
			    (rows[i].link != NULL && strstr(e.text,
			    rows[i].link) == NULL))
				fail_msg("%s: %s", rows[i].path, e.text);
			assert_true((rc == ST_BAD) == (e.plain != NULL));
			continue;
		}
		assert_int_equal(fstat(r.fd, &a), 0);
		assert_int_equal(stat(rows[i].path, &b), 0);
		assert_true(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
		assert_int_equal(r.by_link, rows[i].link != NULL);
		if (r.by_link) {
			assert_string_equal(r.link.path, rows[i].link);
			assert_int_equal(r.link.uid, rows[i].uid);
		}
		assert_int_equal(reach_allows(&r, rows[i].uid, &e), ST_OK);
		assert_int_equal(reach_allows(&r, BOB, &e), r.by_link ?
		    ST_BAD : ST_OK);
		(void)close(r.fd);
	}
	tree_end(&f);
}

static void
what_lies_behind_a_link_has_to_be_theirs_too(void **state)
{
	struct err e = { 0 };
	struct folder f;
	struct reach r;

	(void)state;
	if (getuid() != 0)
		skip();
	tree_begin(&f);
	make_things(&f);
	for (const char *const *p = (const char *const[]){ "srv/eve/box",
	    "srv/eve/roots-box", NULL }; *p != NULL; p++) {
		const int fd = open(*p, O_CREAT | O_WRONLY, 0600);

		assert_true(fd >= 0);
		(void)close(fd);
	}
	assert_int_equal(chown("srv/eve/box", EVE, EVE), 0);
	assert_int_equal(symlink("box", "srv/eve/link"), 0);
	assert_int_equal(reach_file("srv/eve/box", &e), ST_OK);
	assert_int_equal(reach_file("srv/eve/roots-box", &e), ST_OK);
	assert_int_equal(reach_file("home/eve/up/box", &e), ST_OK);
	assert_int_equal(reach_file("home/eve/up/roots-box", &e), ST_BAD);
	assert_non_null(strstr(e.text, "home/eve/up of user 65531"));
	assert_int_equal(reach_file("home/eve/up/root", &e), ST_BAD);
	assert_int_equal(reach_file("home/eve/srv/eve/box", &e), ST_BAD);
	assert_int_equal(reach_file("srv/eve/link", &e), ST_BAD);
	assert_string_equal(e.text, "it is a symbolic link");
	assert_int_equal(reach_file("srv/eve/nothing", &e), ST_DEAD);
	assert_int_equal(e.num, ENOENT);

	/* And what is no folder may be where a path ends, and nowhere else. */
	assert_int_equal(symlink("../srv/eve/roots-box", "tmp/roots"), 0);
	assert_int_equal(symlink("../srv/eve/roots-box", "tmp/eves"), 0);
	assert_int_equal(lchown("tmp/eves", EVE, EVE), 0);
	assert_int_equal(reach_any(&r, "srv/eve/roots-box", &e), ST_OK);
	(void)close(r.fd);
	assert_int_equal(reach_any(&r, "tmp/roots", &e), ST_OK);
	(void)close(r.fd);
	assert_int_equal(reach_any(&r, "srv/eve/link", &e), ST_OK);
	(void)close(r.fd);
	assert_int_equal(reach_any(&r, "tmp/eves", &e), ST_BAD);
	assert_int_equal(reach_any(&r, "srv/eve/box/x", &e), ST_DEAD);
	assert_int_equal(e.num, ENOTDIR);
	assert_int_equal(reach_folder(&r, "srv/eve/box", &e), ST_DEAD);
	assert_int_equal(e.num, ENOTDIR);
	tree_end(&f);
}

static void
the_folder_of_a_path_is_found(void **state)
{
	static const struct {
		const char *path, *folder, *name;
	} rows[] = {
		{ "a", ".", "a" }, { "a/", "a", "." }, { "a/b", "a", "b" },
		{ "a/b//", "a/b", "." }, { "a/new//", "a", "new" },
		{ "a//b", "a", "b" },
		{ "/", "/", "." }, { "/usr", "/", "usr" }, { ".", ".", "." },
		{ "a/..", ".", "." }, { "a/.", "a", "." },
		{ "a/new", "a", "new" },
	};
	char name[NAME_MAX + 1], text[600];
	struct err e = { 0 };
	struct folder f;
	struct reach r;

	(void)state;
	tree_begin(&f);
	assert_int_equal(mkdir("a", 0755), 0);
	assert_int_equal(mkdir("a/b", 0755), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stat a, b;

		assert_int_equal(reach_parent(&r, rows[i].path, name, &e),
		    ST_OK);
		assert_string_equal(name, rows[i].name);
		assert_int_equal(fstat(r.fd, &a), 0);
		assert_int_equal(stat(rows[i].folder, &b), 0);
		assert_true(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
		(void)close(r.fd);
	}
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(reach_parent(&r, text, name, &e), ST_DEAD);
	assert_int_equal(e.num, ENAMETOOLONG);
	tree_end(&f);
}

static void
links_of_proc_lead_where_they_lead(void **state)
{
	struct err e = { 0 };
	char path[64];
	struct stat a, b;
	struct folder f;
	struct reach r;
	int gone;

	(void)state;
	tree_begin(&f);
	assert_int_equal(mkdir("a", 0755), 0);
	gone = open("a", O_RDONLY | O_DIRECTORY);
	assert_true(gone >= 0);
	assert_int_equal(rmdir("a"), 0);	/* its text leads nowhere */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", gone);
	assert_int_equal(reach_folder(&r, path, &e), ST_OK);
	assert_int_equal(fstat(r.fd, &a), 0);
	assert_int_equal(fstat(gone, &b), 0);
	assert_true(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	(void)close(r.fd);
	(void)close(gone);
	tree_end(&f);
}

static void
as_many_links_are_followed_as_the_kernel_follows(void **state)
{
	char path[16], to[16] = ".";
	struct err e = { 0 };
	struct stat st;
	struct folder f;
	struct reach r;
	unsigned followed = 0;

	(void)state;
	tree_begin(&f);
	for (unsigned n = 1; n <= 60; n++) {
		(void)snprintf(path, sizeof(path), "%u", n);
		assert_int_equal(symlink(to, path), 0);
		(void)snprintf(to, sizeof(to), "%u", n);
		if (stat(path, &st) == 0) {
			assert_int_equal(reach_folder(&r, path, &e), ST_OK);
			(void)close(r.fd);
			followed++;
		} else {
			assert_int_equal(reach_folder(&r, path, &e), ST_DEAD);
			assert_int_equal(e.num, ELOOP);
		}
	}
	assert_true(followed > 0 && followed < 60);
	tree_end(&f);
}

/* Swap two names until we are killed. */
static pid_t
swap_all_the_time(const char *a, const char *b)
{
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		(void)renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

static void
who_changes_a_name_meanwhile_wins_nothing(void **state)
{
	static const char *const others[] = { "home/eve/to-srv",
	    "home/eve/own" };
	struct folder f;
	unsigned refused = 0, opened = 0;

	(void)state;
	if (getuid() != 0)
		skip();
	tree_begin(&f);
	make_things(&f);
	for (size_t i = 0; i < 2; i++) {
		const pid_t pid = swap_all_the_time(others[i],
		    "home/eve/secret");

		assert_true(pid > 0);
		for (unsigned n = 0; n < SWAPS; n++) {
			struct err e = { 0 };
			struct reach r;
			struct stat st;

			if (reach_folder(&r, others[i], &e) != ST_OK) {
				refused++;
				continue;
			}
			opened++;
			assert_int_equal(fstat(r.fd, &st), 0);
			assert_int_equal(st.st_uid, EVE);
			(void)close(r.fd);
		}
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	assert_true(refused > 0 && opened > 0);
	tree_end(&f);
}

/* --- random trees */

/* Some parts of a path: names of the trees, and what is none. */
static void
random_path(struct gen *g, char *out, size_t size)
{
	static const char *const names[] = { "a", "b", "c", "a", "b", "c",
	    "..", "." };
	const size_t n = 1 + gen_below(g, 5);
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i > 0 ?
		    "/" : "", names[gen_below(g, 8)]);
}

/* users: how many own what is there; 1: only we do. */
static void
random_tree(struct gen *g, const char *top, size_t users)
{
	static const mode_t modes[] = { 0755, 0755, 0755, 0700, 0777, 01777 };
	const uid_t uids[] = { getuid(), EVE, BOB };
	char path[200], to[PATH_MAX], text[200];

	for (size_t i = 0; i < PATHS; i++) {
		const uid_t uid = uids[gen_below(g, users)];
		bool folder = gen_below(g, 2) == 0;
		int rc;

		random_path(g, path, sizeof(path));
		random_path(g, text, sizeof(text));
		if (gen_below(g, 4) == 0)
			(void)snprintf(to, sizeof(to), "%s/%s", top, text);
		else
			(void)snprintf(to, sizeof(to), "%s", text);
		rc = folder ? mkdir(path, 0755) : symlink(to, path);
		if (rc != 0 || lchown(path, uid, (gid_t)-1) != 0)
			continue;
		if (folder && users > 1)
			(void)chmod(path, modes[gen_below(g, 6)]);
	}
}

/* As reach.h says, by whole paths, and with all that stands still. */
static bool
oracle(const char *base, const char *path, uid_t by)
{
	char here[PATH_MAX], up[PATH_MAX], to[PATH_MAX];
	size_t n = 0;

	while (path[n += strspn(path + n, "/")] != '\0') {
		const size_t was = n;
		struct stat st, link, folder;
		ssize_t len;
		uid_t who;

		(void)snprintf(up, sizeof(up), "%s/%.*s", base, (int)was,
		    path);
		n += strcspn(path + n, "/");
		(void)snprintf(here, sizeof(here), "%s/%.*s", base, (int)n,
		    path);
		if (stat(here, &st) != 0 || lstat(here, &link) != 0 ||
		    stat(up, &folder) != 0)
			return false;
		if (by != 0 && st.st_uid != by && (st.st_mode & 011) == 0)
			return false;
		if (!S_ISLNK(link.st_mode))
			continue;
		who = link.st_uid != getuid() ? link.st_uid : folder.st_uid;
		if (who == getuid() && (folder.st_mode & 01002) == 2)
			return false;
		if (who != getuid() && st.st_uid != who)
			return false;
		if ((len = readlink(here, to, sizeof(to) - 1)) < 0)
			return false;
		to[len] = '\0';
		if (!oracle(to[0] == '/' ? "/" : up, to, who != getuid() ?
		    who : by))
			return false;
	}
	return true;
}

static size_t
check_tree(struct gen *g, const char *top)
{
	char path[200], text[PATH_MAX], want[PATH_MAX], got[PATH_MAX];
	size_t opened = 0;

	for (size_t i = 0; i < PATHS; i++) {
		struct err e = { 0 };
		struct stat st;
		struct reach r;
		bool there, may;
		int rc;

		random_path(g, path, sizeof(path));
		(void)snprintf(text, sizeof(text), "%s%s%s", i % 2 > 0 ? top :
		    "", i % 2 > 0 ? "/" : "", path);
		there = stat(text, &st) == 0 && S_ISDIR(st.st_mode);
		may = there && oracle(i % 2 > 0 ? "/" : ".", text, 0);
		rc = reach_folder(&r, text, &e);
		if ((rc == ST_OK) != may || (rc == ST_DEAD && there))
			fail_msg("seed %lu, %s/%s: %d: %s",
			    (unsigned long)g->seed, top, text, rc, e.text);
		if (rc != ST_OK)
			continue;
		opened++;
		assert_non_null(realpath(text, want));
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", r.fd);
		assert_non_null(realpath(path, got));
		assert_string_equal(got, want);
		(void)close(r.fd);
	}
	return opened;
}

static void
check_trees(size_t users)
{
	struct gen g = { .seed = 1 };
	size_t opened = 0;

	for (unsigned i = 0; i < TREES; i++) {
		struct folder f;

		tree_begin(&f);
		random_tree(&g, f.path, users);
		opened += check_tree(&g, f.path);
		tree_end(&f);
	}
	/* It is of no use where hardly anything can be opened. */
	assert_true(opened > TREES * PATHS / 20);
}

static void
where_all_is_ours_it_is_realpath(void **state)
{
	(void)state;
	check_trees(1);
}

static void
where_it_is_not_it_is_what_the_oracle_says(void **state)
{
	(void)state;
	if (getuid() != 0)
		skip();
	check_trees(3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_of_users_lead_to_what_is_theirs),
		cmocka_unit_test(what_lies_behind_a_link_has_to_be_theirs_too),
		cmocka_unit_test(the_folder_of_a_path_is_found),
		cmocka_unit_test(who_changes_a_name_meanwhile_wins_nothing),
		cmocka_unit_test(
		    as_many_links_are_followed_as_the_kernel_follows),
		cmocka_unit_test(links_of_proc_lead_where_they_lead),
		cmocka_unit_test(where_all_is_ours_it_is_realpath),
		cmocka_unit_test(where_it_is_not_it_is_what_the_oracle_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
