/*
 * See scan_run.h and sharding.h: a scan that is one of many, and its file.
 */
#include "sharding.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"
#include "scan_cmd.h"
#include "state_cmd.h"

/* --- before there is a queue */

/* Told. */
static int
refuse(int rc, const char *what, const struct err *e)
{
	complain("%s: %s", what, e->text);
	return rc == ST_BAD ? EXIT_USAGE : EXIT_UNREADABLE;
}

/* Of which shard of how many. */
static int
find_id(struct shard_run *sh, const struct scan_command *c)
{
	struct buf why = { 0 };

	sh->head.id = (struct shard_id){ c->shard.i, sh->plan.shards };
	if (c->shard.n != 0 && c->shard.n != sh->plan.shards) {
		complain("--shard says %lu shards, and the plan has %zu",
		    c->shard.n, sh->plan.shards);
		return EXIT_USAGE;
	}
	if (c->shard.i > sh->plan.shards) {
		complain("--shard says %lu, which is none of %zu shards",
		    c->shard.i, sh->plan.shards);
		return EXIT_USAGE;
	}
	if (c->shard.i == 0)
		sh->head.id.i = shard_from_environment(sh->head.id.n, &why);
	if (why.n > 0)
		complain("--shard auto: %s", buf_text(&why));
	buf_free(&why);
	return sh->head.id.i != 0 ? EXIT_CLEAN : EXIT_USAGE;
}

/* It is not mounted here, or is another one: nothing in it would be found, and
 * nobody would know. */
static int
check_roots(const struct shard_run *sh)
{
	for (size_t i = 0; i < sh->plan.roots_n; i++) {
		struct plan_root *root = &sh->plan.roots[i];
		const char *path = buf_text(&root->path);
		struct stat st;

		if (path[0] != '/' && sh->elsewhere) {
			complain("the plan says %s, and was made in %s: scan "
			    "there", path, (const char *)sh->plan.cwd.p);
			return EXIT_USAGE;
		}
		if (stat(path, &st) != 0) {
			complain("%s: %s", path, strerror(errno));
			return EXIT_UNREADABLE;
		}
		if (st.st_ino != root->inode) {
			complain("%s is not the folder that the plan is of: is "
			    "it mounted here?", path);
			return EXIT_UNREADABLE;
		}
	}
	return EXIT_CLEAN;
}

static int
check_evidence(const struct shard_run *sh, const struct scan_command *c)
{
	char **paths;
	bool inside;

	if (!c->forensic)
		return EXIT_CLEAN;
	if (!sh->plan.forensic) {
		complain("--forensic needs a plan that was made with "
		    "--forensic");
		return EXIT_USAGE;
	}
	if ((paths = calloc(sh->plan.roots_n + 1, sizeof(*paths))) == NULL) {
		complain("no memory");
		return EXIT_UNREADABLE;
	}
	for (size_t i = 0; i < sh->plan.roots_n; i++)
		paths[i] = (char *)sh->plan.roots[i].path.p;
	inside = state_is_in_store(c->out, paths);
	free(paths);
	if (inside)
		complain("--out=%s is in the evidence: the shards have to go "
		    "elsewhere", c->out);
	return inside ? EXIT_USAGE : EXIT_CLEAN;
}

/* NULL: it is of this plan, and scanned with the same options. */
static const char *
stranger(const struct shard_run *sh, const struct shard_head *head)
{
	return memcmp(head->plan, sh->head.plan, HASH_SIZE) != 0 ?
	    "of another plan" : head->basis != sh->head.basis ?
	    "scanned with other options, or by another baredot" : NULL;
}

/* The borders of the i-th.  False: it is not whole, or goes with another. */
static bool
borders_of(const struct shard_run *sh, unsigned long i,
    struct shard_borders *out)
{
	const struct shard_id id = { i, sh->head.id.n };
	struct shard_head head;
	struct shard_tail tail;
	struct err e;

	if (shard_check(sh->dir, id, &head, &tail, NULL, NULL, &e) != ST_OK ||
	    stranger(sh, &head) != NULL)
		return false;
	*out = tail.borders;
	return true;
}

/* Where the mbox at its start goes on, if the shards before it say so: from the
 * last one on that knows it without those before. */
static void
look_back(struct shard_run *sh)
{
	unsigned long i = sh->head.id.i;
	struct shard_borders b = { .begins = sh->borders.begins,
	    .through = true };

	while (b.begins && b.through && !b.found)
		if (--i == 0 || !borders_of(sh, i, &b))
			return;
	for (; i < sh->head.id.i; i++)
		if (!borders_of(sh, i, &b) ||
		    !shard_border_next(&sh->before, &b))
			sh->before.known = false;
}

/* The shard's file may be there. */
static int
look_at_file(struct shard_run *sh, bool *done)
{
	struct border_state state = sh->before;
	struct shard_head head;
	struct shard_tail tail;
	struct err e = { 0 };
	const unsigned long i = sh->head.id.i;
	const int rc = shard_check(sh->dir, sh->head.id, &head, &tail, NULL,
	    NULL, &e);

	*done = false;
	if (rc == ST_DEAD) {
		complain("shard %lu: %s", i, e.text);
		return EXIT_UNREADABLE;
	}
	if (rc == ST_BAD)
		complain("shard %lu is there, but %s: it is scanned again", i,
		    e.text);
	if (rc != ST_OK)
		return EXIT_CLEAN;
	if (stranger(sh, &head) != NULL) {
		complain("shard %lu is there, %s: use another folder", i,
		    stranger(sh, &head));
		return EXIT_USAGE;
	}
	*done = shard_border_next(&state, &tail.borders);
	return EXIT_CLEAN;
}

static int
open_folder_of(struct shard_run *sh, const char *path)
{
	(void)mkdir(path, 0700);
	sh->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sh->dir < 0)
		complain("%s: %s", path, strerror(errno));
	return sh->dir >= 0 ? EXIT_CLEAN : EXIT_UNREADABLE;
}

/* The plan, as far as this shard goes. */
static int
read_plan(struct shard_run *sh, const struct scan_command *c)
{
	struct err e = { 0 };
	char *cwd;
	int rc, status;

	rc = plan_open(&sh->lines, c->plan, scan_rules_source(), &sh->plan,
	    &e);
	if (rc != ST_OK)
		return refuse(rc, c->plan, &e);
	if ((status = find_id(sh, c)) != EXIT_CLEAN)
		return status;
	sh->at = sh->lines.next;
	rc = plan_segment_check(&sh->lines, sh->at,
	    &sh->plan.segments[sh->head.id.i - 1], &e);
	if (rc != ST_OK)
		return refuse(rc, c->plan, &e);
	sh->at += sh->plan.segments[sh->head.id.i - 1].at;
	sh->end = sh->at + sh->plan.segments[sh->head.id.i - 1].n;
	memcpy(sh->head.plan, sh->plan.sha, HASH_SIZE);
	cwd = getcwd(NULL, 0);
	sh->elsewhere = cwd == NULL ||
	    strcmp(cwd, buf_text(&sh->plan.cwd)) != 0;
	free(cwd);
	if (!shard_find_leading(sh, &e))
		return refuse(ST_BAD, c->plan, &e);
	return EXIT_CLEAN;
}

int
scan_shard_begin(struct scan_run *r, bool *done)
{
	struct shard_run *sh = calloc(1, sizeof(*sh));
	int status;

	*done = false;
	if (sh == NULL || (r->cwd = getcwd(NULL, 0)) == NULL) {
		free(sh);
		complain("no memory");
		return EXIT_UNREADABLE;
	}
	r->shard = sh;
	sh->dir = sh->look.fd = -1;
	sh->head.basis = scan_basis(r);
	if ((status = read_plan(sh, &r->command)) != EXIT_CLEAN ||
	    (status = check_evidence(sh, &r->command)) != EXIT_CLEAN ||
	    (status = open_folder_of(sh, r->command.out)) != EXIT_CLEAN)
		return status;
	look_back(sh);
	status = look_at_file(sh, done);
	return status == EXIT_CLEAN && !*done ? check_roots(sh) : status;
}

/* --- its sections */

void
shard_note_part(struct shard_run *sh, const struct part_facts *p)
{
	struct shard_borders *b = &sh->borders;
	const bool leading = sh->leading.n > 0 &&
	    span_eq(p->path, buf_span(&sh->leading));

	if (!p->mbox)
		return;
	b->unread |= leading && p->unread;
	if (leading && p->found && !b->found) {
		b->found = true;
		b->first = p->first;
	}
	b->ends = !p->last;
	b->through = leading && !p->last;
	b->next = p->next;
	if (p->last || !leading)
		buf_clear(&sh->leading);
}

bool
scan_shard_write(struct scan_run *r, struct span s)
{
	return shard_write(r->shard->writer, s);
}

void
scan_shard_part(void *run, const struct part_facts *p)
{
	struct scan_run *r = run;
	struct shard_run *sh = r->shard;

	buf_clear(&sh->text);
	shard_part_put(&sh->text, p);
	if (!buf_ok(&sh->text) || !shard_write(sh->writer,
	    buf_span(&sh->text)))
		queue_stop(r->queue);
	sh->place.next = p->next;
	shard_note_part(sh, p);
}

static void
take_sums(struct scan_run *r, struct shard_sums *s)
{
	struct summary_facts *to = &r->summary;

	totals_add(&r->more, &s->totals);
	for (unsigned i = 0; i < WALK_SKIPS; i++)
		to->skipped[i] += s->summary.skipped[i];
	to->unsettled += s->summary.unsettled;
	memset(s, 0, sizeof(*s));
}

static bool
is_time(struct shard_run *sh, unsigned seconds)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - sh->sealed.tv_sec >= (time_t)seconds;
}

bool
shard_seal(struct scan_run *r, bool now)
{
	struct shard_run *sh = r->shard;

	if (!now && !is_time(sh, r->command.checkpoint))
		return !queue_stopped(r->queue);
	if (!queue_cut(r->queue, &sh->sums.totals))
		return false;
	buf_clear(&sh->text);
	shard_piece_put(&sh->text, &sh->sums, config_rules(r->config),
	    &sh->place);
	take_sums(r, &sh->sums);
	(void)clock_gettime(CLOCK_MONOTONIC, &sh->sealed);
	return buf_ok(&sh->text) &&
	    shard_writer_seal(sh->writer, buf_span(&sh->text)) &&
	    (now || shard_writer_sync(sh->writer));
}

void
scan_shard_all(struct scan_run *r)
{
	struct shard_run *sh = r->shard;

	(void)clock_gettime(CLOCK_MONOTONIC, &sh->sealed);
	sh->whole = shard_feed(r) && shard_seal(r, true);
	r->summary.partial = !sh->whole;
}

/* --- its file */

struct telling {
	struct scan_run *run;
	struct shard_rules rules;
	struct store_facts facts;
	struct buf path;
};

static bool
tell_parsed(struct telling *t, const struct json_object *o,
    enum shard_kind kind)
{
	struct shard_run *sh = t->run->shard;
	struct part_facts part;

	switch (kind) {
	case SHARD_HEAD:
		return shard_rules_read(o, &t->rules);
	case SHARD_PART:
		if (!shard_part_read(o, &part, &t->facts, &t->path))
			return false;
		shard_note_part(sh, &part);
		return true;
	case SHARD_PIECE:
		if (!shard_piece_read(o, &t->rules.rules, &sh->sums,
		    &sh->place))
			return false;
		take_sums(t->run, &sh->sums);
		return true;
	default:
		return true;
	}
}

/* shard_writer_new's tell: what another process did of it. */
static bool
tell_line(void *ctx, struct span line, enum shard_kind kind)
{
	struct json_object *o;
	bool ok;

	if (kind == SHARD_RECORD || kind == SHARD_HEADER)
		return true;
	if ((o = json_parse(line)) == NULL)
		return false;
	ok = tell_parsed(ctx, o, kind);
	json_free(o);
	return ok;
}

/* Nothing of what was told counts. */
static int
forget(struct scan_run *r)
{
	struct shard_run *sh = r->shard;
	struct err e;

	memset(&sh->sums, 0, sizeof(sh->sums));
	memset(&r->more, 0, sizeof(r->more));
	memset(r->summary.skipped, 0, sizeof(r->summary.skipped));
	r->summary.unsettled = 0;
	buf_clear(&sh->place.folder);
	sh->place = (struct shard_place){ .folder = sh->place.folder };
	buf_clear(&sh->leading);
	sh->borders = (struct shard_borders){ .begins = false };
	return shard_find_leading(sh, &e) ? EXIT_CLEAN : EXIT_UNREADABLE;
}

int
scan_shard_open(struct scan_run *r)
{
	struct shard_run *sh = r->shard;
	struct telling t = { .run = r };
	struct err e = { 0 };

	sh->writer = shard_writer_new(sh->dir, &sh->head, tell_line, &t,
	    &sh->goes_on, &e);
	shard_rules_free(&t.rules);
	buf_free(&t.path);
	if (sh->writer == NULL) {
		complain("%s: %s", r->command.out, e.text);
		return EXIT_UNREADABLE;
	}
	return sh->goes_on ? EXIT_CLEAN : forget(r);
}

bool
scan_shard_header(struct scan_run *r)
{
	struct shard_run *sh = r->shard;

	if (sh->goes_on)
		return true;
	shard_head_put(&r->text, &sh->head, config_rules(r->config));
	return buf_ok(&r->text) && shard_write(sh->writer,
	    buf_span(&r->text));
}

bool
scan_shard_end(struct scan_run *r)
{
	struct shard_run *sh = r->shard;
	struct shard_writer *w = sh->writer;
	struct shard_tail tail = { .id = sh->head.id,
	    .exit_status = (uint64_t)r->summary.exit_status,
	    .milliseconds = (uint64_t)(r->summary.seconds * 1000),
	    .borders = sh->borders };
	const int why = shard_writer_failed(w);
	struct err e = { 0 };

	sh->writer = NULL;
	if (!sh->whole || r->summary.exit_status == EXIT_INTERRUPTED) {
		if (why != 0)
			complain("%s: cannot write the shard: %s",
			    r->command.out, strerror(why));
		shard_writer_stop(w);
		return why == 0;
	}
	memcpy(tail.end, r->summary.end, sizeof(tail.end));
	memcpy(tail.plan, sh->head.plan, HASH_SIZE);
	buf_clear(&sh->text);
	shard_tail_put(&sh->text, &tail);
	(void)shard_writer_seal(w, buf_span(&sh->text));
	if (shard_writer_finish(w, &e) == ST_OK)
		return true;
	complain("%s: %s", r->command.out, e.text);
	r->summary.exit_status = EXIT_UNREADABLE;
	return false;
}

void
scan_shard_free(struct scan_run *r)
{
	struct shard_run *sh = r->shard;

	if (sh == NULL)
		return;
	shard_writer_stop(sh->writer);
	report_lines_close(&sh->lines);
	plan_header_free(&sh->plan);
	plan_line_free(&sh->line);
	plan_look_free(&sh->look);
	if (sh->dir >= 0)
		(void)close(sh->dir);
	buf_free(&sh->place.folder);
	buf_free(&sh->leading);
	buf_free(&sh->text);
	free(sh);
	r->shard = NULL;
}
