/*
 * Any bytes as a file of senders and receivers: it is read, or refused with a
 * reason, and what was read makes a plan, or it is said why not.
 */
#include <stdlib.h>

#include "servers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char why[SERVERS_WHY];
	struct servers *s = servers_new(why);
	struct replay_plan *p;
	struct replay *r;

	if (s == NULL)
		abort();
	if (!servers_text(s, "fuzz", (struct span){ data, n }, why)) {
		if (why[0] == '\0')
			abort();
	} else if ((p = servers_plan(s, "all", "all", why)) != NULL) {
		if ((r = replay_new(p, NULL)) == NULL)
			abort();
		replay_begin(r, n % 2 == 0);
		replay_feed(r, SPAN("A: b\r\n\r\nx\n.\r\nx\r.\rx\r\n\0.\r\n"));
		(void)replay_end(r);
		replay_free(r);
		replay_plan_free(p);
	} else if (why[0] == '\0')
		abort();
	servers_free(s);
	return 0;
}
