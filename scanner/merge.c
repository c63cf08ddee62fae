/*
 * See merge.h: the files of shards, one behind another.
 *
 * Records go through as they are.  Only stores that lie across an end of a
 * section are made here, of their parts, and only messages of mboxes that do
 * get another index.  So memory is that of the stores at hand: the folders
 * around one place, and one mbox.
 */
#include "merge.h"

#include <errno.h>
#include <stdlib.h>

#include "tell.h"

#define OPEN_MAX 256u		/* stores that are not at their end: there are
				 * no more folders in each other */

struct open_store {
	struct buf path;
	struct store_facts facts;
};

struct merging {
	const struct plan_header *plan;
	const struct survey *survey;
	struct output *out;
	bool text;		/* the summary alone is to be written */
	struct shard_rules rules;
	struct report_options options;
	struct shard_sums sums;
	struct shard_place place;	/* scratch */
	uint64_t records, stores;	/* that were written; of them here */
	uint64_t before;	/* messages of the mbox at hand, up to here */
	struct open_store open[OPEN_MAX];
	size_t open_n;
	struct buf line, path;	/* scratch */
	const volatile sig_atomic_t *stop;
	struct err *e;
};

static void
put(struct merging *m, struct span s)
{
	m->records++;
	if (!m->text)
		(void)output_write(m->out, s);
}

/* --- records */

static int
put_record(struct merging *m, const struct shard_line *l)
{
	const struct span t = l->text;
	const size_t behind = l->index.at + l->index.n;

	if (l->index.n == 0) {
		put(m, (struct span){ t.p, t.n + 1 });	/* and its break */
		return ST_OK;
	}
	buf_clear(&m->line);
	buf_add(&m->line, t.p, l->index.at);
	buf_str(&m->line, ",\"index\":");
	buf_u64(&m->line, m->before + l->index.index);
	buf_add(&m->line, t.p + behind, t.n - behind);
	buf_byte(&m->line, '\n');
	put(m, buf_span(&m->line));
	return buf_ok(&m->line) ? ST_OK :
	    err_set(m->e, ST_DEAD, ENOMEM, "cannot merge");
}

/* --- stores in parts */

static void
put_store(struct merging *m, struct span path, const struct store_facts *f)
{
	if (f->messages == 0 && (f->format == NULL || !f->has_dialects))
		return;			/* a folder without mail of its own */
	buf_clear(&m->line);
	tell_store(&reporter_ndjson, &m->line, path, f, &m->options);
	m->stores++;
	put(m, buf_span(&m->line));
	if (!buf_ok(&m->line))
		output_no_memory(m->out);
}

static struct open_store *
find_open(struct merging *m, struct span path)
{
	for (size_t i = m->open_n; i-- > 0; )
		if (span_eq(buf_span(&m->open[i].path), path))
			return &m->open[i];
	return NULL;
}

static struct open_store *
add_open(struct merging *m, struct span path)
{
	struct open_store *s = &m->open[m->open_n];

	buf_clear(&s->path);
	buf_add(&s->path, path.p, path.n);
	s->facts = (struct store_facts){ .format = NULL };
	if (buf_ok(&s->path))
		m->open_n++;
	return buf_ok(&s->path) ? s : NULL;
}

static void
close_open(struct merging *m, struct open_store *s)
{
	struct open_store *last = &m->open[m->open_n - 1], old = *s;

	*s = *last;
	*last = old;			/* its buffer stays with the table */
	m->open_n--;
}

static int
take_part(struct merging *m, const struct json_object *o)
{
	struct part_facts p;
	struct store_facts f;
	struct open_store *s;

	if (!shard_part_read(o, &p, &f, &m->path))
		return err_set(m->e, ST_DEAD, ENOMEM, "cannot merge");
	if ((s = find_open(m, p.path)) == NULL) {
		if (m->open_n == OPEN_MAX)
			return err_set(m->e, ST_BAD, 0, "too many stores are "
			    "not at their end");
		if ((s = add_open(m, p.path)) == NULL)
			return err_set(m->e, ST_DEAD, ENOMEM, "cannot merge");
	}
	store_facts_add(&s->facts, &f);
	if (p.mbox)
		m->before = p.last ? 0 : s->facts.messages;
	if (p.last) {
		put_store(m, p.path, &s->facts);
		close_open(m, s);
	}
	return ST_OK;
}

static int
take_rules(struct merging *m, const struct json_object *o)
{
	return m->rules.list != NULL || shard_rules_read(o, &m->rules) ?
	    ST_OK : err_set(m->e, ST_DEAD, ENOMEM, "cannot merge");
}

static int
take_sums(struct merging *m, const struct json_object *o)
{
	return shard_piece_read(o, &m->rules.rules, &m->sums, &m->place) ?
	    ST_OK : err_set(m->e, ST_DEAD, ENOMEM, "cannot merge");
}

static int
take_line(void *ctx, const struct shard_line *l, struct err *e)
{
	struct merging *m = ctx;

	if (*m->stop != 0)
		return err_set(e, ST_DEAD, EINTR, "cannot merge");
	switch (l->kind) {
	case SHARD_HEAD:
		return take_rules(m, l->o);
	case SHARD_RECORD:
		return put_record(m, l);
	case SHARD_PART:
		return take_part(m, l->o);
	case SHARD_PIECE:
		return take_sums(m, l->o);
	default:
		return ST_OK;
	}
}

/* --- files */

static int
merge_file(struct merging *m, int dir, struct shard_id id)
{
	struct shard_head head;
	struct shard_tail tail;
	const int rc = shard_check(dir, id, &head, &tail, take_line, m, m->e);

	if (rc == ST_END)
		return err_set(m->e, ST_BAD, 0, "it is gone");
	if (rc == ST_OK && (head.basis != m->survey->basis ||
	    memcmp(head.plan, m->plan->sha, HASH_SIZE) != 0))
		return err_set(m->e, ST_BAD, 0, "it is another now");
	return rc;
}

/* --- header and summary */

/* What shards have in common, and then what they cannot. */
static int
put_header(struct merging *m, const char *const *argv)
{
	static const char *const but[] = { "command", "host", "start", "jobs",
	    "kernel", "sandbox", NULL };
	static const char several[] = "several";
	const struct survey *s = m->survey;
	struct json_object *o = json_parse(buf_span(&s->header));
	struct json j = json_begin(&m->line);

	if (o == NULL)
		return err_set(m->e, ST_BAD, 0, "it has no header");
	for (unsigned i = 0; i <= EOL_WIRE; i++)
		if (json_member_is(o, "eol", eol_mode_name((enum eol_mode)i)))
			m->options.eol = (enum eol_mode)i;
	buf_clear(&m->line);
	json_open(&j, '{');
	json_copy_members(&j, o, but);
	json_key(&j, "command");
	json_open(&j, '[');
	for (size_t i = 0; argv[i] != NULL; i++)
		json_text(&j, argv[i]);
	json_close(&j, ']');
	json_key(&j, "host");
	json_text_bytes(&j, s->hosts ? SPAN("") : buf_span(&s->host));
	json_key(&j, "start");
	json_text_bytes(&j, buf_span(&s->start));
	json_key_u64(&j, "jobs", s->jobs);
	json_key(&j, "kernel");
	json_text_bytes(&j, s->kernels ? SPAN(several) :
	    buf_span(&s->kernel));
	json_key(&j, "sandbox");
	json_text_bytes(&j, s->sandboxes ? SPAN(several) :
	    buf_span(&s->sandbox));
	json_key(&j, "merged");
	json_open(&j, '{');
	json_key(&j, "plan_sha256");
	json_hex(&j, m->plan->sha, HASH_SIZE);
	json_key_u64(&j, "shards", m->plan->shards);
	json_key(&j, "end");
	json_text_bytes(&j, buf_span(&s->end));
	json_key_u64(&j, "milliseconds", s->milliseconds);
	json_close(&j, '}');
	json_close(&j, '}');
	buf_byte(&m->line, '\n');
	json_free(o);
	put(m, buf_span(&m->line));
	return buf_ok(&m->line) ? ST_OK :
	    err_set(m->e, ST_DEAD, ENOMEM, "cannot merge");
}

static void
put_summary(struct merging *m)
{
	const struct scan_facts f = { .rules = &m->rules.rules,
	    .options = &m->options };
	struct summary_facts *s = &m->sums.summary;
	struct totals *t = &m->sums.totals;

	/* What was never told to be at its end: a folder that is gone. */
	while (m->open_n > 0) {
		struct open_store *o = &m->open[m->open_n - 1];

		put_store(m, buf_span(&o->path), &o->facts);
		close_open(m, o);
	}
	s->alone = m->text;
	s->exit_status = (int)m->survey->exit_status;
	s->seconds = (double)m->survey->milliseconds / 1000;
	t->stores += m->stores;
	t->records = m->records + 1;
	buf_clear(&m->line);
	tell_summary(m->text ? &reporter_text : &reporter_ndjson, &m->line, &f,
	    t, s);
	if (!buf_ok(&m->line))
		output_no_memory(m->out);
	(void)output_write(m->out, buf_span(&m->line));
}

static void
merging_free(struct merging *m)
{
	for (size_t i = 0; i < OPEN_MAX; i++)
		buf_free(&m->open[i].path);
	shard_rules_free(&m->rules);
	buf_free(&m->place.folder);
	buf_free(&m->line);
	buf_free(&m->path);
	free(m);
}

int
merge_write(int dir, const struct plan_header *plan, const struct survey *s,
    const char *const *argv, struct output *out, bool text,
    const volatile sig_atomic_t *stop, unsigned long *bad, struct err *e)
{
	struct merging *m = calloc(1, sizeof(*m));
	int rc;

	if (m == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot merge");
	m->plan = plan;
	m->survey = s;
	m->out = out;
	m->text = text;
	m->stop = stop;
	m->e = e;
	*bad = 1;
	rc = put_header(m, argv);
	for (unsigned long i = 1; rc == ST_OK && i <= plan->shards; i++) {
		*bad = i;
		rc = merge_file(m, dir, (struct shard_id){ i, plan->shards });
	}
	if (rc == ST_OK)
		put_summary(m);
	merging_free(m);
	return rc;
}
