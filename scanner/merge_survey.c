/*
 * See merge.h: what there is, by the first and last lines.
 */
#include "merge.h"

#include <errno.h>

void
survey_free(struct survey *s)
{
	buf_free(&s->missing.text);
	buf_free(&s->again.text);
	buf_free(&s->header);
	buf_free(&s->host);
	buf_free(&s->kernel);
	buf_free(&s->sandbox);
	buf_free(&s->start);
	buf_free(&s->end);
}

/* What all have in common, else nothing. */
static void
take_word(const struct json_object *o, const char *key, bool first,
    struct buf *b, bool *differ)
{
	struct span s = { (const uint8_t *)"", 0 };

	(void)json_member_text(o, key, &s);
	if (first)
		buf_add(b, s.p, s.n);
	else if (!span_eq(s, buf_span(b)))
		*differ = true;
}

/* The times sort as text: all are in UTC, and of one length. */
static void
take_time(struct span s, bool later, struct buf *b)
{
	const size_t n = s.n < b->n ? s.n : b->n;
	const int c = n > 0 ? memcmp(s.p, b->p, n) : 0;

	if (b->n > 0 && (later ? c <= 0 : c >= 0))
		return;
	buf_clear(b);
	buf_add(b, s.p, s.n);
}

static bool
take_header(struct survey *s, struct span line, bool first)
{
	struct json_object *o = json_parse(line);
	struct span start = { (const uint8_t *)"", 0 };
	uint64_t jobs = 0;

	if (o == NULL)
		return false;
	take_word(o, "host", first, &s->host, &s->hosts);
	take_word(o, "kernel", first, &s->kernel, &s->kernels);
	take_word(o, "sandbox", first, &s->sandbox, &s->sandboxes);
	if (json_member_u64(o, "jobs", &jobs))
		s->jobs += jobs;
	if (json_member_text(o, "start", &start))
		take_time(start, false, &s->start);
	json_free(o);
	if (first)
		buf_add(&s->header, line.p, line.n);
	return true;
}

static int
take(struct survey *s, const struct plan_header *plan, unsigned long i,
    const struct shard_head *head, const struct shard_tail *tail,
    struct span header, struct err *e)
{
	const bool first = s->header.n == 0;

	if (memcmp(head->plan, plan->sha, HASH_SIZE) != 0)
		return err_set(e, ST_BAD, 0, "shard %lu is of another plan: "
		    "each plan needs a folder of its own", i);
	if (first)
		s->basis = head->basis;
	if (head->basis != s->basis)
		return err_set(e, ST_BAD, 0, "shard %lu was scanned with other "
		    "options than those before it, or by another baredot", i);
	if (!take_header(s, header, first))
		return err_set(e, ST_BAD, 0, "shard %lu has no header", i);
	take_time(span_text(tail->end), true, &s->end);
	s->milliseconds += tail->milliseconds;
	if (tail->exit_status > s->exit_status)
		s->exit_status = tail->exit_status;
	return buf_ok(&s->header) && buf_ok(&s->start) && buf_ok(&s->end) ?
	    ST_OK : err_set(e, ST_DEAD, ENOMEM, "cannot merge");
}

static int
keep_header(void *ctx, const struct shard_line *l, struct err *e)
{
	struct buf *header = ctx;

	(void)e;
	if (l->kind == SHARD_HEADER)
		buf_add(header, l->text.p, l->text.n);
	return ST_OK;
}

/* One shard.  It is listed if it is not to be had. */
static int
look(int dir, const struct plan_header *plan, struct survey *s,
    unsigned long i, bool whole, struct border_state *border, struct err *e)
{
	const struct shard_id id = { i, plan->shards };
	struct shard_head head;
	struct shard_tail tail;
	struct buf header = { 0 };
	int rc = ST_END;

	if (dir >= 0)
		rc = whole ? shard_check(dir, id, &head, &tail, keep_header,
		    &header, e) : shard_glance(dir, id, &head, &tail, &header,
		    e);
	if (rc == ST_BAD || rc == ST_END) {
		shard_list_add(&s->missing, i);
		s->missing_n++;
		border->known = false;
		rc = ST_OK;
	} else if (rc == ST_OK) {
		rc = take(s, plan, i, &head, &tail, buf_span(&header), e);
		if (!shard_border_next(border, &tail.borders)) {
			shard_list_add(&s->missing, i);
			shard_list_add(&s->again, i);
			s->missing_n++;
			s->again_n++;
			/* What comes behind it is not known now. */
			border->known = false;
		}
	}
	buf_free(&header);
	return rc;
}

static int
look_at_all(int dir, const struct plan_header *plan, bool whole,
    struct survey *s, struct err *e)
{
	struct border_state border = { .known = false };
	int rc = ST_OK;

	*s = (struct survey){ .basis = 0 };
	for (unsigned long i = 1; i <= plan->shards && rc == ST_OK; i++)
		rc = look(dir, plan, s, i, whole, &border, e);
	(void)shard_list_end(&s->missing);
	(void)shard_list_end(&s->again);
	if (rc == ST_OK && (!buf_ok(&s->missing.text) ||
	    !buf_ok(&s->again.text)))
		rc = err_set(e, ST_DEAD, ENOMEM, "cannot merge");
	return rc;
}

int
merge_survey(int dir, const struct plan_header *plan, bool whole,
    struct survey *s, struct err *e)
{
	if (!whole) {
		if (look_at_all(dir, plan, false, s, e) == ST_OK &&
		    s->missing_n == 0)
			return ST_OK;
		survey_free(s);		/* the sums say whether that is true */
	}
	return look_at_all(dir, plan, true, s, e);
}
