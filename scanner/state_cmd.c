/*
 * See state_cmd.h.
 */
#include "state_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"
#include "run_view.h"
#include "statehome.h"

/* path, or where it is by default; b holds it.  NULL: told. */
static const char *
state_path(const char *path, struct buf *b)
{
	struct err e = { 0 };

	if (path != NULL)
		return path;
	if (statehome_path(b, &e) == ST_OK)
		return buf_text(b);
	complain("%s", e.text);
	return NULL;
}

/* The folder, or one that it is in, is one of these. */
static bool
is_below(int fd, char **paths)
{
	struct stat here, up, st;
	int at = dup(fd), next;
	bool in = false;

	while (at >= 0 && !in && fstat(at, &here) == 0) {
		for (char **p = paths; *p != NULL && !in; p++)
			in = stat(*p, &st) == 0 && S_ISDIR(st.st_mode) &&
			    st.st_ino == here.st_ino &&
			    st.st_dev == here.st_dev;
		next = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)close(at);
		at = next;
		if (at >= 0 && fstat(at, &up) == 0 &&
		    up.st_ino == here.st_ino && up.st_dev == here.st_dev)
			break;		/* it was the root */
	}
	if (at >= 0)
		(void)close(at);
	return in;
}

/* Take the last name off a path; false: there is none. */
static bool
cut_last(char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (strcmp(path, ".") == 0 || (n == 1 && path[0] == '/'))
		return false;
	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n == 0)
		path[n++] = '.';	/* there was a name */
	path[n] = '\0';
	return true;
}

bool
state_is_in_store(const char *path, char **paths)
{
	char *real = realpath(path, NULL);	/* a link to a file, too */
	char *at = real != NULL ? real : strdup(path);
	int fd = -1;
	bool in;

	if (at == NULL || at[0] == '\0') {
		free(at);
		return true;
	}
	do
		fd = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (fd < 0 && (errno == ENOENT || errno == ENOTDIR) &&
	    cut_last(at));
	free(at);
	in = fd >= 0 && is_below(fd, paths);
	if (fd >= 0)
		(void)close(fd);
	return in;
}

static int
open_with(int (*how)(struct statedir *, const char *, const char *,
    struct err *), struct statedir *out, const char *path, const char *what,
    char **outside)
{
	struct buf b = { 0 };
	struct err e = { 0 };
	const char *at = state_path(path, &b);
	int rc = ST_DEAD;

	if (at == NULL) {
		buf_free(&b);
		return EXIT_UNREADABLE;
	}
	if (outside != NULL && state_is_in_store(at, outside))
		(void)err_set(&e, ST_DEAD, 0, "it is in the mail store: "
		    "what is kept must be outside of it (--state, --into)");
	else if (path != NULL || (rc = statehome_make(at, &e)) == ST_OK)
		rc = how(out, at, what, &e);
	if (rc != ST_OK)
		complain("%s: %s", at, e.text);
	buf_free(&b);
	if (rc == ST_OK)
		return EXIT_CLEAN;
	return e.num == EWOULDBLOCK ? EXIT_INTERRUPTED : EXIT_UNREADABLE;
}

int
state_open(struct statedir *out, const char *path, const char *what,
    char **outside)
{
	return open_with(statedir_open, out, path, what, outside);
}

int
state_open_scan(struct statedir *out, const char *path, const char *what,
    char **outside)
{
	return open_with(statedir_open_scan, out, path, what, outside);
}

int
state_view(struct statedir *out, const char *path)
{
	struct buf b = { 0 };
	struct err e = { 0 };
	const char *at = state_path(path, &b);
	int rc = ST_DEAD;

	if (at != NULL && (rc = statedir_view(out, at, &e)) == ST_DEAD)
		complain("%s: %s", at, e.text);
	buf_free(&b);
	return rc == ST_OK ? EXIT_CLEAN : rc == ST_END ? EXIT_FINDINGS :
	    EXIT_UNREADABLE;
}

static void
tell_unsettled(void *ctx, const char *run, const char *path, const char *why)
{
	(void)ctx;
	complain("run %s%s%s: not settled: %s", run, path[0] != '\0' ? ", " :
	    "", path, why);
}

int
recover_first(const struct statedir *s, struct recovered *r)
{
	struct recovered own;
	struct err e = { 0 };

	if (r == NULL)
		r = &own;
	if (recover_all(s, r, tell_unsettled, NULL, &e) != ST_OK) {
		complain("cannot settle what an earlier run left: %s",
		    e.text);
		return EXIT_UNREADABLE;
	}
	if (r->finished + r->taken_back > 0)
		complain("an earlier run was stopped: %llu changes were "
		    "finished, %llu taken back",
		    (unsigned long long)r->finished,
		    (unsigned long long)r->taken_back);
	return EXIT_CLEAN;
}

int
state_open_old(struct statedir *out, const char *path, const char *what,
    const char *none)
{
	int status = state_view(out, path);

	if (status == EXIT_FINDINGS) {
		complain("%s%s%s", path != NULL ? path : "",
		    path != NULL ? ": " : "", none);
		return EXIT_USAGE;
	}
	if (status != EXIT_CLEAN || what == NULL)
		return status;
	statedir_close(out);
	status = state_open(out, path, what, NULL);
	return status == EXIT_CLEAN ? recover_first(out, NULL) : status;
}

/* Some message was changed by it, for good or for a while. */
static bool
did_something(const struct statedir *s, const char *id)
{
	struct run_view v = { 0 };
	const int rc = run_view_open(&v, s, id, NULL);
	bool did = rc == ST_DEAD;	/* it may be what is meant */

	for (size_t i = 0; i < v.history.n; i++)
		did = did || v.history.list[i].fate != FATE_NOT_DONE;
	run_view_close(&v);
	return did;
}

/* The entry that is meant, or NULL, told. */
static const char *
find_run(const struct statedir *s, const struct listing *l, const char *word)
{
	const bool last = strcmp(word, "last") == 0;
	const size_t n = strlen(word);
	const char *found = NULL;

	for (size_t i = l->n; i-- > 0; ) {
		const struct entry *at = &l->list[i];

		if (at->type != ENTRY_DIR || (last ?
		    !did_something(s, at->name) :
		    strncmp(at->name, word, n) != 0))
			continue;
		if (last || at->name[n] == '\0')
			return at->name;
		if (found != NULL) {
			complain("%s is the beginning of more than one run",
			    word);
			return NULL;
		}
		found = at->name;
	}
	if (found == NULL && last)
		complain("no run has changed anything");
	else if (found == NULL)
		complain("there is no run %s; `baredot runs` shows which "
		    "there are", word);
	return found;
}

int
state_find_run(const struct statedir *s, const char *word, char id[40])
{
	struct listing l = { 0 };
	struct err e = { 0 };
	const char *found = NULL;

	if (statedir_runs(s, &l, &e) != ST_OK)
		complain("cannot read the state folder: %s", e.text);
	else if (word[0] == '\0')
		complain("which run?");
	else
		found = find_run(s, &l, word);
	if (found != NULL)
		(void)snprintf(id, 40, "%s", found);
	listing_free(&l);
	return found != NULL ? EXIT_CLEAN : EXIT_USAGE;
}

bool
state_options_parse(const struct cmdline *c, struct state_options *o)
{
	const char *arg;
	int got;

	*o = (struct state_options){ .form = form_default() };
	cmdline_begin(c);
	while ((got = cmdline_next(c, &arg)) != CMDLINE_END) {
		if (got == CMDLINE_BAD)
			return false;
		if (got == STATE_DIR)
			o->state = arg;
		else if (got == STATE_INTO)
			o->into = arg;
		else if (got == STATE_TO)
			o->to = arg;
		else if (got == STATE_APPLY)
			o->apply = true;
		else if (got == STATE_HELP)
			o->help = true;
		else if (!form_parse(arg, &o->form))
			return cmdline_usage(c, "--format takes text or "
			    "ndjson, not %s", arg);
	}
	o->words = cmdline_words(c);
	return true;
}

const char *
outcome_text(enum outcome_kind k, bool applies)
{
	static const char *const texts[OUTCOMES][2] = {
		[OUTCOME_DONE] = { "would be put back", "put back" },
		[OUTCOME_SAME] = { "is as it was already",
		    "is as it was already" },
		[OUTCOME_REFUSED] = { "would be left alone", "left alone" },
		[OUTCOME_GONE] = { "gone", "gone" },
		[OUTCOME_CHANGED] = { "changed since, would be left alone",
		    "changed since, left alone" },
		[OUTCOME_BUSY] = { "busy, would be left alone",
		    "busy, left alone" },
		[OUTCOME_FAILED] = { "would fail", "failed, left alone" },
		[OUTCOME_UNSETTLED] = { "would be settled first",
		    "not settled" },
	};

	return texts[k][applies];
}

/* What is graver comes first. */
int
outcomes_status(const uint64_t n[OUTCOMES])
{
	if (n[OUTCOME_FAILED] > 0)
		return EXIT_UNREADABLE;
	if (n[OUTCOME_BUSY] + n[OUTCOME_UNSETTLED] > 0)
		return EXIT_INTERRUPTED;
	return n[OUTCOME_REFUSED] + n[OUTCOME_GONE] + n[OUTCOME_CHANGED] >
	    0 ? EXIT_FINDINGS : EXIT_CLEAN;
}

int
status_graver(int a, int b)
{
	static const int order[] = { EXIT_UNREADABLE, EXIT_INTERRUPTED,
	    EXIT_FINDINGS, EXIT_CLEAN };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a;
}
