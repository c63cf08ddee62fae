/*
 * See runs_cmd.h.  It looks only: a run that is going on may be looked at too.
 */
#include "runs_cmd.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cmdline.h"
#include "complain.h"
#include "run_entries.h"
#include "state_cmd.h"

static const struct cmdline_option options[] = {
	STATE_FORMAT_ROW, STATE_DIR_ROW, STATE_HELP_ROW,
};

struct totals {
	uint64_t fates[4];	/* files, by enum fate */
	uint64_t seq;		/* of the last one */
	uint64_t taken;		/* messages that are out of their mailboxes */
	uint64_t undoing;	/* intents that undo, and are open */
	uint64_t originals, bytes;
};

static int
count_entry(void *ctx, const struct run_entry *t, struct err *e)
{
	struct totals *n = ctx;

	(void)e;
	if (n->seq != t->past->seq)
		n->fates[t->past->fate]++;
	n->seq = t->past->seq;
	n->taken += t->removed && !t->unknown && t->past->fate == FATE_DONE;
	return ST_OK;
}

static int
count_originals(const struct run_view *v, struct totals *n, struct err *e)
{
	struct listing l = { 0 };
	struct stat st;
	int rc;

	if (v->blobs < 0)
		return ST_OK;
	rc = listing_read(&l, v->blobs, e);
	for (size_t i = 0; i < l.n && rc == ST_OK; i++)
		if (l.list[i].name[0] != '.' && fstatat(v->blobs,
		    l.list[i].name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			n->originals++;
			n->bytes += (uint64_t)st.st_size;
		}
	listing_free(&l);
	return rc;
}

static int
count(const struct run_view *v, struct totals *n, struct err *e)
{
	int rc;

	*n = (struct totals){ 0 };
	for (size_t i = 0; i < v->history.n; i++)
		n->undoing += v->history.list[i].undoes != 0 &&
		    v->history.list[i].fate == FATE_OPEN;
	if ((rc = run_entries(v, count_entry, n, e)) != ST_OK)
		return rc;
	return count_originals(v, n, e);
}

static void
put_command_json(const struct run_view *v, struct json *j)
{
	const char *at = (const char *)v->argv.p;
	size_t left = v->argv.n;

	json_key(j, "command");
	json_open(j, '[');
	while (left > 0) {
		const size_t n = strnlen(at, left - 1);

		json_text_bytes(j, (struct span){ (const uint8_t *)at, n });
		at += n + 1;
		left -= n + 1;
	}
	json_close(j, ']');
	if (v->more > 0)
		json_key_u64(j, "command_more", v->more);
}

static void
put_run_json(const struct run_view *v, const struct totals *n,
    struct answer *l)
{
	struct json j = json_begin(&l->line);
	char time[32];

	utc_text(v->time, time);
	json_open(&j, '{');
	json_key_text(&j, "type", "run");
	json_key_text(&j, "run", v->id);
	json_key_text(&j, "time", time);
	json_key_text(&j, "what", v->what);
	put_command_json(v, &j);
	json_key_u64(&j, "uid", v->uid);
	json_key_text(&j, "version", v->version);
	json_key_bool(&j, "ended", !v->open);
	json_key(&j, "files");
	json_open(&j, '{');
	json_key_u64(&j, "done", n->fates[FATE_DONE]);
	json_key_u64(&j, "not_done", n->fates[FATE_NOT_DONE]);
	json_key_u64(&j, "undone", n->fates[FATE_UNDONE]);
	json_key_u64(&j, "open", n->fates[FATE_OPEN] + n->undoing);
	json_close(&j, '}');
	json_key_u64(&j, "taken_out", n->taken);
	json_key_u64(&j, "originals", n->originals);
	json_key_u64(&j, "originals_bytes", n->bytes);
	json_close(&j, '}');
	answer_put(l);
}

/* A word of a command line, so that a shell would take it for the same. */
static void
put_word(struct buf *b, struct span word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=,:+@%";
	bool quote = word.n == 0;

	for (size_t i = 0; i < word.n; i++)
		quote = quote || word.p[i] == '\0' ||
		    strchr(plain, word.p[i]) == NULL;
	buf_str(b, quote ? " '" : " ");
	escape_text(b, word);
	if (quote)
		buf_byte(b, '\'');
}

static void
put_command_text(const struct run_view *v, struct answer *l)
{
	const char *at = (const char *)v->argv.p;
	size_t left = v->argv.n;

	if (left == 0)
		return;
	buf_str(&l->line, "   ");
	while (left > 0) {
		const size_t n = strnlen(at, left - 1);

		put_word(&l->line, (struct span){ (const uint8_t *)at, n });
		at += n + 1;
		left -= n + 1;
	}
	if (v->more > 0)
		buf_printf(&l->line, " ... (%llu more)",
		    (unsigned long long)v->more);
	answer_put(l);
}

static void
put_run_text(const struct run_view *v, const struct totals *n,
    struct answer *l)
{
	char time[32];

	utc_text(v->time, time);
	answer_text(l, v->id);
	buf_printf(&l->line, "  %s  ", time);
	answer_text(l, v->what);
	if (v->open)
		buf_str(&l->line, "  (going on, or was stopped)");
	answer_put(l);
	put_command_text(v, l);
	buf_printf(&l->line, "    files: %llu done, %llu not done, %llu "
	    "undone, %llu open; originals: %llu (%llu bytes)",
	    (unsigned long long)n->fates[FATE_DONE],
	    (unsigned long long)n->fates[FATE_NOT_DONE],
	    (unsigned long long)n->fates[FATE_UNDONE],
	    (unsigned long long)(n->fates[FATE_OPEN] + n->undoing),
	    (unsigned long long)n->originals, (unsigned long long)n->bytes);
	if (n->taken > 0)
		buf_printf(&l->line, "; %llu %s taken out",
		    (unsigned long long)n->taken, n->taken == 1 ? "message" :
		    "messages");
	answer_put(l);
}

static void
put_entry_json(const struct run_entry *t, struct answer *l)
{
	struct json j = json_begin(&l->line);

	json_open(&j, '{');
	json_key_text(&j, "type", "message");
	json_key_text(&j, "run", t->run->id);
	json_key_text(&j, "act", run_entry_act(t));
	json_key_text(&j, "fate", fate_word(t->past->fate));
	run_entry_json(t, &j);
	if (t->name_now.n > 0)
		json_bytes(&j, "new_name", t->name_now);
	if (t->intent->act != ACT_REMOVE) {
		json_key(&j, "sha256_new");
		json_hex(&j, t->intent->new.sha, HASH_SIZE);
	}
	json_close(&j, '}');
	answer_put(l);
}

static int
put_entry(void *ctx, const struct run_entry *t, struct err *e)
{
	struct answer *l = ctx;

	(void)e;
	if (l->form == FORM_NDJSON) {
		put_entry_json(t, l);
		return ST_OK;
	}
	buf_printf(&l->line, "    %-8s  %s  ", fate_word(t->past->fate),
	    run_entry_act(t));
	run_entry_place(t, &l->line);
	if (t->name_now.n > 0) {
		buf_str(&l->line, "\n              now ");
		escape_text(&l->line, t->name_now);
	}
	if (t->reason.n > 0) {
		buf_str(&l->line, "\n              ");
		escape_text(&l->line, t->reason);
	}
	answer_put(l);
	return ST_OK;
}

static void
put_damaged(const char *id, const struct err *why, struct answer *l)
{
	struct json j = json_begin(&l->line);

	if (l->form == FORM_TEXT) {
		answer_text(l, id);
		buf_str(&l->line, "  cannot be read: ");
		answer_text(l, why->text);
	} else {
		json_open(&j, '{');
		json_key_text(&j, "type", "damaged");
		json_key_text(&j, "run", id);
		json_key_text(&j, "error", why->text);
		json_close(&j, '}');
	}
	answer_put(l);
}

static int
show_run(const struct statedir *s, const char *id, bool detail,
    struct answer *l)
{
	struct run_view v = { 0 };
	struct err e = { 0 };
	struct totals n;
	int rc = run_view_open(&v, s, id, &e);

	if (rc == ST_END)	/* it never began */
		return EXIT_CLEAN;
	if (rc == ST_OK)
		rc = count(&v, &n, &e);
	if (rc == ST_OK && l->form == FORM_TEXT)
		put_run_text(&v, &n, l);
	else if (rc == ST_OK)
		put_run_json(&v, &n, l);
	if (rc == ST_OK && detail)
		rc = run_entries(&v, put_entry, l, &e);
	if (rc != ST_OK)
		put_damaged(id, &e, l);
	run_view_close(&v);
	return rc == ST_OK ? EXIT_CLEAN : EXIT_UNREADABLE;
}

static int
show_all(const struct statedir *s, struct answer *l)
{
	struct listing list = { 0 };
	struct err e = { 0 };
	int status = EXIT_CLEAN;

	if (statedir_runs(s, &list, &e) != ST_OK) {
		complain("cannot read the state folder: %s", e.text);
		status = EXIT_UNREADABLE;
	}
	for (size_t i = 0; i < list.n; i++)
		if (list.list[i].type == ENTRY_DIR && show_run(s,
		    list.list[i].name, false, l) != EXIT_CLEAN)
			status = EXIT_UNREADABLE;
	listing_free(&list);
	return status;
}

static int
show(const char *state, const char *word, enum form form)
{
	struct statedir s = { 0 };
	struct answer l = { 0 };
	char id[40];
	int status = state_view(&s, state);

	if (status == EXIT_FINDINGS) {
		if (word == NULL)
			return EXIT_CLEAN;
		complain("there are no runs");
		return EXIT_USAGE;
	}
	if (status == EXIT_CLEAN && word != NULL)
		status = state_find_run(&s, word, id);
	if (status == EXIT_CLEAN &&
	    (status = answer_begin(&l, form)) == EXIT_CLEAN)
		status = answer_end(&l, word != NULL ? show_run(&s, id, true,
		    &l) : show_all(&s, &l));
	statedir_close(&s);
	return status;
}

struct cmdline
runs_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "runs", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

int
runs_cmd(int argc, char **argv)
{
	const struct cmdline c = runs_line(argc, argv);
	struct state_options o;

	if (!state_options_parse(&c, &o))
		return EXIT_USAGE;
	if (o.help) {
		runs_help();
		return EXIT_CLEAN;
	}
	if (o.words[0] != NULL && o.words[1] != NULL) {
		(void)cmdline_usage(&c, "one run, or none for all of them");
		return EXIT_USAGE;
	}
	return show(o.state, o.words[0], o.form);
}

void
runs_help(void)
{
	const struct cmdline c = runs_line(0, NULL);

	cmdline_show_help(&c, "[OPTION]... [RUN]",
	    "List what was done: every run that changed mail; or, of one, "
	    "each file that it changed and each message that it took out. "
	    "RUN is its id, the beginning of it, or \"last\". Changes "
	    "nothing; may be used while a run is going on.",
	    "Exit status: 0, 2 something could not be read, 64 usage.");
}
