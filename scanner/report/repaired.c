/*
 * See repaired.h.
 */
#include "repaired.h"

#include <inttypes.h>

static const struct {
	const char *text, *key;
} classes[REPAIR_CLASSES] = {
	{ "bare CR", "bare_cr" }, { "bare LF", "bare_lf" },
	{ "CRLF", "crlf" }, { "CRCRLF", "crcrlf" }, { "NUL", "nul" },
	{ "look-alike", "look_alike" },
};

static const char *const seals[] = {
	[SEALS_NONE] = "none", [SEALS_KEPT] = "kept",
	[SEALS_RESTORED] = "restored", [SEALS_BROKEN] = "broken",
};

static const char *const seal_words[] = {
	[SEALS_KEPT] = "not broken: ", [SEALS_RESTORED] = "restored: ",
	[SEALS_BROKEN] = "BROKEN: ",
};

static void
put_counts(struct buf *b, const struct repair_facts *f)
{
	const char *sep = "";

	for (size_t i = 0; i < REPAIR_CLASSES; i++) {
		if (f->before[i] == 0 && f->after[i] == 0)
			continue;
		buf_printf(b, "%s%s %" PRIu64 " -> %" PRIu64, sep,
		    classes[i].text, f->before[i], f->after[i]);
		sep = ", ";
	}
	if (f->fields > 0) {
		buf_printf(b, "%sheader edits %" PRIu64, sep, f->fields);
		sep = ", ";
	}
	if (f->encoded > 0)
		buf_printf(b, "%sparts encoded %" PRIu64, sep, f->encoded);
}

static void
put_action(struct buf *b, const struct repair_facts *f, bool color)
{
	static const char *const colors[REPAIR_KINDS] = {
		[REPAIR_NOTHING] = "", [REPAIR_EDITS] = "\033[32m",
		[REPAIR_TAKE_OUT] = "\033[35m",
		[REPAIR_REFUSED] = "\033[33m",
	};

	if (color)
		buf_str(b, colors[f->is]);
	buf_str(b, repair_is_name(f->is));
	if (color)
		buf_str(b, "\033[0m");
}

void
repaired_text(struct buf *b, const struct repair_facts *f, uint64_t len,
    const struct report_options *o)
{
	put_action(b, f, o->color);
	if (f->is == REPAIR_EDITS) {
		buf_str(b, ": ");
		put_counts(b, f);
		buf_printf(b, "; %" PRIu64 " -> %" PRIu64 " bytes", len,
		    f->new_len);
		if (f->counts.spaced > 0)
			buf_printf(b, "; %" PRIu64 " spaces where a break "
			    "would not be safe", f->counts.spaced);
	}
	if (f->seals.text[0] != '\0' && f->is == REPAIR_EDITS)
		buf_printf(b, "; %s%s", f->seals.is == SEALS_NONE ? "" :
		    seal_words[f->seals.is], f->seals.text);
	if (f->why[0] != '\0') {
		buf_str(b, f->is == REPAIR_EDITS ? "; " : ": ");
		escape_text(b, span_text(f->why));
	}
	buf_byte(b, '\n');
}

static void
put_classes(struct json *j, const char *key, const uint64_t *n)
{
	json_key(j, key);
	json_open(j, '{');
	for (size_t i = 0; i < REPAIR_CLASSES; i++)
		json_key_u64(j, classes[i].key, n[i]);
	json_close(j, '}');
}

void
repaired_json(struct json *j, const struct repair_facts *f)
{
	json_key(j, "repair");
	json_open(j, '{');
	json_key_text(j, "action", repair_is_name(f->is));
	if (f->why[0] != '\0')
		json_key_text(j, "why", f->why);
	if (f->is == REPAIR_EDITS) {
		json_key_text(j, "to", f->to == BRK_CRLF ? "crlf" : "lf");
		json_key_u64(j, "edits", f->counts.edits + f->fields +
		    f->encoded);
		put_classes(j, "before", f->before);
		put_classes(j, "after", f->after);
		json_key_u64(j, "spaces_instead", f->counts.spaced);
		json_key_u64(j, "header_edits", f->fields);
		json_key_u64(j, "parts_encoded", f->encoded);
		json_key_u64(j, "new_length", f->new_len);
	}
	json_key_u64(j, "unsafe", f->counts.unsafe);
	json_key_text(j, "signature", seals[f->seals.is]);
	if (f->seals.text[0] != '\0')
		json_key_text(j, "signature_text", f->seals.text);
	json_close(j, '}');
}

static void
put_done(struct buf *b, const struct act_report *a)
{
	const char *sep = "";

	if (a->messages > 0) {
		buf_printf(b, "%" PRIu64 " repaired, %" PRIu64 " %s",
		    a->messages, a->edits, a->edits == 1 ? "edit" : "edits");
		sep = ", ";
	}
	if (a->taken > 0) {
		buf_printf(b, "%s%" PRIu64 " taken out", sep, a->taken);
		sep = ", ";
	}
	if (a->left > 0)
		buf_printf(b, "%s%" PRIu64 " left alone", sep, a->left);
	if (a->name != NULL) {
		buf_str(b, "; it is now ");
		escape_text(b, span_text(a->name));
	}
	if (a->note[0] != '\0') {
		buf_str(b, "; ");
		escape_text(b, span_text(a->note));
	}
}

void
acted_text(struct buf *b, const struct act_report *a,
    const struct report_options *o)
{
	const bool done = a->why[0] == '\0';

	escape_text(b, a->path);
	buf_str(b, o->color ? done ? ": \033[32m" : ": \033[33m" : ": ");
	buf_str(b, a->status);
	if (o->color)
		buf_str(b, "\033[0m");
	buf_str(b, ": ");
	if (done)
		put_done(b, a);
	else
		escape_text(b, span_text(a->why));
	buf_byte(b, '\n');
}

void
acted_json(struct json *j, const struct act_report *a)
{
	json_open(j, '{');
	json_key_text(j, "type", "outcome");
	json_bytes(j, "path", a->path);
	json_key_text(j, "status", a->status);
	if (a->why[0] != '\0')
		json_key_text(j, "why", a->why);
	if (a->note[0] != '\0')
		json_key_text(j, "note", a->note);
	if (a->name != NULL)
		json_bytes(j, "new_name", span_text(a->name));
	json_key_u64(j, "messages", a->messages);
	json_key_u64(j, "edits", a->edits);
	json_key_u64(j, "taken_out", a->taken);
	json_key_u64(j, "left_alone", a->left);
	json_close(j, '}');
}

static void
put_plan(struct buf *b, const struct act_facts *a, const struct totals *t)
{
	const uint64_t edits = t->repairs[REPAIR_EDITS] -
	    a->held[REPAIR_EDITS];
	const uint64_t takes = t->repairs[REPAIR_TAKE_OUT] -
	    a->held[REPAIR_TAKE_OUT];

	buf_printf(b, "  %" PRIu64 " would be edited, %" PRIu64 " taken out, "
	    "%" PRIu64 " refused; %" PRIu64 " with findings that need no "
	    "edit\n", edits, takes, t->repairs[REPAIR_REFUSED] +
	    a->held[REPAIR_EDITS] + a->held[REPAIR_TAKE_OUT],
	    t->repairs[REPAIR_NOTHING]);
	if (edits + takes > 0)
		buf_str(b, "  Nothing was changed; --apply does it.\n");
}

/* Messages to which something was to be done, and was not. */
static uint64_t
left_alone(const struct act_facts *a, const struct totals *t)
{
	const uint64_t planned = t->repairs[REPAIR_EDITS] +
	    t->repairs[REPAIR_TAKE_OUT];
	const uint64_t done = a->messages + a->taken;

	return t->repairs[REPAIR_REFUSED] + (planned > done ?
	    planned - done : 0);
}

void
acts_text(struct buf *b, const struct act_facts *a, const struct totals *t)
{
	const char *sep = "  Files: ";

	if (!a->applies) {
		put_plan(b, a, t);
		return;
	}
	buf_printf(b, "  Messages: %" PRIu64 " repaired with %" PRIu64
	    " %s, %" PRIu64 " taken out, %" PRIu64 " left alone\n",
	    a->messages, a->edits, a->edits == 1 ? "edit" : "edits",
	    a->taken, left_alone(a, t));
	for (size_t i = 0; i < OUTCOMES; i++) {
		if (a->files[i] == 0)
			continue;
		buf_printf(b, "%s%" PRIu64 " %s", sep, a->files[i],
		    outcome_name((enum outcome_kind)i));
		sep = ", ";
	}
	if (sep[0] == ',')
		buf_byte(b, '\n');
	if (a->dead)
		buf_str(b, "  It had to stop; `baredot recover` settles what "
		    "was begun.\n");
	if (a->files[0] > 0 && a->run != NULL) {
		buf_printf(b, "  Run %s; to take it back: baredot undo %s",
		    a->run, a->run);
		buf_str(b, a->state != NULL ? " --state " : "");
		if (a->state != NULL)
			escape_text(b, span_text(a->state));
		buf_byte(b, '\n');
	}
}

void
acts_json(struct json *j, const struct act_facts *a, const struct totals *t)
{
	json_key(j, "repairs");
	json_open(j, '{');
	for (unsigned i = 0; i < REPAIR_KINDS; i++)
		json_key_u64(j, repair_is_name((enum repair_is)i),
		    t->repairs[i]);
	json_close(j, '}');
	if (!a->applies)
		return;
	json_key(j, "acts");
	json_open(j, '{');
	if (a->run != NULL)
		json_key_text(j, "run", a->run);
	for (size_t i = 0; i < OUTCOMES; i++)
		json_key_u64(j, outcome_name((enum outcome_kind)i),
		    a->files[i]);
	json_key_u64(j, "messages", a->messages);
	json_key_u64(j, "edits", a->edits);
	json_key_u64(j, "taken_out", a->taken);
	json_key_bool(j, "stopped", a->dead);
	json_close(j, '}');
}
