/*
 * See scan_run.h: the summary fits the terminal, and says what to do next with
 * what was scanned.
 */
#include "scan_run.h"

#include <unistd.h>

#include "escape.h"
#include "terminal.h"

#define NAMED_MOST 240u		/* bytes: more would not be read */

/* Its paths on one line, as a shell takes them; NULL: there are none, or too
 * many. */
static const char *
name_paths(struct scan_run *r)
{
	struct buf *b = &r->named;

	if (r->command.redact || r->command.files0_from != NULL)
		return NULL;
	for (char **p = r->command.paths; *p != NULL; p++) {
		if (strcmp(*p, "-") == 0)
			return NULL;
		if (b->n > 0)
			buf_byte(b, ' ');
		if (**p == '-')
			buf_str(b, "./");
		escape_shell(b, span_text(*p));
		if (b->n > NAMED_MOST)
			return NULL;
	}
	return buf_ok(b) && b->n > 0 ? buf_text(b) : NULL;
}

void
scan_screen(struct scan_run *r, struct screen *out)
{
	const struct terminal_size size = terminal_size(STDOUT_FILENO);

	if (!output_is_terminal(r->out))
		return;
	*out = (struct screen){ .columns = size.columns, .rows = size.rows,
	    .paths = r->command.command == COMMAND_SCAN ? name_paths(r) :
	    NULL };
	r->summary.screen = out;
}
