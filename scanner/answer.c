/*
 * See answer.h.
 */
#include "answer.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "complain.h"
#include "scan_cmd.h"

bool
form_parse(const char *word, enum form *out)
{
	const bool text = strcmp(word, "text") == 0;

	*out = text ? FORM_TEXT : FORM_NDJSON;
	return text || strcmp(word, "ndjson") == 0;
}

enum form
form_default(void)
{
	return isatty(STDOUT_FILENO) == 1 ? FORM_TEXT : FORM_NDJSON;
}

int
answer_begin(struct answer *l, enum form form)
{
	struct err e = { 0 };

	output_errors_not_signals();
	*l = (struct answer){ .form = form };
	if ((l->out = output_open(NULL, &e)) != NULL)
		return EXIT_CLEAN;
	complain("%s", e.text);
	return EXIT_UNREADABLE;
}

void
answer_put(struct answer *l)
{
	buf_byte(&l->line, '\n');
	if (buf_ok(&l->line))
		(void)output_write(l->out, buf_span(&l->line));
	else
		output_no_memory(l->out);
	buf_clear(&l->line);
}

int
answer_end(struct answer *l, int status)
{
	struct err e = { 0 };

	buf_free(&l->line);
	if (output_close(l->out, false, &e) == ST_OK)
		return status;
	/* Whoever reads no more need not be told so; as scan has it. */
	if (e.num == EPIPE)
		return status == EXIT_UNREADABLE ? status : EXIT_INTERRUPTED;
	complain("%s", e.text);
	return EXIT_UNREADABLE;
}

void
answer_text(struct answer *l, const char *text)
{
	escape_text(&l->line, span_text(text));
}

void
utc_text(uint64_t seconds, char out[32])
{
	const time_t when = (time_t)seconds;
	struct tm tm;

	if (seconds > INT64_MAX || gmtime_r(&when, &tm) == NULL ||
	    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
}
