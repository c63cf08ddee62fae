/*
 * See selection.h: a selection made smaller by paths.
 *
 * Text does not tell: the report may say `b/1.eml` where the user says
 * `./b` or `/srv/b`.  So both are brought to the one path that leads through
 * no link.  Of a file that is gone that is so for the folders which are there.
 */
#include "selecting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

/* Add the parts of rest, of which nothing is there.  False: nobody knows where
 * that would lead. */
static bool
add_parts(struct buf *b, const char *rest)
{
	for (size_t n; *rest != '\0'; rest += n) {
		rest += strspn(rest, "/");
		n = strcspn(rest, "/");
		if (n == 0 || (n == 1 && rest[0] == '.'))
			continue;
		if (n == 2 && rest[0] == '.' && rest[1] == '.')
			return false;
		if (b->n == 0 || b->p[b->n - 1] != '/')
			buf_byte(b, '/');
		buf_add(b, rest, n);
	}
	return buf_ok(b);
}

/* The last part goes; "": nothing is left. */
static void
cut_part(char *path)
{
	size_t n = strlen(path);

	while (n > 0 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	path[n] = '\0';
}

/*
 * As realpath, into b, but what is not there need not be.  False: that cannot
 * be told.
 */
static bool
to_real(struct buf *b, const char *path)
{
	char *head = strdup(path), *real = NULL;
	bool ok;

	while (head != NULL && (real = realpath(head[0] == '\0' ? "." : head,
	    NULL)) == NULL && head[0] != '\0' && (errno == ENOENT ||
	    errno == ENOTDIR))
		cut_part(head);
	buf_clear(b);
	if (real != NULL)
		buf_str(b, real);
	ok = real != NULL && add_parts(b, path + strlen(head));
	free(real);
	free(head);
	return ok;
}

/* The last file of a report that was looked at. */
struct at {
	char *folder;		/* as it is written; NULL: none */
	struct buf real;	/* where that is */
	bool known;
	struct buf file;	/* where the file is */
};

/* Its last part is what it is called: a link is not followed. */
static bool
file_to_real(struct at *at, const char *path, size_t n)
{
	const char *slash = memrchr(path, '/', n);
	const size_t folder_n = slash == NULL ? 0 :
	    (size_t)(slash + 1 - path);
	char *name = strndup(path + folder_n, n - folder_n);
	bool ok = name != NULL;

	if (at->folder == NULL || strlen(at->folder) != folder_n ||
	    memcmp(at->folder, path, folder_n) != 0) {
		free(at->folder);
		at->folder = strndup(path, folder_n);
		at->known = at->folder != NULL && to_real(&at->real,
		    folder_n > 0 ? at->folder : ".");
	}
	buf_clear(&at->file);
	buf_add(&at->file, at->real.p, at->real.n);
	ok = ok && at->known && add_parts(&at->file, name);
	free(name);
	return ok;
}

static bool
is_within(struct span file, struct span top)
{
	if (top.n == 1)		/* the root */
		return true;
	return file.n >= top.n && memcmp(file.p, top.p, top.n) == 0 &&
	    (file.n == top.n || file.p[top.n] == '/');
}

struct within {
	struct buf *tops;	/* where the paths are */
	bool *used;		/* a file is in it */
	size_t n;
	struct at at;
};

/* In all of them that it is in: they may be in each other. */
static bool
look(struct within *w, const char *path, size_t n)
{
	bool any = false;

	if (!file_to_real(&w->at, path, n))
		return false;
	for (size_t i = 0; i < w->n; i++)
		if (is_within(buf_span(&w->at.file), buf_span(&w->tops[i])))
			any = w->used[i] = true;
	return any;
}

static void
drop_messages(struct selection *s, struct within *w)
{
	size_t n = 0, path = SIZE_MAX;
	bool keeps = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct named *p = &s->paths[s->list[i].path];

		if (s->list[i].path != path)
			keeps = look(w, p->text, p->file_n);
		path = s->list[i].path;
		if (keeps)
			s->list[n++] = s->list[i];
	}
	s->n = n;
}

static void
drop_places(struct selection *s, struct within *w)
{
	size_t n = 0;

	for (size_t i = 0; i < s->places_n; i++)
		if (look(w, s->places[i].path, strlen(s->places[i].path)))
			s->places[n++] = s->places[i];
		else
			free(s->places[i].path);
	s->places_n = n;
}

static bool
open_within(struct within *w, char *const *paths)
{
	while (paths[w->n] != NULL)
		w->n++;
	w->tops = calloc(w->n, sizeof(*w->tops));
	w->used = calloc(w->n, sizeof(*w->used));
	return w->tops != NULL && w->used != NULL;
}

static void
close_within(struct within *w)
{
	for (size_t i = 0; i < w->n && w->tops != NULL; i++)
		buf_free(&w->tops[i]);
	free(w->tops);
	free(w->used);
	free(w->at.folder);
	buf_free(&w->at.real);
	buf_free(&w->at.file);
}

static int
narrow(struct selection *s, struct within *w, char *const *paths,
    struct err *e)
{
	for (size_t i = 0; i < w->n; i++)
		if (!to_real(&w->tops[i], paths[i]))
			return err_set(e, ST_BAD, 0, "%s: it cannot be "
			    "told where that is", paths[i]);
	drop_messages(s, w);
	drop_places(s, w);
	for (size_t i = 0; i < w->n; i++)
		if (!w->used[i])
			return err_set(e, ST_BAD, 0, "it names no message in "
			    "%s; leave out PATH to act on all that it names",
			    paths[i]);
	return ST_OK;
}

int
selection_within(struct selection *s, char *const *paths, struct err *e)
{
	struct within w = { .n = 0 };
	int rc;

	if (s->n == 0 || paths[0] == NULL)
		return ST_OK;
	rc = open_within(&w, paths) ? narrow(s, &w, paths, e) :
	    err_set(e, ST_DEAD, ENOMEM, "paths");
	close_within(&w);
	return rc;
}
