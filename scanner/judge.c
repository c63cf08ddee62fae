/*
 * See judge.h.
 */
#include "judge.h"

#include <stdlib.h>

#include "patterns.h"

struct judge {
	struct judge_options options;
	struct hash *hash;
	struct engine *first;
	struct engine *beside;	/* a second look at every message; or NULL */
	struct engine *again;	/* a second look at those that need it */
	struct engine *parts;	/* one that tells of the parts alone; or NULL */
	struct replay *replay;	/* or NULL */
	struct engine *dates;	/* and of the Date, of those that are reported
				 * without need for more; NULL: beside does */
	struct pattern_rules every;	/* of the user's rules: for beside */
	struct pattern_rules suspects;	/* and those for again */
	code_set asked;		/* codes that are reported */
};

static const unsigned reasoned = TOPIC_MIME | TOPIC_DKIM | TOPIC_SMUGGLE;

#define RULE_CODES (1ull << CODE_RULE_MATCH | 1ull << CODE_RULE_GAVE_UP)

/* Which of the user's rules see every message, and which the suspects. */
static void
split_rules(struct judge *j)
{
	const struct pattern_rules *all = j->options.engine.rules;

	if (all == NULL || (j->asked & RULE_CODES) == 0)
		return;
	j->every = pattern_rules_of(all, false);
	j->suspects = pattern_rules_of(all, true);
}

/* Codes to look for: rules, and what a server would do, may depend on those
 * that nobody asked for. */
static code_set
codes_for(const struct judge *j)
{
	code_set codes = j->asked;

	if (j->options.engine.target != NULL)
		codes |= target_codes(j->options.engine.target);
	if (j->suspects.n > 0)
		codes |= code_set_default();
	for (size_t i = 0; i < j->every.n; i++)
		codes |= pattern_rule_codes(j->every.rule[i]);
	for (size_t i = 0; i < j->suspects.n; i++)
		codes |= pattern_rule_codes(j->suspects.rule[i]);
	return codes;
}

static bool
open_engines(struct judge *j)
{
	struct engine_options o = j->options.engine;
	const unsigned asked = o.topics & ~(unsigned)TOPIC_PATTERNS;

	j->asked = o.codes;
	if (j->options.plan != NULL) {
		o.topics = 0;
		j->first = engine_new(&o);
		j->replay = replay_new(j->options.plan, o.kernel);
		return j->first != NULL && j->replay != NULL;
	}
	split_rules(j);
	o.codes = codes_for(j);
	o.topics = 0;
	if ((j->first = engine_new(&o)) == NULL)
		return false;
	o.topics = TOPIC_MIME & ~asked;
	if (j->options.parts && o.topics != 0 &&
	    (j->parts = engine_new(&o)) == NULL)
		return false;
	o.topics = asked | (j->every.n > 0 ? TOPIC_PATTERNS : 0u);
	o.rules = &j->every;
	if (o.topics != 0 && (j->beside = engine_new(&o)) == NULL)
		return false;
	o.topics = TOPIC_HEADER;
	if (j->beside == NULL && (j->dates = engine_new(&o)) == NULL)
		return false;
	o.topics = (reasoned & ~asked) |
	    (j->suspects.n > 0 ? TOPIC_PATTERNS : 0u);
	o.rules = &j->suspects;
	if (o.topics != 0 && (j->again = engine_new(&o)) == NULL)
		return false;
	if (j->beside != NULL)
		engine_follow(j->beside, j->first);
	if (j->again != NULL)
		engine_follow(j->again, j->first);
	if (j->parts != NULL)
		engine_follow(j->parts, j->first);
	if (j->dates != NULL)
		engine_follow(j->dates, j->first);
	return true;
}

/* Forget what was looked for only because rules depend on it. */
static void
keep_asked(const struct judge *j, struct verdict *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		if (j->asked >> v->list[i].code & 1)
			v->list[n++] = v->list[i];
	v->n = n;
}

struct judge *
judge_new(const struct judge_options *o)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->options = *o;
	j->hash = hash_new();
	if (j->hash != NULL && open_engines(j))
		return j;
	judge_free(j);
	return NULL;
}

void
judge_hash(struct judge *j, enum judge_hash hash)
{
	j->options.hash = hash;
}

void
judge_free(struct judge *j)
{
	if (j == NULL)
		return;
	engine_free(j->first);
	engine_free(j->beside);
	engine_free(j->again);
	engine_free(j->parts);
	replay_free(j->replay);
	engine_free(j->dates);
	hash_free(j->hash);
	free(j);
}

#define ENGINES 4u

/* Who is shown the bytes of a pass. */
struct pass {
	struct engine *engines[ENGINES];	/* or NULL */
	struct hash *hash;		/* or NULL */
	struct replay *replay;		/* or NULL */
	bool again;			/* it is the second */
	bool watch;			/* see to it that there can be one */
	enum brk native;		/* watch: of the message */
};

static int read_through(struct judge *, struct store *, struct pass *,
    struct err *);

/* What the message's own lines end in, while nothing else is known. */
static bool
begins_lf(const struct judge *j, enum brk native)
{
	const enum eol_mode eol = j->options.engine.eol;

	return eol == EOL_AUTO ? native == BRK_LF : eol == EOL_LF;
}

/*
 * The start of the message is about to be lost, so there can be no second
 * look: who would have a part in that sees what was read so far, and is shown
 * the rest in this one.
 */
static int
catch_up(struct judge *j, struct store *st, struct pass *p, struct err *e)
{
	struct pass missed = { .again = true, .replay = j->replay,
	    .engines = { j->again, j->dates },
	    .hash = p->hash == NULL && j->options.hash != HASH_NONE ?
	    j->hash : NULL };
	int rc;

	p->watch = false;
	if (j->again != NULL)
		engine_begin_again(j->again, p->native, NULL);
	if (j->replay != NULL)
		replay_begin(j->replay, begins_lf(j, p->native));
	if (j->dates != NULL)
		engine_begin_again(j->dates, p->native, NULL);
	store_again(st);
	if ((rc = read_through(j, st, &missed, e)) != ST_END)
		return rc;
	p->engines[2] = j->again;
	p->replay = j->replay;
	p->engines[3] = j->dates;
	if (missed.hash != NULL)
		p->hash = missed.hash;
	return ST_OK;
}

static int
read_on(struct judge *j, struct store *st, struct pass *p, struct span *a,
    struct err *e)
{
	int rc;

	if (p->watch && !store_will_again(st) &&
	    (rc = catch_up(j, st, p, e)) != ST_OK)
		return rc;
	return store_read(st, a, e);
}

static int
read_through(struct judge *j, struct store *st, struct pass *p,
    struct err *e)
{
	struct span a;
	int rc;

	if (p->hash != NULL)
		hash_begin(p->hash);
	while ((rc = read_on(j, st, p, &a, e)) == ST_OK) {
		for (size_t i = 0; i < ENGINES; i++)
			if (p->engines[i] != NULL)
				engine_feed(p->engines[i], a);
		if (p->hash != NULL)
			hash_feed(p->hash, a);
		if (p->replay != NULL)
			replay_feed(p->replay, a);
		j->options.tick(j->options.ctx, p->again ? 0 : a.n,
		    p->again ? a.n : 0);
		if (j->options.late != NULL &&
		    j->options.late(j->options.ctx, e) != ST_OK)
			return ST_DEAD;
	}
	return rc;
}

static bool
is_shown(const struct judge *j, const struct verdict *v)
{
	enum severity worst;

	return report_worst(v, &j->options.report, &worst);
}

/* Who has a second look; or NULL. */
static struct engine *
look_by(const struct judge *j, bool fed, const struct verdict *v)
{
	const bool shown = is_shown(j, v);

	if (!engine_is_suspect(v))
		return shown ? j->dates : NULL;
	return j->parts != NULL && !fed && shown ? j->parts : j->again;
}

/*
 * What the first look could not say is added to *v.  *hashed: the hash has
 * seen the message.  fed: so has the engine for the second look.
 */
static int
look_again(struct judge *j, struct store *st, const struct msg *m, bool fed,
    struct verdict *v, bool *hashed, struct err *e)
{
	struct engine *again = look_by(j, fed, v);
	const bool look = again != NULL;
	const bool hash = !*hashed && j->options.hash != HASH_NONE &&
	    (look || is_shown(j, v));
	const bool replay = j->replay != NULL && !fed;
	struct pass pass = { .again = true,
	    .engines = { look && !fed ? again : NULL },
	    .hash = hash ? j->hash : NULL,
	    .replay = replay ? j->replay : NULL };
	int rc;

	if (look && !fed)
		engine_begin_again(again, m->native, v);
	if (replay)
		replay_begin(j->replay, v->convention == CONV_LF);
	if ((look && !fed) || hash || replay) {
		store_again(st);
		if ((rc = read_through(j, st, &pass, e)) != ST_END)
			return rc;
		*hashed |= hash;
	}
	if (look)
		engine_end_again(again, v);
	if (look && again == j->dates)	/* no rule missed a field */
		v->head_size = v->head_seen = 0;
	return ST_END;
}

int
judge_message(struct judge *j, struct store *st, const struct msg *m,
    bool brief, struct judged *out, struct err *e)
{
	struct pass pass = {
		.engines = { j->first, brief ? NULL : j->beside },
		.hash = !brief && j->options.hash == HASH_ALL ? j->hash :
		    NULL, .watch = !brief, .native = m->native };
	struct verdict *v;
	bool hashed, once;
	int rc;

	engine_begin(j->first, m->native);
	if (pass.engines[1] != NULL)
		engine_begin_again(pass.engines[1], m->native, NULL);
	if ((rc = read_through(j, st, &pass, e)) != ST_END)
		return rc;
	v = engine_end(j->first);
	once = pass.watch != !brief;
	hashed = pass.hash != NULL;
	if (pass.engines[1] != NULL)
		engine_end_again(j->beside, v);
	if (!brief && (rc = look_again(j, st, m, once, v, &hashed, e)) !=
	    ST_END)
		return rc;
	keep_asked(j, v);
	out->verdict = v;
	out->flagged = is_shown(j, v);
	out->replay = j->replay != NULL && !brief ? replay_end(j->replay) :
	    NULL;
	out->hashed = hashed &&
	    (j->options.hash == HASH_ALL || out->flagged) &&
	    hash_end(j->hash, out->sha256);
	return ST_END;
}
