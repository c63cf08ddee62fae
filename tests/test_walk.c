/*
 * formats/walk.c and names.c: which files are offered, and in what order.
 */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "listing.h"
#include "names.h"
#include "walk.h"

struct tree {
	char path[64];
	int fd;
	struct buf log;		/* what the walk told, less the path */
	unsigned stop;		/* after so many files; 0: never */
};

static int
set_up(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(t->path, sizeof(t->path), "%s/walk-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(t->path) == NULL)
		return -1;
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = t;
	return 0;
}

/* Remove what is in the folder fd, and close it. */
static void
drop_all(int fd)
{
	struct listing l = { 0 };

	assert_int_equal(listing_read(&l, fd, NULL), ST_OK);
	for (size_t i = 0; i < l.n; i++) {
		const bool dir = l.list[i].type == ENTRY_DIR;

		if (dir)
			drop_all(open_folder(fd, l.list[i].name,
			    false));
		assert_int_equal(unlinkat(fd, l.list[i].name,
		    dir ? AT_REMOVEDIR : 0), 0);
	}
	listing_free(&l);
	(void)close(fd);
}

static int
tear_down(void **state)
{
	struct tree *t = *state;

	drop_all(t->fd);
	assert_int_equal(rmdir(t->path), 0);
	buf_free(&t->log);
	free(t);
	return 0;
}

/* Make files (or with a final slash, folders) and the folders they need. */
static void
make(struct tree *t, const char *const *paths)
{
	char path[256];

	for (; *paths != NULL; paths++) {
		assert_true(strlen(*paths) < sizeof(path));
		for (size_t i = 0; (*paths)[i] != '\0'; i++) {
			path[i] = (*paths)[i];
			path[i + 1] = '\0';
			if (path[i] == '/')
				assert_true(mkdirat(t->fd, path, 0700) == 0 ||
				    errno == EEXIST);
		}
		if (path[strlen(path) - 1] != '/')
			(void)close(openat(t->fd, path, O_CREAT | O_WRONLY,
			    0600));
	}
}

#define MAKE(t, ...) make(t, (const char *const[]){ __VA_ARGS__, NULL })

/* A path without the tree's. */
static const char *
inside(const struct tree *t, const char *path)
{
	const size_t n = strlen(t->path);

	if (strncmp(path, t->path, n) != 0)
		return path;
	return path[n] == '/' ? path + n + 1 : path + n;
}

static void
add_path(struct tree *t, const struct walk_dir *d, const char *name)
{
	const char *dir = d == NULL ? "" : inside(t, d->path);

	if (d != NULL)
		assert_true(d->root <= strlen(d->path));
	buf_printf(&t->log, "%s%s%s", dir, dir[0] == '\0' ? "" : "/",
	    d == NULL ? inside(t, name) : name);
}

static bool
see_file(void *ctx, const struct walk_dir *d, const char *name,
    enum store_place place)
{
	static const char *const places[] = { "", " maildir", " mh", " eml",
	    " cyrus", " emlx", " emlx-partial", " named", " opensmtpd",
	    " kumomta", " sendmail-body", " qmail", " qmail-other",
	    " courier" };
	struct tree *t = ctx;

	add_path(t, d, name);
	buf_printf(&t->log, "%s\n", places[place]);
	return t->stop == 0 || --t->stop > 0;
}

static bool
see_leave(void *ctx, const struct walk_dir *d, bool settled)
{
	struct tree *t = ctx;

	buf_printf(&t->log, "leave %s%s\n", inside(t, d->path),
	    settled ? "" : " unsettled");
	return true;
}

static bool
see_skipped(void *ctx, const struct walk_dir *d, const char *name,
    enum walk_skip why)
{
	static const char *const whys[WALK_SKIPS] = {
		[SKIP_SYMLINK] = "link", [SKIP_SPECIAL] = "special",
		[SKIP_METADATA] = "metadata", [SKIP_OTHER_FS] = "fs",
		[SKIP_TMP] = "tmp",
	};
	struct tree *t = ctx;

	add_path(t, d, name);
	buf_printf(&t->log, " skipped: %s\n", whys[why]);
	return true;
}

static bool
see_failed(void *ctx, const char *path, const struct err *e)
{
	struct tree *t = ctx;

	buf_printf(&t->log, "%s failed: %s\n", inside(t, path), e->text);
	return true;
}

/* Walk a path inside the tree; the log is the answer. */
static const char *
walk(struct tree *t, const char *path, const struct walk_options *o)
{
	const struct walk_sink sink = { .file = see_file, .leave = see_leave,
	    .skipped = see_skipped, .failed = see_failed, .ctx = t };
	struct buf full = { 0 };
	const unsigned stop = t->stop;

	buf_clear(&t->log);
	buf_printf(&full, "%s%s%s", t->path, path[0] == '\0' ? "" : "/", path);
	assert_true(walk_path(buf_text(&full), o, &sink) == (stop == 0));
	buf_free(&full);
	return buf_text(&t->log);
}

static const struct walk_options plain;

static void
names_come_in_byte_order(void **state)
{
	struct tree *t = *state;

	MAKE(t, "b", "a/z", "a/y/x", "B", "a.mbox", ".hidden", "10", "9",
	    "M.EML", "empty/", "\xc3\xa9");
	assert_string_equal(walk(t, "", &plain),
	    ".hidden\n10 mh\n9 mh\nB\nM.EML eml\na/y/x\nleave a/y\na/z\n"
	    "leave a\na.mbox\nb\nleave empty\n\xc3\xa9\nleave \n");
}

static void
a_maildir_is_known_by_its_folders(void **state)
{
	struct tree *t = *state;
	const struct walk_options tmp = { .tmp = true };

	MAKE(t, "cur/2:2,S", "cur/.hidden", "cur/1.eml:2,", "new/3",
	    "new/dovecot-uidlist", "tmp/4", "dovecot.index.cache",
	    "maildirfolder", ".Sub.A/cur/5:2,", ".Sub.A/new/", ".Sub.A/tmp/",
	    ".Sub.A/maildirfolder");
	assert_string_equal(walk(t, "", &plain),
	    ".Sub.A/cur/5:2, maildir\nleave .Sub.A/cur\n"
	    ".Sub.A/maildirfolder skipped: metadata\n"
	    "leave .Sub.A/new\n.Sub.A/tmp skipped: tmp\nleave .Sub.A\n"
	    "cur/.hidden skipped: metadata\ncur/1.eml:2, maildir\n"
	    "cur/2:2,S maildir\nleave cur\n"
	    "dovecot.index.cache skipped: metadata\n"
	    "maildirfolder skipped: metadata\n"
	    "new/3 maildir\nnew/dovecot-uidlist skipped: metadata\n"
	    "leave new\ntmp skipped: tmp\nleave \n");
	assert_non_null(strstr(walk(t, "", &tmp), "tmp/4 maildir\nleave tmp"));
	assert_string_equal(walk(t, "new/", &plain), "new/3 maildir\n"
	    "new/dovecot-uidlist skipped: metadata\nleave new\n");
	assert_string_equal(walk(t, "tmp", &plain), "tmp/4 maildir\n"
	    "leave tmp\n");
}

static void
new_or_cur_alone_is_a_folder_like_any(void **state)
{
	struct tree *t = *state;

	MAKE(t, "cur/2:2,S", "tmp/3", "a/new/7");
	assert_string_equal(walk(t, "", &plain), "a/new/7 mh\nleave a/new\n"
	    "leave a\ncur/2:2,S\nleave cur\ntmp/3 mh\nleave tmp\nleave \n");
	assert_string_equal(walk(t, "cur", &plain), "cur/2:2,S\nleave cur\n");
}

/* It was moved from new/ to cur/ between the two listings. */
static void
a_message_in_new_and_cur_comes_once(void **state)
{
	struct tree *t = *state;

	MAKE(t, "new/1.a", "new/1.ab", "new/2", "cur/1.a:2,S", "cur/2x:2,",
	    "tmp/");
	assert_string_equal(walk(t, "", &plain), "cur/1.a:2,S maildir\n"
	    "cur/2x:2, maildir\nleave cur\nnew/1.ab maildir\nnew/2 maildir\n"
	    "leave new\ntmp skipped: tmp\nleave \n");
}

static void
metadata_is_no_mail_but_names_like_it_are(void **state)
{
	struct tree *t = *state;

	MAKE(t, "Inbox.msf", "x.LOCK", ".mh_sequences", "cyrus.header",
	    ",12", ",x", "subscriptions", ".imap/x/y", "dovecot",
	    "dovecot-users", "dovecot.mbox", "dovecot-list/1",
	    "dovecot-uidvalidity.5f",
	    "dovecot-keywords", "dovecot.list.index.log", "courierimapuiddb",
	    "msf", "lock");
	assert_string_equal(walk(t, "", &plain), ",12 skipped: metadata\n,x\n"
	    ".imap skipped: metadata\n.mh_sequences skipped: metadata\n"
	    "Inbox.msf skipped: metadata\ncourierimapuiddb skipped: metadata\n"
	    "cyrus.header skipped: metadata\ndovecot\n"
	    "dovecot-keywords skipped: metadata\ndovecot-list/1 mh\n"
	    "leave dovecot-list\ndovecot-uidvalidity.5f skipped: metadata\n"
	    "dovecot-users\ndovecot.list.index.log skipped: metadata\n"
	    "dovecot.mbox\n"
	    "lock\nmsf\nsubscriptions skipped: metadata\n"
	    "x.LOCK skipped: metadata\nleave \n");
}

#define OPENSMTPD "queue/ab/ab012345/"
#define NOT_ONE "queue/ab/bb012345/"
#define ID "/01/23/45/67/89ab1def8123456789abcdef"

static void
queues_are_known_by_names_of_folders(void **state)
{
	struct tree *t = *state;

	MAKE(t, OPENSMTPD "message", OPENSMTPD "ab012345deadbeef",
	    OPENSMTPD "ab012345deadbee", OPENSMTPD "bb012345deadbeef",
	    NOT_ONE "message", NOT_ONE "bb012345deadbeef", "purge/",
	    "temporary/x", "incoming/cd012345/message", "offline/1");
	assert_string_equal(walk(t, "", &plain),
	    "incoming skipped: metadata\noffline/1 mh\nleave offline\n"
	    "purge skipped: metadata\n"
	    OPENSMTPD "ab012345deadbee\n"
	    OPENSMTPD "ab012345deadbeef skipped: metadata\n"
	    OPENSMTPD "bb012345deadbeef\n"
	    OPENSMTPD "message opensmtpd\nleave queue/ab/ab012345\n"
	    NOT_ONE "bb012345deadbeef\n" NOT_ONE "message\n"
	    "leave queue/ab/bb012345\nleave queue/ab\nleave queue\n"
	    "temporary skipped: metadata\nleave \n");
	assert_string_equal(walk(t, "incoming", &plain),
	    "incoming/cd012345/message opensmtpd\n"
	    "leave incoming/cd012345\nleave incoming\n");
}

static void
queues_of_others_likewise(void **state)
{
	struct tree *t = *state;

	MAKE(t, "data/data" ID, "data/lock", "data/new/.tmpx", "meta/data" ID,
	    "data/data/01/23/45/67/89ab1def1123456789abcdef",
	    "data/data/01/23/45/67/89ab4def8123456789abcdef",
	    "data/data/01/23/45/x/89ab1def8123456789abcdef");
	assert_string_equal(walk(t, "data", &plain),
	    "data/data/01/23/45/67/89ab1def1123456789abcdef\n"
	    "data/data" ID " kumomta\n"
	    "data/data/01/23/45/67/89ab4def8123456789abcdef\n"
	    "leave data/data/01/23/45/67\n"
	    "data/data/01/23/45/x/89ab1def8123456789abcdef\n"
	    "leave data/data/01/23/45/x\nleave data/data/01/23/45\n"
	    "leave data/data/01/23\nleave data/data/01\nleave data/data\n"
	    "data/lock\ndata/new skipped: metadata\nleave data\n");
	assert_non_null(strstr(walk(t, "meta", &plain), "meta/data" ID
	    " skipped: metadata\n"));
	MAKE(t, "m/cur/1", "m/new/2", "m/data/", "m/lock", "h/__tmp__.1_2_x",
	    "h/__tmp__.x", "h/__tmp__.1");
	assert_string_equal(walk(t, "m", &plain), "m/cur/1 maildir\n"
	    "leave m/cur\nleave m/data\nm/lock\nm/new/2 maildir\n"
	    "leave m/new\nleave m\n");
	assert_string_equal(walk(t, "h", &plain), "h/__tmp__.1\n"
	    "h/__tmp__.1_2_x skipped: metadata\nh/__tmp__.x\nleave h\n");
}

/* What each fact is worth: test_spool.c. */
static void
queues_are_known_by_what_is_around(void **state)
{
	struct tree *t = *state;

	MAKE(t, "q/info/3/17", "q/mess/3/17", "q/mess/3/x", "q/local/",
	    "q/remote/", "q/lock/", "c/msgs/7/C17", "c/msgs/7/D17",
	    "c/msgs/7/17", "c/msgq/", "s/qf/qf1", "s/df/df1", "s/df/df2",
	    "s/df/1.eml", "cur/df1", "cur/qf1", "new/");
	assert_string_equal(walk(t, "", &plain), "leave c/msgq\n"
	    "c/msgs/7/17 mh\nc/msgs/7/C17 courier\nc/msgs/7/D17 courier\n"
	    "leave c/msgs/7\nleave c/msgs\nleave c\ncur/df1 maildir\n"
	    "cur/qf1 maildir\nleave cur\nleave new\n"
	    "q/info/3/17 qmail-other\nleave q/info/3\nleave q/info\n"
	    "leave q/local\nleave q/lock\nq/mess/3/17 qmail\nq/mess/3/x\n"
	    "leave q/mess/3\nleave q/mess\nleave q/remote\nleave q\n"
	    "s/df/1.eml eml\ns/df/df1 sendmail-body\ns/df/df2\n"
	    "leave s/df\ns/qf/qf1\nleave s/qf\nleave s\nleave \n");
	assert_string_equal(walk(t, "q/mess/3", &plain),
	    "q/mess/3/17 qmail\nq/mess/3/x\nleave q/mess/3\n");
}

static void
links_are_followed_only_when_named(void **state)
{
	struct tree *t = *state;

	MAKE(t, "dir/1", "file");
	assert_int_equal(symlinkat("file", t->fd, "to-file"), 0);
	assert_int_equal(symlinkat("dir", t->fd, "to-dir"), 0);
	assert_int_equal(symlinkat(".", t->fd, "dir/loop"), 0);
	assert_int_equal(symlinkat("nowhere", t->fd, "lost"), 0);
	assert_string_equal(walk(t, "", &plain), "dir/1 mh\n"
	    "dir/loop skipped: link\nleave dir\nfile\nlost skipped: link\n"
	    "to-dir skipped: link\nto-file skipped: link\nleave \n");
	assert_string_equal(walk(t, "to-file", &plain), "to-file named\n");
	assert_string_equal(walk(t, "to-dir//", &plain), "to-dir/1 mh\n"
	    "to-dir/loop skipped: link\nleave to-dir\n");
	assert_string_equal(walk(t, "lost", &plain),
	    "lost failed: cannot open: No such file or directory\n");
}

static void
special_files_are_never_opened(void **state)
{
	struct tree *t = *state;

	assert_int_equal(mkfifoat(t->fd, "fifo", 0600), 0);
	assert_string_equal(walk(t, "", &plain), "fifo skipped: special\n"
	    "leave \n");
	assert_string_equal(walk(t, "fifo", &plain),
	    "fifo skipped: special\n");
}

static void
an_unreadable_folder_is_told_and_the_rest_walked(void **state)
{
	struct tree *t = *state;

	if (geteuid() == 0)
		skip();		/* root may read it */
	MAKE(t, "a/1", "b/2", "c/3");
	assert_int_equal(fchmodat(t->fd, "b", 0, 0), 0);
	assert_string_equal(walk(t, "", &plain), "a/1 mh\nleave a\n"
	    "b failed: cannot open: Permission denied\nc/3 mh\nleave c\n"
	    "leave \n");
	assert_string_equal(walk(t, "b", &plain),
	    "b failed: cannot open: Permission denied\n");
	assert_int_equal(fchmodat(t->fd, "b", 0700, 0), 0);
}

static void
what_is_not_there_is_told(void **state)
{
	struct tree *t = *state;

	MAKE(t, "file");
	assert_string_equal(walk(t, "none", &plain),
	    "none failed: cannot open: No such file or directory\n");
	assert_string_equal(walk(t, "file/none", &plain),
	    "file/none failed: cannot open: Not a directory\n");
	assert_string_equal(walk(t, "file", &plain), "file named\n");
}

static void
a_sink_can_stop_the_walk(void **state)
{
	struct tree *t = *state;

	MAKE(t, "a/1", "a/2", "b");
	t->stop = 2;
	assert_string_equal(walk(t, "", &plain), "a/1 mh\na/2 mh\n");
}

static void
folders_too_deep_are_told(void **state)
{
	struct tree *t = *state;
	struct buf deep = { 0 };
	const char *log;
	int fd = dup(t->fd);

	for (unsigned i = 0; i < 102; i++) {
		int sub;

		assert_int_equal(mkdirat(fd, "d", 0700), 0);
		sub = open_folder(fd, "d", false);
		(void)close(openat(fd, "x", O_CREAT | O_WRONLY, 0600));
		(void)close(fd);
		fd = sub;
	}
	(void)close(fd);
	for (unsigned i = 0; i < 101; i++)
		buf_str(&deep, i == 0 ? "d" : "/d");
	buf_str(&deep, " failed: more than 100 folders deep: "
	    "name it on the command line\n");
	log = walk(t, "", &plain);
	assert_ptr_equal(strstr(log, buf_text(&deep)), log);
	assert_non_null(strstr(log, "/d/x\n"));
	buf_free(&deep);
}

struct crossing {
	bool fs, inner;		/* a file system was skipped, or entered */
	dev_t dev;
};

static bool
cross_file(void *ctx, const struct walk_dir *d, const char *name,
    enum store_place place)
{
	(void)ctx, (void)d, (void)name, (void)place;
	return true;
}

static bool
cross_leave(void *ctx, const struct walk_dir *d, bool settled)
{
	struct crossing *c = ctx;
	struct stat st;

	(void)settled;
	c->inner |= stat(d->path, &st) == 0 && st.st_dev != c->dev;
	return true;
}

static bool
cross_skipped(void *ctx, const struct walk_dir *d, const char *name,
    enum walk_skip why)
{
	(void)d, (void)name;
	((struct crossing *)ctx)->fs |= why == SKIP_OTHER_FS;
	return true;
}

static bool
cross_failed(void *ctx, const char *path, const struct err *e)
{
	(void)ctx, (void)path, (void)e;
	return true;
}

/* /dev has other file systems in it, on every Linux we know. */
static void
one_fs_stays_on_the_file_system(void **state)
{
	struct stat dev, pts;
	struct crossing c = { .fs = false };
	const struct walk_sink sink = { .file = cross_file, .ctx = &c,
	    .leave = cross_leave, .skipped = cross_skipped,
	    .failed = cross_failed };
	struct walk_options o = { .one_fs = true };

	(void)state;
	if (stat("/dev", &dev) != 0 || stat("/dev/pts", &pts) != 0 ||
	    dev.st_dev == pts.st_dev)
		skip();
	c.dev = dev.st_dev;
	assert_true(walk_path("/dev", &o, &sink));
	assert_true(c.fs && !c.inner);
	c.fs = false;
	o.one_fs = false;
	assert_true(walk_path("/dev", &o, &sink));
	assert_true(!c.fs && c.inner);
}

int
main(void)
{
#define IN_TREE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_TREE(names_come_in_byte_order),
		IN_TREE(a_maildir_is_known_by_its_folders),
		IN_TREE(new_or_cur_alone_is_a_folder_like_any),
		IN_TREE(a_message_in_new_and_cur_comes_once),
		IN_TREE(metadata_is_no_mail_but_names_like_it_are),
		IN_TREE(queues_are_known_by_names_of_folders),
		IN_TREE(queues_of_others_likewise),
		IN_TREE(queues_are_known_by_what_is_around),
		IN_TREE(links_are_followed_only_when_named),
		IN_TREE(special_files_are_never_opened),
		IN_TREE(an_unreadable_folder_is_told_and_the_rest_walked),
		IN_TREE(what_is_not_there_is_told),
		IN_TREE(a_sink_can_stop_the_walk),
		IN_TREE(folders_too_deep_are_told),
		cmocka_unit_test(one_fs_stays_on_the_file_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
