/*
 * A database of records that somebody edited: it is made or refused, with a
 * reason, and where a page can be made too, both say alike whether the report
 * is whole.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "database_report.h"
#include "html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char head[] = "{\"type\":\"header\",\"min_severity\":\"info\"}\n";

static int
make_database(char *text, size_t n)
{
	struct report_lines in = { .file = fmemopen(text, n, "r") };
	struct err e = { 0 };
	int rc;

	if (in.file == NULL)
		abort();
	rc = database_report(&in, ":memory:", &e);
	if ((rc == ST_DEAD) != (e.text[0] != '\0') || rc == ST_END)
		abort();
	report_lines_close(&in);
	return rc;
}

static int
make_page(char *text, size_t n)
{
	const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct report_lines in = { .file = fmemopen(text, n, "r") };
	struct err e = { 0 };
	struct output *out = output_to(fd, &e);
	int rc;

	if (in.file == NULL || fd < 0 || out == NULL)
		abort();
	rc = html_page(&in, out, &e);
	(void)output_close(out, false, &e);
	report_lines_close(&in);
	(void)close(fd);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const size_t all = sizeof(head) - 1 + n;
	char *text = malloc(all);
	int rc, page;

	if (text == NULL)
		abort();
	memcpy(text, head, sizeof(head) - 1);
	if (n > 0)
		memcpy(text + sizeof(head) - 1, data, n);
	rc = make_database(text, all);
	page = make_page(text, all);
	if (rc != ST_DEAD && page != ST_DEAD && rc != page)
		abort();
	free(text);
	return 0;
}
