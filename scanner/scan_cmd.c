/*
 * See scan_cmd.h.  Ties together: walk, queue, report, and, for fix and
 * quarantine, who acts.
 */
#include "scan_cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "acting.h"
#include "complain.h"
#include "escape.h"
#include "options.h"
#include "outcome.h"
#include "output.h"
#include "progress.h"
#include "queue.h"
#include "rules_load.h"
#include "targets.h"

struct run {
	struct scan_command command;
	struct report_options report;
	const struct reporter *reporter;
	struct config *config;		/* the rules of rule files */
	struct output *out;
	struct queue *queue;
	struct acting *acting;		/* NULL: nothing is changed */
	struct act_facts dry;		/* what is told of acts then */
	struct selection *only;		/* NULL: all that is found */
	struct scan_options scan;
	const char *const *whole;	/* the command line */
	struct progress *progress;	/* NULL: not shown */
	struct targets *targets;	/* NULL: not asked for */
	const struct target_server *target;	/* likewise */
	struct scan_facts facts;
	struct summary_facts summary;
	char rules[2 * HASH_SIZE + 1];
	uint64_t extra_records;		/* of files that were acted on */
	struct timespec start;
	struct buf text;		/* scratch */
};

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t interrupted;
static struct queue *volatile to_stop;

static void
on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
	if (to_stop != NULL)
		queue_stop(to_stop);
}

static void
catch_signals(void)
{
	struct sigaction a = { .sa_handler = on_signal };

	(void)sigemptyset(&a.sa_mask);
	(void)sigaction(SIGINT, &a, NULL);
	(void)sigaction(SIGTERM, &a, NULL);
	(void)sigaction(SIGHUP, &a, NULL);
	a.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &a, NULL);
	(void)sigaction(SIGXFSZ, &a, NULL);
}

/* --- what the queue and the walk tell */

static bool
on_write(void *ctx, struct span s)
{
	struct run *r = ctx;

	if (output_is_terminal(r->out))
		progress_hide(r->progress);
	return output_write(r->out, s);
}

static void
on_plan(void *ctx, struct span items)
{
	struct run *r = ctx;

	if (r->acting != NULL)
		acting_plan(r->acting, items);
}

static void
on_acted(void *ctx, const struct act_report *a)
{
	struct run *r = ctx;

	buf_clear(&r->text);
	r->reporter->acted(&r->text, a, &r->report);
	r->extra_records++;
	if (!buf_ok(&r->text))
		output_no_memory(r->out);
	(void)on_write(r, buf_span(&r->text));
}

static void
on_progress(void *ctx, uint64_t bytes, uint64_t messages)
{
	struct run *r = ctx;

	if (r->progress != NULL)
		progress_add(r->progress, bytes, messages);
}

static bool
on_file(void *ctx, const struct walk_dir *d, const char *name,
    enum store_place place)
{
	struct run *r = ctx;

	queue_file(r->queue, d, name, place);
	return !queue_stopped(r->queue);
}

static bool
on_leave(void *ctx, const struct walk_dir *d, bool settled)
{
	struct run *r = ctx;

	r->summary.unsettled += !settled;
	queue_leave(r->queue, d, settled);
	return !queue_stopped(r->queue);
}

static bool
on_skipped(void *ctx, const struct walk_dir *d, const char *name,
    enum walk_skip why)
{
	struct run *r = ctx;

	r->summary.skipped[why]++;
	if (!r->command.verbose && d != NULL)
		return true;
	buf_clear(&r->text);
	if (d != NULL) {
		buf_str(&r->text, d->path);
		buf_byte(&r->text, '/');
	}
	buf_str(&r->text, name);
	queue_problem(r->queue, PROBLEM_SKIPPED, buf_span(&r->text),
	    walk_skip_text(why));
	return !queue_stopped(r->queue);
}

static bool
on_failed(void *ctx, const char *path, const struct err *e)
{
	struct run *r = ctx;

	queue_problem(r->queue, PROBLEM_UNREADABLE, span_text(path), e->text);
	return !queue_stopped(r->queue);
}

/* --- the parts of a run */

/*
 * What the verdicts depend on: the source of the rules, which of them are on
 * and for which messages, and the convention.  So a report says what it was
 * made by.
 */
static void
hash_rules(struct run *r)
{
	struct hash *h = hash_new();
	struct buf b = { 0 };
	uint8_t sum[HASH_SIZE];

	buf_printf(&b, "baredot %s %s %llx %d %x %d\n", BAREDOT_VERSION,
	    RULES_HASH, (unsigned long long)r->command.codes,
	    (int)r->command.eol, r->command.topics,
	    (int)r->command.no_default_rules);
	if (r->target != NULL)
		buf_printf(&b, "%s\n", r->target->name);
	if (h != NULL) {
		hash_begin(h);
		hash_feed(h, buf_span(&b));
		if (hash_end(h, sum)) {
			buf_clear(&b);
			buf_hex(&b, sum, sizeof(sum));
			(void)snprintf(r->rules, sizeof(r->rules), "%s",
			    buf_text(&b));
		}
	}
	buf_free(&b);
	hash_free(h);
}

static bool
wants_color(const struct run *r)
{
	const char *no = getenv("NO_COLOR");

	if (r->command.color != WHEN_AUTO)
		return r->command.color == WHEN_ALWAYS;
	return output_is_terminal(r->out) && (no == NULL || no[0] == '\0');
}

static void
set_facts(struct run *r, const char *const *whole)
{
	const struct scan_command *c = &r->command;
	struct scan_facts *f = &r->facts;

	r->report = (struct report_options){
		.min_severity = c->min_severity, .eol = c->eol,
		.color = wants_color(r), .verbose = c->verbose,
	};
	hash_rules(r);
	f->argv = whole;
	f->rules_sha256 = r->rules;
	f->default_rules = !c->no_default_rules;
	f->rules = config_rules(r->config);
	f->rule_files = config_files(r->config, &f->rule_files_n);
	f->kernel = c->kernel->name;
	f->sandbox = c->jobs > 0 ? pool_sandbox() : "none";
	f->eol = eol_mode_name(c->eol);
	f->target = c->target;
	f->codes = c->codes;
	f->jobs = c->jobs;
	f->options = &r->report;
	if (gethostname(f->host, sizeof(f->host) - 1) != 0)
		f->host[0] = '\0';
	report_time(f->start);
	(void)clock_gettime(CLOCK_MONOTONIC, &r->start);
}

static bool
start_queue(struct run *r, struct err *e)
{
	const struct scan_command *c = &r->command;
	struct queue_options o = {
		.workers = c->jobs, .timeout = c->timeout, .write = on_write,
		.plan = on_plan, .progress = on_progress, .ctx = r,
	};

	r->scan = (struct scan_options){
		.engine = { .kernel = c->kernel, .eol = c->eol,
		    .codes = c->codes, .topics = c->topics,
		    .checks = c->checks, .target = r->target,
		    .rules = config_rules(r->config) },
		.report = r->report, .reporter = r->reporter,
		.format = c->format_in, .all = c->all || c->hash,
		.hash = c->hash || r->only != NULL,
		.repair = c->command != COMMAND_SCAN ? &c->repair : NULL,
		.only = r->only,
	};
	o.scan = r->scan;

	r->queue = queue_new(&o, e);
	to_stop = r->queue;
	if (r->queue != NULL && interrupted != 0)
		queue_stop(r->queue);	/* it came before there was one */
	return r->queue != NULL;
}

/*
 * Who acts begins when the workers are there: they have no business with the
 * journal's descriptor.
 */
static int
start_acting(struct run *r, struct err *e)
{
	const struct scan_command *c = &r->command;
	const struct acting_options o = {
		.state = c->state, .paths = c->paths, .argv = r->whole,
		.what = c->command == COMMAND_FIX ? "fix" : "quarantine",
		.scan = &r->scan, .timeout = c->timeout, .wait = c->wait,
		.keep_uid = c->keep_uid, .copy_swap = c->copy_swap,
		.in_place = c->in_place, .stop = &interrupted,
		.acted = on_acted, .ctx = r,
	};

	if (c->command == COMMAND_SCAN)
		return EXIT_CLEAN;
	r->summary.acts = &r->dry;
	if (!c->apply)
		return EXIT_CLEAN;
	switch (acting_new(&r->acting, &o, e)) {
	case ST_OK:
		r->summary.acts = acting_facts(r->acting);
		return EXIT_CLEAN;
	case ST_BAD:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_UNREADABLE;
	}
}

static void
start_progress(struct run *r)
{
	const enum when when = r->command.progress;

	if (when == WHEN_ALWAYS || (when == WHEN_AUTO &&
	    isatty(STDERR_FILENO) == 1))
		r->progress = progress_new(r->command.paths,
		    r->command.one_fs);
}

static bool
scan_path(struct run *r, const char *path)
{
	const struct walk_options o = { .one_fs = r->command.one_fs,
	    .tmp = r->command.tmp };
	const struct walk_sink sink = { .file = on_file, .leave = on_leave,
	    .skipped = on_skipped, .failed = on_failed, .ctx = r };

	if (strcmp(path, "-") == 0) {
		queue_stdin(r->queue);
		return true;
	}
	return walk_path(path, &o, &sink);
}

/* The names of --files0-from. */
static void
scan_list(struct run *r, const char *list)
{
	FILE *f = strcmp(list, "-") == 0 ? stdin : fopen(list, "re");
	char *name = NULL;
	size_t cap = 0;
	struct err e;

	if (f == NULL) {
		(void)err_set(&e, ST_DEAD, errno, "cannot open");
		(void)on_failed(r, list, &e);
		return;
	}
	errno = 0;
	while (getdelim(&name, &cap, '\0', f) > 0)
		if (name[0] != '\0' && !scan_path(r, name))
			break;
	if (ferror(f)) {
		(void)err_set(&e, ST_DEAD, errno, "cannot read");
		(void)on_failed(r, list, &e);
	}
	free(name);
	if (f != stdin)
		(void)fclose(f);
}

/* A file that a report names: links in its path are not followed. */
static bool
scan_reported(struct run *r, size_t i)
{
	const char *path = selection_path(r->only, i);
	const char *slash = strrchr(path, '/');
	char *folder = slash != NULL ? strndup(path, slash > path ?
	    (size_t)(slash - path) : 1) : NULL;
	struct walk_dir d = { .path = folder };
	bool go;

	if (slash == NULL)
		return on_file(r, NULL, path, PLACE_NAMED);
	if (folder == NULL)
		return false;
	d.root = path[0] == '/' ? 1 : strcspn(folder, "/");
	for (char **p = r->command.paths; *p != NULL; p++) {
		const size_t n = strlen(*p);

		if (n > d.root && n <= strlen(folder) &&
		    strncmp(folder, *p, n) == 0 &&
		    (folder[n] == '/' || folder[n] == '\0'))
			d.root = n;
	}
	go = on_file(r, &d, slash + 1, selection_is_maildir(r->only, i) ?
	    PLACE_MAILDIR : PLACE_NAMED) && on_leave(r, &d, true);
	free(folder);
	return go;
}

static void
scan_selection(struct run *r)
{
	size_t i = 0;

	while (selection_path(r->only, i) != NULL && scan_reported(r, i))
		i++;
}

static void
scan_all(struct run *r)
{
	if (r->only != NULL)
		scan_selection(r);
	for (char **p = r->command.paths; *p != NULL && r->only == NULL; p++)
		if (!scan_path(r, *p))
			break;
	if (r->command.files0_from != NULL && !queue_stopped(r->queue))
		scan_list(r, r->command.files0_from);
	r->summary.partial = !queue_finish(r->queue) || interrupted != 0;
}

/* What is left to be done. */
static void
act_all(struct run *r)
{
	struct err e = { 0 };

	if (r->acting != NULL && acting_finish(r->acting, &e) != ST_OK) {
		progress_hide(r->progress);
		complain("%s", e.text);
		complain("it had to stop; `baredot recover` settles what was "
		    "begun");
	}
	r->summary.partial = r->summary.partial || interrupted != 0;
}

/* 1: something is to be done, or was left alone. */
static int
act_status(const struct run *r, const struct totals *t)
{
	const struct act_facts *a = r->summary.acts;
	uint64_t left = t->repairs[REPAIR_REFUSED];

	if (a->run == NULL)
		return left + t->repairs[REPAIR_EDITS] +
		    t->repairs[REPAIR_TAKE_OUT] > 0 ? EXIT_FINDINGS :
		    EXIT_CLEAN;
	if (a->dead || a->files[OUTCOME_FAILED] > 0 ||
	    a->files[OUTCOME_UNSETTLED] > 0)
		return EXIT_UNREADABLE;
	for (size_t i = OUTCOME_REFUSED; i <= OUTCOME_BUSY; i++)
		left += a->files[i];
	return left > 0 ? EXIT_FINDINGS : EXIT_CLEAN;
}

static int
exit_status(const struct run *r, const struct totals *t)
{
	if (interrupted != 0)
		return EXIT_INTERRUPTED;
	if (t->unreadable > 0 || r->summary.partial)
		return EXIT_UNREADABLE;
	if (r->summary.acts != NULL)
		return act_status(r, t);
	if (t->flagged > t->by_severity[SEV_INFO] && !r->command.exit_zero)
		return EXIT_FINDINGS;
	return EXIT_CLEAN;
}

/* r->text to the report.  False: that failed, or had failed before. */
static bool
write_text(struct run *r)
{
	if (!buf_ok(&r->text))
		output_no_memory(r->out);
	return output_write(r->out, buf_span(&r->text));
}

static int
finish(struct run *r)
{
	struct totals t = *queue_totals(r->queue);
	struct summary_facts *s = &r->summary;
	struct timespec now;
	bool ok;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	s->seconds = (double)(now.tv_sec - r->start.tv_sec) +
	    (double)(now.tv_nsec - r->start.tv_nsec) / 1e9;
	report_time(s->end);
	s->exit_status = exit_status(r, &t);
	t.records += 2 + r->extra_records;	/* the header, and this one */
	buf_clear(&r->text);
	r->reporter->summary(&r->text, &r->facts, &t, s);
	progress_hide(r->progress);
	ok = write_text(r);
	if (s->partial && interrupted == 0 && ok)
		(void)fputs("baredot: the scan ended early: there was no "
		    "memory, or no process\n", stderr);
	else if (t.messages == 0 && interrupted == 0 && ok)
		(void)fputs("baredot: no mail was found there (-v lists what "
		    "was skipped)\n", stderr);
	if (t.unreadable > 0)
		(void)fprintf(stderr, "baredot: %llu could not be read; the "
		    "report names them\n", (unsigned long long)t.unreadable);
	if (s->partial && r->command.output != NULL)
		complain("interrupted; the report so far is in %s.partial",
		    r->command.output);
	return s->exit_status;
}

static int
run_scan(struct run *r, const char *const *whole)
{
	struct err e = { 0 };
	int status, started = EXIT_CLEAN;

	r->whole = whole;
	r->config = rules_load(!r->command.no_default_rules,
	    r->command.rules, r->command.rules_n, &status);
	if (r->config == NULL)
		return status;
	status = EXIT_UNREADABLE;
	if ((r->out = output_open(r->command.output, &e)) == NULL)
		goto out;
	r->reporter = reporter_named(r->command.format != NULL ?
	    r->command.format : output_is_terminal(r->out) ? "text" :
	    "ndjson");
	set_facts(r, whole);
	catch_signals();
	if (!start_queue(r, &e) ||
	    (started = start_acting(r, &e)) != EXIT_CLEAN) {
		status = started != EXIT_CLEAN ? started : status;
		goto out;
	}
	start_progress(r);
	r->reporter->header(&r->text, &r->facts);
	if (write_text(r))
		scan_all(r);
	act_all(r);
	status = finish(r);
out:
	to_stop = NULL;
	acting_free(r->acting);
	progress_free(r->progress);
	queue_free(r->queue);
	config_free(r->config);
	buf_free(&r->text);
	if (r->out != NULL && output_close(r->out, r->summary.partial, &e) !=
	    ST_OK)
		status = e.num == EPIPE ? EXIT_INTERRUPTED : EXIT_UNREADABLE;
	if (e.text[0] != '\0' && e.num != EPIPE)
		complain("%s", e.text);
	return status;
}

/* --target, which asks for its codes as well.  False: explained. */
static bool
find_target(struct run *r)
{
	const struct span text = { targets_conf, targets_conf_size };
	const struct target_server *t;
	struct buf b = { 0 };
	char why[200];

	if (r->command.target == NULL)
		return true;
	if ((r->targets = targets_read(text, why, sizeof(why))) == NULL) {
		complain("targets.conf: %s", why);
		return false;
	}
	r->target = targets_find(r->targets, r->command.target);
	if (r->target != NULL) {
		r->command.topics |= TOPIC_TARGET;
		r->command.codes |= target_codes(r->target) |
		    1ull << CODE_TARGET_REFUSES | 1ull << CODE_TARGET_CHANGES;
		return true;
	}
	for (size_t i = 0; (t = targets_at(r->targets, i)) != NULL; i++)
		buf_printf(&b, "%s%s", i > 0 ? ", " : "", t->name);
	complain("nothing is known of a server called %s; --target takes %s",
	    r->command.target, buf_text(&b));
	buf_free(&b);
	targets_free(r->targets);
	return false;
}

/* The report of --from. */
static int
read_selection(struct run *r)
{
	struct err e;
	int rc;

	if (r->command.from == NULL)
		return EXIT_CLEAN;
	if ((rc = selection_read(r->command.from, &r->only, &e)) == ST_OK)
		return EXIT_CLEAN;
	complain("%s: %s", r->command.from, e.text);
	return rc == ST_BAD ? EXIT_USAGE : EXIT_UNREADABLE;
}

int
scan_cmd(int argc, char **argv, enum command command,
    const char *const *whole)
{
	struct run r = { 0 };
	int status;

	if (!scan_command_parse(argc, argv, command, &r.command))
		return EXIT_USAGE;
	if (r.command.help) {
		scan_help(command);
		return EXIT_CLEAN;
	}
	if (!find_target(&r))
		return EXIT_USAGE;
	if ((status = read_selection(&r)) == EXIT_CLEAN)
		status = run_scan(&r, whole);
	selection_free(r.only);
	targets_free(r.targets);
	return status;
}
