/*
 * The command line of `baredot scan`, from one table that also makes --help.
 */
#ifndef BAREDOT_OPTIONS_H
#define BAREDOT_OPTIONS_H

#include "buf.h"
#include "codes.h"
#include "engine.h"

/* O(enum, short or 0, "long", argument or NULL, "help") */
#define SCAN_OPTIONS(O) \
	O(FORMAT, 'f', "format", "FORMAT", \
	    "report as text, ndjson or json (text on a terminal, else " \
	    "ndjson)") \
	O(OUTPUT, 'o', "output", "FILE", \
	    "write the report to FILE, whole or not at all") \
	O(ALL, 'a', "all", NULL, "a record for every message, not only for " \
	    "those with findings") \
	O(HASH, 0, "hash", NULL, "SHA-256 of every message; implies --all") \
	O(CODE, 'c', "code", "LIST", \
	    "report only these codes (comma-separated, * matches); +CODE " \
	    "adds to the usual ones, -CODE removes") \
	O(CHECK, 0, "check", "FLAGS", \
	    "what KumoMTA's check_fix_conformance would say: its names " \
	    "with | between them, or all") \
	O(MIN_SEVERITY, 'm', "min-severity", "LEVEL", \
	    "leave out what is below info, low, medium or high (info)") \
	O(DKIM, 0, "dkim", NULL, \
	    "compare the body of every message with its DKIM signatures, " \
	    "not only of those with findings") \
	O(EOL, 0, "eol", "FORM", \
	    "judge by lf, crlf or wire (these very bytes go out by SMTP); " \
	    "auto: by each message's own lines (auto)") \
	O(TARGET, 0, "target", "SERVER", \
	    "say which messages that server would refuse or change: " \
	    "cyrus, dovecot, exchange-online, gmail, kumomta, postfix, " \
	    "sendmail, stalwart or generic") \
	O(RULES, 0, "rules", "FILE", \
	    "look for what the rules in FILE say too (again for more " \
	    "files)") \
	O(NO_DEFAULT_RULES, 0, "no-default-rules", NULL, \
	    "leave out the rules that come with baredot") \
	O(FORMAT_IN, 0, "format-in", "FORMAT", \
	    "what the files are, instead of looking: eml or mbox") \
	O(FILES0_FROM, 0, "files0-from", "FILE", \
	    "scan the names in FILE, each ended by a NUL; - is standard " \
	    "input") \
	O(ONE_FS, 'x', "one-file-system", NULL, \
	    "do not enter other file systems") \
	O(TMP, 0, "tmp", NULL, "scan tmp/ of Maildirs too") \
	O(JOBS, 'j', "jobs", "N", \
	    "scan with N worker processes (one per processor); 0: in this " \
	    "process") \
	O(TIMEOUT, 0, "timeout", "SECONDS", \
	    "give up a file when nothing comes of it for so long (300; 0: " \
	    "never)") \
	O(KERNEL, 0, "kernel", "NAME", \
	    "portable, avx2, avx512 or neon, instead of the best") \
	O(EXIT_ZERO, 0, "exit-zero", NULL, \
	    "findings do not change the exit status") \
	O(COLOR, 0, "color", "WHEN", \
	    "auto, always or never (auto; NO_COLOR means never)") \
	O(PROGRESS, 0, "progress", "WHEN", \
	    "auto, always or never, on standard error (auto)") \
	O(VERBOSE, 'v', "verbose", NULL, "list what was skipped, and why") \
	O(HELP, 'h', "help", NULL, "this help")

#define RULE_FILES_MAX 64u

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

struct scan_command {
	const char *format;		/* NULL: by where it goes */
	const char *output;		/* NULL: standard output */
	const char *format_in;		/* NULL: look */
	const char *files0_from;	/* NULL: none */
	const char *target;		/* NULL: none; else known */
	const struct kernel *kernel;	/* never NULL */
	enum eol_mode eol;
	enum severity min_severity;
	code_set codes;
	unsigned topics;		/* looked at in every message */
	unsigned checks;		/* of TOPIC_CONFORM: conform.h */
	size_t jobs;
	unsigned timeout;		/* seconds */
	enum when color, progress;
	bool all, hash, one_fs, tmp, exit_zero, verbose, help;
	bool no_default_rules;
	size_t rules_n;
	const char *rules[RULE_FILES_MAX];
	char **paths;			/* NULL-terminated */
};

/*
 * Parse argv of `baredot scan ...`, argv[0] being "scan".  False: a usage
 * error, which was explained on standard error.
 */
bool scan_command_parse(int argc, char **argv, struct scan_command *);

/* The OPTIONS part of the help. */
void scan_options_help(struct buf *);

const char *eol_mode_name(enum eol_mode);

#endif
