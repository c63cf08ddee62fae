/*
 * See archive_lib.h.
 */
#include "archive_lib.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "hash.h"
#include "kernel_calls.h"

#define PIECE (64u << 10)	/* bytes read or written at once */

/* A file that libarchive reads; its callbacks cannot return our errors. */
struct source_file {
	int fd;
	uint64_t off, size;
	int num;		/* errno of a read that failed */
	uint8_t buf[PIECE];
};

struct unpacker {
	struct archive *a;
	struct source_file file;
};

struct lister {
	struct archive *a;
	struct source_file file;
	struct hash *hash;
	uint64_t off;		/* in the member at hand */
};

struct packer {
	struct archive *a;	/* NULL: nothing to compress */
	packer_fn *fn;
	void *ctx;
};

/* What libarchive says, which may hold bytes of the archive. */
static int
damaged(struct archive *a, int num, struct err *e)
{
	const char *said = archive_error_string(a);
	char text[160];
	size_t n = 0;

	if (num != 0)
		return err_set(e, ST_DEAD, num, "cannot read");
	for (; said != NULL && said[n] != '\0' && n < sizeof(text) - 1; n++)
		text[n] = said[n] >= ' ' && said[n] <= '~' ? said[n] : '?';
	text[n] = '\0';
	return err_set(e, ST_BAD, 0, "it cannot be read as an archive%s%s",
	    n > 0 ? ": " : "", text);
}

static la_ssize_t
on_read(struct archive *a, void *ctx, const void **out)
{
	struct source_file *f = ctx;
	ssize_t n;

	(void)a;
	*out = f->buf;
	if ((n = call_read(f->fd, f->buf, PIECE, f->off)) < 0) {
		f->num = errno;
		return ARCHIVE_FATAL;
	}
	f->off += (uint64_t)n;
	return n;
}

static la_int64_t
on_seek(struct archive *a, void *ctx, la_int64_t off, int whence)
{
	struct source_file *f = ctx;
	const uint64_t base = whence == SEEK_CUR ? f->off :
	    whence == SEEK_END ? f->size : 0;

	(void)a;
	if (off < 0 ? (uint64_t)-off > base : (uint64_t)off > f->size - base)
		return ARCHIVE_FATAL;
	f->off = base + (uint64_t)off;
	return (la_int64_t)f->off;
}

/* libarchive skips by whole pieces and must be told how far it came. */
static la_int64_t
on_skip(struct archive *a, void *ctx, la_int64_t n)
{
	struct source_file *f = ctx;
	const uint64_t left = f->off < f->size ? f->size - f->off : 0;

	(void)a;
	if (n <= 0)
		return 0;
	if ((uint64_t)n > left)
		n = (la_int64_t)left;
	f->off += (uint64_t)n;
	return n;
}

/* WARN of a filter: it would run another program.  None of ours does. */
static int
use_filter(struct archive *a, enum filter f)
{
	static int (*const uses[])(struct archive *) = {
		[FILTER_GZIP] = archive_read_support_filter_gzip,
		[FILTER_BZIP2] = archive_read_support_filter_bzip2,
		[FILTER_XZ] = archive_read_support_filter_xz,
		[FILTER_ZSTD] = archive_read_support_filter_zstd,
		[FILTER_LZ4] = archive_read_support_filter_lz4,
	};

	return f == FILTER_NONE ? ARCHIVE_OK : uses[f](a);
}

static int
use_format(struct archive *a, enum archive_format f)
{
	static int (*const uses[])(struct archive *) = {
		[FORMAT_TAR] = archive_read_support_format_tar,
		[FORMAT_CPIO] = archive_read_support_format_cpio,
		[FORMAT_ZIP] = archive_read_support_format_zip_seekable,
	};

	return uses[f](a);
}

static int
open_file(struct archive *a, struct source_file *f, bool may_skip,
    struct err *e)
{
	struct stat st;

	if (fstat(f->fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	f->size = (uint64_t)st.st_size;
	(void)archive_read_set_callback_data(a, f);
	(void)archive_read_set_read_callback(a, on_read);
	if (may_skip) {
		(void)archive_read_set_seek_callback(a, on_seek);
		(void)archive_read_set_skip_callback(a, on_skip);
	}
	if (archive_read_open1(a) != ARCHIVE_OK)
		return damaged(a, f->num, e);
	return ST_OK;
}

void
unpacker_close(struct unpacker *u)
{
	if (u == NULL)
		return;
	(void)archive_read_free(u->a);
	free(u);
}

int
unpacker_open(struct unpacker **out, int fd, enum filter filter,
    struct err *e)
{
	struct unpacker *u = calloc(1, sizeof(*u));
	struct archive_entry *entry;
	int rc = ST_DEAD;

	if (u == NULL || (u->a = archive_read_new()) == NULL) {
		rc = err_set(e, ST_DEAD, ENOMEM, "archive");
		goto out;
	}
	u->file.fd = fd;
	if (use_filter(u->a, filter) != ARCHIVE_OK ||
	    archive_read_support_format_raw(u->a) != ARCHIVE_OK) {
		rc = err_set(e, ST_BAD, 0, "this libarchive cannot read it");
		goto out;
	}
	if ((rc = open_file(u->a, &u->file, false, e)) != ST_OK)
		goto out;
	if (archive_read_next_header(u->a, &entry) != ARCHIVE_OK) {
		rc = damaged(u->a, u->file.num, e);
		goto out;
	}
	*out = u;
	u = NULL;
out:
	unpacker_close(u);
	return rc;
}

int
unpacker_read(struct unpacker *u, struct span *out, struct err *e)
{
	const void *p;
	size_t n;
	la_int64_t off;
	const int rc = archive_read_data_block(u->a, &p, &n, &off);

	if (rc == ARCHIVE_EOF)
		return ST_END;
	if (rc != ARCHIVE_OK)
		return damaged(u->a, u->file.num, e);
	*out = (struct span){ p, n };
	return ST_OK;
}

uint64_t
unpacker_used(const struct unpacker *u)
{
	return (uint64_t)archive_filter_bytes(u->a, -1);
}

static la_ssize_t
on_write(struct archive *a, void *ctx, const void *p, size_t n)
{
	const struct packer *k = ctx;

	(void)a;
	return k->fn(k->ctx, (struct span){ p, n }) == 0 ? (la_ssize_t)n :
	    ARCHIVE_FATAL;
}

/* No time in the header of gzip: the same input gives the same file. */
static int
add_filter(struct archive *a, enum filter f)
{
	static int (*const adds[])(struct archive *) = {
		[FILTER_GZIP] = archive_write_add_filter_gzip,
		[FILTER_BZIP2] = archive_write_add_filter_bzip2,
		[FILTER_XZ] = archive_write_add_filter_xz,
		[FILTER_ZSTD] = archive_write_add_filter_zstd,
		[FILTER_LZ4] = archive_write_add_filter_lz4,
	};

	if (adds[f](a) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	return f == FILTER_GZIP ? archive_write_set_filter_option(a, "gzip",
	    "timestamp", NULL) : ARCHIVE_OK;
}

static int
cannot_pack(struct packer *k, struct err *e)
{
	return err_set(e, ST_DEAD, 0, "cannot compress: %s",
	    archive_error_string(k->a) != NULL ?
	    archive_error_string(k->a) : "no reason given");
}

void
packer_close(struct packer *k)
{
	if (k == NULL)
		return;
	(void)archive_write_free(k->a);
	free(k);
}

static int
begin_pack(struct packer *k, enum filter filter)
{
	struct archive_entry *entry = archive_entry_new();
	bool ok;

	if (entry == NULL)
		return -1;
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_pathname(entry, "data");
	ok = add_filter(k->a, filter) == ARCHIVE_OK &&
	    archive_write_set_format_raw(k->a) == ARCHIVE_OK &&
	    archive_write_set_bytes_per_block(k->a, 0) == ARCHIVE_OK &&
	    archive_write_open(k->a, k, NULL, on_write, NULL) ==
	    ARCHIVE_OK && archive_write_header(k->a, entry) == ARCHIVE_OK;
	archive_entry_free(entry);
	return ok ? 0 : -1;
}

int
packer_open(struct packer **out, enum filter filter, packer_fn *fn,
    void *ctx, struct err *e)
{
	struct packer *k = calloc(1, sizeof(*k));
	int rc;

	if (k == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "archive");
	k->fn = fn;
	k->ctx = ctx;
	if (filter != FILTER_NONE) {
		if ((k->a = archive_write_new()) == NULL) {
			packer_close(k);
			return err_set(e, ST_DEAD, ENOMEM, "archive");
		}
		if (begin_pack(k, filter) != 0) {
			rc = cannot_pack(k, e);
			packer_close(k);
			return rc;
		}
	}
	*out = k;
	return ST_OK;
}

int
packer_write(struct packer *k, struct span s, struct err *e)
{
	if (k->a == NULL)
		return k->fn(k->ctx, s) == 0 ? ST_OK :
		    err_set(e, ST_DEAD, errno, "cannot write");
	while (s.n > 0) {
		const la_ssize_t n = archive_write_data(k->a, s.p, s.n);

		if (n <= 0)
			return cannot_pack(k, e);
		s.p += n;
		s.n -= (size_t)n;
	}
	return ST_OK;
}

int
packer_finish(struct packer *k, struct err *e)
{
	if (k->a != NULL && archive_write_close(k->a) != ARCHIVE_OK)
		return cannot_pack(k, e);
	return ST_OK;
}

void
lister_close(struct lister *l)
{
	if (l == NULL)
		return;
	(void)archive_read_free(l->a);
	hash_free(l->hash);
	free(l);
}

int
lister_open(struct lister **out, int fd, enum archive_format format,
    enum filter filter, struct err *e)
{
	struct lister *l = calloc(1, sizeof(*l));
	int rc = ST_DEAD;

	if (l == NULL || (l->hash = hash_new()) == NULL ||
	    (l->a = archive_read_new()) == NULL) {
		rc = err_set(e, ST_DEAD, ENOMEM, "archive");
		goto out;
	}
	l->file.fd = fd;
	if (use_filter(l->a, filter) != ARCHIVE_OK ||
	    use_format(l->a, format) != ARCHIVE_OK) {
		rc = err_set(e, ST_BAD, 0, "this libarchive cannot read it");
		goto out;
	}
	rc = open_file(l->a, &l->file, filter == FILTER_NONE, e);
	if (rc != ST_OK)
		goto out;
	*out = l;
	l = NULL;
out:
	lister_close(l);
	return rc;
}

static struct span
text_span(const char *s)
{
	return (struct span){ (const uint8_t *)s, s != NULL ? strlen(s) : 0 };
}

/* With its length before it, so that nothing moves from one to the next. */
static void
feed(struct hash *h, struct span s)
{
	const uint64_t n = s.p != NULL ? s.n + 1 : 0;

	hash_feed(h, (struct span){ (const uint8_t *)&n, sizeof(n) });
	hash_feed(h, s);
}

static void
feed_number(struct hash *h, int64_t v)
{
	hash_feed(h, (struct span){ (const uint8_t *)&v, sizeof(v) });
}

static void
feed_times(struct hash *h, struct archive_entry *e)
{
	feed_number(h, archive_entry_mtime(e));
	feed_number(h, archive_entry_mtime_nsec(e));
	feed_number(h, archive_entry_atime(e));
	feed_number(h, archive_entry_atime_nsec(e));
	feed_number(h, archive_entry_ctime(e));
	feed_number(h, archive_entry_ctime_nsec(e));
	feed_number(h, archive_entry_birthtime(e));
	feed_number(h, archive_entry_birthtime_nsec(e));
}

static void
feed_xattrs(struct hash *h, struct archive_entry *e)
{
	const char *name;
	const void *value;
	size_t n;

	feed_number(h, archive_entry_xattr_reset(e));
	while (archive_entry_xattr_next(e, &name, &value, &n) == ARCHIVE_OK) {
		feed(h, text_span(name));
		feed(h, (struct span){ value, n });
	}
}

/* ACLs as libarchive counts them; their bytes are in the raw headers. */
static uint64_t
attributes(struct hash *h, struct archive_entry *e)
{
	uint8_t sha[HASH_SIZE] = { 0 };
	uint64_t out;

	hash_begin(h);
	feed_number(h, archive_entry_filetype(e));
	feed_number(h, archive_entry_mode(e));
	feed_number(h, archive_entry_uid(e));
	feed_number(h, archive_entry_gid(e));
	feed(h, text_span(archive_entry_uname(e)));
	feed(h, text_span(archive_entry_gname(e)));
	feed(h, text_span(archive_entry_hardlink(e)));
	feed(h, text_span(archive_entry_symlink(e)));
	feed(h, text_span(archive_entry_fflags_text(e)));
	feed_number(h, (int64_t)archive_entry_rdev(e));
	feed_number(h, archive_entry_acl_reset(e,
	    ARCHIVE_ENTRY_ACL_TYPE_ACCESS | ARCHIVE_ENTRY_ACL_TYPE_DEFAULT));
	feed_times(h, e);
	feed_xattrs(h, e);
	(void)hash_end(h, sha);
	memcpy(&out, sha, sizeof(out));
	return out;
}

int
lister_next(struct lister *l, struct seen *out, struct err *e)
{
	struct archive_entry *entry;
	int rc;

	errno = 0;	/* ENOMEM of before would end the process */
	rc = archive_read_next_header(l->a, &entry);
	if (rc == ARCHIVE_EOF)
		return ST_END;
	if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
		return damaged(l->a, l->file.num, e);
	if (archive_entry_is_encrypted(entry) > 0)
		return err_set(e, ST_BAD, 0, "it is encrypted");
	if (archive_entry_sparse_count(entry) > 0)
		return err_set(e, ST_BAD, 0, "it has a sparse member");
	l->off = 0;
	out->name = text_span(archive_entry_pathname(entry));
	out->has_name = out->name.p != NULL;
	out->link = text_span(archive_entry_hardlink(entry));
	out->regular = archive_entry_filetype(entry) == AE_IFREG &&
	    out->link.p == NULL;
	out->size = archive_entry_size_is_set(entry) ?
	    (uint64_t)archive_entry_size(entry) : 0;
	out->attributes = attributes(l->hash, entry);
	return ST_OK;
}

int
lister_read(struct lister *l, struct span *out, struct err *e)
{
	const void *p;
	size_t n;
	la_int64_t off;
	const int rc = archive_read_data_block(l->a, &p, &n, &off);

	if (rc == ARCHIVE_EOF)
		return ST_END;
	if (rc != ARCHIVE_OK)
		return damaged(l->a, l->file.num, e);
	if (n > 0 && (off < 0 || (uint64_t)off != l->off))
		return err_set(e, ST_BAD, 0, "it has a sparse member");
	l->off += n;
	*out = (struct span){ p, n };
	return ST_OK;
}
