/*
 * See catalogue.h.
 */
#include "catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "complain.h"
#include "json_read.h"
#include "whole_file.h"

#define PIECE (64u << 10)	/* bytes of a manifest written at once */

static void
put_json(const struct run_entry *t, struct buf *b)
{
	struct json j = json_begin(b);
	char time[32];

	utc_text(t->run->time, time);
	json_open(&j, '{');
	json_key_text(&j, "type", "quarantined");
	json_key_text(&j, "run", t->run->id);
	json_key_text(&j, "time", time);
	json_key_text(&j, "state", run_entry_state(t));
	run_entry_json(t, &j);
	json_close(&j, '}');
}

/* The subject and the sender, if the note has them. */
static void
put_headers(const struct run_entry *t, struct buf *b)
{
	static const char *const names[] = { "from", "subject" };
	static const char *const labels[] = { "From: ", "Subject: " };
	struct buf text = { 0 };
	const struct json_object *headers = t->note != NULL ?
	    json_member(t->note, "headers") : NULL;

	if (headers == NULL)
		return;
	for (size_t i = 0; i < 2; i++) {
		buf_clear(&text);
		if (!json_member_bytes(headers, names[i], &text))
			continue;
		buf_str(b, "\n    ");
		buf_str(b, labels[i]);
		escape_text(b, buf_span(&text));
	}
	buf_free(&text);
}

static void
put_text(const struct run_entry *t, struct buf *b)
{
	buf_printf(b, "%-13s  ", run_entry_state(t));
	if (t->unknown)
		buf_printf(b, "%-12s", "");
	else
		buf_hex(b, t->sha, 6);
	buf_str(b, "  ");
	run_entry_place(t, b);
	put_headers(t, b);
	if (t->reason.n > 0) {
		buf_str(b, "\n    ");
		escape_text(b, t->reason);
	}
}

void
quarantine_put(const struct run_entry *t, enum form form, struct buf *b)
{
	if (form == FORM_NDJSON)
		put_json(t, b);
	else
		put_text(t, b);
}

/* Each entry that was taken out. */
struct visitor {
	run_entry_fn *fn;
	void *ctx;
};

static int
only_removed(void *ctx, const struct run_entry *t, struct err *e)
{
	const struct visitor *v = ctx;

	return t->removed ? v->fn(v->ctx, t, e) : ST_OK;
}

static int
visit_run(const struct statedir *s, const char *id, struct visitor *v,
    struct err *e)
{
	struct run_view run = { 0 };
	int rc = run_view_open(&run, s, id, e);

	if (rc == ST_OK)
		rc = run_entries(&run, only_removed, v, e);
	run_view_close(&run);
	return rc == ST_END ? ST_OK : rc;
}

int
quarantine_visit(const struct statedir *s, run_entry_fn *fn, void *ctx)
{
	struct visitor v = { .fn = fn, .ctx = ctx };
	struct listing l = { 0 };
	struct err e = { 0 };
	int status = EXIT_CLEAN;

	if (statedir_runs(s, &l, &e) != ST_OK) {
		complain("cannot read the quarantine folder: %s", e.text);
		status = EXIT_UNREADABLE;
	}
	for (size_t i = 0; i < l.n; i++)
		if (l.list[i].type == ENTRY_DIR &&
		    visit_run(s, l.list[i].name, &v, &e) != ST_OK) {
			complain("run %s: %s", l.list[i].name, e.text);
			status = EXIT_UNREADABLE;
		}
	listing_free(&l);
	return status;
}

static int
put_entry(void *ctx, const struct run_entry *t, struct err *e)
{
	struct answer *l = ctx;

	(void)e;
	quarantine_put(t, l->form, &l->line);
	answer_put(l);
	return ST_OK;
}

int
quarantine_list(const char *dir, enum form form)
{
	struct statedir s = { 0 };
	struct answer l = { 0 };
	int status = state_open_old(&s, dir, NULL, NO_QUARANTINE);

	if (status == EXIT_CLEAN &&
	    (status = answer_begin(&l, form)) == EXIT_CLEAN)
		status = answer_end(&l, quarantine_visit(&s, put_entry,
		    &l));
	statedir_close(&s);
	return status;
}

/* The manifest, while it is written. */
struct manifest {
	struct whole_file file;
	struct buf held;
	bool any, failed;
	struct err why;		/* failed: it cannot be written */
};

static int
flush(struct manifest *m)
{
	const int rc = buf_ok(&m->held) ? whole_file_write(&m->file,
	    buf_span(&m->held), &m->why) : err_set(&m->why, ST_DEAD, ENOMEM,
	    "manifest");

	m->failed = rc != ST_OK;
	buf_clear(&m->held);
	return rc;
}

static int
add_line(void *ctx, const struct run_entry *t, struct err *e)
{
	struct manifest *m = ctx;

	(void)e;
	m->any = true;
	put_json(t, &m->held);
	buf_byte(&m->held, '\n');
	return m->held.n >= PIECE ? flush(m) : ST_OK;
}

static int
write_lines(const struct statedir *s, struct manifest *m, uint64_t *damaged,
    struct err *e)
{
	struct visitor v = { .fn = add_line, .ctx = m };
	struct listing l = { 0 };
	struct err own = { 0 };
	int rc = statedir_runs(s, &l, e);

	for (size_t i = 0; i < l.n && rc == ST_OK && !m->failed; i++) {
		if (l.list[i].type != ENTRY_DIR)
			continue;
		/* A damaged run must not keep the others off the list. */
		if (visit_run(s, l.list[i].name, &v, &own) != ST_OK &&
		    !m->failed) {
			complain("run %s: %s", l.list[i].name, own.text);
			(*damaged)++;
		}
	}
	listing_free(&l);
	if (rc == ST_OK && !m->failed)
		(void)flush(m);
	return m->failed ? err_set(e, ST_DEAD, 0, "%s", m->why.text) : rc;
}

static bool
has_manifest(const struct statedir *s)
{
	struct stat st;

	return fstatat(s->fd, MANIFEST_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int
manifest_write(const struct statedir *s, uint64_t *damaged, struct err *e)
{
	struct manifest m = { 0 };
	uint64_t n = 0;
	int rc;

	whole_file_sweep(s->fd);
	if ((rc = whole_file_begin(&m.file, s->fd, e)) != ST_OK)
		return rc;
	rc = write_lines(s, &m, &n, e);
	if (rc == ST_OK && (m.any || has_manifest(s)))
		rc = whole_file_end(&m.file, MANIFEST_NAME, true, e);
	whole_file_drop(&m.file);
	buf_free(&m.held);
	if (damaged != NULL)
		*damaged = n;
	return rc;
}

int
manifest_refresh(const struct statedir *s, uint64_t *damaged, int status)
{
	struct err e = { 0 };

	if (manifest_write(s, damaged, &e) == ST_OK)
		return status;
	complain("cannot write " MANIFEST_NAME ": %s", e.text);
	return EXIT_UNREADABLE;
}
