/*
 * A message in the queue of qmail and what became of it: mess/N/ID holds it, as
 * it is.  The envelope is records, a letter and text to a NUL: before
 * qmail-send looked at it in todo/ID (F sender, T recipient, u and p who queued
 * it), then the sender in info/N/ID and the recipients, T or when done D, in
 * local/N/ID and remote/N/ID.  By notqmail's INTERNALS.md, qmail-queue.c and
 * qmail-send.c.
 *
 * What may be in use can vanish: where there is no envelope, none is told.
 */
#include <stdio.h>

#include "single.h"

#define ADDRESS_MAX (16u << 10)	/* bytes; qmail's own are below 1 KiB */
#define NAME_MAX_BYTES 64u	/* of a name in the queue, with its folder */

struct qmail {
	struct envelope envelope;
	bool given;
};

static unsigned
qmail_bid(struct span head, enum store_place place)
{
	(void)head;
	return place == PLACE_QMAIL || place == PLACE_QMAIL_OTHER ? 500 : 0;
}

/* Read one of the files that in is; too much of it is left unread. */
static int
take_records(struct qmail *s, struct input *in, struct err *e)
{
	struct span r;
	int rc;

	while ((rc = input_until(in, '\0', ADDRESS_MAX, &r, e)) == ST_OK) {
		if (r.n == 0)
			continue;
		if (r.p[0] == 'F' && !s->envelope.has_sender)
			envelope_sender(&s->envelope, (struct span){ r.p + 1,
			    r.n - 1 });
		else if (r.p[0] == 'T')
			envelope_recipient(&s->envelope, (struct span){
			    r.p + 1, r.n - 1 });
	}
	return rc == ST_DEAD ? rc : ST_OK;
}

/* "N/ID" out of the path of mess/N/ID, and where ID begins. */
static bool
take_name(struct span path, char *out, size_t *id)
{
	size_t n = 0, slashes = 0, digits = 0;

	while (n < path.n && n < NAME_MAX_BYTES) {
		const uint8_t c = path.p[path.n - 1 - n];

		if (c == '/' && ++slashes == 1)
			digits = n;
		if (slashes == 2)
			break;
		if (c != '/' && !ascii_digit(c))
			return false;
		n++;
	}
	if (n == NAME_MAX_BYTES || digits == 0 || n < digits + 2)
		return false;
	memcpy(out, path.p + path.n - n, n);
	out[n] = '\0';
	*id = n - digits;
	return true;
}

/* Of one of the files, if it is there.  ST_END: it is not. */
static int
take_file(struct qmail *s, const struct store_how *how, struct input *in,
    const char *folder, const char *name, struct err *e)
{
	char path[NAME_MAX_BYTES + 32];
	int rc;

	(void)snprintf(path, sizeof(path), "../../%s/%s", folder, name);
	if ((rc = how->sibling(how->sibling_ctx, path, in, e)) != ST_OK)
		return rc;
	rc = take_records(s, in, e);
	input_close(in);
	return rc;
}

/* While todo/ID is there, the others are being made. */
static int
take_envelope(struct qmail *s, const struct store_how *how, struct input *in,
    struct err *e)
{
	static const char *const parts[] = { "info", "local", "remote" };
	char name[NAME_MAX_BYTES + 1];
	size_t id;
	int rc;

	if (!take_name(how->name, name, &id))
		return ST_OK;
	envelope_queue_id(&s->envelope, (struct span){
	    (const uint8_t *)name + id, strlen(name + id) });
	if ((rc = take_file(s, how, in, "todo", name + id, e)) != ST_END ||
	    (rc = take_file(s, how, in, "todo", name, e)) != ST_END)
		return rc;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if ((rc = take_file(s, how, in, parts[i], name, e)) ==
		    ST_DEAD)
			return rc;
	return ST_OK;
}

static int
qmail_begin(void *state, struct input *data, const struct store_how *how,
    const struct kernel *k, struct err *e)
{
	struct input *in;
	int rc;

	(void)data;
	(void)k;
	if (how->place == PLACE_QMAIL_OTHER)
		return err_set(e, ST_BAD, 0, "a part of what qmail knows of "
		    "a message, which is in mess/");
	if (how->sibling == NULL)
		return ST_OK;
	if ((in = input_new()) == NULL)
		return err_set(e, ST_DEAD, 0, "no memory");
	rc = take_envelope(state, how, in, e);
	input_free(in);
	return rc;
}

static int
qmail_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct qmail *s = state;

	(void)e;
	m->kept = "it is in a queue of qmail, where files have their inodes "
	    "for names: qmail-qread, with qmail-send stopped";
	return single_next(&s->given, "qmail", BRK_LF, in, m);
}

static const struct envelope *
qmail_envelope(const void *state)
{
	return &((const struct qmail *)state)->envelope;
}

const struct format format_qmail = {
	.name = "qmail", .state_size = sizeof(struct qmail),
	.bid = qmail_bid, .begin = qmail_begin, .next = qmail_next,
	.read = single_read, .envelope = qmail_envelope,
};
