/*
 * A page of records that somebody edited: no markup but our own.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char head[] = "{\"type\":\"header\",\"min_severity\":\"info\"}\n";

static size_t
occurrences(struct span s, const char *word)
{
	const size_t n = strlen(word);
	const uint8_t *at;
	size_t found = 0;

	while (s.n >= n && (at = memmem(s.p, s.n, word, n)) != NULL) {
		s = (struct span){ at + n, s.n - (size_t)(at - s.p) - n };
		found++;
	}
	return found;
}

/* Tags are ours: small letters and what stands in quotes. */
static void
check_tags(struct span s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		const uint8_t c = s.p[i], next = s.p[i + 1];

		if (c == '<' && !(next >= 'a' && next <= 'z') &&
		    next != '/' && next != '!')
			abort();
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			abort();
	}
}

static void
check_page(int fd)
{
	const off_t size = lseek(fd, 0, SEEK_END);
	uint8_t *page = malloc((size_t)size + 1);
	const uint8_t *body;
	struct span s = { page, (size_t)size };

	if (page == NULL || pread(fd, page, s.n, 0) != size)
		abort();
	if (occurrences(s, "<script") != 1 || occurrences(s, "<style") != 1 ||
	    occurrences(s, "<noscript") != occurrences(s, "</noscript") ||
	    occurrences(s, "<details") != occurrences(s, "</details") ||
	    occurrences(s, "<table") != occurrences(s, "</table"))
		abort();
	if ((body = memmem(s.p, s.n, "<body", 5)) == NULL)
		abort();
	s.n = (size_t)((const uint8_t *)memmem(s.p, s.n, "<script", 7) -
	    body);
	s.p = body;
	check_tags(s);
	free(page);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const size_t all = sizeof(head) - 1 + n;
	char *text = malloc(all);
	const int fd = memfd_create("page", MFD_CLOEXEC);
	struct report_lines in = { 0 };
	struct err e = { 0 };
	struct output *out;

	if (text == NULL || fd < 0)
		abort();
	memcpy(text, head, sizeof(head) - 1);
	if (n > 0)
		memcpy(text + sizeof(head) - 1, data, n);
	in.file = fmemopen(text, all, "r");
	out = output_to(fd, &e);
	if (in.file == NULL || out == NULL)
		abort();
	if (html_page(&in, out, &e) == ST_DEAD)
		(void)output_close(out, false, &e);
	else if (output_close(out, false, &e) == ST_OK)
		check_page(fd);
	report_lines_close(&in);
	(void)close(fd);
	free(text);
	return 0;
}
