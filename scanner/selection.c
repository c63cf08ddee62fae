/*
 * See selection.h.  The only file that sees jansson.
 *
 * A report may have been edited by hand or by another program, so nothing in
 * it is believed: it only says where to look and what must be found there.
 */
#include "selection.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

struct wanted {
	uint64_t off, len;
	uint8_t sha[HASH_SIZE];
};

struct file {
	char *path;
	bool maildir;
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

/* Numbers that not every reader can hold stand there as text. */
static bool
get_u64(const json_t *o, const char *key, uint64_t *out)
{
	const json_t *v = json_object_get(o, key);
	const char *text = json_string_value(v);
	char *end;

	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		*out = (uint64_t)json_integer_value(v);
		return true;
	}
	if (text == NULL || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : -1;
}

static bool
get_sha(const json_t *o, uint8_t out[HASH_SIZE])
{
	const char *s = json_string_value(json_object_get(o, "sha256"));

	if (s == NULL || strlen(s) != 2 * HASH_SIZE)
		return false;
	for (size_t i = 0; i < HASH_SIZE; i++) {
		const int a = hex_digit(s[2 * i]), b = hex_digit(s[2 * i + 1]);

		if (a < 0 || b < 0)
			return false;
		out[i] = (uint8_t)(a * 16 + b);
	}
	return true;
}

/* RFC 4648 4, without anything in between. */
static bool
decode_base64(const char *s, struct buf *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned n = 0;

	for (; *s != '\0' && *s != '='; s++) {
		const char *at = strchr(digits, *s);

		if (at == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(at - digits);
		if (++n % 4 != 1)
			buf_byte(out, (uint8_t)(bits >> (n % 4 == 2 ? 4 :
			    n % 4 == 3 ? 2 : 0)));
	}
	return strspn(s, "=") == strlen(s) && strlen(s) < 3;
}

/* The exact bytes: "path", or where that is not exact, "path_b64". */
static char *
get_path(const json_t *o)
{
	const char *plain = json_string_value(json_object_get(o, "path"));
	const char *b64 = json_string_value(json_object_get(o, "path_b64"));
	struct buf b = { 0 };
	char *path = NULL;

	if (b64 == NULL)
		return plain != NULL && plain[0] != '\0' ? strdup(plain) :
		    NULL;
	if (decode_base64(b64, &b) && b.n > 0 && memchr(b.p, '\0', b.n) ==
	    NULL && buf_ok(&b))
		path = strdup(buf_text(&b));
	buf_free(&b);
	return path;
}

static bool
add_file(struct selection *s, const json_t *o)
{
	const char *format = json_string_value(json_object_get(o, "format"));
	char *path = get_path(o);
	void *list = s->files;

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
	s->files[s->files_n++] = (struct file){ .path = path,
	    .maildir = format != NULL && strcmp(format, "maildir") == 0 };
	return true;
}

static int
add_message(struct selection *s, const json_t *o, uint64_t line,
    struct err *e)
{
	void *list = s->list;
	struct wanted w;

	if (!get_sha(o, w.sha) || !get_u64(o, "offset", &w.off) ||
	    !get_u64(o, "length", &w.len))
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

static int
add_line(struct selection *s, const char *p, size_t n, uint64_t line,
    struct err *e)
{
	json_t *o = json_loadb(p, n, JSON_REJECT_DUPLICATES, NULL);
	const char *type = json_string_value(json_object_get(o, "type"));
	int rc = ST_OK;

	if (type == NULL)
		rc = err_set(e, ST_BAD, 0, "line %" PRIu64 ": no record of a "
		    "report (it takes what -f ndjson writes)", line);
	else if (strcmp(type, "message") == 0)
		rc = add_message(s, o, line, e);
	json_decref(o);
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
read_lines(struct selection *s, FILE *f, struct err *e)
{
	char *line = NULL;
	uint64_t number = 0;
	size_t cap = 0;
	int rc = ST_OK;
	ssize_t n;

	errno = 0;
	while (rc == ST_OK && (n = getline(&line, &cap, f)) > 0)
		if (strspn(line, " \t\r\n") < (size_t)n)
			rc = add_line(s, line, (size_t)n, ++number, e);
	if (rc == ST_OK && ferror(f))
		rc = err_set(e, ST_DEAD, errno, "cannot read");
	free(line);
	return rc;
}

int
selection_read(const char *report, struct selection **out, struct err *e)
{
	FILE *f = strcmp(report, "-") == 0 ? stdin : fopen(report, "re");
	struct selection *s;
	int rc;

	if (f == NULL)
		return err_set(e, ST_DEAD, errno, "cannot open");
	if ((s = calloc(1, sizeof(*s))) == NULL)
		rc = err_set(e, ST_DEAD, ENOMEM, "report");
	else
		rc = read_lines(s, f, e);
	if (f != stdin)
		(void)fclose(f);
	if (rc != ST_OK) {
		selection_free(s);
		return rc;
	}
	if (s->n > 0)
		qsort(s->list, s->n, sizeof(*s->list), by_sha);
	*out = s;
	return ST_OK;
}

uint64_t
selection_count(const struct selection *s)
{
	return s->n;
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
