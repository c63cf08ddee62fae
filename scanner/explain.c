/*
 * See explain.h.
 */
#include "explain.h"

#include <stdio.h>

#include "codes.h"
#include "complain.h"
#include "fooled.h"
#include "scan_cmd.h"
#include "servers.h"

#define WIDTH 76u

static void
put_paragraph(const char *label, const char *text)
{
	size_t at = 0;

	if (text == NULL)
		return;
	(void)printf("\n%s\n", label);
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
	static struct fooled f;
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


	(void)printf("%s: %s\nusual severity: %s%s\n", c->name, c->title,
	    severity_name(c->severity), c->on ? "" :
	    " (reported only when asked for)");
	put_paragraph("What it means", c->means);
	put_paragraph("Who is affected", c->affects);
	if (s != NULL)
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

/* All of them are known. */
static bool
check_codes(int n, char **names)
{
	for (int i = 0; i < n; i++)
		if (code_set_glob(names[i]) == 0) {
			complain("no code is called %s; did you mean %s?",
			    names[i], code_nearest(names[i]));
			return false;
		}
	return true;
}

int
explain_cmd(int argc, char **argv)
{
	char why[SERVERS_WHY];
	struct servers *s;
	bool first = true;

	if (argc < 2)
		list_codes();
	if (!check_codes(argc - 1, argv + 1))
		return EXIT_USAGE;
	s = argc > 1 ? servers_new(why) : NULL;
	for (int i = 1; i < argc; i++)
		for (unsigned k = 0; k < CODE_COUNT; k++) {
			if ((code_set_glob(argv[i]) >> k & 1) == 0)
				continue;
			if (!first)
				(void)printf("\n---\n\n");
			first = false;
			explain(s, (enum code)k);
		}
	servers_free(s);
	return EXIT_CLEAN;
}

void
explain_help(void)
{
	(void)fputs("Usage: baredot explain [CODE]...\n\n"
	    "Say what a code means, who is affected, what to do, what servers "
	    "say about it,\nand where that is from.  CODE may be a pattern: "
	    "'eod.*'.  Without one: list all.\n", stdout);
}
