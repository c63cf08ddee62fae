/*
 * Does one thing to one mailbox, as the commands will, for act.py.
 *
 * Reads lines "FAULT<tab>OPERATION<tab>ARGUMENT...": each is done in a child,
 * so that it may be killed.  What it says goes to standard output, and then
 * "end STATUS CALLS"; STATUS as of waitpid(2).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blob.h"
#include "exchange.h"
#include "history.h"
#include "kernel_calls.h"
#include "mailbox.h"
#include "note.h"
#include "recover.h"
#include "remove.h"
#include "undo.h"

#define ARGS_MAX 32

enum { DONE, NOT_DONE, DEAD, USAGE, UNSETTLED };

static const char *const kinds[] = { "done", "same", "refused", "gone",
	"changed", "busy", "failed", "unsettled" };
static const char *const acts[] = { "", "swap", "remove", "put", "mbox" };
static const char *const fates[] = { "open", "done", "not-done", "undone" };

/* Up to n bytes at off, of what is there or comes. */
static ssize_t
next_piece(struct filling *from, uint8_t *p, size_t n, uint64_t off)
{
	struct err e = { 0 };

	if (filling_upto(from, off + n, &e) == ST_OK)
		return call_read(from->fd, p, n, off);
	errno = e.num;
	return -1;
}

/* A CR before each LF that has none. */
static int
to_crlf(void *ctx, struct filling *from, int to, struct said *said,
    struct err *e)
{
	struct buf all = { 0 };
	int rc = ST_DEAD;

	uint8_t last = 0, in[4096], out[8192];
	uint64_t off = 0, done = 0;
	ssize_t n;

	(void)ctx;
	while ((n = next_piece(from, in, sizeof(in), off)) > 0) {
		size_t k = 0;

		for (ssize_t i = 0; i < n; i++) {
			if (in[i] == '\n' && last != '\r')
				out[k++] = '\r';
			out[k++] = last = in[i];
		}
		if (call_write(to, out, k, done) != 0)
			return err_set(e, ST_DEAD, errno, "cannot write");
		buf_add(&all, out, k);
		done += k;
		off += (uint64_t)n;
	}
	if (n < 0)
		(void)err_set(e, ST_DEAD, errno, "cannot read");
	else if (buf_ok(&all))
		rc = sum_bytes(buf_span(&all), said->sum, e);
	buf_free(&all);
	return rc;
}

/* "X-Old: yes" is "X-Fixed: done": one line of the header, and longer. */
static int
mark(void *ctx, struct filling *from, int to, struct said *said,
    struct err *e)
{
	static const char old[] = "\nX-Old: yes\n", new[] =
	    "\nX-Fixed: done\n";
	const size_t n = sizeof(old) - 1;
	struct buf in = { 0 }, out = { 0 };
	uint8_t piece[4096];
	ssize_t k;
	int rc = ST_DEAD;

	(void)ctx;
	while ((k = next_piece(from, piece, sizeof(piece), in.n)) > 0)
		buf_add(&in, piece, (size_t)k);
	for (size_t i = 0; i < in.n; i++)
		if (in.n - i >= n && memcmp(in.p + i, old, n) == 0) {
			buf_str(&out, new);
			i += n - 1;
		} else {
			buf_byte(&out, in.p[i]);
		}
	if (k == 0 && buf_ok(&out) && call_write(to, out.p, out.n, 0) == 0)
		rc = sum_bytes(buf_span(&out), said->sum, e);
	buf_free(&in);
	buf_free(&out);
	return rc;
}

static int
say(const struct outcome *o)
{
	printf("outcome %s %s\n", kinds[o->kind],
	    o->kind == OUTCOME_DONE ? o->name.text : o->reason);
	if (o->note[0] != '\0')
		printf("note %s\n", o->note);
	return o->kind == OUTCOME_DONE ? DONE : NOT_DONE;
}

/* ACT_MAY: what was asked for by name, enum run_may. */
static int
begin(struct run *r, const struct statedir *s, struct err *e)
{
	const char *may = getenv("ACT_MAY");
	const int rc = run_begin(r, s, "test", e);

	if (rc == ST_OK && may != NULL)
		r->may = (unsigned)strtoul(may, NULL, 10);
	return rc;
}

/* Behind "//" no link is followed. */
static size_t
root_of(const char *folder)
{
	const char *p = strstr(folder, "//");

	return p != NULL ? (size_t)(p - folder) : strlen(folder);
}

static int
act(const struct statedir *s, char **args, struct err *e)
{
	const struct mailbox_options wait = { .wait = 30 };
	const struct target t = { .folder = args[2],
		.root = root_of(args[2]), .name = args[3] };
	const struct change c = { .write = strcmp(args[0], "mark") == 0 ?
	    mark : to_crlf, .reason = "test" };
	struct outcome o;
	struct run r;
	int rc, status;

	if (begin(&r, s, e) != ST_OK)
		return DEAD;
	rc = args[0][0] == 'm' ? mailbox_change(&r, &t, &c, &wait, &o, e) :
	    args[0][0] == 'f' ? exchange_file(&r, &t, &c, &o, e) :
	    remove_file(&r, &t, "test", &o, e);
	status = rc == ST_OK ? say(&o) : DEAD;
	run_end(&r);
	return status;
}

static int
each_of(struct run *r, const char *folder, const struct listing *l, bool fix,
    struct outcome *out, struct err *e)
{
	const struct change c = { .write = to_crlf, .reason = "test" };
	struct exchange *x = calloc(l->n, sizeof(*x));
	struct target *t = calloc(l->n, sizeof(*t));
	int rc = x != NULL && t != NULL ? ST_OK : ST_DEAD;

	for (size_t i = 0; i < l->n && rc == ST_OK; i++) {
		t[i] = (struct target){ .folder = folder,
		    .root = root_of(folder), .name = l->list[i].name };
		x[i] = (struct exchange){ .target = &t[i], .change = &c,
		    .out = &out[i] };
		if (!fix)
			rc = remove_file(r, &t[i], "test", &out[i], e);
	}
	if (fix && rc == ST_OK)
		rc = exchange_files(r, x, l->n, e);
	free(x);
	free(t);
	return rc;
}

/* The names that are given, or all. */
static int
list_some(struct listing *l, const char *folder, char **names, int n,
    struct err *e)
{
	const int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t k = 0;

	if (dir < 0 || listing_read(l, dir, e) != ST_OK)
		return ST_DEAD;
	(void)close(dir);
	for (size_t i = 0; i < l->n && n > 0; i++)
		for (int j = 0; j < n; j++)
			if (strcmp(l->list[i].name, names[j]) == 0)
				l->list[k++] = l->list[i];
	l->n = n > 0 ? k : l->n;
	return ST_OK;
}

/* Messages of a folder, in one run; what was not done is said. */
static int
act_all(const struct statedir *s, const char *folder, char **names, int n,
    bool fix, struct err *e)
{
	struct listing l = { 0 };
	int status = DONE;
	struct outcome *out;
	struct run r;

	if (list_some(&l, folder, names, n, e) != ST_OK ||
	    (out = calloc(l.n + 1, sizeof(*out))) == NULL ||
	    begin(&r, s, e) != ST_OK)
		return DEAD;
	if (each_of(&r, folder, &l, fix, out, e) != ST_OK)
		status = DEAD;
	for (size_t i = 0; i < l.n && status != DEAD; i++)
		if (out[i].kind == OUTCOME_SAME)
			(void)say(&out[i]);
		else if (out[i].kind != OUTCOME_DONE || out[i].note[0])
			status = say(&out[i]);
	run_end(&r);
	listing_free(&l);
	free(out);
	return status;
}

/* Notes on the next message: args[first], args[first + 2], ... */
struct noted {
	struct run *run;
	char **args;
	int first, end;
};

static int
put_notes(const struct noted *n, struct err *e)
{
	int rc = ST_OK;

	run_drop_notes(n->run);
	for (int i = n->first; i < n->end && rc == ST_OK; i += 2)
		if (strcmp(n->args[i], "-") != 0)
			rc = run_note(n->run, (struct span){ (const uint8_t *)
			    n->args[i], strlen(n->args[i]) }, e);
	return rc;
}

static int
to_crlf_noted(void *ctx, struct filling *from, int to, struct said *said,
    struct err *e)
{
	const int rc = put_notes(ctx, e);

	return rc == ST_OK ? to_crlf(NULL, from, to, said, e) : rc;
}

/*
 * One run: a word for it, a folder, and files with notes on them: NAME, NOTE
 * ("-": none), NAME, NOTE, ...  "+" instead of a name: one more note on the
 * same file.
 */
static int
run_of_many(const struct statedir *s, char **args, int n, char what,
    struct err *e)
{
	static const char *const argv[] = { "baredot", "do it", "\033[1m",
		NULL };
	const struct run_facts f = { .what = args[1], .argv = argv };
	struct target t = { .folder = args[2], .root = strlen(args[2]) };
	struct run r;
	struct noted noted = { .run = &r, .args = args };
	const struct change c = { .write = to_crlf_noted, .ctx = &noted,
		.reason = "test" };
	struct outcome o;
	int rc, status = DONE;

	if (run_begin_as(&r, s, &f, e) != ST_OK)
		return DEAD;
	for (int i = 3; i + 1 < n && status != DEAD; i = noted.end - 1) {
		t.name = args[i];
		noted.first = noted.end = i + 1;
		do
			noted.end += 2;
		while (noted.end < n && strcmp(args[noted.end - 1], "+") == 0);
		rc = what == 'r' ? put_notes(&noted, e) : ST_OK;
		if (rc == ST_OK)
			rc = what == 'r' ? remove_file(&r, &t, "test", &o, e) :
			    what == 's' ? exchange_file(&r, &t, &c, &o, e) :
			    mailbox_change(&r, &t, &c, NULL, &o, e);
		if (rc != ST_OK)
			status = DEAD;
		else if (say(&o) != DONE)
			status = NOT_DONE;
	}
	run_end(&r);
	return status;
}

static void
count_outcome(void *ctx, const struct intent *in, const struct outcome *o)
{
	int *status = ctx;

	(void)in;
	if (say(o) != DONE)
		*status = NOT_DONE;
}

/* All runs, the last first. */
static int
undo(const struct statedir *s, enum undo_what what, struct err *e)
{
	struct listing l = { 0 };
	int status = DONE;
	struct run r;

	if (statedir_runs(s, &l, e) != ST_OK)
		return DEAD;
	for (size_t i = l.n; i-- > 0 && status != DEAD; ) {
		const int rc = run_again(&r, s, l.list[i].name, e);

		if (rc == ST_END)
			continue;
		if (rc != ST_OK)
			status = DEAD;
		else if (undo_run(&r, what, count_outcome, &status, e) !=
		    ST_OK)
			status = DEAD;
		if (rc == ST_OK)
			run_end(&r);
	}
	listing_free(&l);
	return status;
}

static void
say_unsettled(void *ctx, const char *run, const char *path, const char *why)
{
	(void)ctx;
	printf("unsettled %s %s %s\n", run, path, why);
}

static int
recover(const struct statedir *s, struct err *e)
{
	struct recovered r;

	if (recover_all(s, &r, say_unsettled, NULL, e) != ST_OK)
		return DEAD;
	printf("recovered %llu %llu %llu %llu\n",
	    (unsigned long long)r.runs, (unsigned long long)r.finished,
	    (unsigned long long)r.taken_back,
	    (unsigned long long)r.unsettled);
	return r.unsettled > 0 ? UNSETTLED : DONE;
}

static int
show_run(const struct statedir *s, const char *id, struct err *e)
{
	struct history h = { 0 };
	struct intent in = { 0 };
	struct run r;
	int rc = run_again(&r, s, id, e);

	if (rc != ST_OK)
		return rc == ST_END ? DONE : DEAD;
	rc = history_read(&h, r.journal, e);
	for (size_t i = 0; i < h.n && rc == ST_OK; i++) {
		rc = intent_read(r.journal, h.list[i].seq, &in, e);
		if (rc == ST_OK)
			printf("past %s %llu %llu %s %s\n", r.id,
			    (unsigned long long)h.list[i].seq,
			    (unsigned long long)h.list[i].undoes,
			    in.merges != 0 ? "merge" : acts[in.act],
			    fates[h.list[i].fate]);
		intent_free(&in);
		in = (struct intent){ 0 };
	}
	history_free(&h);
	run_end(&r);
	return rc == ST_OK ? DONE : DEAD;
}

static int
show(const struct statedir *s, struct err *e)
{
	struct listing l = { 0 };
	int status = statedir_runs(s, &l, e) == ST_OK ? DONE : DEAD;

	for (size_t i = 0; i < l.n && status == DONE; i++)
		status = show_run(s, l.list[i].name, e);
	listing_free(&l);
	return status;
}

static int
perform(char **args, int n)
{
	struct statedir s = { 0 };
	struct err e = { 0 };
	int status = USAGE;

	if (n < 2 || statedir_open(&s, args[1], args[0], &e) != ST_OK) {
		status = DEAD;
		goto out;
	}
	if (n == 4 && (strcmp(args[0], "fix") == 0 ||
	    strcmp(args[0], "mbox") == 0 || strcmp(args[0], "mark") == 0 ||
	    strcmp(args[0], "quarantine") == 0))
		status = act(&s, args, &e);
	else if (n >= 3 && strcmp(args[0], "fixall") == 0)
		status = act_all(&s, args[2], args + 3, n - 3, true, &e);
	else if (n >= 3 && strcmp(args[0], "quarantineall") == 0)
		status = act_all(&s, args[2], args + 3, n - 3, false, &e);
	else if (n > 3 && (strcmp(args[0], "swaps") == 0 ||
	    strcmp(args[0], "removals") == 0 ||
	    strcmp(args[0], "boxes") == 0))
		status = run_of_many(&s, args + 1, n - 1, args[0][0], &e);
	else if (strcmp(args[0], "restore") == 0)
		status = undo(&s, UNDO_REMOVED, &e);
	else if (strcmp(args[0], "undo") == 0)
		status = undo(&s, UNDO_ALL, &e);
	else if (strcmp(args[0], "recover") == 0)
		status = recover(&s, &e);
	else if (strcmp(args[0], "show") == 0)
		status = show(&s, &e);
out:
	if (status == DEAD)
		printf("dead %s\n", e.text);
	statedir_close(&s);
	(void)fflush(stdout);
	return status;
}

static void
child(char *line)
{
	void (*arm)(const char *);
	char *args[ARGS_MAX], *save, *fault = strtok_r(line, "\t", &save);
	int n = 0;

	while (n < ARGS_MAX && (args[n] = strtok_r(NULL, "\t", &save)) !=
	    NULL)
		n++;
	*(void **)&arm = dlsym(RTLD_DEFAULT, "act_fault_arm");
	if (arm != NULL && fault != NULL && strcmp(fault, "-") != 0)
		arm(fault);
	_exit(n > 0 ? perform(args, n) : USAGE);
}

/* By single bytes: what comes behind the line is for the child. */
static bool
get_line(char *line, size_t cap)
{
	size_t n = 0;

	while (n + 1 < cap && read(0, &line[n], 1) == 1)
		if (line[n++] == '\n') {
			line[n - 1] = '\0';
			return true;
		}
	return false;
}

int
main(void)
{
	long (*calls)(void), (*writes)(void);
	uint8_t sha[HASH_SIZE];
	char line[8192];
	int status;
	pid_t pid;

	*(void **)&calls = dlsym(RTLD_DEFAULT, "act_fault_calls");
	*(void **)&writes = dlsym(RTLD_DEFAULT, "act_fault_writes");
	(void)sum_bytes(SPAN("warm up"), sha, NULL);
	while (get_line(line, sizeof(line))) {
		if ((pid = fork()) == 0)
			child(line);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 1;
		printf("end %d %ld %ld\n", status,
		    calls != NULL ? calls() : 0,
		    writes != NULL ? writes() : 0);
		(void)fflush(stdout);
	}
	return 0;
}
