/*
 * See shard_plan.h.
 */
#include "shard_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "escape.h"

#define PIECE (64u << 10)	/* bytes read at once */

static const char *const kinds[] = { [PLAN_FOLDER] = "folder",
    [PLAN_FILE] = "file", [PLAN_MBOX] = "mbox", [PLAN_LEAVE] = "leave",
    [PLAN_SKIPPED] = "skipped", [PLAN_FAILED] = "failed" };
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *const places[PLACES] = { [PLACE_OTHER] = "other",
    [PLACE_MAILDIR] = "maildir", [PLACE_MH] = "mh", [PLACE_EML] = "eml",
    [PLACE_CYRUS] = "cyrus", [PLACE_EMLX] = "emlx",
    [PLACE_EMLX_PARTIAL] = "emlx-partial", [PLACE_NAMED] = "named",
    [PLACE_OPENSMTPD] = "opensmtpd", [PLACE_KUMOMTA] = "kumomta",
    [PLACE_SENDMAIL_BODY] = "sendmail-body", [PLACE_QMAIL] = "qmail",
    [PLACE_QMAIL_OTHER] = "qmail-other", [PLACE_COURIER] = "courier" };

static bool
is_file(const struct plan_line *l)
{
	return l->kind == PLAN_FILE || l->kind == PLAN_MBOX;
}

void
plan_line_free(struct plan_line *l)
{
	buf_free(&l->path);
	buf_free(&l->error);
}

static void
put_file(struct json *j, const struct plan_line *l)
{
	json_key_text(j, "place", places[l->place]);
	json_key_u64(j, "size", l->size);
	json_key_u64(j, "mtime", l->mtime);
	json_key_u64(j, "inode", l->inode);
	if (l->kind != PLAN_MBOX)
		return;
	json_key_u64(j, "from", l->from);
	json_key_u64(j, "to", l->to);
}

void
plan_line_put(struct buf *b, const struct plan_line *l)
{
	struct json j = json_begin(b);

	json_open(&j, '{');
	json_key_text(&j, "type", kinds[l->kind]);
	json_bytes(&j, is_file(l) && !l->named ? "name" : "path",
	    buf_span(&l->path));
	if (is_file(l))
		put_file(&j, l);
	if (l->kind == PLAN_FOLDER)
		json_key_u64(&j, "root", l->root);
	if (l->kind == PLAN_LEAVE)
		json_key_bool(&j, "settled", l->settled);
	if (l->kind == PLAN_SKIPPED) {
		json_key_bool(&j, "named", l->named);
		json_key_text(&j, "reason", skip_name(l->why));
	}
	if (l->kind == PLAN_FAILED) {
		json_key(&j, "error");
		json_text_bytes(&j, buf_span(&l->error));
	}
	json_close(&j, '}');
	buf_byte(b, '\n');
}

/* --- and back */

/* Its index in a list of n words.  False: it is none. */
static bool
read_word(const struct json_object *o, const char *key,
    const char *const *words, size_t n, size_t *out)
{
	for (*out = 0; *out < n; (*out)++)
		if (json_member_is(o, key, words[*out]))
			return true;
	return false;
}

static bool
read_file(struct plan_line *l, const struct json_object *o)
{
	size_t place;

	if (!read_word(o, "place", places, PLACES, &place) ||
	    !json_member_u64(o, "size", &l->size) ||
	    !json_member_u64(o, "mtime", &l->mtime) ||
	    !json_member_u64(o, "inode", &l->inode))
		return false;
	l->place = (enum store_place)place;
	if (l->kind == PLAN_FILE)
		return true;
	return json_member_u64(o, "from", &l->from) &&
	    json_member_u64(o, "to", &l->to) && l->from < l->to &&
	    l->to <= l->size && l->size < INT64_MAX;
}

static bool
read_skipped(struct plan_line *l, const struct json_object *o)
{
	l->named = json_member_true(o, "named");
	for (unsigned i = 0; i < WALK_SKIPS; i++)
		if (json_member_is(o, "reason", skip_name((enum walk_skip)i))) {
			l->why = (enum walk_skip)i;
			return true;
		}
	return false;
}

static bool
read_error(struct plan_line *l, const struct json_object *o)
{
	struct span s;

	if (!json_member_text(o, "error", &s))
		return false;
	buf_add(&l->error, s.p, s.n);
	return buf_ok(&l->error);
}

/* Behind what the user named a path leads down, and nowhere else. */
static bool
leads_down(const char *path, size_t root)
{
	const char *at = path + root, *end;
	size_t n;

	if (root == 0 || (*at != '\0' && *at != '/' && at[-1] != '/'))
		return false;
	for (at += *at == '/'; *at != '\0'; at = end + (*end == '/')) {
		end = strchrnul(at, '/');
		n = (size_t)(end - at);
		if (n == 0 || (n <= 2 && strncmp(at, "..", n) == 0))
			return false;
	}
	return true;
}

static bool
read_path(struct plan_line *l, const struct json_object *o)
{
	const char *text;

	l->named = is_file(l) && json_member_bytes(o, "path", &l->path);
	if (!l->named && !json_member_bytes(o, is_file(l) ? "name" : "path",
	    &l->path))
		return false;
	text = buf_text(&l->path);
	if (!buf_ok(&l->path) || text[0] == '\0' || strlen(text) != l->path.n)
		return false;
	return !is_file(l) || l->named || (strchr(text, '/') == NULL &&
	    strcmp(text, ".") != 0 && strcmp(text, "..") != 0);
}

static bool
read_line(struct plan_line *l, const struct json_object *o)
{
	size_t kind;

	if (!read_word(o, "type", kinds, KINDS, &kind))
		return false;
	l->kind = (enum plan_kind)kind;
	if (!read_path(l, o))
		return false;
	switch (l->kind) {
	case PLAN_FOLDER:
		return json_member_u64(o, "root", &l->root) &&
		    l->root <= l->path.n &&
		    leads_down(buf_text(&l->path), l->root);
	case PLAN_FILE:
	case PLAN_MBOX:
		return read_file(l, o);
	case PLAN_LEAVE:
		l->settled = json_member_true(o, "settled");
		return true;
	case PLAN_SKIPPED:
		return read_skipped(l, o);
	case PLAN_FAILED:
		return read_error(l, o);
	default:
		return false;
	}
}

/* --- the same for what nearly all lines are: a file, in the very form that
 * plan_line_put has, its name in ASCII.  A library takes some microseconds for
 * a line, a sixth of what a small message takes. */

static bool
take(struct span *s, struct span text)
{
	if (!span_starts(*s, text))
		return false;
	s->p += text.n;
	s->n -= text.n;
	return true;
}

/* Up to a quote, and that. */
static bool
take_text(struct span *s, struct span *out)
{
	const size_t i = escape_json_plain(*s);

	*out = (struct span){ s->p, i };
	s->p += i;
	s->n -= i;
	return take(s, SPAN("\""));
}

/* As json_u64 writes it; but for one of 20 digits. */
static bool
take_number(struct span *s, uint64_t *out)
{
	const bool quoted = take(s, SPAN("\""));
	uint64_t n = 0;
	size_t i = 0;

	for (; i < s->n && i < 19 && ascii_digit(s->p[i]); i++)
		n = n * 10 + (uint64_t)(s->p[i] - '0');
	if (i == 0 || (i > 1 && s->p[0] == '0'))
		return false;
	*out = n;
	s->p += i;
	s->n -= i;
	return quoted == (*out >= 1ull << 53) &&
	    (!quoted || take(s, SPAN("\"")));
}

static bool
take_place(struct span *s, enum store_place *out)
{
	struct span word;

	if (!take_text(s, &word))
		return false;
	for (unsigned i = 0; i < PLACES; i++)
		if (span_eq(word, span_text(places[i]))) {
			*out = (enum store_place)i;
			return true;
		}
	return false;
}

/* False: it is something else, or not in that form. */
static bool
take_file(struct plan_line *l, struct span s)
{
	struct span name;

	if (!take(&s, SPAN("{\"type\":\"file\",\"name\":\"")) ||
	    !take_text(&s, &name) ||
	    !take(&s, SPAN(",\"place\":\"")) || !take_place(&s, &l->place) ||
	    !take(&s, SPAN(",\"size\":")) || !take_number(&s, &l->size) ||
	    !take(&s, SPAN(",\"mtime\":")) || !take_number(&s, &l->mtime) ||
	    !take(&s, SPAN(",\"inode\":")) || !take_number(&s, &l->inode) ||
	    !span_eq(s, SPAN("}")))
		return false;
	if (name.n == 0 || name.p[0] == '.' ||
	    memchr(name.p, '/', name.n) != NULL)
		return false;		/* perhaps it is not to be had at all */
	l->kind = PLAN_FILE;
	buf_add(&l->path, name.p, name.n);
	(void)buf_text(&l->path);
	return buf_ok(&l->path);
}

bool
plan_line_read(struct plan_line *l, struct span text)
{
	struct json_object *o;
	const struct buf path = l->path, error = l->error;
	bool ok;

	*l = (struct plan_line){ .path = path, .error = error };
	buf_clear(&l->path);
	buf_clear(&l->error);
	if (take_file(l, text))
		return true;
	*l = (struct plan_line){ .path = l->path, .error = l->error };
	buf_clear(&l->path);
	o = json_parse(text);
	ok = o != NULL && read_line(l, o);
	json_free(o);
	return ok;
}

int
plan_segment_check(const struct report_lines *lines, uint64_t at,
    const struct plan_segment *s, struct err *e)
{
	struct hash *h = hash_new();
	uint8_t piece[PIECE], sha[HASH_SIZE];
	ssize_t got = 1;
	uint64_t n;
	int rc = ST_DEAD;

	if (h == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot read the plan");
	hash_begin(h);
	for (n = 0; n < s->n && got > 0; n += (uint64_t)got) {
		const uint64_t left = s->n - n;

		got = pread(fileno(lines->file), piece, left < sizeof(piece) ?
		    (size_t)left : sizeof(piece), (off_t)(at + s->at + n));
		if (got <= 0)
			break;
		hash_feed(h, (struct span){ piece, (size_t)got });
	}
	if (got < 0)
		rc = err_set(e, ST_DEAD, errno, "cannot read the plan");
	else if (!hash_end(h, sha))
		rc = err_set(e, ST_DEAD, 0, "cannot hash the plan");
	else if (n < s->n || memcmp(sha, s->sha, HASH_SIZE) != 0)
		rc = err_set(e, ST_BAD, 0, "the plan was changed, or is cut "
		    "off");
	else
		rc = ST_OK;
	hash_free(h);
	return rc;
}
