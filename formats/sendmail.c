/*
 * A message in the queue of sendmail, which is two files: qfID is records, a
 * letter and text to the end of the line and over all lines behind it that
 * begin with white space; dfID the body.
 *
 *	V8 Ttime ... Ssender Rflags:recipient ... H?flags?Name: value ... .
 *
 * hfID is one in quarantine, QfID one that sendmail gave up.  dfID is beside
 * it or in ../df, or where a d record says.  By sendmail's queue.c, readqf;
 * what that calls bogus is called damaged here.
 */
#include <inttypes.h>
#include <stdio.h>

#include "sendmail_records.h"
#include "single.h"

#define RECORD_MAX (60u << 10)	/* bytes; fields may be longer */
#define VERSION_MAX 8u		/* sendmail 8.13 and later */
#define DIRECTORY_MAX 200u

enum part { PART_RECORDS, PART_FIELD, PART_LEFT_OUT, PART_BODY };

struct sendmail {
	struct envelope envelope;
	struct input *in, *body;
	bool given;
	char id[SENDMAIL_ID_MAX + 1];
	char directory[DIRECTORY_MAX + 1];	/* of dfID; "": the usual */
	enum part part;		/* RECORDS: a line begins */
	bool no_bcc;		/* an F record says: such a field is not sent */
	bool shown;		/* the record at hand is a field, and sent */
	bool quoted;		/* the next byte of the field is itself */
	bool lf_due;		/* the empty line */
	struct pieces pieces;
	struct err e;
};

static unsigned
sendmail_bid(struct span head, enum store_place place)
{
	return place == PLACE_SENDMAIL_BODY ? 500 :
	    sendmail_records(head) ? 160 : 0;
}

#define HALF "half of a message of sendmail"
#define BODY "the body of a message of sendmail"
#define UNFINISHED "a queue file that sendmail was writing"

static int
damaged(struct sendmail *s, const char *what)
{
	return err_set(&s->e, ST_DEAD, 0, "a damaged queue file of sendmail: "
	    "%s, before byte %" PRIu64, what, input_offset(s->in));
}

/* --- records */

static int
take_version(struct sendmail *s, struct span text)
{
	uint64_t version;

	if (!sendmail_number(text, &version))
		return damaged(s, "no version");
	return version <= VERSION_MAX ? ST_OK : err_set(&s->e, ST_DEAD, 0,
	    "a queue file of sendmail, of version %" PRIu64 ", which is not "
	    "known", version);
}

/* The other queues are beside that of qfID. */
static void
take_directory(struct sendmail *s, struct span text)
{
	const struct span name = sendmail_directory(text);

	if (name.n > 0 && name.n <= DIRECTORY_MAX &&
	    memchr(name.p, '\0', name.n) == NULL) {
		memcpy(s->directory, name.p, name.n);
		s->directory[name.n] = '\0';
	}
}

/* All but the fields; the line is at hand. */
static int
take_record(struct sendmail *s)
{
	struct span line;
	int rc;

	if ((rc = input_until(s->in, '\n', RECORD_MAX, &line, &s->e)) !=
	    ST_OK)
		return rc == ST_DEAD ? rc : damaged(s, line.n > RECORD_MAX ?
		    "a record without end" : "cut off");
	s->shown = false;
	if (line.n == 0)
		return damaged(s, "an empty record");
	switch (line.p[0]) {
	case 'V':
		return take_version(s, (struct span){ line.p + 1,
		    line.n - 1 });
	case 'T':
		envelope_arrived(&s->envelope, (struct span){ line.p + 1,
		    line.n - 1 });
		break;
	case 'S':
		envelope_sender(&s->envelope, sendmail_address(line));
		break;
	case 'R':
		envelope_recipient(&s->envelope, sendmail_address(line));
		break;
	case 'F':
		s->no_bcc = memchr(line.p, 'b', line.n) != NULL;
		break;
	case 'd':
		take_directory(s, (struct span){ line.p + 1, line.n - 1 });
		break;
	default:
		if (line.p[0] <= ' ' || line.p[0] > '~')
			return damaged(s, "an unknown record");
	}
	return ST_OK;
}

/* H?conditions?, at the first question mark. */
static int
take_conditions(struct sendmail *s)
{
	struct span flags;
	int rc;

	input_consume(s->in, 1);
	if ((rc = input_until(s->in, '?', SENDMAIL_FLAGS_MAX, &flags,
	    &s->e)) == ST_DEAD)
		return rc;
	if (rc != ST_OK || (flags.n > 0 &&
	    memchr(flags.p, '\n', flags.n) != NULL))
		return damaged(s, "a field without end of its conditions");
	s->shown = sendmail_sent(flags);
	return ST_OK;
}

/* What is before the name of a field, from its H on. */
static int
take_field(struct sendmail *s)
{
	struct span a;
	int rc;

	s->shown = true;
	input_consume(s->in, 1);
	rc = input_peek(s->in, 1, &a, &s->e);
	if (rc == ST_OK && a.p[0] == '?')
		rc = take_conditions(s);
	if (rc == ST_OK)
		rc = input_peek(s->in, SENDMAIL_FIELD, &a, &s->e);
	if (rc != ST_OK)
		return rc == ST_END ? damaged(s, "cut off") : rc;
	s->shown = s->shown && !sendmail_dropped(a, s->no_bcc);
	s->part = s->shown ? PART_FIELD : PART_LEFT_OUT;
	return ST_OK;
}

/* Behind the last record nothing may stand. */
static int
take_end(struct sendmail *s)
{
	struct span a;
	int rc;

	if ((rc = input_peek(s->in, 3, &a, &s->e)) != ST_OK)
		return rc;
	if (a.n != 2 || a.p[1] != '\n')
		return damaged(s, a.n < 2 ? "cut off" :
		    "something behind its end");
	input_consume(s->in, 2);
	s->lf_due = true;
	return ST_OK;
}

/*
 * The next record, but for the text of a field.  ST_END: it is one, and with
 * `fields` false it was left.
 */
static int
step(struct sendmail *s, bool fields)
{
	struct span a;
	int rc;

	if ((rc = input_peek(s->in, 1, &a, &s->e)) != ST_OK)
		return rc == ST_END ? damaged(s, "no end") : rc;
	if (ascii_wsp(a.p[0])) {
		s->part = s->shown ? PART_FIELD : PART_LEFT_OUT;
		return ST_OK;
	}
	if (a.p[0] != 'H' && a.p[0] != '.')
		return take_record(s);
	if (!fields)
		return ST_END;
	if (a.p[0] == '.')
		return take_end(s);
	return take_field(s);
}

/* The rest of a line. */
static int
leave_out(struct sendmail *s)
{
	const uint8_t *end;
	struct span a;
	int rc;

	while ((rc = input_peek(s->in, 1, &a, &s->e)) == ST_OK) {
		end = memchr(a.p, '\n', a.n);
		input_consume(s->in, end != NULL ? (size_t)(end - a.p) + 1 :
		    a.n);
		if (end != NULL) {
			s->part = PART_RECORDS;
			return ST_OK;
		}
	}
	return rc == ST_END ? damaged(s, "cut off") : rc;
}

/* --- the message */

/* Some of a field, which may be none: a byte at least is taken. */
static int
copy_field(struct sendmail *s, uint8_t *p, size_t n, size_t *got)
{
	struct span a;
	size_t i = 0;
	int rc;

	if ((rc = input_peek(s->in, 2, &a, &s->e)) != ST_OK)
		return rc == ST_END ? damaged(s, "cut off") : rc;
	while ((i == 0 || i + 1 < a.n) && *got < n && s->part == PART_FIELD) {
		s->quoted = !s->quoted && i + 1 < a.n &&
		    sendmail_quote(a.p[i], a.p[i + 1]);
		if (!s->quoted)
			p[(*got)++] = a.p[i];
		if (a.p[i++] == '\n')
			s->part = PART_RECORDS;
	}
	input_consume(s->in, i);
	return ST_OK;
}

static int
copy_body(struct sendmail *s, uint8_t *p, size_t n, size_t *got)
{
	struct span a;
	int rc;

	if ((rc = input_some(s->body, n, &a, &s->e)) != ST_OK)
		return rc;
	memcpy(p, a.p, a.n);
	*got = a.n;
	return ST_OK;
}

/* *got is 0. */
static int
copy(void *ctx, uint8_t *p, size_t n, size_t *got)
{
	struct sendmail *s = ctx;

	if (s->lf_due) {
		s->lf_due = false;
		s->part = PART_BODY;
		p[0] = '\n';
		*got = 1;
		return ST_OK;
	}
	switch (s->part) {
	case PART_RECORDS:
		return step(s, true);
	case PART_LEFT_OUT:
		return leave_out(s);
	case PART_FIELD:
		return copy_field(s, p, n, got);
	default:
		return copy_body(s, p, n, got);
	}
}

static void
message_close(void *ctx)
{
	struct sendmail *s = ctx;

	input_free(s->body);
	s->body = NULL;
}

/* --- the format */

/* One of the files that a body belongs to, for people. */
static int
is_body(struct sendmail *s, const struct store_how *how)
{
	static const char *const controls[] = { "qf%s", "hf%s", "Qf%s",
	    "../qf/qf%s", "../qf/hf%s", "../qf/Qf%s" };
	char name[SENDMAIL_ID_MAX + 16];
	int rc = ST_END;

	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]) &&
	    rc == ST_END && how->sibling != NULL; i++) {
		(void)snprintf(name, sizeof(name), controls[i], s->id);
		rc = how->sibling(how->sibling_ctx, name, s->body, &s->e);
	}
	if (rc == ST_END)
		(void)snprintf(name, sizeof(name), "qf%s", s->id);
	if (rc == ST_DEAD)
		return rc;
	(void)err_set(&s->e, ST_BAD, 0, BODY ": see %s", name);
	return err_plain(&s->e, ST_BAD, BODY);
}

/* dfID, into s->body. */
static int
open_body(struct sendmail *s, const struct store_how *how)
{
	static const char *const named[] = { "../%s/df%s", "../../%s/df/df%s" };
	char name[DIRECTORY_MAX + SENDMAIL_ID_MAX + 32];
	int rc = ST_END;

	if (how->sibling == NULL || s->id[0] == '\0') {
		(void)err_set(&s->e, ST_DEAD, 0, HALF ": its body, df%s, is "
		    "not at hand here", s->id[0] == '\0' ? "ID" : s->id);
		return err_plain(&s->e, ST_DEAD, HALF);
	}
	for (size_t i = 0; i < 2 && rc == ST_END &&
	    s->directory[0] != '\0'; i++) {
		(void)snprintf(name, sizeof(name), named[i], s->directory,
		    s->id);
		rc = how->sibling(how->sibling_ctx, name, s->body, &s->e);
	}
	(void)snprintf(name, sizeof(name), "../df/df%s", s->id);
	if (rc == ST_END)
		rc = how->sibling(how->sibling_ctx, name + 6, s->body, &s->e);
	if (rc == ST_END)
		rc = how->sibling(how->sibling_ctx, name, s->body, &s->e);
	if (rc != ST_END)
		return rc;
	(void)err_set(&s->e, ST_DEAD, 0, HALF ": there is no df%s below what "
	    "was named", s->id);
	return err_plain(&s->e, ST_DEAD, HALF);
}

static int
begin(struct sendmail *s, const struct store_how *how)
{
	const struct span name = single_base(how->name);
	const char kind = sendmail_name(name);
	int rc;

	if (kind != 0)
		memcpy(s->id, name.p + 2, name.n - 2);
	if ((s->body = input_new()) == NULL)
		return err_set(&s->e, ST_DEAD, 0, "no memory");
	if (kind == 'd')
		return is_body(s, how);
	if (kind == 't' || kind == 'T') {
		(void)err_set(&s->e, ST_BAD, 0, UNFINISHED ": see qf%s", s->id);
		return err_plain(&s->e, ST_BAD, UNFINISHED);
	}
	if (kind != 0)
		envelope_queue_id(&s->envelope, (struct span){
		    (const uint8_t *)s->id, strlen(s->id) });
	do {
		rc = s->part == PART_LEFT_OUT || s->part == PART_FIELD ?
		    leave_out(s) : step(s, false);
	} while (rc == ST_OK);
	return rc == ST_END ? open_body(s, how) : rc;
}

static int
sendmail_decode(void *state, struct input *in, const struct store_how *how,
    struct byte_source *out, struct err *e)
{
	struct sendmail *s = state;

	s->in = in;
	s->pieces = (struct pieces){ .some = copy, .close = message_close,
	    .ctx = s, .said = &s->e };
	return single_begun(&s->pieces, begin(s, how), out, e);
}

static int
sendmail_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct sendmail *s = state;

	(void)e;
	return single_next(&s->given, "sendmail", BRK_LF, in, m);
}

static const struct envelope *
sendmail_envelope(const void *state)
{
	return &((const struct sendmail *)state)->envelope;
}

const struct format format_sendmail = {
	.name = "sendmail", .state_size = sizeof(struct sendmail),
	.bid = sendmail_bid, .decode = sendmail_decode,
	.why_not = "it is two files in the queue of sendmail",
	.next = sendmail_next, .read = single_read,
	.envelope = sendmail_envelope,
};
