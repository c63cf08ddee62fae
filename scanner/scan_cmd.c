/*
 * See scan_cmd.h.  Ties together: walk, queue, report.
 */
#include "scan_cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "complain.h"
#include "escape.h"
#include "options.h"
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
	struct progress *progress;	/* NULL: not shown */
	struct targets *targets;	/* NULL: not asked for */
	const struct target *target;	/* likewise */
	struct run_facts facts;
	struct summary_facts summary;
	char rules[2 * HASH_SIZE + 1];
	uint64_t extra_records;		/* header and summary */
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
on_progress(void *ctx, uint64_t bytes, uint64_t messages)
{
	struct run *r = ctx;

	if (r->progress != NULL)
		progress_add(r->progress, bytes, messages);
}

static bool
on_file(void *ctx, const struct walk_dir *d, const char *name,
    enum place place)
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
	struct run_facts *f = &r->facts;

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
	const struct queue_options o = {
		.workers = c->jobs, .timeout = c->timeout,
		.scan = {
			.engine = { .kernel = c->kernel, .eol = c->eol,
			    .codes = c->codes, .topics = c->topics,
			    .checks = c->checks, .target = r->target,
			    .rules = config_rules(r->config) },
			.report = r->report, .reporter = r->reporter,
			.format = c->format_in, .all = c->all || c->hash,
			.hash = c->hash,
		},
		.write = on_write, .progress = on_progress, .ctx = r,
	};

	r->queue = queue_new(&o, e);
	to_stop = r->queue;
	if (r->queue != NULL && interrupted != 0)
		queue_stop(r->queue);	/* it came before there was one */
	return r->queue != NULL;
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

static void
scan_all(struct run *r)
{
	for (char **p = r->command.paths; *p != NULL; p++)
		if (!scan_path(r, *p))
			break;
	if (r->command.files0_from != NULL && !queue_stopped(r->queue))
		scan_list(r, r->command.files0_from);
	r->summary.partial = !queue_finish(r->queue) || interrupted != 0;
}

static int
exit_status(const struct run *r, const struct totals *t)
{
	if (interrupted != 0)
		return EXIT_INTERRUPTED;
	if (t->unreadable > 0 || r->summary.partial)
		return EXIT_UNREADABLE;
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
	t.records += 2;		/* the header, and this one */
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
	int status;

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
	if (!start_queue(r, &e))
		goto out;
	start_progress(r);
	r->reporter->header(&r->text, &r->facts);
	if (write_text(r))
		scan_all(r);
	status = finish(r);
out:
	to_stop = NULL;
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
	const struct target *t;
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

int
scan_cmd(int argc, char **argv, const char *const *whole)
{
	struct run r = { 0 };
	int status;

	if (!scan_command_parse(argc, argv, &r.command))
		return EXIT_USAGE;
	if (r.command.help) {
		scan_help();
		return EXIT_CLEAN;
	}
	if (!find_target(&r))
		return EXIT_USAGE;
	status = run_scan(&r, whole);
	targets_free(r.targets);
	return status;
}

void
scan_help(void)
{
	struct buf b = { 0 };

	buf_str(&b,
	    "Usage: baredot scan [OPTION]... PATH...\n\n"
	    "Walk mail stores, judge the line ends and end-of-data "
	    "look-alikes of every\nmessage, and report.  Reads only; changes "
	    "nothing.\n\nPATH is a folder (Maildir, MH, folders of mboxes or "
	    ".eml files, any mixture),\na file, or - for a message or mbox on "
	    "standard input.  gzip is read through.\n\n");
	scan_options_help(&b);
	buf_str(&b,
	    "\nExit status: 0 no findings (or info alone), 1 findings, 2 "
	    "something could not\nbe read (wins over 1), 64 usage, 75 "
	    "interrupted, 78 a\nrule file is wrong.\n\n"
	    "  baredot scan ~/Maildir\n"
	    "  baredot scan -f ndjson -o report.ndjson /var/vmail\n"
	    "  baredot scan --code 'eod.*' --min-severity high archive.mbox\n"
	    "  baredot explain eod.lf-dot-crlf\n");
	(void)fputs(buf_text(&b), stdout);
	buf_free(&b);
}
