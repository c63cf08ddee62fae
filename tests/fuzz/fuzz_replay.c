/*
 * Any bytes as a message between all senders and receivers: the same however
 * it is cut, and for one pair what the oracle says.  The first four bytes
 * choose the pair, how it is cut, and what its own lines end in.
 */
#include <stdlib.h>

#include "../replay_oracle.h"
#include "servers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct replay_plan *plan;
static struct replay *replay;
static struct receiver_dfa dfas[REPLAY_ROWS], bdat_dfas[REPLAY_ROWS];

static void
set_up(void)
{
	char why[SERVERS_WHY];
	struct servers *s = servers_new(why);

	if (s == NULL || (plan = servers_plan(s, "all", "all", why)) ==
	    NULL || (replay = replay_new(plan, NULL)) == NULL)
		abort();
	for (size_t i = 0; i < replay_plan_receivers(plan); i++)
		if (!receiver_compile(replay_receiver(plan, i), &dfas[i]) ||
		    !receiver_compile_bdat(replay_receiver(plan, i),
		    &bdat_dfas[i]))
			abort();
}

/* In pieces, each in memory that is gone at once. */
static const struct replay_result *
run(struct span m, bool lf, size_t step)
{
	replay_begin(replay, lf);
	for (size_t at = 0, size; at < m.n; at += size) {
		uint8_t *p;

		size = m.n - at < step ? m.n - at : step;
		if ((p = malloc(size)) == NULL)
			abort();
		memcpy(p, m.p + at, size);
		replay_feed(replay, (struct span){ p, size });
		free(p);
	}
	return replay_end(replay);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct replay_result whole;
	const struct replay_result *cut;
	struct oracle_replay want;
	size_t s, r;

	if (n < 4)
		return 0;
	if (plan == NULL)
		set_up();
	s = data[0] % replay_plan_senders(plan);
	r = data[1] % replay_plan_receivers(plan);
	whole = *run((struct span){ data + 4, n - 4 }, data[3] & 1, n);
	cut = run((struct span){ data + 4, n - 4 }, data[3] & 1,
	    1u + data[2]);
	if (memcmp(whole.cells, cut->cells, sizeof(whole.cells)) != 0 ||
	    whole.n != cut->n || whole.more != cut->more)
		abort();
	oracle_replay(replay_sender(plan, s), replay_receiver(plan, r),
	    replay_by_bdat(plan, s, r) ? &bdat_dfas[r] :
	    &dfas[r], data[3] & 1, (struct span){ data + 4, n - 4 }, &want);
	if (replay_between(plan, whole.cells, s, r) != want.outcome)
		abort();
	oracle_replay_free(&want);
	return 0;
}
