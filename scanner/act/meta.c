/*
 * See meta.h.
 */
#include "meta.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "record.h"

#define MODE_BITS 07777u

void
meta_free(struct meta *m)
{
	buf_free(&m->xattrs);
}

/* One attribute, through value: XATTR_SIZE_MAX bytes.  -1: errno. */
static int
read_xattr(int fd, const char *name, uint8_t *value, struct buf *out)
{
	const ssize_t n = fgetxattr(fd, name, value, XATTR_SIZE_MAX);

	if (n < 0)
		return errno == ENODATA ? 0 : -1;
	record_text(out, "n", name);
	record_bytes(out, "v", (struct span){ value, (size_t)n });
	return 0;
}

static int
read_xattrs(int fd, struct buf *out, struct err *e)
{
	char *names = malloc(XATTR_LIST_MAX + 1);
	uint8_t *value = malloc(XATTR_SIZE_MAX);
	ssize_t n = -1;
	int rc = ST_DEAD;

	errno = ENOMEM;
	if (names == NULL || value == NULL)
		goto out;
	n = flistxattr(fd, names, XATTR_LIST_MAX);
	if (n < 0 && errno == ENOTSUP)
		n = 0;
	if (n < 0)
		goto out;
	names[n] = '\0';
	for (const char *p = names; p < names + n; p += strlen(p) + 1)
		if (read_xattr(fd, p, value, out) != 0)
			goto out;
	if (buf_ok(out))
		rc = ST_OK;
out:
	if (rc != ST_OK)
		(void)err_set(e, rc, errno, "cannot read its attributes");
	free(names);
	free(value);
	return rc;
}

int
meta_read(int fd, const struct stat *st, struct meta *out, struct err *e)
{
	*out = (struct meta){
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mode = st->st_mode & MODE_BITS,
		.atime = st->st_atim,
		.mtime = st->st_mtim,
	};
	return read_xattrs(fd, &out->xattrs, e);
}

/* The attribute is among these fields. */
static bool
has_xattr(struct span list, struct span name)
{
	struct span key, value;

	while (record_next(&list, &key, &value))
		if (span_eq(key, SPAN("n")) && span_eq(value, name))
			return true;
	return false;
}

/* name: with its NUL, as long as any may be. */
static bool
copy_name(struct span s, char name[XATTR_NAME_MAX + 1])
{
	if (s.n > XATTR_NAME_MAX)
		return false;
	memcpy(name, s.p, s.n);
	name[s.n] = '\0';
	return true;
}

static int
drop_others(int fd, struct span have, struct span wanted)
{
	char name[XATTR_NAME_MAX + 1];
	struct span key, value;

	while (record_next(&have, &key, &value))
		if (span_eq(key, SPAN("n")) && !has_xattr(wanted, value) &&
		    (!copy_name(value, name) || fremovexattr(fd, name) != 0))
			return -1;
	return 0;
}

static int
set_xattrs(int fd, struct span wanted)
{
	char name[XATTR_NAME_MAX + 1];
	struct span key, n, v;

	while (record_next(&wanted, &key, &n) &&
	    record_next(&wanted, &key, &v))
		if (!copy_name(n, name) ||
		    fsetxattr(fd, name, v.p, v.n, 0) != 0)
			return -1;
	return 0;
}

/* Labels that only the system may set can be right by themselves. */
static int
apply_xattrs(int fd, const struct buf *wanted, struct err *e)
{
	struct buf have = { 0 };
	int rc;

	if ((rc = read_xattrs(fd, &have, e)) != ST_OK)
		goto out;
	if (span_eq(buf_span(&have), buf_span(wanted)))
		goto out;
	if (drop_others(fd, buf_span(&have), buf_span(wanted)) != 0 ||
	    set_xattrs(fd, buf_span(wanted)) != 0)
		rc = err_set(e, ST_BAD, errno,
		    "its extended attributes or ACL cannot be kept");
out:
	buf_free(&have);
	return rc;
}

int
meta_apply(int fd, const struct meta *m, struct err *e)
{
	const struct timespec times[2] = { m->atime, m->mtime };
	struct stat st;
	int rc;

	if (fstat(fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if ((st.st_uid != m->uid || st.st_gid != m->gid) &&
	    fchown(fd, m->uid, m->gid) != 0)
		return err_set(e, ST_BAD, errno,
		    "its owner or group cannot be kept");
	if (fchmod(fd, m->mode) != 0)
		return err_set(e, ST_BAD, errno, "its mode cannot be kept");
	if ((rc = apply_xattrs(fd, &m->xattrs, e)) != ST_OK)
		return rc;
	if (futimens(fd, times) != 0 || fstat(fd, &st) != 0)
		return err_set(e, ST_BAD, errno, "its times cannot be kept");
	if ((st.st_mode & MODE_BITS) != m->mode || st.st_uid != m->uid ||
	    st.st_gid != m->gid)
		return err_set(e, ST_BAD, 0,
		    "its owner or mode cannot be kept");
	return ST_OK;
}

static void
encode_time(struct buf *b, const char *seconds, const char *nanoseconds,
    struct timespec t)
{
	record_u64(b, seconds, (uint64_t)t.tv_sec);
	record_u64(b, nanoseconds, (uint64_t)t.tv_nsec);
}

bool
meta_is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec :
	    a.tv_nsec > b.tv_nsec;
}

void
meta_touch(struct meta *m)
{
	const bool unread = meta_is_later(m->mtime, m->atime);

	m->mtime.tv_sec++;
	if (!unread && meta_is_later(m->mtime, m->atime))
		m->atime = m->mtime;
}

void
meta_encode(const struct meta *m, struct buf *out)
{
	struct buf b = { 0 };

	record_u64(&b, "uid", m->uid);
	record_u64(&b, "gid", m->gid);
	record_u64(&b, "mode", m->mode);
	encode_time(&b, "atime", "atimens", m->atime);
	encode_time(&b, "mtime", "mtimens", m->mtime);
	record_bytes(&b, "xattrs", buf_span(&m->xattrs));
	record_bytes(out, "meta", buf_span(&b));
	out->failed = out->failed || b.failed;
	buf_free(&b);
}

static bool
decode_u32(struct span s, const char *key, uint32_t *out)
{
	uint64_t v;

	if (!record_find_u64(s, key, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool
decode_time(struct span s, const char *seconds, const char *nanoseconds,
    struct timespec *out)
{
	uint64_t a, b;

	if (!record_find_u64(s, seconds, &a) ||
	    !record_find_u64(s, nanoseconds, &b) || b > 999999999)
		return false;
	*out = (struct timespec){ .tv_sec = (time_t)a, .tv_nsec = (long)b };
	return true;
}

int
meta_decode(struct span record, struct meta *out, struct err *e)
{
	struct span s, xattrs;
	struct meta m = { 0 };

	if (!record_find(record, "meta", &s) ||
	    !decode_u32(s, "uid", &m.uid) || !decode_u32(s, "gid", &m.gid) ||
	    !decode_u32(s, "mode", &m.mode) || m.mode > MODE_BITS ||
	    !decode_time(s, "atime", "atimens", &m.atime) ||
	    !decode_time(s, "mtime", "mtimens", &m.mtime) ||
	    !record_find(s, "xattrs", &xattrs))
		return err_set(e, ST_BAD, 0, "a damaged record");
	buf_add(&m.xattrs, xattrs.p, xattrs.n);
	*out = m;
	return buf_ok(&m.xattrs) ? ST_OK :
	    err_set(e, ST_DEAD, ENOMEM, "record");
}
