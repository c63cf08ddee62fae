/*
 * See quota.h.
 */
#include "quota.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "kernel_calls.h"

#define QUOTA_NAME "maildirsize"
#define PIN_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)

int
quota_open(const struct place *p, int maildir)
{
	struct stat st;
	int fd;

	/* The mark of a folder of a Maildir++. */
	fd = fstatat(maildir, "maildirfolder", &st, AT_SYMLINK_NOFOLLOW) == 0 ?
	    openat(maildir, "..", PIN_FLAGS) :
	    fcntl(maildir, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == p->owner.uid)
		return fd;
	(void)close(fd);
	return -1;
}

/* ST_END: there is none. */
static int
open_file(const struct place *p, int *out)
{
	struct stat st;
	int fd, pin = call_pin(p->quota, QUOTA_NAME), rc = ST_BAD;

	if (pin < 0)
		return errno == ENOENT ? ST_END : ST_BAD;
	if (fstat(pin, &st) != 0)
		goto out;
	errno = 0;
	if (!S_ISREG(st.st_mode) || st.st_uid != p->owner.uid ||
	    st.st_nlink != 1)
		goto out;
	if ((fd = call_open_to_append(pin)) < 0)
		goto out;
	*out = fd;
	rc = ST_OK;
out:
	(void)close(pin);
	return rc;
}

/* Who reads it adds the numbers up. */
static int
add_line(const struct place *p, int64_t bytes, int messages)
{
	char line[64];
	const int n = snprintf(line, sizeof(line), "%lld %d\n",
	    (long long)bytes, messages);
	int fd, rc;

	if ((rc = open_file(p, &fd)) != ST_OK)
		return rc;
	errno = EIO;
	if (write(fd, line, (size_t)n) != n)
		rc = ST_BAD;
	(void)close(fd);
	return rc;
}

/* As servers count: what the name says is believed more than the file. */
static int64_t
counted(const struct mailname *name, const struct file_id *id)
{
	uint64_t size;

	return (int64_t)(mailname_size(name->text, &size) ? size : id->size);
}

void
quota_settled(const struct place *p, const struct intent *in,
    const struct settled *s, struct outcome *o)
{
	int64_t bytes = 0;
	int messages = 0;

	if (p->quota < 0 || !s->committed)
		return;
	if (in->act == ACT_SWAP || in->act == ACT_REMOVE) {
		bytes -= counted(&in->name, &in->old);
		messages--;
	}
	if (in->act == ACT_SWAP || in->act == ACT_PUT) {
		bytes += counted(&s->name, &in->new);
		messages++;
	}
	if ((bytes != 0 || messages != 0) &&
	    add_line(p, bytes, messages) == ST_BAD && o != NULL)
		(void)snprintf(o->note, sizeof(o->note), "%s was not brought "
		    "up to date: %s", QUOTA_NAME, errno != 0 ?
		    strerror(errno) : "it is no plain file of the owner's");
}
