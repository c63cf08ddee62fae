/*
 * See plan_cmd.h.
 */
#include "plan_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "complain.h"
#include "fix_options.h"
#include "kernel_calls.h"
#include "output.h"
#include "planning.h"
#include "state_cmd.h"

enum { OUTPUT = CMDLINE_FIRST, SHARDS, WHOLE, SPLIT, ONE_FS, TMP, FORENSIC,
	HELP };

static const struct cmdline_option options[] = {
	{ OUTPUT, 'o', "output", "PLAN", "write the plan to PLAN, whole or not "
	    "at all" },
	{ SHARDS, 0, "shards", "N", "cut it into N shards (16)" },
	{ WHOLE, 0, "whole-mailboxes", NULL, "never cut a mailbox: a Maildir, "
	    "an mbox, the single messages of a folder" },
	{ SPLIT, 0, "split", "SIZE", "an mbox of SIZE or more may be cut "
	    "between two shards (64M)" },
	{ ONE_FS, 'x', "one-file-system", NULL, "do not enter other file "
	    "systems" },
	{ TMP, 0, "tmp", NULL, "tmp/ of Maildirs too" },
	{ FORENSIC, 0, "forensic", NULL, "for evidence: no access time "
	    "changes, and no mbox is cut; for scan --forensic" },
	{ HELP, 'h', "help", NULL, "this help" },
};

struct plan_command {
	const char *output;		/* NULL: standard output */
	bool somewhere;			/* it was said where to */
	unsigned long shards;
	uint64_t split;			/* bytes */
	bool whole, one_fs, tmp, forensic, help;
	char **paths;			/* NULL-terminated */
};

struct cmdline
plan_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "plan", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

static bool
parse_shards(const struct cmdline *line, const char *arg, unsigned long *out)
{
	return (parse_number(arg, PLAN_SHARDS_MAX, out) && *out > 0) ||
	    cmdline_usage(line, "--shards takes a number from 1 to %u, not "
	    "%s", PLAN_SHARDS_MAX, arg);
}

static bool
apply(const struct cmdline *line, struct plan_command *c, int id,
    const char *arg)
{
	switch (id) {
	case OUTPUT:
		c->output = output_path(arg);
		return c->somewhere = true;
	case SHARDS:
		return parse_shards(line, arg, &c->shards);
	case SPLIT:
		return parse_bytes("split", arg, &c->split) && (c->split > 0 ||
		    usage("--split takes bytes (64M), not 0"));
	case WHOLE:
		return c->whole = true;
	case ONE_FS:
		return c->one_fs = true;
	case TMP:
		return c->tmp = true;
	case FORENSIC:
		return c->forensic = true;
	case HELP:
		return c->help = true;
	default:
		return false;
	}
}

/* Standard input cannot be read by many. */
static bool
takes_paths(const struct cmdline *line, struct plan_command *c)
{
	c->paths = cmdline_words(line);
	if (c->help)
		return true;
	if (c->paths[0] == NULL)
		return cmdline_usage(line, "what should be scanned? Give a "
		    "file or a folder");
	for (char **p = c->paths; *p != NULL; p++)
		if (strcmp(*p, "-") == 0)
			return cmdline_usage(line, "standard input cannot be "
			    "cut into shards");
	return c->somewhere || cmdline_usage(line, "where should the "
	    "plan go? Give -o PLAN");
}

static bool
parse(const struct cmdline *line, struct plan_command *c)
{
	const char *arg;
	int id;

	cmdline_begin(line);
	while ((id = cmdline_next(line, &arg)) != CMDLINE_END)
		if (!apply(line, c, id, arg))
			return false;
	return takes_paths(line, c);
}

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t interrupted;

static void
on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* For people, and for whoever compares plans. */
static void
put_more(void *ctx, struct json *j)
{
	const struct planning *p = ctx;
	char host[256] = "", now[32];

	(void)gethostname(host, sizeof(host) - 1);
	report_time(now);
	json_key_text(j, "host", host);
	json_key_text(j, "start", now);
	json_key_u64(j, "files", p->files);
	json_key_u64(j, "bytes", p->bytes);
	json_key_u64(j, "weight", p->weight);
	json_key_u64(j, "failed", p->failed);
	json_key_bool(j, "whole_mailboxes", p->whole);
}

static int
write_plan(struct planning *p, int to, struct err *e)
{
	struct plan_header *h = &p->header;
	struct buf line = { 0 };
	size_t room;
	int rc;

	h->shards = p->shards;
	room = plan_header_room(h);
	if ((rc = planning_cut(p, to, room, e)) != ST_OK)
		return rc;
	if (!plan_header_put(&line, h, scan_rules_source(), room, put_more, p))
		rc = err_set(e, ST_DEAD, ENOMEM, "cannot make the plan");
	else if (call_write(to, line.p, line.n, 0) != 0)
		rc = err_set(e, ST_DEAD, errno, "cannot write the plan");
	buf_free(&line);
	return rc;
}

/* The first line is known last, so what takes no place gets a copy. */
static int
write_stream(struct planning *p, struct output *out, struct err *e)
{
	FILE *whole = report_spool(e);
	uint8_t piece[16384];
	int rc = ST_DEAD;
	size_t n;

	if (whole == NULL)
		return ST_DEAD;
	if ((rc = write_plan(p, fileno(whole), e)) == ST_OK) {
		while ((n = fread(piece, 1, sizeof(piece), whole)) > 0 &&
		    *p->stop == 0 &&
		    output_write(out, (struct span){ piece, n }))
			;
		if (ferror(whole))
			rc = err_set(e, ST_DEAD, errno, "cannot copy the "
			    "plan");
	}
	(void)fclose(whole);
	return rc;
}

static int
write_file(struct planning *p, const char *path, struct err *e)
{
	struct err why = { 0 };
	struct output *out = output_open_mode(path, 0600, &why);
	int rc;

	if (out == NULL)
		return err_set(e, ST_DEAD, 0, "cannot write the plan: %s",
		    why.text);
	if (output_file(out) < 0)
		rc = write_stream(p, out, e);
	else if ((rc = write_plan(p, output_file(out), e)) == ST_OK)
		output_made(out);
	if (rc != ST_OK || *p->stop != 0)
		output_fail(out, EINTR);	/* it stays out of the file */
	if (output_close(out, false, &why) != ST_OK && rc == ST_OK)
		rc = err_set(e, ST_DEAD, why.num, "cannot write the plan");
	return rc;
}

static int
make_plan(struct planning *p, const char *path)
{
	struct err e = { 0 };
	char *cwd = getcwd(NULL, 0);
	int rc = ST_DEAD;

	buf_str(&p->header.cwd, cwd != NULL ? cwd : "");
	free(cwd);
	p->header.forensic = p->forensic;
	if ((p->spool = report_spool(&e)) != NULL &&
	    (rc = planning_walk(p, &e)) == ST_OK)
		rc = write_file(p, path, &e);
	if (p->spool != NULL)
		(void)fclose(p->spool);
	plan_header_free(&p->header);
	if (interrupted != 0) {
		complain("interrupted");
		return EXIT_INTERRUPTED;
	}
	if (rc != ST_OK && e.num == EPIPE)
		return EXIT_INTERRUPTED;
	if (rc != ST_OK) {
		complain("%s: %s", path != NULL ? path : "standard output",
		    e.text);
		return EXIT_UNREADABLE;
	}
	if (p->failed > 0)
		complain("%llu could not be listed; the report will name them",
		    (unsigned long long)p->failed);
	return p->failed > 0 ? EXIT_UNREADABLE : EXIT_CLEAN;
}

int
plan_cmd(int argc, char **argv)
{
	const struct cmdline line = plan_line(argc, argv);
	struct plan_command c = { .shards = 16, .split = 64ull << 20 };
	struct planning p;

	if (!parse(&line, &c))
		return EXIT_USAGE;
	if (c.help) {
		plan_help();
		return EXIT_CLEAN;
	}
	if (c.forensic && c.output != NULL &&
	    state_is_in_store(c.output, c.paths)) {
		complain("--output=%s is in the evidence: the plan has to go "
		    "elsewhere", c.output);
		return EXIT_USAGE;
	}
	p = (struct planning){ .shards = c.shards, .whole = c.whole,
	    .split = c.forensic ? UINT64_MAX : c.split, .one_fs = c.one_fs,
	    .tmp = c.tmp, .forensic = c.forensic, .paths = c.paths,
	    .stop = &interrupted };
	output_catch_signals(on_signal);
	return make_plan(&p, c.output);
}

void
plan_help(void)
{
	const struct cmdline line = plan_line(0, NULL);

	cmdline_show_help(&line, "[OPTION]... PATH... -o PLAN",
	    "List what there is to scan, in the order of scan, and cut it into "
	    "shards of about the same work, for scan --plan on many machines "
	    "and merge.  Opens folders, and the first bytes of large files; "
	    "changes nothing.",
	    "Exit status: 0 done, 2 something could not be listed (the plan "
	    "says what) or the plan not written, 64 usage, 75 interrupted.");
}
