/*
 * See selection.h.
 *
 * A report may have been edited by hand or by another program, so nothing in
 * it is believed: it only says where to look and what must be found there.
 */
#include "selecting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "json_read.h"
#include "replay.h"
#include "report_lines.h"

void
selection_free(struct selection *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->paths_n; i++)
		free(s->paths[i].text);
	for (size_t i = 0; i < s->places_n; i++)
		free(s->places[i].path);
	free(s->paths);
	free(s->places);
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

/* As one who takes a path apart puts it together: one slash before the name. */
static void
tidy(char *path)
{
	char *const slash = strrchr(path, '/');
	char *from = slash;

	if (slash == NULL || slash[1] == '\0')
		return;
	while (from > path && from[-1] == '/')
		from--;
	memmove(from, slash, strlen(slash) + 1);
}

static bool
add_path(struct selection *s, const struct json_object *o)
{
	struct buf b = { 0 };
	char *path = json_member_bytes(o, "path", &b) && b.n > 0 &&
	    memchr(b.p, '\0', b.n) == NULL ? strdup(buf_text(&b)) : NULL;
	void *list = s->paths;

	buf_free(&b);
	if (path != NULL && json_member_count(o, "member") == 0)
		tidy(path);
	if (path != NULL && s->paths_n > 0 &&
	    strcmp(s->paths[s->paths_n - 1].text, path) == 0) {
		free(path);
		return true;
	}
	if (path == NULL || !make_room(&list, s->paths_n, &s->paths_cap,
	    sizeof(*s->paths))) {
		free(path);
		return false;
	}
	s->paths = list;
	s->paths[s->paths_n] = (struct named){ .text = path,
	    .maildir = json_member_is(o, "format", "maildir"),
	    .archive = json_member_count(o, "member") > 0,
	    .order = s->paths_n };
	s->paths_n++;
	return true;
}

static int
add_message(struct selection *s, const struct json_object *o, uint64_t line,
    struct err *e)
{
	void *list = s->list;
	struct wanted w = {
		.found = json_member_count(o, "findings") > 0 ||
		    json_member_is(o, "type", "replay") };

	if (!json_member_hex(o, "sha256", w.sha, HASH_SIZE) ||
	    !json_member_u64(o, "offset", &w.off) ||
	    !json_member_u64(o, "length", &w.len))
		return err_set(e, ST_BAD, 0, "line %" PRIu64 ": a message "
		    "without offset, length and sha256", line);
	if (!make_room(&list, s->n, &s->cap, sizeof(*s->list)))
		return err_set(e, ST_DEAD, ENOMEM, "report");
	s->list = list;
	if (!add_path(s, o))
		return err_set(e, ST_BAD, 0, "line %" PRIu64 ": a message "
		    "without its path", line);
	w.path = s->paths_n - 1;
	s->list[s->n++] = w;
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

/* --- sorted, each once */

static int
by_message(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->path != y->path)
		return x->path < y->path ? -1 : 1;
	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->sha, y->sha, HASH_SIZE);
}

static int
by_text(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	const int c = strcmp(x->text, y->text);

	return c != 0 ? c : x->order < y->order ? -1 : x->order > y->order;
}

static int
by_path(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	const int c = strcmp(x->path, y->path);

	if (c != 0 || x->archive != y->archive)
		return c != 0 ? c : x->archive ? 1 : -1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int
by_order(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

/* to[order]: which of the paths, sorted, it is. */
static void
sort_paths(struct selection *s, size_t *to)
{
	size_t n = 0;

	qsort(s->paths, s->paths_n, sizeof(*s->paths), by_text);
	for (size_t i = 0; i < s->paths_n; i++) {
		struct named *p = &s->paths[i];
		const size_t order = p->order;

		if (n > 0 && strcmp(s->paths[n - 1].text, p->text) == 0)
			free(p->text);
		else
			s->paths[n++] = *p;
		to[order] = n - 1;
	}
	s->paths_n = n;
}

static void
sort_messages(struct selection *s, const size_t *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		s->list[i].path = to[s->list[i].path];
	qsort(s->list, s->n, sizeof(*s->list), by_message);
	for (size_t i = 0; i < s->n; i++)
		if (n > 0 && by_message(&s->list[n - 1], &s->list[i]) == 0)
			s->list[n - 1].found |= s->list[i].found;
		else
			s->list[n++] = s->list[i];
	s->n = n;
}

/* How much of ARCHIVE!MEMBER is the archive: names may have a '!' too. */
static size_t
archive_part(const char *path)
{
	const char *const first = strchr(path, '!');

	for (const char *p = first; p != NULL; p = strchr(p + 1, '!')) {
		char *file = strndup(path, (size_t)(p - path));
		struct stat st;
		const bool is = file != NULL && stat(file, &st) == 0 &&
		    S_ISREG(st.st_mode);

		free(file);
		if (is)
			return (size_t)(p - path);
	}
	return first != NULL ? (size_t)(first - path) : strlen(path);
}

static bool
add_place(struct selection *s, const struct named *p)
{
	struct place *new = &s->places[s->places_n];

	*new = (struct place){ .path = strndup(p->text, p->file_n),
	    .maildir = p->maildir && !p->archive, .archive = p->archive,
	    .order = p->order };
	s->places_n += new->path != NULL;
	return new->path != NULL;
}

/* A file is looked at once, however often it is named. */
static void
drop_twins(struct selection *s)
{
	size_t n = 0;

	qsort(s->places, s->places_n, sizeof(*s->places), by_path);
	for (size_t i = 0; i < s->places_n; i++)
		if (n > 0 && s->places[i].archive && s->places[n - 1].archive
		    && strcmp(s->places[n - 1].path, s->places[i].path) == 0)
			free(s->places[i].path);
		else
			s->places[n++] = s->places[i];
	s->places_n = n;
	qsort(s->places, n, sizeof(*s->places), by_order);
}

static bool
make_places(struct selection *s)
{
	if ((s->places = calloc(s->paths_n, sizeof(*s->places))) == NULL)
		return false;
	for (size_t i = 0; i < s->paths_n; i++) {
		struct named *p = &s->paths[i];

		p->file_n = p->archive ? archive_part(p->text) :
		    strlen(p->text);
		if (!add_place(s, p))
			return false;
	}
	drop_twins(s);
	return true;
}

static int
sort_all(struct selection *s, struct err *e)
{
	size_t *to;

	if (s->n == 0)
		return ST_OK;
	if ((to = calloc(s->paths_n, sizeof(*to))) == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "report");
	sort_paths(s, to);
	sort_messages(s, to);
	free(to);
	return make_places(s) ? ST_OK : err_set(e, ST_DEAD, ENOMEM, "report");
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
	if (rc == ST_OK)
		rc = sort_all(s, e);
	if (rc != ST_OK) {
		selection_free(s);
		return rc;
	}
	*out = s;
	return ST_OK;
}

/* --- what is in it */

const char *
selection_path(const struct selection *s, size_t i)
{
	return i < s->places_n ? s->places[i].path : NULL;
}

bool
selection_is_maildir(const struct selection *s, size_t i)
{
	return s->places[i].maildir;
}

bool
selection_is_archive(const struct selection *s, size_t i)
{
	return s->places[i].archive;
}

static int
path_against(const void *key, const void *named)
{
	const struct span *path = key;
	const char *text = ((const struct named *)named)->text;
	const size_t n = strlen(text);
	const int c = memcmp(path->p, text, path->n < n ? path->n : n);

	return c != 0 ? c : path->n < n ? -1 : path->n > n;
}

bool
selection_has(const struct selection *s, struct span path, uint64_t off,
    uint64_t len, const uint8_t sha[HASH_SIZE], size_t *which)
{
	struct wanted w = { .off = off, .len = len };
	const struct named *p = s->n == 0 || path.n == 0 ? NULL :
	    bsearch(&path, s->paths, s->paths_n, sizeof(*s->paths),
	    path_against);
	const struct wanted *is;

	if (p == NULL)
		return false;
	w.path = (size_t)(p - s->paths);
	memcpy(w.sha, sha, HASH_SIZE);
	is = bsearch(&w, s->list, s->n, sizeof(*s->list), by_message);
	if (is != NULL && which != NULL)
		*which = (size_t)(is - s->list);
	return is != NULL;
}

bool
selection_found(const struct selection *s, size_t which)
{
	return s->list[which].found;
}

void
selection_see(struct selection *s, size_t which)
{
	if (which < s->n)
		s->list[which].seen = true;
}

bool
selection_unseen(const struct selection *s, size_t *i, struct unseen *out)
{
	const struct wanted *w;
	const struct named *p;

	while (*i < s->n && s->list[*i].seen)
		++*i;
	if (*i >= s->n)
		return false;
	w = &s->list[(*i)++];
	p = &s->paths[w->path];
	*out = (struct unseen){ .path = p->text, .file_n = p->file_n,
	    .off = w->off };
	return true;
}
