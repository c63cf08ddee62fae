/*
 * See shard_write.h.
 *
 * Two may write the same shard at once: one that was given up too early, on a
 * machine that nobody hears of any more, and its successor.  Neither touches
 * what the other writes: each has a file of its own, what is copied is only
 * what is sealed, and whoever is ready first gives its file the name.
 */
#include "shard_write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "whole_file.h"

#define FLUSH_AT (64u << 10)	/* bytes */
#define NAME_SIZE 200u

struct shard_writer {
	int dir, fd;
	int failed;		/* an errno */
	struct shard_id id;
	struct hash *hash;
	struct buf held;
	uint64_t size;		/* bytes written */
	bool sealed;		/* it has a section */
	bool synced;		/* all of them are on the disk */
	uint64_t section;	/* where the one at hand begins, */
	uint8_t sum[HASH_SIZE];	/* and the sum of the one before */
	uint64_t mark;		/* shard_writer_mark */
	char temp[NAME_SIZE];
};

/* ".shard-00003-of-00016." */
static void
put_prefix(char out[64], struct shard_id id)
{
	(void)snprintf(out, 64, ".shard-%05lu-of-%05lu.", id.i, id.n);
}

static void
writer_free(struct shard_writer *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	hash_free(w->hash);
	buf_free(&w->held);
	free(w);
}

static void
host_name(char out[64])
{
	if (gethostname(out, 63) != 0)
		(void)snprintf(out, 64, "unknown");
	out[63] = '\0';
	for (char *p = out; *p != '\0'; p++)
		if (*p == '/' || *p == '.')
			*p = '-';
}

static bool
make_file(struct shard_writer *w)
{
	char prefix[64], host[64];
	struct timespec now;

	put_prefix(prefix, w->id);
	host_name(host);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(w->temp, sizeof(w->temp), "%s%s.%ld.%lld-%09ld", prefix,
	    host, (long)getpid(), (long long)now.tv_sec, now.tv_nsec);
	w->fd = openat(w->dir, w->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	return w->fd >= 0;
}

static void
fail(struct shard_writer *w, int why)
{
	if (w->failed == 0)
		w->failed = why;
}

static void
flush(struct shard_writer *w)
{
	if (!buf_ok(&w->held))
		fail(w, ENOMEM);
	if (w->failed == 0 && call_write(w->fd, w->held.p, w->held.n,
	    w->size) != 0)
		fail(w, errno);
	w->size += w->held.n;
	buf_clear(&w->held);
}

bool
shard_write(struct shard_writer *w, struct span s)
{
	hash_feed(w->hash, s);
	buf_add(&w->held, s.p, s.n);
	if (w->held.n >= FLUSH_AT)
		flush(w);
	return w->failed == 0;
}

/* The sum of the last section, for the next one. */
static void
begin_section(struct shard_writer *w, const uint8_t sum[HASH_SIZE])
{
	memcpy(w->sum, sum, HASH_SIZE);
	w->section = w->mark = w->size + w->held.n;
	hash_begin(w->hash);
	hash_feed(w->hash, (struct span){ w->sum, HASH_SIZE });
}

void
shard_writer_mark(struct shard_writer *w)
{
	w->mark = w->size + w->held.n;
}

/* What the section has, once more. */
static bool
hash_again(struct shard_writer *w)
{
	uint8_t piece[4096];
	uint64_t at = w->section;
	ssize_t n = 1;

	hash_begin(w->hash);
	hash_feed(w->hash, (struct span){ w->sum, HASH_SIZE });
	for (; at < w->size && n > 0; at += (uint64_t)n) {
		const uint64_t left = w->size - at;

		n = pread(w->fd, piece, left < sizeof(piece) ? (size_t)left :
		    sizeof(piece), (off_t)at);
		if (n > 0)
			hash_feed(w->hash, (struct span){ piece, (size_t)n });
	}
	return at == w->size;
}

bool
shard_writer_back(struct shard_writer *w)
{
	flush(w);
	if (w->failed != 0 || w->size == w->mark)
		return w->failed == 0;
	if (ftruncate(w->fd, (off_t)w->mark) != 0)
		fail(w, errno);
	w->size = w->mark;
	if (w->failed == 0 && !hash_again(w))
		fail(w, EIO);
	return w->failed == 0;
}

bool
shard_writer_seal(struct shard_writer *w, struct span line)
{
	uint8_t sum[HASH_SIZE];

	(void)shard_write(w, line);
	if (!hash_end(w->hash, sum)) {
		fail(w, EIO);
		return false;
	}
	buf_str(&w->held, SHARD_SEAL);
	buf_hex(&w->held, sum, sizeof(sum));
	buf_str(&w->held, "\"}\n");
	flush(w);
	w->sealed = w->sealed || w->failed == 0;
	w->synced = false;
	begin_section(w, sum);
	return w->failed == 0;
}

bool
shard_writer_sync(struct shard_writer *w)
{
	if (w->failed == 0 && !w->synced && fdatasync(w->fd) != 0)
		fail(w, errno);
	w->synced = true;
	return w->failed == 0;
}

/* --- what others began */

/* How far the sealed sections of a file of that shard go; 0: none. */
static uint64_t
sealed_upto(int dir, const char *name, const struct shard_head *want)
{
	struct shard_reader r;
	struct shard_head head;
	enum shard_kind kind;
	struct span line;
	struct err e;
	bool same = false;
	uint64_t n = 0;		/* without the end, which is no section */
	int rc = shard_reader_open(&r, dir, name, &e);

	while (rc == ST_OK && (rc = shard_reader_next(&r, &line, &kind, &e)) ==
	    ST_OK && kind != SHARD_TAIL) {
		if (kind == SHARD_HEAD) {
			struct json_object *o = json_parse(line);

			same = o != NULL && shard_head_read(o, &head) &&
			    head.basis == want->basis &&
			    head.id.i == want->id.i &&
			    memcmp(head.plan, want->plan, HASH_SIZE) == 0;
			json_free(o);
			if (!same)
				break;
		}
		n = r.sealed;
	}
	shard_reader_close(&r);
	return same ? n : 0;
}

static bool
begins(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* The file of another that is farthest; 0: there is none. */
static uint64_t
find_best(int dir, const struct shard_head *want, char best[NAME_SIZE])
{
	const int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own >= 0 ? fdopendir(own) : NULL;
	const struct dirent *at;
	char prefix[64];
	uint64_t most = 0, n;

	if (d == NULL) {
		if (own >= 0)
			(void)close(own);
		return 0;
	}
	put_prefix(prefix, want->id);
	while ((at = readdir(d)) != NULL) {
		if (!begins(at->d_name, prefix) ||
		    strlen(at->d_name) >= NAME_SIZE)
			continue;
		if ((n = sealed_upto(dir, at->d_name, want)) > most) {
			most = n;
			memcpy(best, at->d_name, strlen(at->d_name) + 1);
		}
	}
	(void)closedir(d);
	return most;
}

/* Copy what is sealed; it may grow meanwhile. */
static bool
copy(struct shard_writer *w, const char *name, uint64_t upto,
    bool (*tell)(void *, struct span, enum shard_kind), void *ctx)
{
	struct shard_reader r;
	enum shard_kind kind;
	struct span line;
	struct err e;
	int rc = shard_reader_open(&r, w->dir, name, &e);

	while (rc == ST_OK && r.offset < upto && (rc = shard_reader_next(&r,
	    &line, &kind, &e)) == ST_OK) {
		buf_add(&w->held, line.p, line.n + 1);
		if (w->held.n >= FLUSH_AT)
			flush(w);
		if (!tell(ctx, line, kind))
			rc = ST_BAD;
	}
	flush(w);
	if (rc == ST_OK && r.sealed == upto) {
		w->sealed = true;
		begin_section(w, r.sum);
	} else {
		rc = ST_BAD;
	}
	shard_reader_close(&r);
	return rc == ST_OK;
}

/* Its process was here, and is not any more: it is copied, and can go. */
static void
remove_left(struct shard_writer *w, const char *name)
{
	char prefix[64], host[64], ours[160];
	long pid;

	put_prefix(prefix, w->id);
	host_name(host);
	(void)snprintf(ours, sizeof(ours), "%s%s.", prefix, host);
	if (!begins(name, ours))
		return;
	pid = strtol(name + strlen(ours), NULL, 10);
	if (pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH)
		(void)unlinkat(w->dir, name, 0);
}

static bool
go_on(struct shard_writer *w, const struct shard_head *head,
    bool (*tell)(void *, struct span, enum shard_kind), void *ctx)
{
	char name[NAME_SIZE];
	const uint64_t n = find_best(w->dir, head, name);

	if (n > 0 && copy(w, name, n, tell, ctx) && w->failed == 0 &&
	    fdatasync(w->fd) == 0) {
		w->synced = true;
		remove_left(w, name);
		return true;
	}
	w->size = 0;
	w->sealed = false;
	buf_clear(&w->held);
	if (ftruncate(w->fd, 0) != 0)
		fail(w, errno);
	return false;
}

struct shard_writer *
shard_writer_new(int dir, const struct shard_head *head,
    bool (*tell)(void *, struct span, enum shard_kind), void *ctx,
    bool *goes_on, struct err *e)
{
	static const uint8_t zeros[HASH_SIZE];
	struct shard_writer *w = calloc(1, sizeof(*w));

	if (w == NULL || (w->hash = hash_new()) == NULL) {
		free(w);
		(void)err_set(e, ST_DEAD, ENOMEM, "cannot start");
		return NULL;
	}
	w->dir = dir;
	w->fd = -1;
	w->id = head->id;
	if (!make_file(w)) {
		(void)err_set(e, ST_DEAD, errno, "cannot make a file");
		writer_free(w);
		return NULL;
	}
	*goes_on = go_on(w, head, tell, ctx);
	if (!*goes_on)
		begin_section(w, zeros);
	return w;
}

/* --- its end */

/* Somebody else was faster: then it is there, and ours is not needed. */
static bool
is_there(const struct shard_writer *w, const char *name)
{
	return faccessat(w->dir, name, R_OK, 0) == 0;
}

int
shard_writer_finish(struct shard_writer *w, struct err *e)
{
	struct buf name = { 0 };
	char prefix[64];
	int rc = ST_OK;

	shard_file_name(&name, w->id);
	if (w->failed == 0 && fsync(w->fd) != 0)
		fail(w, errno);
	if (w->failed == 0 && !buf_ok(&name))
		fail(w, ENOMEM);
	if (w->failed == 0 && renameat(w->dir, w->temp, w->dir,
	    buf_text(&name)) != 0 && !(errno == ENOENT &&
	    is_there(w, buf_text(&name))))
		fail(w, errno);
	if (w->failed != 0) {
		rc = err_set(e, ST_DEAD, w->failed, "cannot write the shard");
		if (!w->sealed)
			(void)unlinkat(w->dir, w->temp, 0);
	} else {
		(void)fsync(w->dir);
		put_prefix(prefix, w->id);
		sweep_names(w->dir, prefix);
	}
	buf_free(&name);
	writer_free(w);
	return rc;
}

int
shard_writer_failed(const struct shard_writer *w)
{
	return w->failed;
}

void
shard_writer_stop(struct shard_writer *w)
{
	if (w == NULL)
		return;
	if (w->sealed)
		(void)shard_writer_sync(w);
	else
		(void)unlinkat(w->dir, w->temp, 0);
	writer_free(w);
}
