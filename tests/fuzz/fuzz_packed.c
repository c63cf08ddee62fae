/*
 * Any bytes, unpacked as far as they go, archives in archives too: an end, and
 * within the budget; from a file and from a stream the same, but for what can
 * only be read from a file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "members.h"
#include "store.h"

#include "../drip.c"

#define LEVELS 3u
#define BYTES (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
const char *__asan_default_options(void);

/* A worker has little memory, and libarchive copes with that. */
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=128";
}

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s\n", what);
	abort();
}

static void
read_messages(struct store *s)
{
	struct span part;
	struct msg m;
	uint64_t sum, bad = 0;
	int rc;

	while ((rc = store_next(s, &m, NULL)) == ST_OK || rc == ST_BAD) {
		for (sum = 0; rc != ST_BAD && (rc = store_read(s, &part,
		    NULL)) == ST_OK; )
			sum += part.n;
		/* What is damaged takes some bytes, or is the last. */
		if (rc == ST_BAD && ++bad <= 2 * BYTES)
			continue;
		if (rc != ST_END)
			break;
		check(sum == m.len, "length");
		if (store_can_again(s) && m.index % 2 == 1) {
			store_again(s);
			while ((rc = store_read(s, &part, NULL)) == ST_OK)
				sum -= part.n;
			check(rc == ST_END && sum == 0, "again");
		}
	}
	check(rc == ST_END || rc == ST_DEAD, "status");
}

static void see(struct store **s, struct byte_source, bool member,
    struct budget *);

static void
see_members(struct store **s, struct budget *b)
{
	struct members *m;
	struct member one;
	uint64_t n = 0;
	int rc;

	if (members_open(&m, store_archive(*s), store_input(*s), b, NULL) !=
	    ST_OK)
		return;
	while ((rc = members_next(m, &one, NULL)) == ST_OK || rc == ST_BAD) {
		check(one.ordinal == ++n, "ordinal");
		if (rc == ST_OK && one.regular && n % 5 != 4)
			see(s + 1, members_source(m), true, b);
	}
	check(rc == ST_END || rc == ST_DEAD, "status of members");
	members_close(m);
}

static void
see(struct store **s, struct byte_source from, bool member,
    struct budget *b)
{
	const struct store_how how = { .budget = b, .member = member,
	    .archives = s[1] != NULL ? ~0u : 0 };

	if (store_open_source(*s, from, &how, NULL) == ST_OK) {
		if (store_archive(*s) != PACKED_NOT)
			see_members(s, b);
		else
			read_messages(*s);
	}
	store_close(*s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct limits limits = { .ratio = 50, .ratio_free = BYTES / 2,
	    .bytes = BYTES, .members = 2000, .filters = 3 };
	struct budget b = { .limits = &limits };
	struct drip d = { .seed = 1, .fail_at = DRIP_NEVER };
	static struct store *s[LEVELS + 1];	/* windows are large */

	if (n < 2)
		return 0;
	d.step = p[0];
	d.seekable = p[0] & 1;
	d.bytes = (struct span){ p + 1, n - 1 };
	for (size_t i = 0; i < LEVELS; i++)
		if (s[i] == NULL)
			s[i] = store_new(NULL);
	see(s, drip_source(&d), false, &b);
	/* A piece more than the limit is made, at most. */
	check(b.out <= BYTES + (n * 50) + (4u << 20), "budget");
	check(b.members <= limits.members + 1, "members");
	return 0;
}
