/*
 * One run of scan, fix or quarantine: what its parts share.
 */
#ifndef BAREDOT_SCAN_RUN_H
#define BAREDOT_SCAN_RUN_H

#include <signal.h>
#include <time.h>

#include "acting.h"
#include "config.h"
#include "keeping.h"
#include "looking.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "queue.h"
#include "report_lines.h"
#include "servers.h"
#include "statedir.h"
#include "targets.h"

struct scan_run {
	struct scan_command command;
	struct report_options report;
	const struct reporter *reporter;
	struct config *config;		/* the rules of rule files */
	size_t own_rules;		/* of them, baredot's: the first */
	struct redactor *redactor;	/* NULL: not asked for */
	struct output *out;
	struct output *page;		/* what is made of out; or NULL */
	FILE *spool;			/* where out goes then */
	struct queue *queue;
	struct acting *acting;		/* NULL: nothing is changed */
	struct act_facts dry;		/* what is told of acts then */
	struct looking looking;		/* likewise */
	struct archiver *archiver;	/* NULL: nothing for it yet */
	struct named_archive *archives;	/* that the user named */
	size_t archives_n;
	struct totals more;		/* of what is in them */
	struct selection *only;		/* NULL: all that is found */
	struct scan_options scan;
	const char *const *whole;	/* the command line */
	char *cwd;			/* NULL: not known */
	struct progress *progress;	/* NULL: no memory for it */
	struct progress_options showing;
	uint64_t bytes;			/* that were read */
	struct targets *targets;	/* NULL: not asked for */
	const struct target_server *target;	/* likewise */
	struct servers *servers;	/* NULL: not needed */
	struct replay_plan *plan;	/* likewise; also for fooled */
	struct fooled *fooled;		/* likewise */
	struct scan_facts facts;
	struct summary_facts summary;
	char rules[2 * HASH_SIZE + 1];
	uint64_t extra_records;		/* of files that were acted on */
	struct timespec start;
	struct buf text;		/* scratch */
	struct buf named;		/* the paths, for a shell */

	/* With --incremental; else zeroed: */
	struct statedir statedir;
	struct state *state;
	struct keeping *keeping;
	int64_t began;			/* seconds since 1970 */
	struct shard_run *shard;	/* --plan; NULL: all is scanned */
	bool holds;			/* --cron: nothing was told so far */
	struct buf held;		/* the header, until then */
};

/* --- scan_walk.c: paths to the queue */

void scan_all(struct scan_run *);

/* --- scan_screen.c: the terminal that the report goes to */

/* If there is one, set r->summary.screen to this, filled. */
void scan_screen(struct scan_run *, struct screen *);

/* --- scan_page.c: a page that is made of the records */

/*
 * When the reporter is made of another's records: those go to a temporary
 * file; and in the end the page to where they would have gone, r->out again.
 * False, ST_DEAD: *e says why; scan_page_end in any case.
 */
bool scan_page_begin(struct scan_run *, struct err *);
int scan_page_end(struct scan_run *, struct err *);

/* --- scan_keeping.c: scans that keep what they find */

/* When it is known how the report is written, and the rules are hashed.  Other
 * than EXIT_CLEAN: the exit status, told on standard error. */
int scan_keeping_begin(struct scan_run *);

/* whole: all was seen. */
void scan_keeping_finish(struct scan_run *, bool whole);

/* After all; reported: somebody has the whole report, so --baseline may accept
 * what is in it.  False: the state was not written, told. */
bool scan_keeping_close(struct scan_run *, bool reported);

/* All that a record depends on beside the mail; 0: no memory. */
uint64_t scan_basis(const struct scan_run *);

/* --- scan_shard.c, scan_shard_feed.c: a scan that is one of many (--plan) */

/* The plan and the shard's file, before there is a queue.  Other than
 * EXIT_CLEAN: the exit status, told.  *done: it is there, and whole. */
int scan_shard_begin(struct scan_run *, bool *done);

/* The file to write, when there is a queue.  Likewise. */
int scan_shard_open(struct scan_run *);
bool scan_shard_header(struct scan_run *);	/* r->text; false: failed */
void scan_shard_all(struct scan_run *);		/* as scan_all */

/* False: it was not written whole, told. */
bool scan_shard_end(struct scan_run *);
void scan_shard_free(struct scan_run *);

bool scan_shard_write(struct scan_run *, struct span);
void scan_shard_part(void *run, const struct part_facts *);
void scan_shard_mark(void *run);	/* queue_options.mark, .back */
bool scan_shard_back(void *run);

/* --- scan_target.c: --target */

/*
 * What is known of the server, and the codes by which it is found.  False:
 * there is no such one, explained.
 */
bool scan_target(struct scan_run *);

/* --- scan_after.c: those who watch */

void scan_after(const struct scan_run *, const struct totals *);
void scan_be_nice(void);

/* --- scan_archive.c: archives */

struct named_archive {
	char *path;
	size_t root;		/* bytes of it that may lead through links */
};

/*
 * True: the file that the user, or the report of --from, named is an archive,
 * and this is not a scan; it is kept for scan_archives.
 */
bool scan_archive(struct scan_run *, const char *path, size_t root);
void scan_archives(struct scan_run *);
void scan_archives_free(struct scan_run *);

/* --- scan_replay.c: senders and receivers */

/*
 * Read them, into r->servers and r->plan, if there is a replay or the command
 * line has something to say of them; what is wrong is told.  *list: they were
 * to be shown, and were.  Other than EXIT_CLEAN: the exit status.
 */
int scan_servers_read(struct scan_run *, bool *listed);

/* report_options.fooled: made, with what it needs, when it is asked for, in a
 * worker. */
const struct fooled *scan_fooled(void *run);
void scan_servers_free(struct scan_run *);

/* What the lists and files of the command line are, for rules_sha256. */
void scan_servers_text(struct scan_run *, struct buf *);

/* --- scan_acts.c: what fix and quarantine do beside */

/*
 * The report of --from, into r->only; who acts, if --apply says so.  Other
 * than EXIT_CLEAN: the exit status, told on standard error.
 */
int scan_acts_read(struct scan_run *);
int scan_acts_begin(struct scan_run *, const volatile sig_atomic_t *stop);

void scan_acts_plan(void *run, struct span items);	/* queue_options.plan */
/* In a dry run: a file that would be left alone. */
void scan_acts_left(struct scan_run *, struct span path, enum outcome_kind,
    const char *why);

void scan_acts_tell(void *run, const struct act_report *);
void scan_acts_finish(struct scan_run *, bool interrupted);
int scan_acts_status(const struct scan_run *, const struct totals *);

/* queue_options.write, and for records that are not from the queue. */
bool scan_write(void *run, struct span);

#endif
