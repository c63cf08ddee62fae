/*
 * Who keeps a file: a tree of each server's, whose every fact is needed, and
 * many that look alike and are ordinary mail.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "keeper.h"
#include "t.h"

#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define AROUND 3u
#define MAIL "Subject: x\n\nbody\n"
#define SHA "b9abd01a0fb73298fbcc231485c8212f6e5355bd7f2eb47f6a31510151537959"

/* --- trees */

static char top[64];

static void
remove_tree(void)
{
	folder_remove_tree(top);
}

static void
make_top(void)
{
	(void)snprintf(top, sizeof(top), "/tmp/baredot-keeper.XXXXXX");
	assert_non_null(mkdtemp(top));
}

/* A file, with all folders above it; with a slash at its end, a folder. */
static void
make(const char *name, struct span content)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	for (char *p = path + strlen(top) + 1; *p != '\0'; p++)
		if (*p == '/') {
			*p = '\0';
			assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
			*p = '/';
		}
	if (path[strlen(path) - 1] == '/')
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_true(write(fd, content.p, content.n) == (ssize_t)content.n);
	(void)close(fd);
}

static void
unmake(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	if (path[strlen(path) - 1] == '/')
		path[strlen(path) - 1] = '\0';
	folder_remove_tree(path);
}

/* By its path, by its descriptor and from within: all the same. */
static const char *
server_of(const char *file, struct span head)
{
	const struct keeper *k, *by_fd, *within;
	char path[512], *slash;
	int fd, here;

	(void)snprintf(path, sizeof(path), "%s/%s", top, file);
	slash = strrchr(path, '/');
	*slash = '\0';
	k = keeper_of(path, -1, slash + 1, head);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	by_fd = keeper_of(path, fd, slash + 1, head);
	here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(fchdir(fd), 0);
	within = keeper_of(".", -1, slash + 1, head);
	assert_int_equal(fchdir(here), 0);
	(void)close(here);
	(void)close(fd);
	assert_ptr_equal(k, by_fd);
	assert_ptr_equal(k, within);
	if (k == NULL)
		return NULL;
	assert_true(k->command[0] != '\0');
	return k->server;
}

/* --- what servers keep */

struct layout {
	const char *server, *file;
	struct span head;
	const char *around[AROUND];
	bool head_matters;
};

#define QUEUE "C_            342             290               1 " \
	"              0             342               0T\x11" "1702409344 307"
#define EXIM_OLD "1xUsmb-0006p7-27"
#define EXIM_NEW "1xUsmb-00000006p7a-0027"
#define HARAKA_NAME "1518000000000_1518000000001_0_4711_aBc9_12_mx.example"
#define SPOOL "spool/data/01/23/45/67/89abcdef0123456789abcdef"
#define GUID "{1F2E3D4C-0123-4567-89AB-0123456789AB}"

static const struct layout layouts[] = {
	{ "Postfix", "active/4D5E6F7A8B", S(QUEUE), { NULL }, true },
	{ "Postfix", "deferred/3/3pXyZw4TqBzKm", S(QUEUE), { NULL }, true },
	{ "Postfix", "copies/queue.file", S(QUEUE), { NULL }, true },
	{ "Postfix", "postfix/maildrop/4D5E6F7A8B",
	    S("T\x11" "1702409344 307254A\x16" "rewrite"),
	    { "postfix/active/", "postfix/incoming/" }, true },
	{ "Exim", "input/" EXIM_OLD "-H", S(EXIM_OLD "-H\nroot 0 0\n"),
	    { NULL }, true },
	{ "Exim", "input/b/" EXIM_OLD "-D", S(EXIM_OLD "-D\ntext\n"),
	    { NULL }, true },
	{ "Exim", "input/" EXIM_NEW "-D", S(EXIM_NEW "-D\ntext\n"),
	    { NULL }, true },
	{ "Exim", "input/" EXIM_OLD "-J", S("alice@example.org\n"),
	    { "input/" EXIM_OLD "-H" }, false },
	{ "Exim", "input/" EXIM_NEW "-J", S("alice@example.org\n"),
	    { "input/" EXIM_NEW "-D" }, false },
	{ "sendmail", "mqueue/qfw1R2x3Y4012345", S("V8\nT1702409344\n"),
	    { NULL }, true },
	{ "sendmail", "mqueue/Qfw1R2x3Y4012345", S("V8\nT1702409344\n"),
	    { NULL }, true },
	{ "sendmail", "mqueue/dfw1R2x3Y4012345", S("body\n"),
	    { "mqueue/qfw1R2x3Y4012345" }, false },
	{ "sendmail", "mqueue/df/dfw1R2x3Y4012345", S("body\n"),
	    { "mqueue/qf/qfw1R2x3Y4012345" }, false },
	{ "qmail", "queue/todo/12345", S("u501\0p1\0F\0"),
	    { "queue/mess/", "queue/lock/" }, false },
	{ "qmail", "queue/remote/7/12345", S("Tb@example.org\0"),
	    { "queue/mess/", "queue/lock/" }, false },
	{ "OpenSMTPD", "smtpd/queue/ab/abcd0123/message", S(MAIL),
	    { "smtpd/purge/" }, false },
	{ "OpenSMTPD", "smtpd/queue/ab/abcd0123/abcd012301234567",
	    S("version: 3\n"), { "smtpd/incoming/",
	    "smtpd/queue/ab/abcd0123/message" }, false },
	{ "OpenSMTPD", "smtpd/incoming/abcd0123/message", S(MAIL),
	    { "smtpd/queue/", "smtpd/purge/" }, false },
	{ "Courier", "courier/msgs/17/D99887", S(MAIL),
	    { "courier/msgs/17/C99887" }, false },
	{ "Courier", "courier/msgs/17/C99887", S("salice@example.org\n"),
	    { "courier/msgs/17/D99887" }, false },
	{ "Courier", "courier/tmp/179597/D99887", S(MAIL),
	    { "courier/tmp/179597/C99887", "courier/msgq/" }, false },
	{ "Courier", "courier/tmp/179597/C99887", S("salice@example.org\n"),
	    { "courier/tmp/179597/D99887", "courier/msgq/" }, false },
	{ "KumoMTA", SPOOL, S(MAIL), { "spool/lock", "spool/new/" }, false },
	{ "Haraka", "queue/" HARAKA_NAME, S("\0\0\1\2\n{\"queue_time\":1"),
	    { NULL }, true },
	{ "Haraka", "queue/error." HARAKA_NAME, S("\0\0\1\2\n{\"queue_time\""),
	    { NULL }, true },
	{ "Dovecot", "dbox-Mails/u.17", S("2 M1e C6b020f15\n\1\2N "),
	    { NULL }, true },
	{ "Dovecot", "storage/m.3", S("2 M1e C6b020f19\n\1\2N "), { NULL },
	    true },
	{ "Cyrus", "user/alice/17.", S(MAIL), { "user/alice/cyrus.index" },
	    false },
	{ "Cyrus", "user/alice/1.", S(MAIL), { "user/alice/cyrus.header" },
	    false },
	{ "Apple Mail", "Messages/17.emlx", S("545       \nSubject: x\n"),
	    { NULL }, true },
	{ "Apple Mail", "Messages/17.partial.emlx", S("545\nSubject: x\n"),
	    { NULL }, true },
	{ "Exchange", "TransportRoles/Pickup/x.eml", S(MAIL), { NULL },
	    false },
	{ "Exchange", "data/TransportRoles/Replay/x.EML",
	    S("X-Sender: <a@example.org>\r\n"), { NULL }, false },
	{ "Exchange", "TransportRoles/Pickup/.eml", S(MAIL), { NULL },
	    false },
	{ "IIS", "inetpub/mailroot/Queue/NTFS_1.EML", S(MAIL),
	    { "inetpub/mailroot/Pickup/" }, false },
	{ "hMailServer", "Data/example.org/alice/1F/" GUID ".eml", S(MAIL),
	    { NULL }, false },
	{ "baredot", "state/runs/20261129T073624.000352Z-4343/blobs/" SHA,
	    S(MAIL), { "state/runs/20261129T073624.000352Z-4343/journal" },
	    false },
};

/* The same, but for the name of a folder. */
static const struct layout moved[] = {
	{ NULL, "state/runs/20261129T073624.000352Z-4343/mail/" SHA, S(MAIL),
	    { "state/runs/20261129T073624.000352Z-4343/journal" }, false },
	{ NULL, "state/20261129T073624.000352Z-4343/blobs/" SHA, S(MAIL),
	    { "state/20261129T073624.000352Z-4343/journal" }, false },
	{ NULL, "postfix/mail/4D5E6F7A8B", S("T\x11" "1702409344 307254A"),
	    { "postfix/active/", "postfix/incoming/" }, false },
	{ NULL, "queue/done/12345", S("u501\0p1\0F\0"),
	    { "queue/mess/", "queue/lock/" }, false },
	{ NULL, "queue/more/7/12345", S("Tb@example.org\0"),
	    { "queue/mess/", "queue/lock/" }, false },
	{ NULL, "smtpd/queue/ab/abcd012/message", S(MAIL),
	    { "smtpd/purge/" }, false },
	{ NULL, "smtpd/queue/ab/abcd012/abcd012301234567",
	    S("version: 3\n"), { "smtpd/incoming/",
	    "smtpd/queue/ab/abcd012/message" }, false },
	{ NULL, "smtpd/incoming/abcd012x/message", S(MAIL),
	    { "smtpd/queue/", "smtpd/purge/" }, false },
	{ NULL, "courier/mail/17/D99887", S(MAIL),
	    { "courier/mail/17/C99887" }, false },
	{ NULL, "courier/msgs/x/C99887", S("salice@example.org\n"),
	    { "courier/msgs/x/D99887" }, false },
	{ NULL, "courier/temp/179597/D99887", S(MAIL),
	    { "courier/temp/179597/C99887", "courier/msgq/" }, false },
	{ NULL, "spool/date/01/23/45/67/89abcdef0123456789abcdef", S(MAIL),
	    { "spool/lock", "spool/new/" }, false },
	{ NULL, "inetpub/mail/Queue/NTFS_1.EML", S(MAIL),
	    { "inetpub/mail/Pickup/" }, false },
};

static void
make_layout(const struct layout *l)
{
	static const struct span nothing = S("x");

	make(l->file, l->head);
	for (size_t i = 0; i < AROUND; i++)
		if (l->around[i] != NULL)
			make(l->around[i], nothing);
}

static void
want(const struct layout *l, struct span head, const char *server,
    const char *what)
{
	const char *got = server_of(l->file, head);

	if ((got == NULL) != (server == NULL) ||
	    (got != NULL && strcmp(got, server) != 0))
		fail_msg("%s (%s): %s", l->file, what, got != NULL ? got :
		    "nobody");
}

static void
each_server_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(layouts); i++) {
		make_top();
		make_layout(&layouts[i]);
		want(&layouts[i], layouts[i].head, layouts[i].server, "all");
		remove_tree();
	}
}

static void
names_of_folders_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(moved); i++) {
		make_top();
		make_layout(&moved[i]);
		want(&moved[i], moved[i].head, NULL, "moved");
		remove_tree();
	}
}

static void
each_fact_is_needed(void **state)
{
	static const struct span mail = S(MAIL), none = { NULL, 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(layouts); i++) {
		const struct layout *l = &layouts[i];
		const bool needed = l->head_matters;

		make_top();
		make_layout(l);
		want(l, mail, needed ? NULL : l->server, "mail's head");
		want(l, none, needed ? NULL : l->server, "no head");
		for (size_t k = 0; k < AROUND && l->around[k] != NULL; k++) {
			unmake(l->around[k]);
			want(l, l->head, NULL, l->around[k]);
			make_layout(l);
		}
		remove_tree();
	}
}

/* The name is the inode: a copy of the file is nobody's. */
static void
qmail_names_its_files_by_inode(void **state)
{
	char name[64], path[128], new[128];
	struct stat st;

	(void)state;
	make_top();
	make("queue/info/", (struct span){ NULL, 0 });
	make("queue/todo/", (struct span){ NULL, 0 });
	make("queue/mess/5/1", (struct span)S(MAIL));
	assert_null(server_of("queue/mess/5/1", (struct span)S(MAIL)));
	(void)snprintf(path, sizeof(path), "%s/queue/mess/5/1", top);
	assert_int_equal(stat(path, &st), 0);
	(void)snprintf(name, sizeof(name), "queue/mess/5/%ju",
	    (uintmax_t)st.st_ino);
	(void)snprintf(new, sizeof(new), "%s/%s", top, name);
	assert_int_equal(rename(path, new), 0);
	assert_string_equal(server_of(name, (struct span)S(MAIL)), "qmail");
	unmake("queue/todo/");
	assert_null(server_of(name, (struct span)S(MAIL)));
	make("queue/intd/", (struct span){ NULL, 0 });
	assert_string_equal(server_of(name, (struct span)S(MAIL)), "qmail");
	unmake("queue/info/");
	assert_null(server_of(name, (struct span)S(MAIL)));
	make("queue/info/", (struct span){ NULL, 0 });
	(void)snprintf(path, sizeof(path), "%s/queue/mess", top);
	(void)snprintf(new, sizeof(new), "%s/queue/mail", top);
	assert_int_equal(rename(path, new), 0);
	memcpy(strstr(name, "mess"), "mail", 4);
	assert_null(server_of(name, (struct span)S(MAIL)));
	remove_tree();
}

/* --- and what they do not */

static const struct {
	const char *file;
	struct span head;
} ordinary[] = {
	{ "Maildir/cur/1702409344.M30725P17.mx,S=545,W=560:2,S", S(MAIL) },
	{ "Maildir/new/1702409344.M30725P17V0I4711.mx.example.org", S(MAIL) },
	{ "Maildir/new/1702409344_0.17.mx", S(MAIL) },
	{ "Mail/inbox/1", S(MAIL) },
	{ "Mail/mess/5/17", S(MAIL) },
	{ "Mail/todo/17", S(MAIL) },
	{ "Mail/info/5/17", S(MAIL) },
	{ "Mail/queue/ab/abcd0123/message", S(MAIL) },
	{ "Mail/incoming/abcd0123/message", S(MAIL) },
	{ "Mail/message", S(MAIL) },
	{ "Mail/17.", S(MAIL) },
	{ "Mail/17.eml", S(MAIL) },
	{ "Mail/17.eml", S("545       \nSubject: x\n") },
	{ "Mail/17.emlx", S(MAIL) },
	{ "Mail/" GUID ".eml", S(MAIL) },
	{ "Mail/1E/" GUID ".eml", S(MAIL) },
	{ "Mail/1F/1F2E3D4C-0123-4567-89AB-0123456789AB.eml", S(MAIL) },
	{ "Pickup/x.eml", S(MAIL) },
	{ "old/Pickup/x.eml", S(MAIL) },
	{ "mailroot/Drop/x.eml", S(MAIL) },
	{ "TransportRoles/Pickup/x", S(MAIL) },
	{ "TransportRoles/Pickup/more/x.eml", S(MAIL) },
	{ "TransportRoles.old/Pickup/x.eml", S(MAIL) },
	{ "maildrop/4D5E6F7A8B", S("T\x11" "1702409344 307254A") },
	{ "active/4D5E6F7A8B", S("Subject: C\n") },
	{ "active/4D5E6F7A8B", S("C:            342     290   1  0 342") },
	{ "active/4D5E6F7A8B", S("C_            342 290") },
	{ EXIM_OLD "-H", S(MAIL) },
	{ EXIM_OLD "-D", S("1xUsmb-0006p7-28-D\n") },
	{ EXIM_OLD "-D", S(EXIM_OLD "-D") },
	{ EXIM_OLD "-J", S(EXIM_OLD "-J\n") },
	{ "1xUsmb-0006p7-2-D", S("1xUsmb-0006p7-2-D\n") },
	{ "qfile", S(MAIL) },
	{ "dfile", S("V8\n") },
	{ "qf1", S("V8x\n") },
	{ "msgs/17/D99887", S(MAIL) },
	{ "msgs/17/C99887", S(MAIL) },
	{ "tmp/17/D99887", S(MAIL) },
	{ "data/01/23/45/67/89abcdef0123456789abcdef", S(MAIL) },
	{ "data/01/23/45/89abcdef0123456789abcdef", S(MAIL) },
	{ HARAKA_NAME, S(MAIL) },
	{ HARAKA_NAME, S("\0\0\1\2\n[") },
	{ "u.17", S(MAIL) },
	{ "u.17", S("2 M1e C\n") },
	{ "u.17", S("2 M1e C6b020f15 \n") },
	{ "x.17", S("2 M1e C6b020f15\n") },
	{ "m.17x", S("2 M1e C6b020f15\n") },
	{ "inbox.mbox", S("From a@b.example Mon Jan  1 00:00:00 2024\n") },
	{ "", S(MAIL) },
	{ "|", S(MAIL) },
	{ "%d", S(MAIL) },
};

static void
ordinary_mail_is_nobodys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ordinary); i++) {
		const char *server;

		make_top();
		make(ordinary[i].file, ordinary[i].head);
		server = server_of(ordinary[i].file, ordinary[i].head);
		if (server != NULL)
			fail_msg("%s: %s", ordinary[i].file, server);
		remove_tree();
	}
}

/* A folder that is gone, or that cannot be opened. */
static void
nothing_around_is_nobodys(void **state)
{
	static const struct span mail = S(MAIL), queue = S(QUEUE);
	const int fd = open("/", O_PATH | O_CLOEXEC);
	char name[600];

	(void)state;
	(void)close(fd);
	assert_null(keeper_of("/nonexistent/msgs/17", -1, "D99887", mail));
	assert_null(keeper_of("", -1, "17.", mail));
	assert_null(keeper_of("/nonexistent/1F", -1, GUID ".eml", mail));
	assert_non_null(keeper_of("/nonexistent", -1, "4D5E6F7A8B", queue));
	memset(name, '7', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_null(keeper_of("/tmp", -1, name, queue));
	name[250] = '.';
	name[251] = '\0';
	assert_null(keeper_of("/tmp", -1, name, mail));
	memcpy(name, "df", 2);
	name[250] = '7';
	assert_null(keeper_of("/tmp", -1, name, mail));
	assert_int_equal(open("/", O_PATH | O_CLOEXEC), fd);	/* closed */
	(void)close(fd);
}

/* Whatever it begins with, no byte too many is looked at. */
static void
short_heads_are_read_to_their_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(layouts); i++)
		for (size_t n = 0; n <= layouts[i].head.n; n++) {
			uint8_t *own = malloc(n > 0 ? n : 1);
			const char *slash = strrchr(layouts[i].file, '/');

			assert_non_null(own);
			memcpy(own, layouts[i].head.p, n);
			(void)keeper_of("/nonexistent", -1, slash + 1,
			    (struct span){ own, n });
			free(own);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_server_is_known),
		cmocka_unit_test(each_fact_is_needed),
		cmocka_unit_test(names_of_folders_count),
		cmocka_unit_test(qmail_names_its_files_by_inode),
		cmocka_unit_test(ordinary_mail_is_nobodys),
		cmocka_unit_test(nothing_around_is_nobodys),
		cmocka_unit_test(short_heads_are_read_to_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
