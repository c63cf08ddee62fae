/*
 * See run_entries.h.
 */
#include "run_entries.h"

#include <errno.h>

#include "json_read.h"
#include "note.h"
#include "record.h"

/* What entries of one intent are made of. */
struct work {
	const struct run_view *run;
	run_entry_fn *fn;
	void *ctx;
	struct intent intent;
	struct buf path, note_path, note, name, scratch;
};

static void
work_free(struct work *w)
{
	intent_free(&w->intent);
	buf_free(&w->path);
	buf_free(&w->note_path);
	buf_free(&w->note);
	buf_free(&w->name);
	buf_free(&w->scratch);
}

/* The file: path of its folder, and its name. */
static void
set_path(struct work *w)
{
	buf_clear(&w->path);
	buf_add(&w->path, w->intent.path.p, w->intent.path.n);
	if (w->path.n == 0 || w->path.p[w->path.n - 1] != '/')
		buf_byte(&w->path, '/');
	buf_str(&w->path, w->intent.name.text);
}

/* What the COMMIT says that the message is called now. */
static int
set_name(struct work *w, const struct past *p, struct err *e)
{
	struct span name;
	int rc;

	buf_clear(&w->name);
	if (p->end == 0)
		return ST_OK;
	if ((rc = journal_read(w->run->journal, p->end, &w->scratch, e)) !=
	    ST_OK)
		return rc;
	if (record_find(buf_span(&w->scratch), "name", &name) &&
	    !span_eq(name, span_text(w->intent.name.text)))
		buf_add(&w->name, name.p, name.n);
	return ST_OK;
}

/* What the note says of the bytes is believed when it says all. */
static void
use_note(struct work *w, struct run_entry *t)
{
	const struct json_object *note = t->note;
	uint8_t sha[HASH_SIZE];

	buf_clear(&w->note_path);
	/* Of a member of an archive the intent knows only the archive. */
	if (json_member_bytes(note, "path", &w->note_path) &&
	    w->note_path.n > t->path.n && w->note_path.p[t->path.n] == '!' &&
	    memcmp(w->note_path.p, t->path.p, t->path.n) == 0)
		t->path = buf_span(&w->note_path);
	(void)json_member_text(note, "reason", &t->reason);
	if (json_member_u64(note, "offset", &t->offset) &&
	    json_member_u64(note, "length", &t->length) &&
	    json_member_hex(note, "sha256", sha, HASH_SIZE)) {
		memcpy(t->sha, sha, HASH_SIZE);
		t->part = memcmp(sha, w->intent.old.sha, HASH_SIZE) != 0;
		t->unknown = false;
	}
	(void)json_member_u64(note, "index", &t->index);
}

static struct run_entry
plain_entry(const struct work *w, const struct past *p)
{
	const struct intent *in = &w->intent;
	const bool file = in->act == ACT_SWAP || in->act == ACT_REMOVE;
	struct run_entry t = {
		.run = w->run, .past = p, .intent = in,
		.path = buf_span(&w->path), .length = in->old.size,
		.part = !file, .unknown = !file,
		.removed = in->act == ACT_REMOVE ||
		    strcmp(w->run->what, "quarantine") == 0,
		.reason = buf_span(&in->reason),
		.name_now = buf_span(&w->name),
	};

	memcpy(t.sha, in->old.sha, HASH_SIZE);
	return t;
}

/* All that it borrows is there. */
static int
tell(struct work *w, const struct run_entry *t, struct err *e)
{
	if (!buf_ok(&w->path) || !buf_ok(&w->note_path) ||
	    !buf_ok(&w->name))
		return err_set(e, ST_DEAD, ENOMEM, "run");
	return w->fn(w->ctx, t, e);
}

static int
tell_note(struct work *w, const struct past *p, uint64_t seq, struct err *e)
{
	struct run_entry t = plain_entry(w, p);
	struct json_object *note;
	int rc;

	if ((rc = note_read(w->run->journal, seq, &w->note, e)) != ST_OK)
		return rc;
	if ((note = json_parse(buf_span(&w->note))) != NULL) {
		t.note = note;
		use_note(w, &t);
	}
	rc = tell(w, &t, e);
	json_free(note);
	return rc;
}

static int
tell_intent(struct work *w, const struct past *p, struct err *e)
{
	struct run_entry t;
	int rc;

	intent_free(&w->intent);
	w->intent = (struct intent){ 0 };
	if ((rc = intent_read(w->run->journal, p->seq, &w->intent, e)) !=
	    ST_OK)
		return rc;
	if (w->intent.merges != 0)	/* mail that came meanwhile */
		return ST_OK;
	set_path(w);
	if ((rc = set_name(w, p, e)) != ST_OK)
		return rc;
	for (uint64_t i = 0; i < p->notes && rc == ST_OK; i++)
		rc = tell_note(w, p, p->first_note + i, e);
	if (p->notes > 0)
		return rc;
	t = plain_entry(w, p);
	return tell(w, &t, e);
}

int
run_entries(const struct run_view *v, run_entry_fn *fn, void *ctx,
    struct err *e)
{
	struct work w = { .run = v, .fn = fn, .ctx = ctx };
	int rc = ST_OK;

	for (size_t i = 0; i < v->history.n && rc == ST_OK; i++)
		if (v->history.list[i].undoes == 0)
			rc = tell_intent(&w, &v->history.list[i], e);
	work_free(&w);
	return rc;
}

const char *
run_entry_act(const struct run_entry *t)
{
	return t->removed ? "removed" : "changed";
}

const char *
run_entry_state(const struct run_entry *t)
{
	static const char *const states[] = {
		[FATE_OPEN] = "unsettled", [FATE_DONE] = "in-quarantine",
		[FATE_NOT_DONE] = "not-removed", [FATE_UNDONE] = "restored",
	};

	return states[t->past->fate];
}

const char *
fate_word(enum fate f)
{
	static const char *const fates[] = {
		[FATE_OPEN] = "open", [FATE_DONE] = "done",
		[FATE_NOT_DONE] = "not-done", [FATE_UNDONE] = "undone",
	};

	return fates[f];
}

void
run_entry_json(const struct run_entry *t, struct json *j)
{
	/* Those that are said here, or by who calls. */
	static const char *const ours[] = { "type", "run", "time", "state",
		"act", "fate", "path", "path_b64", "index", "offset",
		"length", "sha256", "container_sha256", "reason",
		"reason_b64", NULL };

	json_bytes(j, "path", t->path);
	if (!t->unknown) {
		json_key_u64(j, "index", t->index);
		json_key_u64(j, "offset", t->offset);
		json_key_u64(j, "length", t->length);
		json_key(j, "sha256");
		json_hex(j, t->sha, HASH_SIZE);
	}
	if (t->part) {
		json_key(j, "container_sha256");
		json_hex(j, t->intent->old.sha, HASH_SIZE);
	}
	json_bytes(j, "reason", t->reason);
	if (t->note != NULL)
		json_copy_members(j, t->note, ours);
}

void
run_entry_place(const struct run_entry *t, struct buf *b)
{
	escape_text(b, t->path);
	if (t->part && !t->unknown)
		buf_printf(b, ":%llu:%llu", (unsigned long long)t->index,
		    (unsigned long long)t->offset);
}
