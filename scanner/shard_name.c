/*
 * See shard_name.h.
 */
#include "shard_name.h"

#include <limits.h>
#include <stdlib.h>

#include "option_words.h"

bool
shard_parse(const char *text, struct shard_id *out)
{
	const char *slash = strchr(text, '/');
	char first[8];
	const size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);

	*out = (struct shard_id){ 0, 0 };
	if (n >= sizeof(first))
		return false;
	memcpy(first, text, n);
	first[n] = '\0';
	if (slash != NULL && (!parse_number(slash + 1, SHARDS_MAX, &out->n) ||
	    out->n == 0))
		return false;
	if (strcmp(first, "auto") == 0)
		return true;
	return parse_number(first, slash != NULL ? out->n : SHARDS_MAX,
	    &out->i) && out->i > 0;
}

/*
 * The lowest number of an array is that of those submitted now: of a part that
 * is run again, too.  So 1-based numbers are taken as they are, whatever the
 * lowest is, and what merge lists as missing never has a 0.  Where it is not
 * said they count from 1, as those of merge do.
 */
static bool
slurm_base(unsigned long *base)
{
	const char *min = getenv("SLURM_ARRAY_TASK_MIN");
	unsigned long lowest;

	*base = 1;
	if (min == NULL || min[0] == '\0')
		return true;
	if (!parse_number(min, ULONG_MAX - 1, &lowest))
		return false;
	*base = lowest == 0 ? 0 : 1;
	return true;
}

struct source {
	const char *name;
	unsigned long base;
	bool slurm;
};

/* 0: it does not say.  ULONG_MAX: it makes no sense. */
static unsigned long
ask(const struct source *s)
{
	const char *text = getenv(s->name);
	unsigned long i, base = s->base;

	if (text == NULL || text[0] == '\0' || strcmp(text, "undefined") == 0)
		return 0;
	if (!parse_number(text, SHARDS_MAX, &i) ||
	    (s->slurm && !slurm_base(&base)) || i < base)
		return ULONG_MAX;
	return i - base + 1;
}

static void
say_none(const struct source *s, unsigned long n, struct buf *why)
{
	const char *text = getenv(s->name);
	const char *min = s->slurm ? getenv("SLURM_ARRAY_TASK_MIN") : NULL;

	buf_printf(why, "%s is %s, which is none of %lu shards", s->name,
	    text, n);
	if (min != NULL && min[0] != '\0')
		buf_printf(why, " (SLURM_ARRAY_TASK_MIN is %s)", min);
	else if (s->slurm)
		buf_str(why, " (from 1 on: SLURM_ARRAY_TASK_MIN is not set "
		    "to 0)");
}

unsigned long
shard_from_environment(unsigned long n, struct buf *why)
{
	static const struct source sources[] = {
		{ "SLURM_ARRAY_TASK_ID", 0, true },
		{ "JOB_COMPLETION_INDEX", 0, false },
		{ "SGE_TASK_ID", 1, false }, { "PARALLEL_SEQ", 1, false },
	};
	const struct source *by = NULL;
	unsigned long found = 0, i;

	for (size_t k = 0; k < sizeof(sources) / sizeof(sources[0]); k++) {
		if ((i = ask(&sources[k])) == 0)
			continue;
		if (i > n) {
			say_none(&sources[k], n, why);
			return 0;
		}
		if (by != NULL && i != found) {
			buf_printf(why, "%s and %s do not agree", by->name,
			    sources[k].name);
			return 0;
		}
		by = &sources[k];
		found = i;
	}
	if (found == 0)
		buf_str(why, "none of SLURM_ARRAY_TASK_ID, "
		    "JOB_COMPLETION_INDEX, SGE_TASK_ID and PARALLEL_SEQ says "
		    "which");
	return found;
}

void
shard_file_name(struct buf *b, struct shard_id id)
{
	buf_printf(b, "shard-%05lu-of-%05lu.ndjson", id.i, id.n);
}

static void
put_run(struct shard_list *l)
{
	if (l->first == 0)
		return;
	buf_printf(&l->text, l->text.n > 0 ? ",%lu" : "%lu", l->first);
	if (l->last > l->first)
		buf_printf(&l->text, "-%lu", l->last);
}

void
shard_list_add(struct shard_list *l, unsigned long i)
{
	if (l->first != 0 && i == l->last + 1) {
		l->last = i;
		return;
	}
	put_run(l);
	l->first = l->last = i;
}

const char *
shard_list_end(struct shard_list *l)
{
	put_run(l);
	l->first = l->last = 0;
	return buf_text(&l->text);
}
