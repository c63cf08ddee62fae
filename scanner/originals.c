/*
 * See originals.h.
 */
#include "originals.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extract.h"

/* In a file of its own, or in that of its mailbox. */
static int
open_original(const struct run_entry *t, int *fd, uint64_t *off,
    struct err *e)
{
	int rc = extract_open(t->run->blobs, t->sha, fd, e);

	*off = 0;
	if (rc == ST_BAD && t->part) {
		rc = extract_open(t->run->blobs, t->intent->old.sha, fd, e);
		*off = t->offset;
	}
	return rc;
}

int
original_read(const struct run_entry *t, struct whole_file *to,
    struct err *e)
{
	uint8_t sha[HASH_SIZE];
	uint64_t off;
	int fd, rc;

	if (t->unknown)
		return err_set(e, ST_BAD, 0,
		    "it was not recorded which bytes of the file it was");
	if ((rc = open_original(t, &fd, &off, e)) != ST_OK)
		return rc;
	rc = extract(fd, off, t->length, to, sha, e);
	(void)close(fd);
	if (rc == ST_OK && memcmp(sha, t->sha, HASH_SIZE) != 0)
		rc = err_set(e, ST_BAD, 0, "the original is damaged");
	return rc;
}

void
original_name(const struct run_entry *t, struct buf *out)
{
	buf_hex(out, t->sha, HASH_SIZE);
	buf_str(out, ".eml");
}

/* What has the name is the message. */
static bool
is_there(const struct run_entry *t, int dir, const char *name)
{
	uint8_t sha[HASH_SIZE];
	struct stat st;
	const int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK);
	bool same;

	if (fd < 0)
		return false;
	same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == t->length &&
	    extract(fd, 0, t->length, NULL, sha, NULL) == ST_OK &&
	    memcmp(sha, t->sha, HASH_SIZE) == 0;
	(void)close(fd);
	return same;
}

int
original_export(const struct run_entry *t, int dir, bool *there,
    struct err *e)
{
	struct buf name = { 0 };
	struct whole_file f;
	int rc;

	*there = false;
	original_name(t, &name);
	if (!buf_ok(&name))
		rc = err_set(e, ST_DEAD, ENOMEM, "restore");
	else if ((rc = whole_file_begin(&f, dir, e)) == ST_OK) {
		rc = original_read(t, &f, e);
		if (rc == ST_OK)
			rc = whole_file_end(&f, buf_text(&name), false, e);
		if (rc == ST_BAD && e->num == EEXIST &&
		    is_there(t, dir, buf_text(&name))) {
			*there = true;
			rc = ST_OK;
		}
		whole_file_drop(&f);
	}
	buf_free(&name);
	return rc;
}

int
original_look(const struct run_entry *t, int dir, bool *there, struct err *e)
{
	struct buf name = { 0 };
	struct stat st;
	int rc = original_read(t, NULL, e);

	*there = false;
	original_name(t, &name);
	if (rc == ST_OK && !buf_ok(&name)) {
		rc = err_set(e, ST_DEAD, ENOMEM, "restore");
	} else if (rc == ST_OK && dir >= 0) {
		*there = is_there(t, dir, buf_text(&name));
		if (!*there && fstatat(dir, buf_text(&name), &st,
		    AT_SYMLINK_NOFOLLOW) == 0)
			rc = err_set(e, ST_BAD, EEXIST,
			    "cannot name a file");
	}
	buf_free(&name);
	return rc;
}
