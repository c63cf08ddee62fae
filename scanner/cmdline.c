/*
 * See cmdline.h.
 */
#include "cmdline.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "complain.h"
#include "nearest.h"

#define HELP_AT 28	/* columns before the text of an option */
#define HELP_WIDTH 79

bool
cmdline_usage(const struct cmdline *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain_va(fmt, ap);
	va_end(ap);
	complain("`baredot help %s` shows what there is", c->command);
	return false;
}

/* Help text in a column, broken between words. */
static void
put_wrapped(struct buf *b, const char *text, size_t indent, size_t width)
{
	size_t at = indent;

	while (*text != '\0') {
		const size_t n = strcspn(text, " ");

		if (at + 1 + n > width && at > indent) {
			buf_printf(b, "\n%*s", (int)indent, "");
			at = indent;
		}
		if (at > indent) {
			buf_byte(b, ' ');
			at++;
		}
		buf_add(b, text, n);
		at += n;
		text += n + strspn(text + n, " ");
	}
	buf_byte(b, '\n');
}

void
cmdline_help(const struct cmdline *c, struct buf *b)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct cmdline_option *o = &c->options[i];
		char head[64];
		char letter[5] = "    ";

		if (o->letter != 0)
			(void)snprintf(letter, sizeof(letter), "-%c, ",
			    o->letter);
		(void)snprintf(head, sizeof(head), "  %s--%s%s%s", letter,
		    o->name, o->arg != NULL ? "=" : "",
		    o->arg != NULL ? o->arg : "");
		if (strlen(head) < HELP_AT)
			buf_printf(b, "%-*s", HELP_AT, head);
		else
			buf_printf(b, "%s\n%*s", head, HELP_AT, "");
		put_wrapped(b, o->help, HELP_AT, HELP_WIDTH);
	}
}

void
cmdline_show_help(const struct cmdline *c, const char *usage,
    const char *what, const char *status)
{
	struct buf b = { 0 };

	buf_printf(&b, "Usage: baredot %s %s\n\n", c->command, usage);
	put_wrapped(&b, what, 0, HELP_WIDTH);
	buf_byte(&b, '\n');
	cmdline_help(c, &b);
	buf_byte(&b, '\n');
	put_wrapped(&b, status, 0, HELP_WIDTH);
	(void)fputs(buf_text(&b), stdout);
	buf_free(&b);
}

/* The id of what getopt_long gave: an id, or a letter. */
static int
by_letter(const struct cmdline *c, int letter)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->options[i].letter == letter)
			return c->options[i].id;
	return letter;
}

/* The word is short for more than one option. */
static bool
is_ambiguous(const struct cmdline *c, const char *word)
{
	size_t count = 0;

	if (strncmp(word, "--", 2) != 0)
		return false;
	for (size_t i = 0; i < c->n; i++)
		count += strncmp(c->options[i].name, word + 2,
		    strcspn(word + 2, "=")) == 0;
	return count > 1;
}

static bool
no_option(const struct cmdline *c, const char *word)
{
	char hint[NEAREST_HINT], name[64];
	struct nearest meant = nearest_begin(name);

	(void)snprintf(name, sizeof(name), "%.*s",
	    (int)strcspn(word, "="), word);
	if (strncmp(name, "--", 2) == 0)
		meant.word += 2;
	for (size_t i = 0; i < c->n; i++)
		nearest_try(&meant, c->options[i].name);
	return cmdline_usage(c, "there is no option %s%s", word,
	    nearest_hint(&meant, "--", hint));
}

/* getopt_long did not like this word, or the option optopt in it. */
static bool
bad_option(const struct cmdline *c, int got, const char *word)
{
	const char *name = NULL;

	for (size_t i = 0; i < c->n; i++)
		if (c->options[i].id == optopt)
			name = c->options[i].name;
	if (name != NULL)
		return cmdline_usage(c, got == ':' ? "--%s needs an argument"
		    : "--%s takes no argument", name);
	if (optopt != 0)
		return cmdline_usage(c, got == ':' ? "-%c needs an argument" :
		    "there is no option -%c", optopt);
	if (is_ambiguous(c, word))
		return cmdline_usage(c, "%s is short for more than one option",
		    word);
	return no_option(c, word);
}

/* What getopt_long wants to know, from the table. */
static void
getopt_tables(const struct cmdline *c, struct option *longs, char *shorts)
{
	*shorts++ = ':';
	for (size_t i = 0; i < c->n; i++) {
		const struct cmdline_option *o = &c->options[i];

		longs[i] = (struct option){ .name = o->name,
		    .has_arg = o->arg != NULL ? required_argument :
		    no_argument, .val = o->id };
		if (o->letter == 0)
			continue;
		*shorts++ = (char)o->letter;
		if (o->arg != NULL)
			*shorts++ = ':';
	}
	longs[c->n] = (struct option){ 0 };
	*shorts = '\0';
}

void
cmdline_begin(const struct cmdline *c)
{
	(void)c;
	opterr = 0;
	optind = 0;
}

int
cmdline_next(const struct cmdline *c, const char **arg)
{
	struct option longs[CMDLINE_OPTIONS_MAX + 1];
	char shorts[2 * CMDLINE_OPTIONS_MAX + 2];
	int got;

	getopt_tables(c, longs, shorts);
	got = getopt_long(c->argc, c->argv, shorts, longs, NULL);
	*arg = got != CMDLINE_END ? optarg : NULL;
	if (got == ':' || got == '?') {
		(void)bad_option(c, got, c->argv[optind - 1]);
		return CMDLINE_BAD;
	}
	return got == CMDLINE_END ? got : by_letter(c, got);
}

char **
cmdline_words(const struct cmdline *c)
{
	return c->argv + optind;
}
