/*
 * See options.h.
 */
#include "options.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmdline.h"
#include "complain.h"
#include "conform.h"
#include "fix_options.h"
#include "options_nightly.h"
#include "options_shard.h"
#include "output.h"
#include "report.h"
#include "sandbox.h"
#include "store.h"
#include "unpack_options.h"
#include "word_lists.h"

#define JOBS_MAX 256u

static const struct {
	unsigned who;		/* FOR_... */
	struct cmdline_option option;
} options[] = {
#define OPTION_INFO(who, id, letter, name, arg, help) \
	{ who, { OPTION_##id, letter, name, arg, help } },
	SCAN_OPTIONS(OPTION_INFO)
};
#define OPTIONS_N (sizeof(options) / sizeof(options[0]))

static const char *const command_names[] = { [COMMAND_SCAN] = "scan",
	[COMMAND_FIX] = "fix", [COMMAND_TAKE] = "quarantine",
	[COMMAND_REPLAY] = "replay" };

const char *
command_word(enum command c)
{
	return command_names[c];
}

struct cmdline
scan_command_line(enum command c, int argc, char **argv,
    struct cmdline_option own[CMDLINE_OPTIONS_MAX])
{
	static const unsigned bits[] = { [COMMAND_SCAN] = FOR_SCAN,
	    [COMMAND_FIX] = FOR_FIX, [COMMAND_TAKE] = FOR_TAKE,
	    [COMMAND_REPLAY] = FOR_REPLAY };
	struct cmdline line = { .command = command_names[c],
	    .options = own, .argc = argc, .argv = argv };

	for (size_t i = 0; i < OPTIONS_N; i++)
		if ((options[i].who & bits[c]) != 0 &&
		    line.n < CMDLINE_OPTIONS_MAX)
			own[line.n++] = options[i].option;
	return line;
}

void
scan_options_help(struct buf *b, enum command command)
{
	struct cmdline_option own[CMDLINE_OPTIONS_MAX];
	const struct cmdline line = scan_command_line(command, 0, NULL, own);

	cmdline_help(&line, b);
}

size_t
scan_option_name(const char *word)
{
	const size_t n = strcspn(word, "=");

	for (size_t i = 0; i < OPTIONS_N; i++) {
		const struct cmdline_option *o = &options[i].option;

		if ((options[i].who & FOR_SCAN) == 0 || word[0] != '-')
			continue;
		if (word[1] == '-' && strlen(o->name) == n - 2 &&
		    memcmp(o->name, word + 2, n - 2) == 0)
			return n + (word[n] == '=');
		if (o->letter != 0 && word[1] == o->letter && word[2] == '\0')
			return 2;
	}
	return 0;
}

const char *
eol_mode_name(enum eol_mode m)
{
	size_t n;

	return word_list(OPTION_EOL, &n)[m];
}

/* Naming one of the conform.* codes asks for the check, as --check does. */
static void
name_checks(struct scan_command *c, code_set named, bool removed)
{
	bool any;
	const unsigned checks = conform_checks(named, &any);

	if (removed) {
		c->checks &= ~checks;
		return;
	}
	c->checks |= checks;
	if (any)
		c->topics |= TOPIC_CONFORM;
}

static bool
parse_code(const char *word, struct scan_command *c, bool first)
{
	code_set *set = &c->codes;
	const char sign = word[0];
	const char *glob = word + (sign == '+' || sign == '-');
	const code_set named = code_set_glob(glob);

	if (named == 0)
		return usage("no code is called %s; did you mean %s?", glob,
		    code_nearest(glob));
	if (strncmp(glob, "conform.", strlen("conform.")) == 0)
		name_checks(c, named, sign == '-');
	c->coded = sign == '-' ? c->coded & ~named : c->coded | named;
	if (sign == '-')
		*set &= ~named;
	else if (sign == '+' || !first)
		*set |= named;
	else
		*set = named;
	return true;
}

/* A list without + or - replaces the usual codes. */
static bool
parse_codes(const char *list, struct scan_command *c)
{
	char *own = strdup(list), *rest = own, *word;
	bool ok = own != NULL, first = true;

	if (list[strspn(list, ",")] == '\0')
		ok = usage("--code needs the name of a code, or a pattern");
	while (ok && (word = strsep(&rest, ",")) != NULL) {
		if (word[0] == '\0')
			continue;
		ok = parse_code(word, c, first);
		first = false;
	}
	free(own);
	return ok;
}

/* The text is KumoMTA's. */
static bool
parse_checks(const char *list, struct scan_command *c)
{
	struct buf b = { 0 };
	struct span bad;
	unsigned checks;

	if (conform_parse(list, &checks, &bad)) {
		c->topics |= TOPIC_CONFORM;
		c->checks |= checks;
		return true;
	}
	for (size_t i = 0; i < CONFORM_FLAGS; i++)
		buf_printf(&b, "%s'%s'", i == 0 ? "" : ", ",
		    conform_names[i].name);
	buf_byte(&b, '\0');
	(void)usage("invalid MessageConformance flag '%.*s', possible values "
	    "are %s", (int)bad.n, (const char *)bad.p,
	    (const char *)buf_span(&b).p);
	buf_free(&b);
	return false;
}

/* What is checked is reported. */
static void
settle_checks(struct scan_command *c)
{
	c->named = c->coded;
	if ((c->topics & TOPIC_CONFORM) == 0)
		return;
	c->codes |= conform_codes(c->checks);
	c->named |= conform_codes(c->checks);
}

static bool
parse_when(enum option_id id, const char *option, const char *word,
    enum when *out)
{
	size_t i;

	if (!word_list_parse(id, option, word, &i))
		return false;
	*out = (enum when)i;
	return true;
}

static bool
parse_eol(const char *word, enum eol_mode *out)
{
	size_t i;

	if (!word_list_parse(OPTION_EOL, "eol", word, &i))
		return false;
	*out = (enum eol_mode)i;
	return true;
}

static bool
parse_severity(const char *word, enum severity *out)
{
	const char *names[SEVERITIES];
	size_t i;

	for (i = 0; i < SEVERITIES; i++)
		names[i] = severity_name((enum severity)i);
	if (!parse_word("min-severity", word, names, SEVERITIES, &i))
		return false;
	*out = (enum severity)i;
	return true;
}

static bool
parse_jobs(const char *word, size_t *out)
{
	unsigned long n;

	if (!parse_number(word, JOBS_MAX, &n))
		return usage("--jobs takes a number from 0 to %u, not %s",
		    JOBS_MAX, word);
	*out = n;
	return true;
}

static bool
parse_kernel(const char *word, const struct kernel **out)
{
	if ((*out = kernel_pick(word)) == NULL)
		return usage("this machine has no kernel called %s", word);
	return true;
}

/* Options with an argument that has to be understood. */
static bool
apply_value(struct scan_command *c, enum option_id id, const char *arg)
{
	switch (id) {
	case OPTION_FORMAT:
		c->format = arg;
		return word_list_parse(id, "format", arg, &(size_t){ 0 });
	case OPTION_FORMAT_IN:
		c->format_in = arg;
		return parse_format_in(arg);
	case OPTION_MIN_SEVERITY:
		c->severity_given = true;
		return parse_severity(arg, &c->min_severity);
	case OPTION_CODE:
		c->code_given = true;
		return parse_codes(arg, c);
	case OPTION_CHECK:
		return parse_checks(arg, c);
	case OPTION_EOL:
		c->eol_given = true;
		return parse_eol(arg, &c->eol);
	case OPTION_JOBS:
		return parse_jobs(arg, &c->jobs);
	case OPTION_TIMEOUT:
		return parse_seconds("timeout", arg, &c->timeout);
	case OPTION_FILE_TIMEOUT:
		return parse_seconds("file-timeout", arg, &c->file_timeout);
	case OPTION_UNPACK:
		return unpack_kinds(arg, &c->archives);
	case OPTION_UNPACK_LIMITS:
		return unpack_limits(arg, &c->limits);
	case OPTION_KERNEL:
		return parse_kernel(arg, &c->kernel);
	case OPTION_COLOR:
		return parse_when(id, "color", arg, &c->color);
	case OPTION_PROGRESS:
		return parse_when(id, "progress", arg, &c->progress);
	default:
		return options_shard_has(id) ?
		    options_shard_apply(c, id, arg) :
		    fix_options_apply(c, id, arg);
	}
}

static bool
add_file(const char *option, const char **files, size_t *n, const char *arg)
{
	if (*n == RULE_FILES_MAX)
		return usage("--%s may be given %u times", option,
		    RULE_FILES_MAX);
	files[(*n)++] = arg;
	return true;
}

static bool
apply(struct scan_command *c, enum option_id id, const char *arg)
{
	switch (id) {
	case OPTION_OUTPUT:
	case OPTION_REPORT:
		c->output = output_path(arg);
		return true;
	case OPTION_FILES0_FROM:
		c->files0_from = arg;
		return true;
	case OPTION_SENDERS:
	case OPTION_SENDERS_FROM:
		c->senders = arg;
		return true;
	case OPTION_RECEIVERS:
	case OPTION_RECEIVERS_TO:
		c->receivers = arg;
		return true;
	case OPTION_LIST_SERVERS:
		return c->list_servers = true;
	case OPTION_SERVERS:
		return add_file("servers", c->servers, &c->servers_n, arg);
	case OPTION_TARGET:
		c->target = arg;
		return true;
	case OPTION_ALL:
		return c->all = true;
	case OPTION_HASH:
		return c->hash = true;
	case OPTION_FORENSIC:
		return c->forensic = c->hash = c->verbose = true;
	case OPTION_REDACT:
		return c->redact = true;
	case OPTION_REQUIRE_SANDBOX:
		return c->require_sandbox = true;
	case OPTION_DKIM:
		c->topics |= TOPIC_DKIM;
		return true;
	case OPTION_ONE_FS:
		return c->one_fs = true;
	case OPTION_TMP:
		return c->tmp = true;
	case OPTION_EXIT_ZERO:
		return c->exit_zero = true;
	case OPTION_RULES:
		return add_file("rules", c->rules, &c->rules_n, arg);
	case OPTION_NO_DEFAULT_RULES:
		return c->no_default_rules = true;
	case OPTION_VERBOSE:
		return c->verbose = true;
	case OPTION_HELP:
		return c->help = true;
	default:
		return options_nightly_apply(c, id, arg) ||
		    apply_value(c, id, arg);
	}
}

static size_t
processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return (size_t)CPU_COUNT(&set) < SANDBOX_WORKERS ?
	    (size_t)CPU_COUNT(&set) : SANDBOX_WORKERS;
}

bool
scan_reads_only(const struct scan_command *c)
{
	return c->command == COMMAND_SCAN || c->command == COMMAND_REPLAY;
}

#define RULE_CODES (1ull << CODE_RULE_MATCH | 1ull << CODE_RULE_GAVE_UP)
#define TARGET_CODES (1ull << CODE_TARGET_REFUSES | \
	1ull << CODE_TARGET_CHANGES)

/* Of the codes that were asked for there is one that can be found. */
static bool
can_find(const struct scan_command *c)
{
	if (!c->code_given || c->codes == 0)
		return true;
	if (c->target == NULL && (c->codes & ~TARGET_CODES) == 0)
		return usage("--code: target.* is found with --target SERVER "
		    "alone");
	if (c->no_default_rules && c->rules_n == 0 &&
	    (c->codes & ~RULE_CODES) == 0)
		return usage("--code: rule.* is found by rules alone, and "
		    "--no-default-rules leaves none; add --rules FILE");
	return true;
}

/* What the words of the command line mean together. */
static bool
settle(struct scan_command *c)
{
	settle_checks(c);
	if (!can_find(c))
		return false;
	if (c->redact && c->servers_n > 0)
		return usage("--redact: the names of your own servers would "
		    "be shown; leave out --servers");
	return options_nightly_settle(c) &&
	    (scan_reads_only(c) || fix_options_settle(c));
}

/* What is read from a pipe cannot be put back into it. */
static bool
names_files(const struct scan_command *c)
{
	for (char **p = c->paths; *p != NULL; p++)
		if (strcmp(*p, "-") == 0)
			return usage("standard input cannot be changed: give "
			    "the file's name (./- if that is its name)");
	return true;
}

static bool
has_paths(const struct scan_command *c)
{
	static const char *const what[] = { [COMMAND_SCAN] = "scanned",
	    [COMMAND_FIX] = "repaired", [COMMAND_TAKE] = "taken out",
	    [COMMAND_REPLAY] = "replayed" };

	return c->paths[0] != NULL || c->files0_from != NULL ||
	    c->from != NULL || c->list != NULL || c->verify != NULL ||
	    c->list_servers || c->plan != NULL ||
	    usage("what should be %s? Give a file%s", what[c->command],
	    scan_reads_only(c) ?
	    ", a folder or - for standard input" : " or a folder");
}

static bool
parse(struct scan_command *c, const struct cmdline *line)
{
	const char *arg;
	int got;

	cmdline_begin(line);
	while ((got = cmdline_next(line, &arg)) != CMDLINE_END) {
		if (got == CMDLINE_BAD)
			return false;
		if (!apply(c, (enum option_id)got, arg))
			goto bad;
	}
	c->paths = cmdline_words(line);
	if (c->help || (settle(c) && has_paths(c) &&
	    (scan_reads_only(c) || names_files(c))))
		return true;
bad:
	complain("`baredot help %s` shows what there is", line->command);
	return false;
}

bool
scan_command_parse(int argc, char **argv, enum command command,
    struct scan_command *c)
{
	struct cmdline_option own[CMDLINE_OPTIONS_MAX];
	const struct cmdline line = scan_command_line(command, argc, argv, own);

	*c = (struct scan_command){ .command = command,
	    .kernel = kernel_pick(NULL), .codes = code_set_default(),
	    .jobs = processors(), .timeout = 300, .wait = 30,
	    .file_timeout = 3600, .checkpoint = 10,
	    .archives = unpack_kinds_default(), .limits = LIMITS_DEFAULT,
	    .repair = { .limit = REPAIR_LIMIT } };
	return parse(c, &line);
}
