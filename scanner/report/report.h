/*
 * What is reported, and the list of reporters.
 *
 * A reporter turns facts into text and appends it to a buffer; it is called
 * through tell.h alone.  header and summary run in the parent, the others in
 * workers; the parent alone writes.
 */
#ifndef BAREDOT_REPORT_H
#define BAREDOT_REPORT_H

#include "buf.h"
#include "dialects.h"
#include "engine.h"
#include "envelope.h"
#include "err.h"
#include "fit.h"
#include "fooled.h"
#include "hash.h"
#include "msg.h"
#include "outcome.h"
#include "replay.h"
#include "repair.h"

/* Counted over messages; added up by the parent. */
struct totals {
	uint64_t messages, bytes;
	uint64_t flagged;		/* messages with findings */
	uint64_t by_severity[SEVERITIES];	/* messages, by their worst */
	uint64_t code_messages[CODE_COUNT];	/* messages with that code */
	uint64_t code_count[CODE_COUNT];	/* occurrences */
	enum severity code_worst[CODE_COUNT];	/* where there are any */
	uint64_t rule_messages[USER_RULES_MAX];	/* by struct rule_name.index: */
	uint64_t rule_count[USER_RULES_MAX];	/* matches (rule.match) */
	uint64_t conventions[CONVENTIONS];	/* messages */
	uint64_t files;			/* that held mail */
	uint64_t stores;
	uint64_t not_mail, gone, unreadable;
	uint64_t stale;			/* files: not as they were planned */
	uint64_t records;		/* lines of NDJSON */
	uint64_t repairs[REPAIR_KINDS];	/* messages, by what is to be done */
	uint64_t replays[REPLAY_OUTCOMES];	/* messages, by the worst */
	uint8_t replay_cells[REPLAY_CELLS];	/* the worst of all messages */
};

void totals_add(struct totals *, const struct totals *more);

/* One store: an mbox, or the single-message files of one folder. */
struct store_facts {
	const char *format;		/* a literal; NULL: no message yet */
	uint64_t messages, bytes;
	uint64_t members;		/* of an archive; else 0 */
	uint64_t conventions[CONVENTIONS];
	bool has_dialects;
	struct dialects dialects;
	bool unsettled;			/* kept changing while it was listed */
};

void store_facts_add(struct store_facts *, const struct store_facts *more);

/*
 * Codes that messages kept with LF alone can no longer show; the reason is
 * for people.
 */
code_set not_observable(const struct store_facts *, enum eol_mode,
    const char **why);

struct redactor;

struct report_options {
	enum severity min_severity;
	code_set named;			/* shown whatever their severity is */
	bool names_rules;		/* so are matches of rules, from this */
	size_t rules_from;		/* number on */
	enum eol_mode eol;
	bool color;			/* text only */
	bool verbose;
	struct redactor *redactor;	/* NULL: say all; see tell.h */

	/* Who takes look-alikes for the end: asked when there is a finding.
	 * It returns NULL when there is no memory.  NULL: not to be told. */
	const struct fooled *(*fooled)(void *ctx);
	void *fooled_ctx;
};

/* A file with rules of the user's own. */
struct rule_file {
	const char *path;
	uint8_t sha256[HASH_SIZE];	/* of its content */
	const char *token;		/* to be shown instead; or NULL */
};

/* Known before the first file is opened. */
struct scan_facts {
	const char *const *argv;	/* NULL-terminated */
	const char *rules_sha256;	/* hex, of codes and their meaning */
	bool default_rules;		/* baredot's own rule file is in use */
	size_t rule_files_n;
	const struct rule_file *rule_files;
	const struct pattern_rules *rules;	/* all; or NULL */
	const char *kernel, *sandbox, *eol;
	bool forensic, redacted;
	const char *target;		/* of --target; or NULL */
	const struct replay_plan *plan;	/* of a replay; or NULL */
	char host[256];
	char start[32];			/* RFC 3339, UTC */
	code_set codes;
	size_t jobs;
	const struct report_options *options;
};

struct summary_facts {
	char end[32];			/* RFC 3339, UTC; "": of shards */
	double seconds;
	bool partial;			/* interrupted: this is not all */
	uint64_t skipped[8];		/* by enum walk_skip */
	uint64_t unsettled;		/* folders */
	int exit_status;
	const struct act_facts *acts;	/* NULL: it is a scan */
	const struct kept_facts *kept;	/* NULL: nothing is kept */
	const struct screen *screen;	/* that it is shown on; or NULL */
	bool alone;			/* no record stands above it */
};

/* Of a scan that keeps what it finds. */
struct kept_facts {
	bool new_only;			/* known findings are not told */
	uint64_t files;			/* that were not read: the same */
	uint64_t messages;		/* with findings that are not known */
	uint64_t by_severity[SEVERITIES];	/* of them, by their worst */
	uint64_t dropped;		/* records that are not told */
};

struct act_facts {
	bool applies;			/* else it only shows */
	const char *run;		/* NULL: nothing was begun */
	const char *state;		/* its folder; NULL: the usual one */
	uint64_t files[OUTCOMES];	/* by what came of them */
	uint64_t messages, edits, taken;	/* that were done */
	uint64_t held[REPAIR_KINDS];	/* messages, by what would be done to
					 * them if their files were not left
					 * alone; only if it does not apply */
	bool dead;			/* it had to stop */
};

/* A message that is reported. */
struct report_message {
	struct span path;		/* as the user would write it */
	const struct msg *msg;
	const struct verdict *verdict;
	bool index_is_relative;		/* see report_index */
	bool hashed;
	uint8_t sha256[HASH_SIZE];
	const char *token;	/* to be shown instead; or NULL */
	const struct repair_facts *repair;	/* or NULL */
	const struct replay_result *replay;	/* or NULL; of this: */
	const struct replay_plan *plan;
	const struct envelope *envelope;	/* in a mail queue; or NULL */
	const uint64_t *members;	/* ordinals, from the outermost archive
					 * in; members_n 0: it is in none */
	size_t members_n;
};

/* What came of one file that was acted on. */
struct act_report {
	struct span path;		/* as the user would write it */
	const char *status;		/* outcome_name */
	const char *why;		/* "" when it was done */
	const char *note;		/* then: what else there is to say;
					 * or "" */
	const char *name;		/* what it is called now; NULL: as
					 * before */
	bool container;
	uint64_t messages, edits;	/* that were repaired; edits made */
	uint64_t taken;			/* messages that went to quarantine */
	uint64_t left;			/* and were left alone */
};

/* A file as evidence (--forensic). */
struct file_report {
	struct span path;
	uint64_t size;			/* bytes */
	int64_t mtime;			/* seconds since 1970 */
	uint32_t mtime_ns;
	const char *status;		/* "scanned" ... */
	bool hashed;			/* else it could not be read whole */
	uint8_t sha256[HASH_SIZE];
	const char *token;		/* to be shown instead; or NULL */
};

enum problem { PROBLEM_UNREADABLE, PROBLEM_SKIPPED, PROBLEM_STALE };

struct problem_report {
	enum problem kind;
	struct span path;
	uint64_t off;			/* bytes into it, or MSG_NOT_RAW */
	const char *why;
	const char *plain;		/* as in struct err */
	const char *limit;		/* that was hit; or NULL */
};

struct reporter {
	const char *name;
	const struct reporter *through;	/* not NULL: it has nothing else, and
					 * is made of that one's records when
					 * all are there (scan_page.c) */
	bool sums;		/* it tells the SHA-256 of messages */
	void (*header)(struct buf *, const struct scan_facts *);
	void (*message)(struct buf *, const struct report_message *,
	    const struct report_options *);
	/* text, which is from message, with the time at which it was read. */
	void (*again)(struct buf *, struct span text, const char *time);
	void (*store)(struct buf *, struct span path,
	    const struct store_facts *, const struct report_options *);
	void (*problem)(struct buf *, const struct problem_report *,
	    const struct report_options *);
	void (*file)(struct buf *, const struct file_report *,
	    const struct report_options *);
	void (*acted)(struct buf *, const struct act_report *,
	    const struct report_options *);
	void (*summary)(struct buf *, const struct scan_facts *,
	    const struct totals *, const struct summary_facts *);
};

/* The list of reporters: a new one is a file and a line here. */
#define REPORTERS(X) X(text) X(ndjson) X(json) X(html)

#define REPORTER_DECLARE(name) extern const struct reporter reporter_##name;
REPORTERS(REPORTER_DECLARE)

const struct reporter *reporter_named(const char *);	/* or NULL */

/*
 * A message's index.  A worker that scans a part of an mbox counts from 1 and
 * marks the number (bytes 1 and 2 never occur in a report); the parent, who
 * knows how many came before, resolves it.
 */
void report_index(struct buf *, uint64_t index, bool relative);
void report_resolve(struct buf *out, struct span marked, uint64_t before);

/* Nobody knows how many came before those: "+N", a string. */
void report_relate(struct buf *out, struct span marked, uint64_t before);

/* The finding is to be reported. */
bool report_shows(const struct finding *, const struct report_options *);

/* The worst severity that is shown; false: none is. */
bool report_worst(const struct verdict *, const struct report_options *,
    enum severity *);

/* Count a message. */
void totals_count(struct totals *, const struct msg *, const struct verdict *,
    const struct report_options *);
void totals_count_replay(struct totals *, const struct replay_result *);
void store_facts_count(struct store_facts *, const struct msg *,
    const struct verdict *);

const char *convention_name(enum convention);	/* "lf" ... */

/* RFC 3339 in UTC, with nanoseconds; "" where there is none for it. */
void report_time_ns(int64_t seconds, uint32_t ns, char out[48]);

/* RFC 3339 in UTC, of now; of that second, up to the year 9999. */
void report_time(char out[32]);
void report_time_of(char out[32], int64_t seconds);

#endif
