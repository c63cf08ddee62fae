/*
 * quarantine_verify: see catalogue.h.
 */
#include "catalogue.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"
#include "originals.h"
#include "sum.h"

#define NAME_LEN ((size_t)2 * HASH_SIZE)

struct verify {
	struct answer *lines;
	uint64_t runs, originals, bytes, messages, problems;
};

/* sha: NULL, or which original; path: NULL, or which message. */
static void
problem(struct verify *v, const char *run, const char *sha,
    const struct run_entry *t, const char *what)
{
	struct answer *l = v->lines;
	struct json j = json_begin(&l->line);

	v->problems++;
	if (l->form == FORM_TEXT) {
		answer_text(l, run);
		buf_str(&l->line, ": ");
		if (sha != NULL)
			answer_text(l, sha);
		if (t != NULL)
			run_entry_place(t, &l->line);
		buf_str(&l->line, sha != NULL || t != NULL ? ": " : "");
		answer_text(l, what);
	} else {
		json_open(&j, '{');
		json_key_text(&j, "type", "problem");
		json_key_text(&j, "run", run);
		if (sha != NULL)
			json_key_text(&j, "sha256", sha);
		if (t != NULL)
			run_entry_json(t, &j);
		json_key_text(&j, "problem", what);
		json_close(&j, '}');
	}
	answer_put(l);
}

/* One file of the originals is what its name says. */
static void
check_file(struct verify *v, const struct run_view *run, const char *name)
{
	const int fd = openat(run->blobs, name, O_RDONLY | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK);
	struct buf hex = { 0 };
	struct err e = { 0 };
	struct sum sum;

	v->originals++;
	if (fd < 0 || sum_file(fd, UINT64_MAX, -1, &sum, &e) != ST_OK) {
		problem(v, run->id, name, NULL, "cannot be read");
	} else {
		v->bytes += sum.size;
		buf_hex(&hex, sum.sha, HASH_SIZE);
		if (strcmp(buf_text(&hex), name) != 0)
			problem(v, run->id, name, NULL, "damaged");
	}
	if (fd >= 0)
		(void)close(fd);
	buf_free(&hex);
}

static int
check_files(struct verify *v, const struct run_view *run, struct err *e)
{
	struct listing l = { 0 };
	int rc;

	if (run->blobs < 0)
		return ST_OK;
	rc = listing_read(&l, run->blobs, e);
	for (size_t i = 0; i < l.n && rc == ST_OK; i++)
		if (strlen(l.list[i].name) == NAME_LEN)
			check_file(v, run, l.list[i].name);
	listing_free(&l);
	return rc;
}

/* The originals that intent seq needs are there. */
static int
check_intent(struct verify *v, const struct run_view *run, uint64_t seq,
    struct err *e)
{
	struct intent in = { 0 };
	struct buf hex = { 0 };
	struct stat st;
	int rc = intent_read(run->journal, seq, &in, e);

	if (rc == ST_OK && in.act != ACT_PUT && in.merges == 0) {
		buf_hex(&hex, in.old.sha, HASH_SIZE);
		if (fstatat(run->blobs, buf_text(&hex), &st,
		    AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			problem(v, run->id, buf_text(&hex), NULL,
			    "missing");
	}
	buf_free(&hex);
	intent_free(&in);
	return rc;
}

/* A part of a file is what its note says. */
static int
check_part(void *ctx, const struct run_entry *t, struct err *e)
{
	struct verify *v = ctx;
	struct err own = { 0 };

	(void)e;
	v->messages++;
	if (t->part && !t->unknown &&
	    original_read(t, NULL, &own) != ST_OK)
		problem(v, t->run->id, NULL, t, own.text);
	return ST_OK;
}

static void
verify_run(const struct statedir *s, const char *id, struct verify *v)
{
	struct run_view run = { 0 };
	struct err e = { 0 };
	int rc = run_view_open(&run, s, id, &e);

	v->runs += rc == ST_OK;
	if (rc == ST_OK)
		rc = check_files(v, &run, &e);
	for (size_t i = 0; i < run.history.n && rc == ST_OK; i++)
		rc = check_intent(v, &run, run.history.list[i].seq, &e);
	if (rc == ST_OK)
		rc = run_entries(&run, check_part, v, &e);
	if (rc != ST_OK && rc != ST_END)
		problem(v, id, NULL, NULL, e.text);
	run_view_close(&run);
}

static void
put_summary(const struct verify *v)
{
	struct answer *l = v->lines;
	struct json j = json_begin(&l->line);

	if (l->form == FORM_TEXT) {
		buf_printf(&l->line, "%llu runs, %llu messages, %llu "
		    "originals (%llu bytes): %llu problems",
		    (unsigned long long)v->runs,
		    (unsigned long long)v->messages,
		    (unsigned long long)v->originals,
		    (unsigned long long)v->bytes,
		    (unsigned long long)v->problems);
	} else {
		json_open(&j, '{');
		json_key_text(&j, "type", "verified");
		json_key_u64(&j, "runs", v->runs);
		json_key_u64(&j, "messages", v->messages);
		json_key_u64(&j, "originals", v->originals);
		json_key_u64(&j, "bytes", v->bytes);
		json_key_u64(&j, "problems", v->problems);
		json_close(&j, '}');
	}
	answer_put(l);
}

static int
verify_all(const struct statedir *s, struct answer *lines)
{
	struct verify v = { .lines = lines };
	struct listing l = { 0 };
	struct err e = { 0 };

	if (statedir_runs(s, &l, &e) != ST_OK) {
		complain("cannot read the quarantine folder: %s", e.text);
		return EXIT_UNREADABLE;
	}
	for (size_t i = 0; i < l.n; i++)
		if (l.list[i].type == ENTRY_DIR)
			verify_run(s, l.list[i].name, &v);
	listing_free(&l);
	put_summary(&v);
	return v.problems > 0 ? EXIT_FINDINGS : EXIT_CLEAN;
}

int
quarantine_verify(const char *dir, enum form form)
{
	struct statedir s = { 0 };
	struct answer l = { 0 };
	int status = state_open_old(&s, dir, NULL, NO_QUARANTINE);

	if (status == EXIT_CLEAN &&
	    (status = answer_begin(&l, form)) == EXIT_CLEAN)
		status = answer_end(&l, verify_all(&s, &l));
	statedir_close(&s);
	return status;
}
