/*
 * See completion.h: the scripts.  What is always the same in them is in files
 * (completion_parts.h); what is made here are tables.
 */
#include "completion.h"
#include "completion_parts.h"

/* What is told of an option, where there is room for a few words: its help up
 * to the first that says more, in single quotes.  special: bytes that take a
 * backslash there. */
static void
put_told(struct buf *b, const char *help, const char *special)
{
	static const char *const ends[] = { "; ", " (", ": " };
	size_t n = strlen(help);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *end = strstr(help, ends[i]);

		if (end != NULL && (size_t)(end - help) < n && end - help > 4)
			n = (size_t)(end - help);
	}
	for (size_t i = 0; i < n; i++) {
		if (help[i] == '\'')
			buf_str(b, "'\\'");
		else if (strchr(special, help[i]) != NULL)
			buf_byte(b, '\\');
		buf_byte(b, (uint8_t)help[i]);
	}
}

/* --- bash */

/* A call of the script's, behind what may be written before it. */
static void
put_bash_call(struct buf *b, struct completing *c)
{
	const char *words = buf_text(&c->words);

	switch (c->takes) {
	case TAKES_WORD:
		buf_printf(b, "_baredot_words '%s'", words);
		break;
	case TAKES_LIST:
		buf_printf(b, "_baredot_list '%s' ,", words);
		break;
	case TAKES_FLAGS:
		buf_printf(b, "_baredot_list '%s' '|'", words);
		break;
	case TAKES_FOLDER:
		buf_str(b, "_baredot_folders");
		break;
	case TAKES_RUN:
		buf_printf(b, "_baredot_runs '%s'", words);
		break;
	case TAKES_NOTHING:
	case TAKES_ANY:
		buf_str(b, "compopt +o default 2>/dev/null");
		break;
	case TAKES_FILE:
		buf_str(b, ":");	/* as everywhere in bash */
		break;
	}
	buf_free(&c->words);
}

static void
put_bash_values(struct buf *b, const struct command_info *c)
{
	struct cmdline_option own[CMDLINE_OPTIONS_MAX];
	const size_t n = command_options(c, own);

	for (size_t i = 0; i < n; i++) {
		struct completing is = completion_of_option(c, &own[i]);

		if (is.takes == TAKES_NOTHING)
			continue;
		buf_printf(b, "\t'%s --%s'", c->name, own[i].name);
		if (own[i].letter != 0)
			buf_printf(b, " | '%s -%c'", c->name, own[i].letter);
		buf_str(b, ") ");
		put_bash_call(b, &is);
		buf_str(b, " ;;\n");
	}
}

static void
put_bash_options(struct buf *b, const struct command_info *c)
{
	struct cmdline_option own[CMDLINE_OPTIONS_MAX];
	const size_t n = command_options(c, own);

	buf_printf(b, "\t%s) echo '", c->name);
	for (size_t i = 0; i < n; i++) {
		if (own[i].letter != 0)
			buf_printf(b, "-%c ", own[i].letter);
		buf_printf(b, "--%s%s ", own[i].name, own[i].arg != NULL ?
		    "=" : "");
	}
	buf_str(b, "' ;;\n");
}

static void
put_bash_others(struct buf *b, const struct command_info *c)
{
	struct completing is = completion_of_words(c);

	buf_printf(b, "\t%s) ", c->name);
	put_bash_call(b, &is);
	buf_str(b, " ;;\n");
}

static void
put_commands(struct buf *b,
    void (*put)(struct buf *, const struct command_info *))
{
	const struct command_info *c;

	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		put(b, c);
}

static void
put_bash_name(struct buf *b, const struct command_info *c)
{
	buf_printf(b, " %s", c->name);
}

static void
put_bash(struct buf *b)
{
	buf_add(b, completion_bash, completion_bash_size);
	buf_str(b, "_baredot_commands() {\n\techo");
	put_commands(b, put_bash_name);
	buf_str(b, "\n}\n\n_baredot_options() {\n\tcase $1 in\n");
	put_commands(b, put_bash_options);
	buf_str(b, "\tesac\n}\n\n# What stands behind option $2 of command "
	    "$1; false: nothing.\n_baredot_behind() {\n\tcase \"$1 $2\" in\n");
	put_commands(b, put_bash_values);
	buf_str(b, "\t*) return 1 ;;\n\tesac\n}\n\n"
	    "_baredot_others() {\n\tcase $1 in\n");
	put_commands(b, put_bash_others);
	buf_str(b, "\tesac\n}\n");
}

/* --- zsh */

/* The action of a specification of _arguments. */
static void
put_zsh_action(struct buf *b, struct completing *c)
{
	const char *words = buf_text(&c->words);

	switch (c->takes) {
	case TAKES_WORD:
		buf_printf(b, "(%s)", words);
		break;
	case TAKES_LIST:
		buf_printf(b, "{_baredot_list , %s}", words);
		break;
	case TAKES_FLAGS:
		buf_printf(b, "{_baredot_list \"|\" %s}", words);
		break;
	case TAKES_FOLDER:
		buf_str(b, "_files -/");
		break;
	case TAKES_FILE:
		buf_str(b, "_files");
		break;
	case TAKES_RUN:
		buf_str(b, "_baredot_runs");
		break;
	case TAKES_NOTHING:
	case TAKES_ANY:
		buf_byte(b, ' ');
		break;
	}
	buf_free(&c->words);
}

/* May be given again. */
static bool
is_repeated(const struct cmdline_option *o)
{
	return strstr(o->help, "again for more") != NULL;
}

static void
put_zsh_option(struct buf *b, const struct command_info *c,
    const struct cmdline_option *o)
{
	struct completing is = completion_of_option(c, o);

	buf_str(b, "\t\t    ");
	if (is_repeated(o))
		buf_str(b, "'*'");
	else if (o->letter != 0)
		buf_printf(b, "'(-%c --%s)'", o->letter, o->name);
	if (o->letter != 0)
		buf_printf(b, "{-%c%s,--%s%s}", o->letter, o->arg != NULL ?
		    "+" : "", o->name, o->arg != NULL ? "=" : "");
	else
		buf_printf(b, "--%s%s", o->name, o->arg != NULL ? "=" : "");
	buf_str(b, "'[");
	put_told(b, o->help, "[]:");
	buf_byte(b, ']');
	if (o->arg != NULL) {
		buf_printf(b, ":%s:", o->arg);
		put_zsh_action(b, &is);
	}
	buf_str(b, "' \\\n");
}

static void
put_zsh_command(struct buf *b, const struct command_info *c)
{
	struct cmdline_option own[CMDLINE_OPTIONS_MAX];
	const size_t n = command_options(c, own);
	struct completing is = completion_of_words(c);

	buf_printf(b, "\t%s)\n\t\t_arguments -s -S \\\n", c->name);
	for (size_t i = 0; i < n; i++)
		put_zsh_option(b, c, &own[i]);
	if (strcmp(c->name, "rules") == 0)
		buf_str(b, "\t\t    '1:what:(check list)' '*:file:_files'");
	else if (is.takes == TAKES_NOTHING)
		buf_str(b, "\t\t    ");
	else {
		buf_str(b, "\t\t    '*:argument:");
		put_zsh_action(b, &is);
		buf_byte(b, '\'');
	}
	buf_free(&is.words);
	buf_str(b, "\n\t\t;;\n");
}

static void
put_zsh_name(struct buf *b, const struct command_info *c)
{
	buf_printf(b, "\t    '%s:", c->name);
	put_told(b, c->what, ":");
	buf_str(b, "'\n");
}

static void
put_zsh(struct buf *b)
{
	buf_add(b, completion_zsh, completion_zsh_size);
	buf_str(b, "_baredot_commands() {\n\tlocal -a list=(\n");
	put_commands(b, put_zsh_name);
	buf_str(b, "\t)\n\t_describe command list\n\t_arguments --version "
	    "--help\n}\n\n_baredot_arguments() {\n\tcase $1 in\n");
	put_commands(b, put_zsh_command);
	buf_str(b, "\tesac\n}\n\n"
	    "if [[ $funcstack[1] == _baredot ]]; then\n\t_baredot \"$@\"\n"
	    "else\n\tcompdef _baredot baredot\nfi\n");
}

/* --- fish */

static void
put_fish_value(struct buf *b, struct completing *c)
{
	const char *words = buf_text(&c->words);

	switch (c->takes) {
	case TAKES_WORD:
		buf_printf(b, " -x -a '%s'", words);
		break;
	case TAKES_LIST:
		buf_printf(b, " -x -a '(__baredot_list , %s)'", words);
		break;
	case TAKES_FLAGS:
		buf_printf(b, " -x -a '(__baredot_list \"|\" %s)'", words);
		break;
	case TAKES_FOLDER:
		buf_str(b, " -x -a '(__fish_complete_directories)'");
		break;
	case TAKES_FILE:
		buf_str(b, " -r -F");
		break;
	case TAKES_RUN:
		buf_printf(b, " -x -a '%s(__baredot_runs)'", words);
		break;
	case TAKES_ANY:
		buf_str(b, " -x");
		break;
	case TAKES_NOTHING:
		break;
	}
	buf_free(&c->words);
}

static void
put_fish_others(struct buf *b, const struct command_info *c)
{
	struct completing is = completion_of_words(c);

	if (is.takes == TAKES_FILE) {
		buf_printf(b, "complete -c baredot -n '__baredot_is %s' -F\n",
		    c->name);
	} else if (is.takes != TAKES_NOTHING && is.takes != TAKES_ANY) {
		buf_printf(b, "complete -c baredot -n '%s %s'",
		    strcmp(c->name, "explain") == 0 ? "__baredot_is" :
		    "__baredot_first", c->name);
		put_fish_value(b, &is);
		buf_byte(b, '\n');
	}
	if (strcmp(c->name, "rules") == 0)
		buf_str(b, "complete -c baredot -n '__baredot_is rules; and "
		    "not __baredot_first rules' -F\n");
	buf_free(&is.words);
}

static void
put_fish_command(struct buf *b, const struct command_info *c)
{
	struct cmdline_option own[CMDLINE_OPTIONS_MAX];
	const size_t n = command_options(c, own);

	buf_printf(b, "\ncomplete -c baredot -n __baredot_is -a %s -d '",
	    c->name);
	put_told(b, c->what, "");
	buf_str(b, "'\n");
	put_fish_others(b, c);
	for (size_t i = 0; i < n; i++) {
		struct completing is = completion_of_option(c, &own[i]);

		buf_printf(b, "complete -c baredot -n '__baredot_is %s' -l "
		    "%s", c->name, own[i].name);
		if (own[i].letter != 0)
			buf_printf(b, " -s %c", own[i].letter);
		put_fish_value(b, &is);
		buf_str(b, " -d '");
		put_told(b, own[i].help, "");
		buf_str(b, "'\n");
	}
}

static void
put_fish(struct buf *b)
{
	buf_add(b, completion_fish, completion_fish_size);
	put_commands(b, put_fish_command);
}

bool
completion_script(struct buf *b, const char *shell)
{
	static const struct {
		const char *shell;
		void (*put)(struct buf *);
	} shells[] = { { "bash", put_bash }, { "zsh", put_zsh },
		{ "fish", put_fish } };

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shells[i].shell, shell) == 0) {
			shells[i].put(b);
			return true;
		}
	return false;
}
