/*
 * See mailbox_look.h.
 */
#include "mailbox_look.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "box.h"
#include "deed.h"
#include "kernel_calls.h"

int
mailbox_past_sum(int fd, uint64_t size, const struct intent *past,
    struct sum *out, struct err *e)
{
	const uint64_t n = size < past->new.size ? size : past->new.size;
	const int rc = sum_file(fd, n, -1, out, e);

	if (rc == ST_OK && out->size == n)	/* else it was cut off */
		out->size = size;
	return rc;
}

int
mailbox_is_past(const struct sum *sum, const struct intent *past,
    struct outcome *o)
{
	return sum->size >= past->new.size &&
	    memcmp(sum->sha, past->new.sha, HASH_SIZE) == 0 ? ST_OK :
	    outcome_set(o, OUTCOME_CHANGED, 0, "it was changed since");
}

static int
check_contents(int fd, const struct intent *past, struct outcome *o,
    struct err *e)
{
	struct stat st;
	struct sum sum;
	int rc;

	if (fstat(fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if ((rc = mailbox_past_sum(fd, (uint64_t)st.st_size, past, &sum,
	    e)) != ST_OK)
		return rc;
	if (source_is_packed(&sum))
		return outcome_set(o, OUTCOME_REFUSED, 0,
		    "it is compressed or encrypted");
	return mailbox_is_past(&sum, past, o);
}

static int
check_pinned(const struct box *b, int pin, const struct intent *past,
    int instead, struct outcome *o, struct err *e)
{
	struct stat st;
	int fd, rc;

	if (fstat(pin, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if ((rc = source_check_kind(b->place, &st, o)) != ST_OK)
		return rc;
	if (faccessat(b->place->dir, b->name.text, W_OK, AT_EACCESS |
	    AT_SYMLINK_NOFOLLOW) != 0 && errno == EACCES)
		return outcome_set(o, OUTCOME_REFUSED, errno,
		    "its owner may not write to it");
	if (instead >= 0)
		return check_contents(instead, past, o, e);
	if ((fd = call_open_pinned(pin)) < 0)
		return errno == EWOULDBLOCK ? outcome_set(o, OUTCOME_BUSY, 0,
		    "somebody else holds it") :
		    err_set(e, ST_DEAD, errno, "cannot open");
	rc = check_contents(fd, past, o, e);
	(void)close(fd);
	return rc;
}

/* With the rights of the owner. */
static int
check_file(const struct box *b, const struct intent *past, int instead,
    struct outcome *o, struct err *e)
{
	const int pin = call_pin(b->place->dir, b->name.text);
	int rc;

	if (pin < 0)
		return outcome_set(o, errno == ENOENT ? OUTCOME_GONE :
		    OUTCOME_REFUSED, errno, "cannot open");
	rc = check_pinned(b, pin, past, instead, o, e);
	(void)close(pin);
	return rc;
}

static int
look(struct box *b, struct deed *d, const struct intent *past, int instead,
    struct err *e)
{
	int rc;

	if ((rc = deed_place_writable(d, e)) != ST_OK ||
	    (rc = owner_enter(b->place->owner, e)) != ST_OK)
		return rc;
	rc = check_file(b, past, instead, d->out, e);
	owner_leave();
	if (rc != ST_OK ||
	    (!past->in_place && (rc = deed_look_stage(d, e)) != ST_OK))
		return rc;
	return deed_look_blob(d, past->old.sha, e);
}

int
mailbox_look(struct run *r, struct intent *past, int instead,
    struct outcome *o, struct err *e)
{
	struct deed d = { .out = o };
	struct box b;
	int rc;

	*o = (struct outcome){ 0 };
	rc = box_open(&b, r, buf_text(&past->path), (size_t)past->root,
	    past->name.text, NULL, e);
	if (rc == ST_BAD) {
		(void)outcome_from(o, OUTCOME_REFUSED, e);
	} else if (rc == ST_OK) {
		d.run = r;
		d.place = b.place;
		rc = look(&b, &d, past, instead, e);
	}
	rc = deed_not_done(&d, rc, e);
	box_close(&b);
	return outcome_status(rc);
}
