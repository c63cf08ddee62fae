/*
 * See explain.h.
 */
#include "explain.h"

#include <stdio.h>
#include <unistd.h>

#include "cmdline.h"
#include "codes.h"
#include "complain.h"
#include "fooled.h"
#include "nearest.h"
#include "scan_cmd.h"
#include "servers.h"
#include "terminal.h"

#define WIDTH 76u

enum { HELP = CMDLINE_FIRST };

static const struct cmdline_option options[] = {
	{ HELP, 'h', "help", NULL, "this help" },
};

/* Headings stand out where colors are wanted. */
static const char *
bold(bool on)
{
	return !terminal_colors(isatty(STDOUT_FILENO) == 1) ? "" :
	    on ? "\033[1m" : "\033[0m";
}

/* What is explained as number n from 1. */
static void
separate(unsigned n)
{
	if (n > 1)
		(void)printf("\n---\n\n");
}

static void
put_paragraph(const char *label, const char *text)
{
	size_t at = 0;

	if (text == NULL)
		return;
	(void)printf("\n%s%s%s\n", bold(true), label, bold(false));
	while (*text != '\0') {
		const size_t n = strcspn(text, " ");

		if (at > 0 && at + 1 + n > WIDTH) {
			(void)putchar('\n');
			at = 0;
		}
		at += (size_t)printf("%s%.*s", at == 0 ? "  " : " ", (int)n,
		    text);
		text += n + strspn(text + n, " ");
	}
	(void)putchar('\n');
}

/* Those of one kind of knowledge, behind its name. */
static void
put_known(struct buf *b, const struct fooled *f, enum code code,
    enum known known)
{
	const struct receiver_row *r;
	bool any = false;

	for (size_t i = 0; (r = fooled_next(f, false, code, &i)) != NULL; )
		if (r->known == known) {
			buf_printf(b, "%s%s%s", any || b->n == 0 ? "" : "; ",
			    any ? ", " : known_names[known], any ? "" : ": ");
			buf_str(b, r->name);
			any = true;
		}
}

/* Whom a look-alike fools when it goes out as it stands. */
static void
put_fooled(const struct servers *s, enum code code)
{
	char why[SERVERS_WHY];
	struct replay_plan *p = servers_plan(s, "as-is", "all", why);
	struct fooled f;
	struct buf b = { 0 };

	if (p != NULL && fooled_make(&f, p))
		for (enum known k = KNOWN_MEASURED; k < KNOWN_N; k++)
			put_known(&b, &f, code, k);
	if (b.n > 0)
		put_paragraph("Receivers that take it for the end of the data",
		    buf_text(&b));
	buf_free(&b);
	replay_plan_free(p);
}

static void
explain(const struct servers *s, enum code code)
{
	const struct code_info *c = code_info(code);

	(void)printf("%s%s: %s%s\nusual severity: %s%s\n", bold(true),
	    c->name, c->title, bold(false), severity_name(c->severity),
	    c->on ? "" : " (reported only when asked for)");
	put_paragraph("What it means", c->means);
	put_paragraph("Who is affected", c->affects);
	put_fooled(s, code);
	put_paragraph("What to do", c->todo);
	put_paragraph("What servers say about it", c->strings);
	put_paragraph("Source", c->source);
}

static void
list_codes(void)
{
	for (unsigned i = 0; i < CODE_COUNT; i++) {
		const struct code_info *c = code_info((enum code)i);

		(void)printf("%-22s %-7s %s\n", c->name,
		    severity_name(c->severity), c->title);
	}
}

/* --- servers */

/* What both kinds of rows say; texts may be NULL. */
struct server {
	const char *kind, *name, *title, *versions, *cve, *fixed, *note,
	    *source;
	enum known known;
};

#define SERVER(what, r) (struct server){ .kind = what, .name = (r)->name, \
	.title = (r)->title, .versions = (r)->versions, .cve = (r)->cve, \
	.fixed = (r)->fixed, .note = (r)->note, .source = (r)->source, \
	.known = (r)->known }

/* The i-th, receivers first.  False: there are no more. */
static bool
server_at(const struct servers *s, size_t i, struct server *out)
{
	const struct receiver_row *r;
	const struct sender_row *d;
	size_t n = 0;

	while (n < i && servers_receiver(s, n) != NULL)
		n++;
	if ((r = servers_receiver(s, n)) != NULL) {
		*out = SERVER("receiver", r);
		return true;
	}
	if ((d = servers_sender(s, i - n)) != NULL)
		*out = SERVER("sender", d);
	return d != NULL;
}

static void
put_server(const struct server *v)
{
	static const char *const how[KNOWN_N] = {
		[KNOWN_MEASURED] = "it was tried",
		[KNOWN_SOURCE] = "from its source",
		[KNOWN_PROSE] = "from prose alone",
	};

	(void)printf("%s%s (%s): %s%s\nhow that is known: %s\n", bold(true),
	    v->name, v->kind, v->title, bold(false), how[v->known]);
	put_paragraph("Versions", v->versions);
	put_paragraph("Note", v->note);
	put_paragraph("CVE", v->cve);
	put_paragraph("Fixed in", v->fixed);
	put_paragraph("Source", v->source);
}

/* There may be a receiver and a sender of that name.  How many there are. */
static unsigned
explain_server(const struct servers *s, const char *name, unsigned shown)
{
	struct server v;
	unsigned n = 0;

	for (size_t i = 0; server_at(s, i, &v); i++)
		if (strcmp(v.name, name) == 0) {
			separate(shown + ++n);
			put_server(&v);
		}
	return n;
}

static bool
is_server(const struct servers *s, const char *name)
{
	struct server v;

	for (size_t i = 0; server_at(s, i, &v); i++)
		if (strcmp(v.name, name) == 0)
			return true;
	return false;
}

/* Likely a server's name; else some code is nearest. */
static const char *
nearest_name(const struct servers *s, const char *word)
{
	struct nearest meant = nearest_begin(word);
	struct server v;

	for (size_t i = 0; server_at(s, i, &v); i++)
		nearest_try(&meant, v.name);
	return meant.best != NULL ? meant.best : code_nearest(word);
}

/* --- the command */

/* All of them are known. */
static bool
check_names(const struct servers *s, char **names)
{
	for (; *names != NULL; names++)
		if (code_set_glob(*names) == 0 && !is_server(s, *names)) {
			complain("no code, receiver or sender is called %s; "
			    "did you mean %s?", *names, nearest_name(s,
			    *names));
			return false;
		}
	return true;
}

static void
explain_all(const struct servers *s, char **names)
{
	unsigned shown = 0;

	for (; *names != NULL; names++) {
		const code_set codes = code_set_glob(*names);

		for (unsigned k = 0; k < CODE_COUNT; k++)
			if ((codes >> k & 1) != 0) {
				separate(++shown);
				explain(s, (enum code)k);
			}
		if (codes == 0)
			shown += explain_server(s, *names, shown);
	}
}

struct cmdline
explain_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "explain", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

/* False: a usage error, or help, and *status says what. */
static bool
parse(const struct cmdline *line, int *status)
{
	const char *arg;
	int id;

	*status = EXIT_USAGE;
	cmdline_begin(line);
	while ((id = cmdline_next(line, &arg)) != CMDLINE_END) {
		if (id != HELP)
			return false;
		explain_help();
		*status = EXIT_CLEAN;
		return false;
	}
	return true;
}

int
explain_cmd(int argc, char **argv)
{
	const struct cmdline line = explain_line(argc, argv);
	char why[SERVERS_WHY], **names;
	struct servers *s;
	int status;

	if (!parse(&line, &status))
		return status;
	names = cmdline_words(&line);
	if (names[0] == NULL) {
		list_codes();
		return EXIT_CLEAN;
	}
	if ((s = servers_new(why)) == NULL) {
		complain("no memory for what is known of servers");
		return EXIT_UNREADABLE;
	}
	status = EXIT_USAGE;
	if (check_names(s, names)) {
		explain_all(s, names);
		status = EXIT_CLEAN;
	}
	servers_free(s);
	return status;
}

void
explain_help(void)
{
	const struct cmdline line = explain_line(0, NULL);

	cmdline_show_help(&line, "[CODE | SERVER]...",
	    "Say what a code means, who is affected, what to do, what servers "
	    "say about it, and where that is from; of a receiver or sender of "
	    "replay, what is known of it.  CODE may be a pattern: 'eod.*'.  "
	    "Without one: a table of all codes.",
	    "Exit status: 0 done, 64 usage, or there is no such name.");
}
