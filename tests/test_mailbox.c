/*
 * Changing an mbox: what is refused, what is waited for, and what is kept.
 * What others do in the meantime is in tests/faults/.
 */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dotlock.h"
#include "folder.h"
#include "hold.h"
#include "kernel_calls.h"
#include "mailbox.h"
#include "recover.h"
#include "undo.h"

#define TEXT "From a Mon Jan  1 00:00:00 2024\nFrom: a@b.example\n\none\n\n"
#define MORE "From b Mon Jan  1 00:00:00 2024\nSubject: more\n\ntwo\n\n"
#define UID 12321		/* owners in the tests of root */
#define GID 12322

struct rig {
	struct folder f;	/* "box" in it */
	struct folder state;
	struct statedir s;
	struct run r;
	struct outcome o;
	struct err e;
};

static void
put(const struct folder *f, const char *name, const char *text)
{
	folder_write(f, name, (struct span){ (const uint8_t *)text,
	    strlen(text) });
}

static void
check(const struct folder *f, const char *name, const char *text)
{
	struct buf b = { 0 };

	folder_read(f, name, &b);
	assert_string_equal(buf_text(&b), text);
	buf_free(&b);
}

static int
set_up(void **state)
{
	static struct rig rig;

	rig = (struct rig){ 0 };
	folder_make(&rig.f);
	folder_make(&rig.state);
	put(&rig.f, "box", TEXT);
	assert_int_equal(statedir_open(&rig.s, rig.state.path, "test",
	    &rig.e), ST_OK);
	assert_int_equal(run_begin(&rig.r, &rig.s, "test", &rig.e), ST_OK);
	*state = &rig;
	return 0;
}

static int
tear_down(void **state)
{
	struct rig *g = *state;
	char command[160];

	run_end(&g->r);
	statedir_close(&g->s);
	(void)chmod(g->f.path, 0700);
	(void)snprintf(command, sizeof(command), "rm -rf %s %s", g->f.path,
	    g->state.path);
	return system(command) == 0 ? 0 : -1;
}

struct edit_text { const char *from; const char *to; };

/* Each `from` becomes `to`. */
static int
replace(void *ctx, struct filling *from, int to, struct said *said,
    struct err *e)
{
	const struct edit_text *t = ctx;
	const size_t n = strlen(t->from);
	uint8_t in[4096];
	struct buf b = { 0 };
	ssize_t k;
	int rc;

	assert_int_equal(filling_upto(from, sizeof(in), e), ST_OK);
	k = call_read(from->fd, in, sizeof(in), 0);
	assert_true(k >= 0);
	for (ssize_t i = 0; i < k; i++)
		if (n > 0 && (size_t)(k - i) >= n &&
		    memcmp(in + i, t->from, n) == 0) {
			buf_str(&b, t->to);
			i += (ssize_t)n - 1;
		} else {
			buf_byte(&b, in[i]);
		}
	assert_int_equal(call_write(to, b.p, b.n, 0), 0);
	rc = sum_bytes(buf_span(&b), said->sum, e);
	buf_free(&b);
	return rc;
}

static enum outcome_kind
change(struct rig *g, const char *from, const char *to, unsigned wait)
{
	struct edit_text t = { from, to };
	const struct change c = { .write = replace, .ctx = &t };
	const struct mailbox_options options = { .wait = wait };
	const struct target target = { .folder = g->f.path,
	    .root = strlen(g->f.path), .name = "box" };

	assert_int_equal(mailbox_change(&g->r, &target, &c, &options, &g->o,
	    &g->e), ST_OK);
	return g->o.kind;
}

static void
says(const struct rig *g, const char *words)
{
	if (strstr(g->o.reason, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", g->o.reason, words);
}

static int
names_in(const char *path)
{
	struct listing l = { 0 };
	const int fd = open(path, O_RDONLY | O_DIRECTORY);
	int n;

	assert_int_equal(listing_read(&l, fd, NULL), ST_OK);
	n = (int)l.n;
	listing_free(&l);
	(void)close(fd);
	return n;
}

static void
a_mailbox_is_changed_and_put_back(void **state)
{
	struct rig *g = *state;

	assert_int_equal(change(g, "one", "three", 0), OUTCOME_DONE);
	check(&g->f, "box", "From a Mon Jan  1 00:00:00 2024\n"
	    "From: a@b.example\n\nthree\n\n");
	assert_int_equal(undo_run(&g->r, UNDO_ALL, NULL, NULL, &g->e), ST_OK);
	check(&g->f, "box", TEXT);
	assert_int_equal(names_in(g->f.path), 1);
}

static void
what_came_since_stays_behind_the_original(void **state)
{
	struct rig *g = *state;

	assert_int_equal(change(g, "one", "three", 0), OUTCOME_DONE);
	put(&g->f, "box", "From a Mon Jan  1 00:00:00 2024\n"
	    "From: a@b.example\n\nthree\n\n" MORE);
	assert_int_equal(undo_run(&g->r, UNDO_ALL, NULL, NULL, &g->e), ST_OK);
	check(&g->f, "box", TEXT MORE);
}

static void
take_outcome(void *ctx, const struct intent *in, const struct outcome *o)
{
	struct outcome *out = ctx;

	(void)in;
	*out = *o;
}

static void
a_mailbox_that_was_changed_since_is_left_alone(void **state)
{
	struct rig *g = *state;

	assert_int_equal(change(g, "one", "three", 0), OUTCOME_DONE);
	put(&g->f, "box", "From somebody else\n");
	assert_int_equal(undo_run(&g->r, UNDO_ALL, take_outcome, &g->o,
	    &g->e), ST_OK);
	assert_int_equal(g->o.kind, OUTCOME_CHANGED);
	check(&g->f, "box", "From somebody else\n");
}

static void
set_times(const struct rig *g, time_t atime, time_t mtime)
{
	const struct timespec t[2] = { { atime, 7 }, { mtime, 7 } };

	assert_int_equal(utimensat(g->f.fd, "box", t, 0), 0);
}

static struct stat
stat_box(const struct rig *g)
{
	struct stat st;

	assert_int_equal(fstatat(g->f.fd, "box", &st, 0), 0);
	return st;
}

/* Rows: atime, mtime, and what they are after a change of the same size. */
static void
times_tell_of_new_mail_as_before(void **state)
{
	static const time_t rows[][4] = {
		{ 1000, 2000, 1000, 2001 },	/* new mail */
		{ 2000, 1000, 2000, 1001 },	/* read */
		{ 1000, 1000, 1001, 1001 },	/* read in the same second */
	};
	struct rig *g = *state;
	struct stat st;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const bool odd = i % 2 == 0;

		set_times(g, rows[i][0], rows[i][1]);
		assert_int_equal(change(g, odd ? "one" : "two",
		    odd ? "two" : "one", 0), OUTCOME_DONE);
		st = stat_box(g);
		assert_int_equal(st.st_atim.tv_sec, rows[i][2]);
		assert_int_equal(st.st_mtim.tv_sec, rows[i][3]);
		assert_int_equal(st.st_mtim.tv_nsec, 7);
	}
	set_times(g, 1000, 2000);
	assert_int_equal(change(g, "two", "three", 0), OUTCOME_DONE);
	st = stat_box(g);
	assert_int_equal(st.st_atim.tv_sec, 1000);
	assert_int_equal(st.st_mtim.tv_sec, 2000);
}

static void
nothing_to_change_is_the_same(void **state)
{
	struct rig *g = *state;

	assert_int_equal(change(g, "one", "one", 0), OUTCOME_SAME);
	assert_int_equal(names_in(g->f.path), 1);
}

static void
a_mailbox_that_is_gone_is_gone(void **state)
{
	struct rig *g = *state;

	assert_int_equal(unlinkat(g->f.fd, "box", 0), 0);
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_GONE);
	assert_int_equal(names_in(g->f.path), 0);
}

static void
other_kinds_of_file_are_refused(void **state)
{
	struct rig *g = *state;

	assert_int_equal(linkat(g->f.fd, "box", g->f.fd, "two", 0), 0);
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_REFUSED);
	says(g, "hard links");
	assert_int_equal(unlinkat(g->f.fd, "box", 0), 0);
	assert_int_equal(symlinkat("two", g->f.fd, "box"), 0);
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_REFUSED);
	says(g, "symbolic link");
	assert_int_equal(unlinkat(g->f.fd, "box", 0), 0);
	assert_int_equal(mkfifoat(g->f.fd, "box", 0600), 0);
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_REFUSED);
	says(g, "no regular file");
	check(&g->f, "two", TEXT);
	put(&g->f, "gz", "\x1f\x8b\x08 packed");
	assert_int_equal(renameat(g->f.fd, "gz", g->f.fd, "box"), 0);
	assert_int_equal(change(g, "packed", "two", 0), OUTCOME_REFUSED);
	says(g, "compressed");
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
others_are_waited_for_as_long_as_was_said(void **state)
{
	struct rig *g = *state;
	const uint64_t start = now_ms();
	const int fd = openat(g->f.fd, "box", O_RDWR | O_CLOEXEC);

	assert_int_equal(change(g, "one", "two", 0), OUTCOME_BUSY);
	says(g, "has it open");
	assert_int_equal(hold_lock(fd), 0);
	assert_int_equal(change(g, "one", "two", 1), OUTCOME_BUSY);
	says(g, "locked");
	assert_in_range(now_ms() - start, 900, 3000);
	(void)close(fd);
	put(&g->f, "box.lock", "1\n");
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_BUSY);
	says(g, "lock file");
	check(&g->f, "box.lock", "1\n");
	assert_int_equal(unlinkat(g->f.fd, "box.lock", 0), 0);
	assert_int_equal(mkfifoat(g->f.fd, "box.lock", 0600), 0);
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_BUSY);
	assert_int_equal(unlinkat(g->f.fd, "box.lock", 0), 0);
	check(&g->f, "box", TEXT);
	assert_int_equal(names_in(g->f.path), 1);
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_DONE);
}

static int
try_to_lock(void *ctx, struct filling *from, int to, struct said *said,
    struct err *e)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	const struct rig *g = ctx;
	struct stat st;
	struct buf b = { 0 };
	int fd;

	(void)from, (void)to, (void)said;
	folder_read(&g->f, "box.lock", &b);
	assert_int_equal(atoi(buf_text(&b)), getpid());
	assert_in_range(b.n, 1, 15);
	buf_free(&b);
	assert_int_equal(fstatat(g->f.fd, "box.lock", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	fd = openat(g->f.fd, "box", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(fd, -1);	/* the lease */
	assert_int_equal(errno, EAGAIN);
	(void)fcntl(fd, F_SETLK, &all);
	return err_set(e, ST_BAD, 0, "seen enough");
}

static void
all_locks_are_held_while_it_is_rewritten(void **state)
{
	struct rig *g = *state;
	const struct change c = { .write = try_to_lock, .ctx = g };
	const struct target target = { .folder = g->f.path,
	    .root = strlen(g->f.path), .name = "box" };

	assert_int_equal(mailbox_change(&g->r, &target, &c, NULL, &g->o,
	    &g->e), ST_OK);
	assert_int_equal(g->o.kind, OUTCOME_REFUSED);
	says(g, "seen enough");
	assert_int_equal(names_in(g->f.path), 1);
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_DONE);
}

static void
only_the_file_that_was_judged_is_changed(void **state)
{
	struct rig *g = *state;
	struct edit_text t = { "one", "two" };
	const struct change c = { .write = replace, .ctx = &t };
	struct stat st = stat_box(g);
	uint8_t sha[HASH_SIZE] = { 0 };
	struct target target = { .folder = g->f.path,
	    .root = strlen(g->f.path), .name = "box", .judged = &st };

	st.st_size--;
	assert_int_equal(mailbox_change(&g->r, &target, &c, NULL, &g->o,
	    &g->e), ST_OK);
	assert_int_equal(g->o.kind, OUTCOME_CHANGED);
	target.judged = NULL;
	target.sha = sha;
	assert_int_equal(mailbox_change(&g->r, &target, &c, NULL, &g->o,
	    &g->e), ST_OK);
	assert_int_equal(g->o.kind, OUTCOME_CHANGED);
	check(&g->f, "box", TEXT);
}

static void
names_that_have_no_room_for_a_lock_are_refused(void **state)
{
	struct rig *g = *state;
	const struct change c = { .write = replace };
	char name[NAME_MAX + 1];
	const struct target target = { .folder = g->f.path,
	    .root = strlen(g->f.path), .name = name };

	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	put(&g->f, name, TEXT);
	assert_int_equal(mailbox_change(&g->r, &target, &c, NULL, &g->o,
	    &g->e), ST_OK);
	assert_int_equal(g->o.kind, OUTCOME_REFUSED);
	check(&g->f, name, TEXT);
}

static void
own(const struct rig *g, uid_t uid, gid_t gid, gid_t folder_gid, uid_t folder,
    mode_t mode)
{
	assert_int_equal(fchownat(g->f.fd, "box", uid, gid, 0), 0);
	assert_int_equal(fchown(g->f.fd, folder, folder_gid), 0);
	assert_int_equal(fchmod(g->f.fd, mode), 0);
}

/* As /var/mail is: root's, and those in its group may write to it. */
static void
a_spool_is_worked_on_in_its_group(void **state)
{
	struct rig *g = *state;
	struct stat st;

	if (getuid() != 0)
		skip();
	own(g, UID, GID + 1, GID + 1, 0, 02775);
	assert_int_equal(fchmodat(g->f.fd, "box", 0660, 0), 0);
	assert_int_equal(change(g, "one", "three", 0), OUTCOME_DONE);
	st = stat_box(g);
	assert_int_equal(st.st_uid, UID);
	assert_int_equal(st.st_gid, GID + 1);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(names_in(g->f.path), 1);
	assert_int_equal(undo_run(&g->r, UNDO_ALL, NULL, NULL, &g->e), ST_OK);
	check(&g->f, "box", TEXT);
	assert_int_equal(geteuid(), 0);
}

static void
an_owner_who_may_not_write_to_the_folder_is_refused(void **state)
{
	struct rig *g = *state;

	if (getuid() != 0)
		skip();
	own(g, UID, GID, 0, 0, 0755);
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_REFUSED);
	says(g, "may not write to its folder");
	own(g, 0, 0, GID, 0, 02775);
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_REFUSED);
	says(g, "root's");
	own(g, UID, GID, GID, UID, 0500);
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_REFUSED);
	says(g, "cannot make its lock file");
	own(g, UID, GID, GID, UID, 0700);
	assert_int_equal(fchmodat(g->f.fd, "box", 0400, 0), 0);
	assert_int_equal(change(g, "one", "two", 0), OUTCOME_REFUSED);
	says(g, "may not write to it");
	check(&g->f, "box", TEXT);
	assert_int_equal(names_in(g->f.path), 1);
}

/* What a run that died leaves is known by what is in it. */
static void
only_our_own_lock_file_is_swept_away(void **state)
{
	struct rig *g = *state;
	const struct sweep sweep = { .run = &g->r };
	struct dotlock lock = { 0 };
	struct place *p;
	char text[16];

	assert_int_equal(place_open_mailbox(&p, g->f.path,
	    strlen(g->f.path), "box", NULL, &g->e), ST_OK);
	assert_int_equal(dotlock_take(&lock, &g->r, p, "box", &g->e), ST_OK);
	memcpy(text, lock.text, sizeof(text));
	(void)close(lock.fd);		/* it died */
	assert_int_equal(dotlock_sweep(&sweep, &g->e), ST_OK);
	assert_int_equal(names_in(g->f.path), 1);
	text[strlen(text) - 1] ^= 1;
	put(&g->f, "box.lock", text);
	assert_int_equal(dotlock_sweep(&sweep, &g->e), ST_OK);
	check(&g->f, "box.lock", text);
	assert_int_equal(unlinkat(g->f.fd, "box.lock", 0), 0);
	assert_int_equal(mkfifoat(g->f.fd, "box.lock", 0600), 0);
	assert_int_equal(dotlock_sweep(&sweep, &g->e), ST_OK);
	assert_int_equal(names_in(g->f.path), 2);
	place_close(p);
}

/* Whose it is the text says, also to the one that has made it. */
static void
only_our_own_lock_file_is_dropped(void **state)
{
	struct rig *g = *state;
	struct dotlock lock = { 0 };
	struct place *p;
	char text[16];

	assert_int_equal(place_open_mailbox(&p, g->f.path,
	    strlen(g->f.path), "box", NULL, &g->e), ST_OK);
	assert_int_equal(dotlock_take(&lock, &g->r, p, "box", &g->e), ST_OK);
	put(&g->f, "copy", lock.text);
	assert_int_equal(renameat(g->f.fd, "copy", g->f.fd, "box.lock"), 0);
	dotlock_drop(&lock, &g->r, p, "box");
	assert_int_equal(names_in(g->f.path), 1);
	assert_int_equal(dotlock_take(&lock, &g->r, p, "box", &g->e), ST_OK);
	lock.text[0] ^= 1;	/* so the one in the file is another */
	memcpy(text, lock.text, sizeof(text));
	text[0] ^= 1;
	dotlock_drop(&lock, &g->r, p, "box");
	check(&g->f, "box.lock", text);
	assert_false(g->r.unsettled);
	place_close(p);
}

struct told {
	unsigned n;
	char path[96], why[256];
};

static void
tell(void *ctx, const char *run, const char *path, const char *why)
{
	struct told *t = ctx;

	(void)run;
	t->n++;
	(void)snprintf(t->path, sizeof(t->path), "%s", path);
	(void)snprintf(t->why, sizeof(t->why), "%s", why);
}

/* A run dies that has made a lock file for path/box, or a temporary. */
static void
die(struct rig *g, const char *path, bool lock)
{
	struct dotlock l = { 0 };
	struct place *p;

	(void)mkdirat(g->f.fd, "sub", 0700);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(place_open_mailbox(&p, path, strlen(g->f.path),
	    "box", NULL, &g->e), ST_OK);
	if (lock)
		assert_int_equal(dotlock_take(&l, &g->r, p, "box", &g->e),
		    ST_OK);
	else
		assert_int_equal(leftover_record(&g->r, p, ".x", ".y",
		    &g->e), ST_OK);
	if (lock)
		(void)close(l.fd);
	place_close(p);
	g->r.pending = true;
	run_end(&g->r);
}

/* How much of it cannot be settled. */
static uint64_t
recover(struct rig *g, struct told *t)
{
	struct recovered r;

	*t = (struct told){ 0 };
	assert_int_equal(recover_all(&g->s, &r, tell, t, &g->e), ST_OK);
	assert_int_equal(r.unsettled, t->n);
	return r.unsettled;
}

static void
what_cannot_be_swept_away_is_told(void **state)
{
	struct rig *g = *state;
	char path[sizeof(g->f.path) + 7];
	struct told told;

	(void)snprintf(path, sizeof(path), "%s/sub/in", g->f.path);
	for (unsigned lock = 0; lock < 2; lock++) {
		die(g, path, lock);
		assert_int_equal(renameat(g->f.fd, "sub", g->f.fd, "away"),
		    0);
		assert_int_equal(symlinkat("away", g->f.fd, "sub"), 0);
		assert_int_equal(recover(g, &told), 1);
		assert_string_equal(told.path, path);
		assert_non_null(strstr(told.why, "cannot open"));
		assert_int_equal(unlinkat(g->f.fd, "sub", 0), 0);
		assert_int_equal(renameat(g->f.fd, "away", g->f.fd, "sub"),
		    0);
		assert_int_equal(recover(g, &told), 0);
		assert_int_equal(rmdir(path), 0);	/* it is empty */
		assert_int_equal(run_begin(&g->r, &g->s, "test", &g->e),
		    ST_OK);
	}
	die(g, path, false);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(recover(g, &told), 0);
}

/* Of that many messages, each with its number. */
static void
put_large(const struct rig *g, struct buf *b, unsigned n)
{
	char text[96];

	buf_clear(b);
	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "%s%u\n\n", TEXT, i);
		buf_str(b, text);
	}
	assert_true(buf_ok(b));
	folder_write(&g->f, "box", buf_span(b));
}

/* What change.write of a large mailbox is to do. */
struct reading {
	uint64_t first;		/* ask for that much at once */
	uint64_t upto;		/* read that much of it, in pieces */
	int then;		/* and say that */
	bool lies;		/* about what was written */
	uint64_t seen;
};

/* As it is, but for each 'o', which becomes an 'O'. */
static int
read_some(void *ctx, struct filling *from, int to, struct said *said,
    struct err *e)
{
	struct reading *r = ctx;
	struct hash *h = hash_new();
	uint8_t in[5000];
	ssize_t n = 1;

	assert_non_null(h);
	hash_begin(h);
	assert_true(filling_lacks(from));
	assert_int_equal(filling_upto(from, r->first, e), ST_OK);
	assert_true(from->have >= r->first);
	for (r->seen = 0; r->seen < r->upto && n > 0; r->seen += (size_t)n) {
		assert_int_equal(filling_upto(from, r->seen + sizeof(in), e),
		    ST_OK);
		assert_true(from->have <= from->size);
		n = call_read(from->fd, in, sizeof(in), r->seen);
		assert_int_equal(n, from->size - r->seen < sizeof(in) ?
		    from->size - r->seen : sizeof(in));
		for (ssize_t i = 0; i < n; i++)
			in[i] = in[i] == 'o' ? 'O' : in[i];
		assert_int_equal(call_write(to, in, (size_t)n, r->seen), 0);
		hash_feed(h, (struct span){ in, (size_t)n });
	}
	assert_true(hash_end(h, said->sum));
	hash_free(h);
	said->sum[0] ^= r->lies;
	return r->then == ST_OK ? ST_OK : err_set(e, r->then, 0, "enough");
}

/* Whoever reads it as it is copied, and whoever does not, gets it back. */
static void
a_large_mailbox_is_read_while_it_is_copied(void **state)
{
	static const uint64_t upto[] = { UINT64_MAX, 100000, 0 };
	struct rig *g = *state;
	struct buf old = { 0 }, now = { 0 };
	struct reading r;
	const struct change c = { .write = read_some, .ctx = &r };
	const struct target target = { .folder = g->f.path,
	    .root = strlen(g->f.path), .name = "box" };
	struct stat st;

	for (size_t i = 0; i < sizeof(upto) / sizeof(upto[0]); i++) {
		put_large(g, &old, 60001);
		assert_true(old.n > 3u << 20);
		r = (struct reading){ .first = (i & 1) * (3u << 20),
		    .upto = upto[i], .then = ST_BAD };
		assert_int_equal(mailbox_change(&g->r, &target, &c, NULL,
		    &g->o, &g->e), ST_OK);
		assert_int_equal(g->o.kind, OUTCOME_REFUSED);
		says(g, "enough");
		folder_read(&g->f, "box", &now);
		assert_true(span_eq(buf_span(&now), buf_span(&old)));
		assert_int_equal(names_in(g->f.path), 1);

		r.then = ST_OK;
		r.lies = true;
		assert_int_equal(mailbox_change(&g->r, &target, &c, NULL,
		    &g->o, &g->e), ST_OK);
		assert_int_equal(g->o.kind, OUTCOME_FAILED);
		says(g, "cannot be read back");

		r.lies = false;
		assert_int_equal(mailbox_change(&g->r, &target, &c, NULL,
		    &g->o, &g->e), ST_OK);
		assert_int_equal(g->o.kind, OUTCOME_DONE);
		assert_int_equal(fstatat(g->f.fd, "box", &st, 0), 0);
		assert_int_equal(st.st_size, r.seen);

		assert_int_equal(undo_run(&g->r, UNDO_ALL, take_outcome,
		    &g->o, &g->e), ST_OK);
		assert_int_equal(g->o.kind, OUTCOME_DONE);
		folder_read(&g->f, "box", &now);
		assert_true(span_eq(buf_span(&now), buf_span(&old)));
	}
	buf_free(&old);
	buf_free(&now);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mailbox_is_changed_and_put_back),
		TEST(what_came_since_stays_behind_the_original),
		TEST(a_mailbox_that_was_changed_since_is_left_alone),
		TEST(times_tell_of_new_mail_as_before),
		TEST(nothing_to_change_is_the_same),
		TEST(a_mailbox_that_is_gone_is_gone),
		TEST(other_kinds_of_file_are_refused),
		TEST(others_are_waited_for_as_long_as_was_said),
		TEST(all_locks_are_held_while_it_is_rewritten),
		TEST(a_large_mailbox_is_read_while_it_is_copied),
		TEST(only_the_file_that_was_judged_is_changed),
		TEST(names_that_have_no_room_for_a_lock_are_refused),
		TEST(a_spool_is_worked_on_in_its_group),
		TEST(an_owner_who_may_not_write_to_the_folder_is_refused),
		TEST(only_our_own_lock_file_is_swept_away),
		TEST(only_our_own_lock_file_is_dropped),
		TEST(what_cannot_be_swept_away_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
