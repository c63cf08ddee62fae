/*
 * The command lines of scan, replay, fix and quarantine, from one table that
 * also makes --help.
 */
#ifndef BAREDOT_OPTIONS_H
#define BAREDOT_OPTIONS_H

#include "budget.h"
#include "buf.h"
#include "cmdline.h"
#include "codes.h"
#include "engine.h"
#include "repair.h"
#include "shard_name.h"
#include "terminal.h"

/* For which commands an option is: bits. */
#define FOR_SCAN 1u
#define FOR_FIX 2u
#define FOR_TAKE 4u		/* quarantine */
#define FOR_REPLAY 8u
#define FOR_ACTS (FOR_FIX | FOR_TAKE)
#define FOR_ALL (FOR_SCAN | FOR_ACTS)
#define FOR_READS (FOR_SCAN | FOR_REPLAY)
#define FOR_EVERY (FOR_ALL | FOR_REPLAY)

/* O(for, enum, short or 0, "long", argument or NULL, "help") */
#define SCAN_OPTIONS(O) \
	O(FOR_REPLAY, SENDERS_FROM, 0, "from", "SENDERS", \
	    "who sends the messages: names with commas between them, * " \
	    "matches any text (all)") \
	O(FOR_REPLAY, RECEIVERS_TO, 0, "to", "RECEIVERS", \
	    "who receives them, likewise (all)") \
	O(FOR_REPLAY, LIST_SERVERS, 0, "list", NULL, \
	    "show the senders and receivers that are known, and how") \
	O(FOR_ACTS, APPLY, 0, "apply", NULL, \
	    "do it; without this nothing is changed, and the report says " \
	    "what would be") \
	O(FOR_TAKE, INTO, 0, "into", "DIR", \
	    "the quarantine folder: outside of the mail store, and nobody " \
	    "else's") \
	O(FOR_TAKE, LIST, 0, "list", "DIR", \
	    "show what is in the quarantine folder DIR") \
	O(FOR_TAKE, VERIFY, 0, "verify", "DIR", \
	    "read all that is in the quarantine folder DIR and compare it " \
	    "with its SHA-256") \
	O(FOR_ACTS, FROM, 0, "from", "REPORT", \
	    "only the messages of a report (-f ndjson of scan, replay or " \
	    "fix), and " \
	    "only where offset, length and SHA-256 are still the same; " \
	    "with PATH, those below it") \
	O(FOR_FIX, TO, 0, "to", "FORM", \
	    "line ends become native, crlf or lf (native: what most lines " \
	    "of the message have)") \
	O(FOR_FIX, CR, 0, "cr", "WHAT", \
	    "a bare CR becomes space, newline, or is dropped (drop) or left " \
	    "(keep) (space)") \
	O(FOR_FIX, NUL, 0, "nul", "WHAT", \
	    "a NUL: keep, space or drop (keep)") \
	O(FOR_FIX, EOD, 0, "eod", "WHAT", \
	    "an end-of-data look-alike: native, stuff, crlf, encode, remove, " \
	    "quarantine or keep (native)") \
	O(FOR_FIX, FIX, 0, "fix", "FLAGS", \
	    "repair these of KumoMTA's flags (names with | between them, or " \
	    "all); with --code, besides those codes, else only these") \
	O(FOR_FIX, REENCODE, 0, "reencode", NULL, \
	    "parts may be encoded anew, where long lines, 8-bit bytes or " \
	    "--eod encode ask for it") \
	O(FOR_FIX, ALLOW_SIGNED, 0, "allow-signed", NULL, \
	    "also where that breaks a signature that is right now") \
	O(FOR_FIX, LIMIT, 0, "limit", "BYTES", \
	    "leave larger messages as they are (64M)") \
	O(FOR_FIX, KEEP_UID, 0, "keep-uid", NULL, \
	    "a Maildir message without sizes in its name keeps the name") \
	O(FOR_ACTS, WAIT, 0, "wait", "SECONDS", \
	    "how long to try for the locks of an mbox (30)") \
	O(FOR_ACTS, COPY_SWAP, 0, "allow-copy-swap", NULL, \
	    "where the file system swaps no names (NFS, many of FUSE): by " \
	    "links; a Maildir message is there twice for a moment, others " \
	    "are away for an instant") \
	O(FOR_ACTS, IN_PLACE, 0, "allow-in-place", NULL, \
	    "the same for an mbox, also where there are no leases: write " \
	    "over it; between a crash and `baredot recover`, which must run " \
	    "at boot, mail readers may meet a torn mailbox") \
	O(FOR_FIX, NEW_ARCHIVE, 0, "output", "NEW", \
	    "PATH is an archive: write the repaired one to NEW") \
	O(FOR_FIX, STATE, 0, "state", "DIR", \
	    "where runs and originals are kept (/var/lib/baredot, or below " \
	    "XDG_STATE_HOME)") \
	O(FOR_ACTS, AS_OWNER, 0, "as-owner", NULL, \
	    "started by root, work in each mailbox with its owner's rights " \
	    "(always so)") \
	O(FOR_EVERY, FORMAT, 'f', "format", "FORMAT", \
	    "report as text, ndjson, json or html (text on a terminal, else " \
	    "ndjson)") \
	O(FOR_READS, OUTPUT, 'o', "output", "FILE", \
	    "write the report to FILE, whole or not at all") \
	O(FOR_ACTS, REPORT, 'o', "report", "FILE", \
	    "write the report to FILE, whole or not at all") \
	O(FOR_READS, ALL, 'a', "all", NULL, \
	    "a record for every message, not only for those with findings") \
	O(FOR_SCAN, HASH, 0, "hash", NULL, \
	    "SHA-256 of every message; implies --all") \
	O(FOR_SCAN, INCREMENTAL, 0, "incremental", NULL, \
	    "do not read again what did not change since the last such " \
	    "scan; what was found is kept in the state folder") \
	O(FOR_SCAN, SCAN_STATE, 0, "state", "DIR", \
	    "the state folder (/var/lib/baredot, or below XDG_STATE_HOME); " \
	    "implies --incremental") \
	O(FOR_SCAN, NEW_ONLY, 0, "new-only", NULL, \
	    "report only messages with findings that are not in the " \
	    "baseline, and what cannot be read; implies --incremental") \
	O(FOR_SCAN, BASELINE, 0, "baseline", NULL, \
	    "what this scan finds is the baseline from then on, with what " \
	    "was in it, as with `baredot baseline accept`; implies " \
	    "--incremental") \
	O(FOR_SCAN, CRON, 0, "cron", NULL, \
	    "--new-only, as text, and not a word when there is nothing new") \
	O(FOR_SCAN, METRICS, 0, "metrics-file", "FILE", \
	    "write counts for Prometheus' textfile collector to FILE, whole " \
	    "or not at all") \
	O(FOR_SCAN, SYSLOG, 0, "syslog", NULL, \
	    "a line about the scan to syslog, facility mail") \
	O(FOR_SCAN, NICE, 0, "nice", NULL, \
	    "let others have the processor and the disk first") \
	O(FOR_SCAN, PLAN, 0, "plan", "PLAN", \
	    "scan a part of what PLAN (of `baredot plan`) lists, instead of " \
	    "PATH; with --shard and --out") \
	O(FOR_SCAN, SHARD, 0, "shard", "I/N", \
	    "which part: I, from 1 to N, or to what the plan has without /N; " \
	    "auto/N or auto: as Slurm, Kubernetes, Grid Engine or GNU " \
	    "parallel say") \
	O(FOR_SCAN, OUT, 0, "out", "DIR", \
	    "the folder that its file goes to, for `baredot merge`; if it is " \
	    "there and whole, nothing is done") \
	O(FOR_SCAN, CHECKPOINT, 0, "checkpoint", "SECONDS", \
	    "how much may have to be scanned again when it is killed (10)") \
	O(FOR_ALL, CODE, 'c', "code", "LIST", \
	    "report only these codes (comma-separated, * matches); +CODE " \
	    "adds to the usual ones, -CODE removes") \
	O(FOR_ALL, CHECK, 0, "check", "FLAGS", \
	    "what KumoMTA's check_fix_conformance would say: its names " \
	    "with | between them, or all") \
	O(FOR_ALL, MIN_SEVERITY, 'm', "min-severity", "LEVEL", \
	    "leave out what is below info, low, medium or high (info)") \
	O(FOR_SCAN, FORENSIC, 0, "forensic", NULL, \
	    "for evidence: no access time changes, or the file is not read; " \
	    "a record for every file, with its SHA-256; implies --hash and " \
	    "--verbose") \
	O(FOR_SCAN, REDACT, 0, "redact", NULL, \
	    "a report to be handed on: no bytes of messages, and tokens in " \
	    "the place of names, addresses, IDs and SHA-256 sums") \
	O(FOR_READS, REQUIRE_SANDBOX, 0, "require-sandbox", NULL, \
	    "do not scan where the processes that read mail cannot be " \
	    "confined") \
	O(FOR_SCAN, DKIM, 0, "dkim", NULL, \
	    "compare the body of every message with its DKIM signatures, " \
	    "not only of those with findings") \
	O(FOR_EVERY, EOL, 0, "eol", "FORM", \
	    "judge by lf, crlf or wire (these very bytes go out by SMTP); " \
	    "auto: by each message's own lines (auto)") \
	O(FOR_ALL, TARGET, 0, "target", "SERVER", \
	    "say which messages that server would refuse or change: " \
	    "cyrus, dovecot, exchange-online, gmail, kumomta, postfix, " \
	    "sendmail, stalwart or generic") \
	O(FOR_SCAN, SENDERS, 0, "senders", "LIST", \
	    "of each end-of-data look-alike say which receivers it would " \
	    "fool when these send it on, instead of as it stands") \
	O(FOR_SCAN, RECEIVERS, 0, "receivers", "LIST", \
	    "and only of these receivers (all that are known)") \
	O(FOR_READS, SERVERS, 0, "servers", "FILE", \
	    "senders and receivers of your own (again for more files)") \
	O(FOR_ALL, RULES, 0, "rules", "FILE", \
	    "look for what the rules in FILE say too (again for more " \
	    "files)") \
	O(FOR_ALL, NO_DEFAULT_RULES, 0, "no-default-rules", NULL, \
	    "leave out the rules that come with baredot") \
	O(FOR_EVERY, FORMAT_IN, 0, "format-in", "FORMAT", \
	    "what the files are, instead of looking: eml, mbox, emlx, " \
	    "dbox, mmdf, postfix, exim, opensmtpd, kumomta, haraka, " \
	    "pickup, sendmail, qmail or courier") \
	O(FOR_EVERY, FILES0_FROM, 0, "files0-from", "FILE", \
	    "scan the names in FILE, each ended by a NUL; - is standard " \
	    "input") \
	O(FOR_EVERY, ONE_FS, 'x', "one-file-system", NULL, \
	    "do not enter other file systems") \
	O(FOR_READS, TMP, 0, "tmp", NULL, "scan tmp/ of Maildirs too") \
	O(FOR_READS, UNPACK, 0, "unpack", "KINDS", \
	    "look into archives of these kinds: some of tar, cpio, zip, 7z, " \
	    "ar and iso with commas between them, all, or none (all but " \
	    "iso)") \
	O(FOR_READS, UNPACK_LIMITS, 0, "unpack-limits", "LIST", \
	    "how much a file may unpack to: some of ratio=N (to its size, " \
	    "behind 64 MiB), bytes=SIZE, members=N, nesting=N and " \
	    "filters=N, with commas between them; 0: no limit (200, 64G, " \
	    "2000000, 8, 4)") \
	O(FOR_EVERY, JOBS, 'j', "jobs", "N", \
	    "scan with N worker processes (one per processor); 0: in this " \
	    "process") \
	O(FOR_EVERY, TIMEOUT, 0, "timeout", "SECONDS", \
	    "give up a file when nothing comes of it for so long (300; 0: " \
	    "never)") \
	O(FOR_READS, FILE_TIMEOUT, 0, "file-timeout", "SECONDS", \
	    "give up a file, an archive too, when it takes longer in all, " \
	    "and than a second for each MiB beside (3600; 0: never)") \
	O(FOR_EVERY, KERNEL, 0, "kernel", "NAME", \
	    "portable, avx2, avx512 or neon, instead of the best") \
	O(FOR_READS, EXIT_ZERO, 0, "exit-zero", NULL, \
	    "findings do not change the exit status") \
	O(FOR_EVERY, COLOR, 0, "color", "WHEN", \
	    "auto, always or never (auto; NO_COLOR means never)") \
	O(FOR_EVERY, PROGRESS, 0, "progress", "WHEN", \
	    "auto, always or never, on standard error (auto)") \
	O(FOR_EVERY, VERBOSE, 'v', "verbose", NULL, \
	    "list what was skipped, and why") \
	O(FOR_EVERY, HELP, 'h', "help", NULL, "this help")

#define RULE_FILES_MAX 64u

enum command { COMMAND_SCAN, COMMAND_FIX, COMMAND_TAKE, COMMAND_REPLAY };

struct scan_command {
	enum command command;
	const char *format;		/* NULL: by where it goes */
	const char *output;		/* NULL: standard output */
	const char *format_in;		/* NULL: look */
	const char *files0_from;	/* NULL: none */
	const char *target;		/* NULL: none; else known */
	const struct kernel *kernel;	/* never NULL */
	enum eol_mode eol;
	enum severity min_severity;
	code_set codes;
	code_set coded;			/* of them, those that --code names */
	code_set named;			/* those that it or others name */
	unsigned topics;		/* looked at in every message */
	unsigned checks;		/* of TOPIC_CONFORM: conform.h */
	size_t jobs;
	unsigned timeout, file_timeout;	/* seconds */
	enum when color, progress;
	bool all, hash, one_fs, tmp, exit_zero, verbose, help;
	bool no_default_rules, forensic, redact, require_sandbox;
	bool incremental, new_only, baseline, cron, syslog, nice;
	const char *metrics;		/* NULL: none */
	unsigned archives;		/* to look into: store_how */
	struct limits limits;
	size_t rules_n;
	const char *rules[RULE_FILES_MAX];
	size_t servers_n;
	const char *servers[RULE_FILES_MAX];
	const char *senders, *receivers;	/* lists; NULL: not asked for */
	const char *plan, *out;		/* NULL: all is scanned */
	struct shard_id shard;
	bool shard_given, checkpoint_given;
	unsigned checkpoint;		/* seconds */
	char **paths;			/* NULL-terminated */

	/* Of fix and quarantine: */
	struct repair_options repair;
	const char *from;		/* a report; NULL: none */
	const char *state;		/* or --into; NULL: the usual place */
	const char *new_archive;	/* NULL: none */
	unsigned wait;			/* seconds */
	const char *list, *verify;	/* quarantine folders to look at */

	bool list_servers;		/* of replay */
	bool apply;
	bool keep_uid;
	unsigned may;			/* enum run_may */
	bool eol_given, code_given, severity_given;
};

/*
 * Parse argv of `baredot scan ...`, replay, fix or quarantine, argv[0] being
 * that.
 * False: a usage error, which was explained on standard error.
 */
bool scan_command_parse(int argc, char **argv, enum command,
    struct scan_command *);

/* The options of one of these commands, as cmdline.h wants them; own: room for
 * them, which must outlive the result. */
struct cmdline scan_command_line(enum command, int argc, char **argv,
    struct cmdline_option own[CMDLINE_OPTIONS_MAX]);

/* The command is one of those that change nothing. */
bool scan_reads_only(const struct scan_command *);

/* The OPTIONS part of the help. */
void scan_options_help(struct buf *, enum command);

/*
 * How many bytes of a word of the command line are the name of an option of
 * scan, as it is in the help, with the = behind it; 0: it is something else.
 */
size_t scan_option_name(const char *word);

const char *eol_mode_name(enum eol_mode);

/* "scan", "fix", "quarantine" or "replay". */
const char *command_word(enum command);

#endif
