/*
 * See scan_run.h and sharding.h: a scan that is one of many, up to its first
 * file.
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
	const int why = mkdir(path, 0700) != 0 ? errno : 0;

	sh->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sh->dir < 0 && errno == ENOENT && why != 0)
		complain("%s: cannot make the folder: %s", path,
		    strerror(why));
	else if (sh->dir < 0)
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
