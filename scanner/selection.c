/*
 * See selection.h.
 *
 * A report may have been edited by hand or by another program, so nothing in
 * it is believed: it only says where to look and what must be found there.
 */
#include "selection.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_read.h"
#include "replay.h"
#include "report_lines.h"

struct wanted {
	uint64_t off, len;
	uint8_t sha[HASH_SIZE];
};

struct file {
	char *path;
	bool maildir;
	size_t order;		/* in the report */
};

struct selection {
	struct wanted *list;	/* sorted by sha */
	size_t n, cap;
	struct file *files;
	size_t files_n, files_cap;
};

void
selection_free(struct selection *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->files_n; i++)
		free(s->files[i].path);
	free(s->files);
	free(s->list);
	free(s);
}

/* Room for one more.  False: no memory. */
static bool
make_room(void **list, size_t n, size_t *cap, size_t size)
{
	const size_t more = *cap == 0 ? 64 : *cap * 2;
	void *p;

	if (n < *cap)
		return true;
	if (more > SIZE_MAX / size || (p = realloc(*list, more * size)) ==
	    NULL)
		return false;
	*list = p;
	*cap = more;
	return true;
}

static bool
add_file(struct selection *s, const struct json_object *o)
{
	struct buf b = { 0 };
	char *path = json_member_bytes(o, "path", &b) && b.n > 0 &&
	    memchr(b.p, '\0', b.n) == NULL ? strdup(buf_text(&b)) : NULL;
	void *list = s->files;

	buf_free(&b);
	if (path != NULL && s->files_n > 0 &&
	    strcmp(s->files[s->files_n - 1].path, path) == 0) {
		free(path);
		return true;
	}
	if (path == NULL || !make_room(&list, s->files_n, &s->files_cap,
	    sizeof(*s->files))) {
		free(path);
		return false;
	}
	s->files = list;
	s->files[s->files_n] = (struct file){ .path = path,
	    .maildir = json_member_is(o, "format", "maildir"),
	    .order = s->files_n };
	s->files_n++;
	return true;
}

static int
add_message(struct selection *s, const struct json_object *o, uint64_t line,
    struct err *e)
{
	void *list = s->list;
	struct wanted w;

	if (!json_member_hex(o, "sha256", w.sha, HASH_SIZE) ||
	    !json_member_u64(o, "offset", &w.off) ||
	    !json_member_u64(o, "length", &w.len))
		return err_set(e, ST_BAD, 0, "line %" PRIu64 ": a message "
		    "without offset, length and sha256", line);
	if (!make_room(&list, s->n, &s->cap, sizeof(*s->list)))
		return err_set(e, ST_DEAD, ENOMEM, "report");
	s->list = list;
	s->list[s->n++] = w;
	if (!add_file(s, o))
		return err_set(e, ST_BAD, 0, "line %" PRIu64 ": a message "
		    "without its path", line);
	return ST_OK;
}

/* A replay's record, of a message that does not arrive as what it is. */
static bool
would_split(const struct json_object *o)
{
	return json_member_is(o, "type", "replay") &&
	    (json_member_is(o, "worst", replay_names[REPLAY_CUT]) ||
	    json_member_is(o, "worst", replay_names[REPLAY_SMUGGLED]));
}

static int
add_line(struct selection *s, struct span text, uint64_t line, struct err *e)
{
	struct json_object *o = json_parse(text);
	struct span type;
	int rc = ST_OK;

	if (o == NULL || !json_member_text(o, "type", &type))
		rc = err_set(e, ST_BAD, 0, "line %" PRIu64 ": no record of a "
		    "report (it takes what -f ndjson writes)", line);
	else if (json_member_is(o, "type", "header") &&
	    json_member_true(o, "redacted"))
		rc = err_set(e, ST_BAD, 0, "a redacted report: neither names "
		    "nor sums to find messages by are in it; scan without "
		    "--redact");
	else if (json_member_is(o, "type", "message") || would_split(o))
		rc = add_message(s, o, line, e);
	json_free(o);
	return rc;
}

static int
by_sha(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	const int c = memcmp(x->sha, y->sha, HASH_SIZE);

	if (c != 0)
		return c;
	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	return x->len < y->len ? -1 : x->len > y->len;
}

static int
by_path(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	const int c = strcmp(x->path, y->path);

	return c != 0 ? c : x->order < y->order ? -1 : x->order > y->order;
}

static int
by_order(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

/* A file is looked at once, however often it is named. */
static void
drop_twins(struct selection *s)
{
	size_t n = 0;

	if (s->files_n == 0)
		return;
	qsort(s->files, s->files_n, sizeof(*s->files), by_path);
	for (size_t i = 0; i < s->files_n; i++)
		if (n > 0 && strcmp(s->files[n - 1].path,
		    s->files[i].path) == 0)
			free(s->files[i].path);
		else
			s->files[n++] = s->files[i];
	s->files_n = n;
	qsort(s->files, n, sizeof(*s->files), by_order);
}

static int
read_lines(struct selection *s, struct report_lines *r, struct err *e)
{
	struct span line;
	int rc;

	while ((rc = report_lines_next(r, &line, e)) == ST_OK &&
	    (rc = add_line(s, line, r->number, e)) == ST_OK)
		;
	return rc == ST_END ? ST_OK : rc;
}

int
selection_read(const char *report, struct selection **out, struct err *e)
{
	struct report_lines lines;
	struct selection *s;
	int rc;

	if ((rc = report_lines_open(&lines, report, e)) != ST_OK)
		return rc;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		rc = err_set(e, ST_DEAD, ENOMEM, "report");
	else
		rc = read_lines(s, &lines, e);
	report_lines_close(&lines);
	if (rc != ST_OK) {
		selection_free(s);
		return rc;
	}
	if (s->n > 0)
		qsort(s->list, s->n, sizeof(*s->list), by_sha);
	drop_twins(s);
	*out = s;
	return ST_OK;
}

const char *
selection_path(const struct selection *s, size_t i)
{
	return i < s->files_n ? s->files[i].path : NULL;
}

bool
selection_is_maildir(const struct selection *s, size_t i)
{
	return s->files[i].maildir;
}

bool
selection_has(const struct selection *s, uint64_t off, uint64_t len,
    const uint8_t sha[HASH_SIZE])
{
	struct wanted w = { .off = off, .len = len };

	memcpy(w.sha, sha, HASH_SIZE);
	return s->n > 0 && bsearch(&w, s->list, s->n, sizeof(*s->list),
	    by_sha) != NULL;
}
