/*
 * See servers.h: files of rows, and rows by name.
 */
#include "servers.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "nearest.h"

/* The rows of one kind, by what they are called. */
struct kind {
	const char *what;	/* "receiver" */
	const char *(*name)(const struct servers *, size_t i);	/* or NULL */
};

static const char *
receiver_name(const struct servers *s, size_t i)
{
	const struct receiver_row *r = servers_receiver(s, i);

	return r != NULL ? r->name : NULL;
}

static const char *
sender_name(const struct servers *s, size_t i)
{
	const struct sender_row *r = servers_sender(s, i);

	return r != NULL ? r->name : NULL;
}

static bool
cannot_read(const char *path, char why[SERVERS_WHY])
{
	(void)snprintf(why, SERVERS_WHY, "%s: cannot be read: %s", path,
	    errno != 0 ? strerror(errno) : "it is too large");
	return false;
}

bool
servers_file(struct servers *s, const char *path, char why[SERVERS_WHY])
{
	struct buf text = { 0 };
	uint8_t part[8192];
	FILE *f = fopen(path, "re");
	bool ok;
	size_t n;

	if (f == NULL)
		return cannot_read(path, why);
	errno = 0;
	while (text.n <= SERVERS_BYTES_MAX &&
	    (n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&text, part, n);
	if (ferror(f) != 0 || !buf_ok(&text) || text.n > SERVERS_BYTES_MAX)
		ok = cannot_read(path, why);
	else
		ok = servers_text(s, path, buf_span(&text), why);
	servers_remember(s, buf_span(&text));
	(void)fclose(f);
	buf_free(&text);
	return ok;
}

/* The rows that a word names are chosen.  False: there are none. */
static bool
choose(const struct servers *s, const struct kind *k, const char *word,
    bool chosen[REPLAY_ROWS])
{
	const char *name;
	bool any = false;

	for (size_t i = 0; (name = k->name(s, i)) != NULL; i++)
		if (strcmp(word, "all") == 0 || fnmatch(word, name, 0) == 0)
			any = chosen[i] = true;
	return any;
}

static bool
not_known(const struct servers *s, const struct kind *k, const char *word,
    char why[SERVERS_WHY])
{
	struct nearest meant = nearest_begin(word);
	char hint[NEAREST_HINT];
	struct buf b = { 0 };
	const char *name;

	for (size_t i = 0; (name = k->name(s, i)) != NULL; i++) {
		nearest_try(&meant, name);
		buf_printf(&b, "%s%s", i > 0 ? ", " : "", name);
	}
	(void)snprintf(why, SERVERS_WHY, "no %s is called %.40s%s `baredot "
	    "replay --list` shows what is known: %s", k->what, word,
	    meant.best != NULL ? nearest_hint(&meant, "", hint) : ";",
	    buf_text(&b));
	buf_free(&b);
	return false;
}

/* list: names, and patterns of names, with commas between them. */
static bool
choose_list(const struct servers *s, const struct kind *k, const char *list,
    bool chosen[REPLAY_ROWS], char why[SERVERS_WHY])
{
	char *own = strdup(list), *rest = own, *word;
	bool ok = own != NULL, any = false;

	why[0] = '\0';
	if (ok)
		(void)snprintf(why, SERVERS_WHY, "no %s is named", k->what);
	while (ok && (word = strsep(&rest, ",")) != NULL) {
		if (word[0] == '\0')
			continue;
		any = true;
		ok = choose(s, k, word, chosen) || not_known(s, k, word, why);
	}
	free(own);
	return ok && any;
}

struct replay_plan *
servers_plan(const struct servers *s, const char *senders,
    const char *receivers, char why[SERVERS_WHY])
{
	static const struct kind to = { "receiver", receiver_name };
	static const struct kind from = { "sender", sender_name };
	bool is_to[REPLAY_ROWS] = { false }, is_from[REPLAY_ROWS] = { false };
	const struct receiver_row *rows_to[REPLAY_ROWS];
	const struct sender_row *rows_from[REPLAY_ROWS];
	size_t to_n = 0, from_n = 0;
	struct replay_plan *p;
	const char *text;

	if (!choose_list(s, &from, senders, is_from, why) ||
	    !choose_list(s, &to, receivers, is_to, why))
		return NULL;
	for (size_t i = 0; i < REPLAY_ROWS; i++) {
		if (is_to[i])
			rows_to[to_n++] = servers_receiver(s, i);
		if (is_from[i])
			rows_from[from_n++] = servers_sender(s, i);
	}
	if ((p = replay_plan_new(rows_from, from_n, rows_to, to_n, &text)) ==
	    NULL)
		(void)snprintf(why, SERVERS_WHY, "%s", text != NULL ? text :
		    "");
	return p;
}
