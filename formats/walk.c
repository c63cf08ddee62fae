/*
 * See walk.h.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "listing.h"
#include "names.h"
#include "queue_names.h"
#include "spool.h"

#define DEPTH_MAX 100u

struct walk {
	const struct walk_options *options;
	const struct walk_sink *sink;
	struct buf path;	/* of the folder at hand */
	struct buf real;	/* the same: absolute, through no link */
	size_t root;
	dev_t dev;
	unsigned depth;
};

/* What kind of folder its parent says it is. */
enum folder { FOLDER_ANY, FOLDER_MAILDIR_PART };

/* A folder of a Maildir that was listed ahead of time. */
struct listed {
	struct listing list;
	bool done, settled;
};

enum queue { QUEUE_NONE, QUEUE_OPENSMTPD, QUEUE_KUMOMTA };

/* What a folder is, and what is known of its parts. */
struct parts {
	enum queue queue;
	enum spool_folder spool;	/* once it was asked for */
	bool is_maildir;
	struct listed cur, fresh;	/* fresh: new/ */
};

static bool walk_folder(struct walk *, int fd, enum folder,
    const struct listed *ahead);

static struct walk_dir
this_dir(struct walk *w)
{
	return (struct walk_dir){ .path = buf_text(&w->path),
	    .root = w->root };
}

static bool
tell_skipped(struct walk *w, const char *name, enum walk_skip why)
{
	const struct walk_dir d = this_dir(w);

	return w->sink->skipped(w->sink->ctx, &d, name, why);
}

/* name: in the folder at hand; NULL: the folder itself. */
static bool
tell_failed(struct walk *w, const char *name, const struct err *e)
{
	const size_t n = w->path.n;
	bool go_on;

	if (name != NULL) {
		buf_byte(&w->path, '/');
		buf_str(&w->path, name);
	}
	(void)buf_text(&w->path);
	if (!buf_ok(&w->path)) {
		w->path.n = n;		/* room for its NUL was there */
		w->path.failed = false;
	}
	go_on = w->sink->failed(w->sink->ctx, buf_text(&w->path), e);
	w->path.n = n;
	return go_on;
}

static bool
walk_file(struct walk *w, int fd, const char *name, enum folder folder,
    struct parts *here)
{
	const struct walk_dir d = this_dir(w);
	const struct span in = buf_span(&w->real), text = span_text(name);
	enum store_place place = PLACE_MAILDIR;

	if (name_is_metadata(name) || ((folder == FOLDER_MAILDIR_PART) &&
	    name[0] == '.') || (name[0] == ',' && name_is_number(name + 1)) ||
	    (folder != FOLDER_MAILDIR_PART && queue_is_data(in, text)))
		return tell_skipped(w, name, SKIP_METADATA);
	if (folder != FOLDER_MAILDIR_PART) {
		place = queue_place(in, text);
		if (place == PLACE_OTHER)
			place = spool_place(fd, &here->spool, name);
	}
	if (place == PLACE_OTHER)
		place = name_place(name);
	return w->sink->file(w->sink->ctx, &d, name, place);
}

static void
cannot_open(const struct walk *w, struct err *e)
{
	(void)err_set(e, ST_DEAD, errno, w->options->strict && errno ==
	    EPERM ? "cannot open without changing its access time" :
	    "cannot open");
}

static void
add_name(struct buf *path, const char *name)
{
	if (path->n == 0 || path->p[path->n - 1] != '/')
		buf_byte(path, '/');
	buf_str(path, name);
}

/* Go down; ahead: what was listed of it before, or NULL. */
static bool
walk_down(struct walk *w, int fd, const char *name, enum folder folder,
    const struct listed *ahead)
{
	const size_t n = w->path.n, real_n = w->real.n;
	const int sub = open_folder(fd, name, w->options->strict);
	struct stat st;
	struct err e;
	bool go_on = true;

	if (sub < 0 && errno == ENOENT)
		return true;		/* gone meanwhile */
	if (sub < 0 || fstat(sub, &st) != 0) {
		cannot_open(w, &e);
		go_on = tell_failed(w, name, &e);
	} else if (w->options->one_fs && st.st_dev != w->dev) {
		go_on = tell_skipped(w, name, SKIP_OTHER_FS);
	} else if (w->depth == DEPTH_MAX) {
		(void)err_set(&e, ST_DEAD, 0, "more than %u folders deep: "
		    "name it on the command line", DEPTH_MAX);
		go_on = tell_failed(w, name, &e);
	} else {
		add_name(&w->path, name);
		add_name(&w->real, name);
		w->depth++;
		go_on = walk_folder(w, sub, folder, ahead);
		w->depth--;
		w->path.n = n;
		w->real.n = real_n;
	}
	if (w->path.failed || w->real.failed) {
		w->path.failed = w->real.failed = false;
		(void)err_set(&e, ST_DEAD, ENOMEM, "cannot look into it");
		go_on = go_on && tell_failed(w, NULL, &e);
	}
	if (sub >= 0)
		(void)close(sub);
	return go_on;
}

static bool
has(const struct listing *l, enum entry_type type, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].type == type &&
		    strcmp(l->list[i].name, name) == 0)
			return true;
	return false;
}

/* A queue that has folders for what it has not taken yet or has done with, and
 * empties them when it starts. */
static enum queue
queue_of(const struct listing *l)
{
	if (has(l, ENTRY_DIR, "queue") && has(l, ENTRY_DIR, "purge") &&
	    has(l, ENTRY_DIR, "temporary"))
		return QUEUE_OPENSMTPD;
	return has(l, ENTRY_DIR, "data") && has(l, ENTRY_DIR, "new") &&
	    has(l, ENTRY_FILE, "lock") ? QUEUE_KUMOMTA : QUEUE_NONE;
}

static bool
is_emptied(enum queue queue, const char *name)
{
	switch (queue) {
	case QUEUE_OPENSMTPD:
		return strcmp(name, "incoming") == 0 ||
		    strcmp(name, "temporary") == 0 ||
		    strcmp(name, "purge") == 0;
	case QUEUE_KUMOMTA:
		return strcmp(name, "new") == 0;
	default:
		return false;
	}
}

static void
list_part(struct listed *part, int fd, const char *name, bool strict)
{
	const int sub = open_folder(fd, name, strict);
	struct err e;

	if (sub < 0)
		return;
	part->done = listing_read_live(&part->list, sub, &part->settled,
	    &e) == ST_OK;
	(void)close(sub);
}

/*
 * new/ is listed before cur/, since messages move from new/ to cur/: so none
 * slips through between the two, and none is scanned twice.
 */
static void
list_maildir(struct parts *m, int fd, bool strict)
{
	list_part(&m->fresh, fd, "new", strict);
	list_part(&m->cur, fd, "cur", strict);
	if (m->fresh.done && m->cur.done)
		listing_drop_known(&m->fresh.list, &m->cur.list);
}

static bool
walk_subfolder(struct walk *w, int fd, const char *name, struct parts *m)
{
	const struct listed *ahead = NULL;

	if (name_is_metadata(name) || is_emptied(m->queue, name))
		return tell_skipped(w, name, SKIP_METADATA);
	if (!m->is_maildir || !name_is_maildir_part(name))
		return walk_down(w, fd, name, FOLDER_ANY, NULL);
	if (name[0] == 't' && !w->options->tmp)
		return tell_skipped(w, name, SKIP_TMP);
	if (name[0] == 'c') {
		list_maildir(m, fd, w->options->strict);
		ahead = m->cur.done ? &m->cur : NULL;
	} else if (name[0] == 'n') {
		ahead = m->fresh.done ? &m->fresh : NULL;
	}
	return walk_down(w, fd, name, FOLDER_MAILDIR_PART, ahead);
}

static bool
walk_entries(struct walk *w, int fd, enum folder folder,
    const struct listing *l)
{
	struct parts m = { .is_maildir = has(l, ENTRY_DIR, "new") &&
	    has(l, ENTRY_DIR, "cur") };
	bool go_on = true;

	m.queue = m.is_maildir ? QUEUE_NONE : queue_of(l);
	for (size_t i = 0; i < l->n && go_on; i++) {
		const char *name = l->list[i].name;

		switch (l->list[i].type) {
		case ENTRY_FILE:
			go_on = walk_file(w, fd, name, folder, &m);
			break;
		case ENTRY_DIR:
			go_on = walk_subfolder(w, fd, name, &m);
			break;
		case ENTRY_SYMLINK:
			go_on = tell_skipped(w, name, SKIP_SYMLINK);
			break;
		default:
			go_on = tell_skipped(w, name, SKIP_SPECIAL);
		}
	}
	listing_free(&m.cur.list);
	listing_free(&m.fresh.list);
	return go_on;
}

static bool
walk_folder(struct walk *w, int fd, enum folder folder,
    const struct listed *ahead)
{
	struct listed own = { .settled = true };
	struct walk_dir d;
	struct err e;
	bool go_on;
	int rc = ST_OK;

	(void)buf_text(&w->path);
	if (!buf_ok(&w->path) || !buf_ok(&w->real))
		return true;		/* no memory: the caller will say so */
	if (ahead == NULL && folder == FOLDER_MAILDIR_PART)
		rc = listing_read_live(&own.list, fd, &own.settled, &e);
	else if (ahead == NULL)
		rc = listing_read(&own.list, fd, &e);
	if (ahead == NULL)
		ahead = &own;
	go_on = rc == ST_OK ? walk_entries(w, fd, folder, &ahead->list) :
	    tell_failed(w, NULL, &e);
	d = this_dir(w);
	go_on = go_on && w->sink->leave(w->sink->ctx, &d, ahead->settled);
	listing_free(&own.list);
	return go_on;
}

/* The user named cur/ itself, whatever he called it: is it a Maildir's? */
static enum folder
named_folder(int fd, const struct stat *self)
{
	static const char *const parts[] = { "../cur", "../new", "../tmp" };
	enum folder is = FOLDER_ANY;
	struct stat st;

	for (size_t i = 0; i < 3; i++) {
		if (fstatat(fd, parts[i], &st, 0) != 0)
			return i < 2 ? FOLDER_ANY : is;
		if (st.st_ino == self->st_ino && st.st_dev == self->st_dev)
			is = FOLDER_MAILDIR_PART;
	}
	return is;
}

/* What its folders are called says what it is; "." and links do not. */
static void
add_real(struct walk *w, const char *path)
{
	char *real = realpath(path, NULL);

	buf_str(&w->real, real != NULL ? real : path);
	free(real);
}

static bool
walk_named_folder(struct walk *w, const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;
	int fd = open(path, flags | O_NOATIME);
	struct stat st;
	struct err e;
	size_t n = strlen(path);
	bool go_on;

	if (fd < 0 && errno == EPERM && !w->options->strict)
		fd = open(path, flags);
	if (fd < 0 || fstat(fd, &st) != 0) {
		cannot_open(w, &e);
		go_on = w->sink->failed(w->sink->ctx, path, &e);
	} else {
		while (n > 1 && path[n - 1] == '/')
			n--;
		buf_add(&w->path, path, n);
		add_real(w, path);
		w->root = n;
		w->dev = st.st_dev;
		go_on = walk_folder(w, fd, named_folder(fd, &st), NULL);
		if (!buf_ok(&w->path) || !buf_ok(&w->real)) {
			(void)err_set(&e, ST_DEAD, ENOMEM, "cannot open");
			go_on = w->sink->failed(w->sink->ctx, path, &e);
		}
	}
	if (fd >= 0)
		(void)close(fd);
	return go_on;
}

bool
walk_path(const char *path, const struct walk_options *o,
    const struct walk_sink *sink)
{
	struct walk w = { .options = o, .sink = sink };
	struct stat st;
	struct err e;
	bool go_on;

	if (stat(path, &st) != 0) {
		(void)err_set(&e, ST_DEAD, errno, "cannot open");
		return sink->failed(sink->ctx, path, &e);
	}
	if (S_ISREG(st.st_mode))
		return sink->file(sink->ctx, NULL, path, PLACE_NAMED);
	if (!S_ISDIR(st.st_mode))
		return sink->skipped(sink->ctx, NULL, path, SKIP_SPECIAL);
	go_on = walk_named_folder(&w, path);
	buf_free(&w.path);
	buf_free(&w.real);
	return go_on;
}

const char *
walk_skip_text(enum walk_skip why)
{
	static const char *const texts[WALK_SKIPS] = {
		[SKIP_SYMLINK] = "a symbolic link (name it to follow it)",
		[SKIP_SPECIAL] = "a FIFO, device or socket",
		[SKIP_METADATA] = "data of a mail server or reader, not mail",
		[SKIP_OTHER_FS] = "on another file system (-x)",
		[SKIP_TMP] = "tmp/ of a Maildir (--tmp to scan it)",
	};

	return texts[why];
}
