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

#include "catalogue.h"
#include "complain.h"
#include "escape.h"
#include "rules_load.h"
#include "redact.h"
#include "scan_run.h"
#include "tell.h"
#include "terminal.h"

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t interrupted;
static struct queue *volatile to_stop;

static void
on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
	if (to_stop != NULL)
		queue_pause(to_stop);
}

/* --- what the queue and the walk tell */

bool
scan_write(void *ctx, struct span s)
{
	struct scan_run *r = ctx;

	if (output_is_terminal(r->out))
		progress_hide(r->progress);
	if (r->shard != NULL)
		return scan_shard_write(r, s);
	if (r->holds && s.n > 0) {
		(void)output_write(r->out, buf_span(&r->held));
		r->holds = false;
	}
	return output_write(r->out, s);
}

static void
on_progress(void *ctx, uint64_t bytes, uint64_t messages)
{
	struct scan_run *r = ctx;

	r->bytes += bytes;
	progress_at(r->progress, &(struct progress_at){ .bytes = r->bytes,
	    .count = messages, .flagged = r->queue != NULL ?
	    queue_totals(r->queue)->flagged : 0 });
}

/* --- the parts of a run */

/*
 * What the verdicts depend on: the source of the rules, which of them are on
 * and for which messages, and the convention.  So a report says what it was
 * made by.
 */
static void
hash_rules(struct scan_run *r)
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
	scan_servers_text(r, &b);
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

const char *
scan_rules_source(void)
{
	return RULES_HASH;
}

static bool
wants_color(const struct scan_run *r)
{
	if (r->command.plan != NULL)
		return false;
	if (r->command.color != WHEN_AUTO)
		return r->command.color == WHEN_ALWAYS;
	return terminal_colors(output_is_terminal(r->out));
}

/* Before there are workers: all of them need the key. */
static bool
start_redacting(struct scan_run *r)
{
	if (!r->command.redact)
		return true;
	r->redactor = redactor_new(config_rules(r->config), r->own_rules);
	if (r->redactor == NULL)
		complain("--redact: no memory, or no HMAC-SHA-256");
	return r->redactor != NULL;
}

static void
set_facts(struct scan_run *r, const char *const *whole)
{
	const struct scan_command *c = &r->command;
	struct scan_facts *f = &r->facts;

	r->report = (struct report_options){
		.min_severity = c->min_severity, .eol = c->eol,
		.named = c->command == COMMAND_TAKE ? c->named : 0,
		.names_rules = c->command == COMMAND_TAKE &&
		    !c->severity_given && c->rules_n > 0,
		.rules_from = r->own_rules,
		.color = wants_color(r), .verbose = c->verbose,
		.redactor = r->redactor, .fooled_ctx = r,
		.fooled = scan_reads_only(c) && c->command != COMMAND_REPLAY ?
		    scan_fooled : NULL,
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
	f->forensic = c->forensic;
	f->target = c->target;
	f->plan = c->command == COMMAND_REPLAY ? r->plan : NULL;
	f->codes = c->codes;
	f->jobs = c->jobs;
	f->options = &r->report;
	if (gethostname(f->host, sizeof(f->host) - 1) != 0)
		f->host[0] = '\0';
	report_time(f->start);
	(void)clock_gettime(CLOCK_MONOTONIC, &r->start);
}

static bool
start_queue(struct scan_run *r, struct err *e)
{
	const struct scan_command *c = &r->command;
	struct queue_options o = {
		.workers = c->jobs, .timeout = c->timeout, .write = scan_write,
		.keeping = r->keeping, .plan = scan_acts_plan,
		.part = r->shard != NULL ? scan_shard_part : NULL,
		.mark = scan_shard_mark, .back = scan_shard_back,
		.progress = on_progress, .ctx = r,
	};

	r->scan = (struct scan_options){
		.engine = { .kernel = c->kernel, .eol = c->eol,
		    .codes = c->codes, .topics = c->topics,
		    .checks = c->checks, .target = r->target,
		    .rules = config_rules(r->config) },
		.report = r->report, .reporter = r->reporter,
		.format = c->format_in, .archives = c->archives,
		.limits = c->limits, .file_timeout = c->file_timeout,
		.forensic = c->forensic,
		.all = c->all || c->hash,
		.hash = c->hash || r->only != NULL,
		.repair = scan_reads_only(c) ? NULL : &c->repair,
		.plan = r->facts.plan, .only = r->only,
		.keep = r->keeping != NULL, .cwd = r->cwd,
	};
	o.scan = r->scan;

	r->queue = queue_new(&o, e);
	to_stop = r->queue;
	if (r->queue != NULL && interrupted != 0)
		queue_pause(r->queue);	/* it came before there was one */
	return r->queue != NULL;
}

static void
start_progress(struct scan_run *r)
{
	const struct scan_command *c = &r->command;

	/* Evidence, shards: adding up would look into folders, too. */
	r->showing = (struct progress_options){
	    .what = command_word(c->command), .unit = "messages",
	    .flagged = "with findings", .when = c->progress,
	    .one_fs = c->one_fs,
	    .paths = c->forensic || c->plan != NULL ? NULL : c->paths };
	r->progress = progress_new(&r->showing);
}

static int
exit_status(const struct scan_run *r, const struct totals *t)
{
	uint64_t flagged = t->flagged, info = t->by_severity[SEV_INFO];

	if (interrupted != 0 && (r->shard == NULL || r->summary.partial))
		return EXIT_INTERRUPTED;
	if (t->unreadable > 0 || r->summary.partial)
		return EXIT_UNREADABLE;
	if (r->summary.acts != NULL)
		return scan_acts_status(r, t);
	if (r->command.exit_zero)
		return EXIT_CLEAN;
	if (r->command.command == COMMAND_REPLAY)
		return t->replays[REPLAY_OPEN] + t->replays[REPLAY_CUT] +
		    t->replays[REPLAY_SMUGGLED] > 0 ? EXIT_FINDINGS :
		    EXIT_CLEAN;
	if (r->command.new_only) {
		flagged = r->summary.kept->messages;
		info = r->summary.kept->by_severity[SEV_INFO];
	}
	return flagged > info ? EXIT_FINDINGS : EXIT_CLEAN;
}

/* r->text to the report.  False: that failed, or had failed before. */
static bool
write_text(struct scan_run *r)
{
	if (!buf_ok(&r->text))
		output_no_memory(r->out);
	return output_write(r->out, buf_span(&r->text));
}

static int
finish(struct scan_run *r)
{
	struct totals t = *queue_totals(r->queue);
	struct summary_facts *s = &r->summary;
	struct screen screen;
	struct timespec now;
	bool ok;

	totals_add(&t, &r->more);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	s->seconds = (double)(now.tv_sec - r->start.tv_sec) +
	    (double)(now.tv_nsec - r->start.tv_nsec) / 1e9;
	report_time(s->end);
	s->exit_status = exit_status(r, &t);
	t.records += 2 + r->extra_records;	/* the header, and this one */
	if (s->kept != NULL)
		t.records -= s->kept->dropped;
	scan_screen(r, &screen);
	buf_clear(&r->text);
	tell_summary(r->reporter, &r->text, &r->facts, &t, s);
	progress_hide(r->progress);
	ok = r->shard != NULL ? scan_shard_end(r) : r->holds || write_text(r);
	if (s->partial && interrupted == 0 && ok)
		(void)fputs("baredot: the scan ended early: there was no "
		    "memory, or no process\n", stderr);
	else if (t.messages == 0 && r->archives_n == 0 &&
	    interrupted == 0 && ok && r->shard == NULL)
		(void)fputs("baredot: no mail was found there (-v lists what "
		    "was skipped)\n", stderr);
	if (t.unreadable > 0 && (r->shard == NULL || !s->partial))
		(void)fprintf(stderr, "baredot: %llu could not be read; the "
		    "report names them\n", (unsigned long long)t.unreadable);
	scan_after(r, &t);
	if (s->partial && r->command.output != NULL)
		complain("interrupted; the report so far is in %s.partial",
		    r->command.output);
	return s->exit_status;
}

/* With --cron it is held until there is more. */
static bool
write_header(struct scan_run *r)
{
	tell_header(r->reporter, &r->text, &r->facts);
	if (r->shard != NULL)
		return scan_shard_header(r);
	if (!r->command.cron || r->command.output != NULL)
		return write_text(r);
	r->holds = true;
	buf_add(&r->held, r->text.p, r->text.n);
	if (buf_ok(&r->held) && buf_ok(&r->text))
		return true;
	output_no_memory(r->out);
	return false;
}

/* The report would be in the evidence. */
static bool
report_is_evidence(const struct scan_run *r)
{
	const struct scan_command *c = &r->command;

	if (!c->forensic || c->output == NULL ||
	    !state_is_in_store(c->output, c->paths))
		return false;
	complain("--output=%s is in the evidence: the report has to "
	    "go elsewhere", c->output);
	return true;
}

static bool
lacks_sandbox(const struct scan_run *r)
{
	if (!r->command.require_sandbox ||
	    strcmp(r->facts.sandbox, "none") != 0)
		return false;
	complain("--require-sandbox: there is none here (neither "
	    "Landlock nor a filter of system calls%s)",
	    r->command.jobs == 0 ? ", with --jobs=0" : "");
	return true;
}

/*
 * Up to the first job.  Other than EXIT_CLEAN: the exit status; told, or in
 * *e.  *done: nothing is to be done.
 */
static int
begin(struct scan_run *r, bool *done, struct err *e)
{
	const char *format = r->command.format;
	int status;

	r->config = rules_load(!r->command.no_default_rules,
	    r->command.rules, r->command.rules_n, &r->own_rules, &status);
	if (r->config == NULL)
		return status;
	if (!start_redacting(r))
		return EXIT_UNREADABLE;
	if (report_is_evidence(r))
		return EXIT_USAGE;
	if ((r->out = output_open(r->command.output, e)) == NULL)
		return EXIT_UNREADABLE;
	r->reporter = reporter_named(format != NULL ? format :
	    r->command.cron || output_is_terminal(r->out) ? "text" :
	    "ndjson");
	if (!scan_page_begin(r, e))
		return EXIT_UNREADABLE;
	set_facts(r, r->whole);
	if (lacks_sandbox(r))
		return EXIT_UNREADABLE;
	output_catch_signals(on_signal);
	if ((status = scan_keeping_begin(r)) != EXIT_CLEAN)
		return status;
	if (r->command.plan != NULL &&
	    ((status = scan_shard_begin(r, done)) != EXIT_CLEAN || *done))
		return status;
	if (r->command.nice)
		scan_be_nice();
	if (!start_queue(r, e))
		return EXIT_UNREADABLE;
	return r->shard != NULL ? scan_shard_open(r) :
	    scan_acts_begin(r, &interrupted);
}

/* All but the report and the state. */
static void
release(struct scan_run *r)
{
	to_stop = NULL;
	acting_free(r->acting);
	looking_free(&r->looking);
	scan_archives_free(r);
	progress_free(r->progress);
	queue_free(r->queue);
	scan_shard_free(r);
	config_free(r->config);
	redactor_free(r->redactor);
	buf_free(&r->held);
	buf_free(&r->named);
	buf_free(&r->text);
}

static int
run_scan(struct scan_run *r, const char *const *whole)
{
	bool all = false;	/* was reported */
	bool done = false;
	struct err e = { 0 };
	int status;

	r->whole = whole;
	start_progress(r);
	if ((status = begin(r, &done, &e)) == EXIT_CLEAN && !done) {
		if (write_header(r))
			scan_all(r);
		scan_acts_finish(r, r->shard == NULL && interrupted != 0);
		scan_keeping_finish(r, interrupted == 0 &&
		    !r->summary.partial);
		status = finish(r);
		all = !r->summary.partial;
	}
	release(r);
	if (scan_page_end(r, &e) != ST_OK) {
		status = EXIT_UNREADABLE;
		all = false;
	}
	if (r->out != NULL && output_close(r->out, r->summary.partial, &e) !=
	    ST_OK) {
		status = e.num == EPIPE ? EXIT_INTERRUPTED : EXIT_UNREADABLE;
		all = false;
	}
	if (e.text[0] != '\0' && e.num != EPIPE)
		complain("%s", e.text);
	if (!scan_keeping_close(r, all) && status < EXIT_UNREADABLE)
		status = EXIT_UNREADABLE;
	return status;
}

static int
show_quarantine(const struct scan_command *c)
{
	enum form form = form_default();

	if (c->format != NULL && !form_parse(c->format, &form)) {
		complain("a quarantine folder is shown as text or ndjson, not "
		    "%s", c->format);
		return EXIT_USAGE;
	}
	return c->list != NULL ? quarantine_list(c->list, form) :
	    quarantine_verify(c->verify, form);
}

int
scan_cmd(int argc, char **argv, enum command command,
    const char *const *whole)
{
	struct scan_run r = { 0 };
	bool listed;
	int status;

	if (!scan_command_parse(argc, argv, command, &r.command))
		return EXIT_USAGE;
	if (r.command.help) {
		scan_help(command);
		return EXIT_CLEAN;
	}
	if (r.command.list != NULL || r.command.verify != NULL)
		return show_quarantine(&r.command);
	if (!scan_target(&r))
		return EXIT_USAGE;
	if (!scan_reads_only(&r.command))
		r.cwd = getcwd(NULL, 0);
	if ((status = scan_servers_read(&r, &listed)) == EXIT_CLEAN &&
	    !listed && (status = scan_acts_read(&r)) == EXIT_CLEAN)
		status = run_scan(&r, whole);
	free(r.cwd);
	selection_free(r.only);
	targets_free(r.targets);
	scan_servers_free(&r);
	return status;
}
