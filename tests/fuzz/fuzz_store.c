/*
 * Any bytes, wherever they are found: an answer, and no more than was there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store.h"

#include "../drip.c"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s\n", what);
	abort();
}

/* Read the message at hand; its status. */
static int
read_message(struct store *s, const struct msg *m, struct span data)
{
	uint64_t sum = 0;
	struct span part;
	int rc;

	while ((rc = store_read(s, &part, NULL)) == ST_OK) {
		check(part.n > 0, "empty");
		check(m->raw_off == MSG_NOT_RAW || m->raw_off + sum + part.n <=
		    data.n, "more than there is");
		check(m->raw_off == MSG_NOT_RAW || memcmp(part.p, data.p +
		    m->raw_off + sum, part.n) == 0, "not what stands there");
		sum += part.n;
	}
	if (rc == ST_END)
		check(sum == m->len, "sum");
	return rc;
}

static void
read_all(struct store *s, struct span data, bool failing)
{
	size_t bad = 0;
	struct msg m;
	int rc;

	while ((rc = store_next(s, &m, NULL)) == ST_OK || rc == ST_BAD) {
		/* What is damaged takes some bytes, or is the last. */
		if (rc == ST_BAD && ++bad <= data.n + 2)
			continue;
		check(rc == ST_OK, "damaged without end");
		check(m.format != NULL && (m.raw_off == m.off) !=
		    (m.why_not != NULL), "message");
		if ((rc = read_message(s, &m, data)) == ST_BAD)
			continue;
		if (rc != ST_END)
			break;
		if (!store_can_again(s) || m.index % 2 == 0)
			continue;
		store_again(s);
		if ((rc = read_message(s, &m, data)) != ST_END)
			break;
	}
	check(rc == ST_END || rc == ST_DEAD, "status");
	if (failing)
		check(rc == ST_DEAD, "an error was lost");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct limits limits = { .ratio_free = 1u << 24,
	    .bytes = 1u << 24 };
	struct budget b = { .limits = &limits };
	struct store_how how = { .budget = &b };
	struct drip d = { .seed = 1, .fail_at = DRIP_NEVER };
	struct store *s;
	bool failing;
	int rc;

	if (n < 3)
		return 0;
	how.place = (enum store_place)(p[0] % (PLACE_NAMED + 1));
	how.format = store_format_name(p[0] >> 4);	/* or NULL */
	d.step = p[1];
	d.seekable = p[2] & 1;
	d.bytes = (struct span){ p + 3, n - 3 };
	failing = p[2] & 2;
	if (failing)
		d.fail_at = p[2] < n - 3 ? p[2] : n - 3;
	s = store_new(NULL);
	rc = store_open_source(s, drip_source(&d), &how, NULL);
	if (rc == ST_OK)
		read_all(s, d.bytes, failing);
	else
		check(rc == ST_DEAD || (rc == ST_BAD && !failing), "open");
	store_close(s);
	store_free(s);
	return 0;
}
