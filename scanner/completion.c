/*
 * See completion.h: what can be completed.
 */
#include "completion.h"

#include "codes.h"
#include "conform.h"
#include "kernel.h"
#include "packing.h"
#include "servers.h"
#include "store.h"
#include "targets.h"
#include "word_lists.h"

static void
add(struct buf *b, const char *word)
{
	buf_printf(b, "%s ", word);
}

static void
put_codes(struct buf *b)
{
	for (unsigned i = 0; i < CODE_COUNT; i++)
		add(b, code_info((enum code)i)->name);
}

static void
put_flags(struct buf *b)
{
	add(b, "all");
	for (size_t i = 0; i < CONFORM_FLAGS; i++)
		add(b, conform_names[i].name);
}

static void
put_severities(struct buf *b)
{
	for (unsigned i = SEV_INFO; i <= SEV_HIGH; i++)
		add(b, severity_name((enum severity)i));
}

static void
put_kernels(struct buf *b)
{
	const struct kernel *k;

	for (size_t i = 0; (k = kernel_at(i)) != NULL; i++)
		add(b, k->name);
}

static void
put_stores(struct buf *b)
{
	const char *name;

	for (size_t i = 0; (name = store_format_name(i)) != NULL; i++)
		add(b, name);
}

static void
put_kinds(struct buf *b)
{
	for (unsigned i = PACKED_TAR; i <= PACKED_ISO; i++)
		add(b, packing_archive_name(i));
	add(b, "all");
	add(b, "none");
}

static void
put_limits(struct buf *b)
{
	buf_str(b, "ratio= bytes= members= nesting= filters= ");
}

static void
put_targets(struct buf *b)
{
	char why[160];
	struct targets *t = targets_read((struct span){ targets_conf,
	    targets_conf_size }, why, sizeof(why));
	const struct target_server *s;

	for (size_t i = 0; t != NULL && (s = targets_at(t, i)) != NULL; i++)
		add(b, s->name);
	targets_free(t);
}

static void
put_servers(struct buf *b, bool senders)
{
	char why[SERVERS_WHY];
	struct servers *s = servers_new(why);
	const struct sender_row *d;
	const struct receiver_row *r;

	for (size_t i = 0; s != NULL && senders &&
	    (d = servers_sender(s, i)) != NULL; i++)
		add(b, d->name);
	for (size_t i = 0; s != NULL && !senders &&
	    (r = servers_receiver(s, i)) != NULL; i++)
		add(b, r->name);
	servers_free(s);
}

static void
put_senders(struct buf *b)
{
	add(b, "all");
	put_servers(b, true);
}

static void
put_receivers(struct buf *b)
{
	add(b, "all");
	put_servers(b, false);
}

/* What can be explained. */
static void
put_explained(struct buf *b)
{
	put_codes(b);
	put_servers(b, true);
	put_servers(b, false);
}

/* A row holds where what it names is the same; NULL: any. */
static const struct {
	const char *command, *option, *arg;
	enum takes takes;
	void (*put)(struct buf *);
	const char *words;
} rows[] = {
	{ "report", "format", NULL, TAKES_WORD, NULL, "html sqlite " },
	{ "report", "to", NULL, TAKES_WORD, NULL, "html sqlite " },
	{ "runs", "format", NULL, TAKES_WORD, NULL, "text ndjson " },
	{ "undo", "format", NULL, TAKES_WORD, NULL, "text ndjson " },
	{ "restore", "format", NULL, TAKES_WORD, NULL, "text ndjson " },
	{ "verify", "format", NULL, TAKES_WORD, NULL, "text ndjson " },
	{ NULL, "code", NULL, TAKES_LIST, put_codes, NULL },
	{ NULL, "min-severity", NULL, TAKES_WORD, put_severities, NULL },
	{ NULL, "target", NULL, TAKES_WORD, put_targets, NULL },
	{ NULL, "format-in", NULL, TAKES_WORD, put_stores, NULL },
	{ NULL, "kernel", NULL, TAKES_WORD, put_kernels, NULL },
	{ NULL, "unpack", NULL, TAKES_LIST, put_kinds, NULL },
	{ NULL, "unpack-limits", NULL, TAKES_LIST, put_limits, NULL },
	{ NULL, "senders", NULL, TAKES_LIST, put_senders, NULL },
	{ NULL, "receivers", NULL, TAKES_LIST, put_receivers, NULL },
	{ NULL, NULL, "SENDERS", TAKES_LIST, put_senders, NULL },
	{ NULL, NULL, "RECEIVERS", TAKES_LIST, put_receivers, NULL },
	{ NULL, NULL, "FLAGS", TAKES_FLAGS, put_flags, NULL },
	{ "merge", "format", NULL, TAKES_WORD, NULL, "ndjson text html " },
	{ NULL, "shard", NULL, TAKES_WORD, NULL, "auto " },
	{ NULL, NULL, "PLAN", TAKES_FILE, NULL, NULL },
	{ NULL, NULL, "DIR", TAKES_FOLDER, NULL, NULL },
	{ NULL, NULL, "FILE", TAKES_FILE, NULL, NULL },
	{ NULL, NULL, "REPORT", TAKES_FILE, NULL, NULL },
	{ NULL, NULL, "NEW", TAKES_FILE, NULL, NULL },
};

static bool
is(const char *want, const char *have)
{
	return want == NULL || strcmp(want, have) == 0;
}

struct completing
completion_of_option(const struct command_info *c,
    const struct cmdline_option *o)
{
	struct completing out = { .takes = TAKES_NOTHING };
	const char *const *words = NULL;
	size_t n = 0;

	if (o->arg == NULL)
		return out;
	out.takes = TAKES_ANY;
	if (c->scans)
		words = word_list((enum option_id)o->id, &n);
	if (words != NULL)
		out.takes = TAKES_WORD;
	for (size_t i = 0; i < n; i++)
		add(&out.words, words[i]);
	for (size_t i = 0; out.takes == TAKES_ANY &&
	    i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!is(rows[i].command, c->name) ||
		    !is(rows[i].option, o->name) || !is(rows[i].arg, o->arg))
			continue;
		out.takes = rows[i].takes;
		if (rows[i].put != NULL)
			rows[i].put(&out.words);
		if (rows[i].words != NULL)
			buf_str(&out.words, rows[i].words);
	}
	return out;
}

static void
put_commands(struct buf *b)
{
	const struct command_info *c;

	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		add(b, c->name);
}

struct completing
completion_of_words(const struct command_info *c)
{
	static const struct {
		const char *command;
		enum takes takes;
		void (*put)(struct buf *);
		const char *words;
	} known[] = {
		{ "explain", TAKES_WORD, put_explained, "" },
		{ "help", TAKES_WORD, put_commands, "" },
		{ "baseline", TAKES_WORD, NULL, "accept show " },
		{ "rules", TAKES_WORD, NULL, "check list " },
		{ "completion", TAKES_WORD, NULL, "bash zsh fish " },
		{ "runs", TAKES_RUN, NULL, "last " },
		{ "undo", TAKES_RUN, NULL, "last " },
		{ "merge", TAKES_FOLDER, NULL, "" },
		{ "restore", TAKES_ANY, NULL, "" },
		{ "recover", TAKES_NOTHING, NULL, "" },
	};
	struct completing out = { .takes = TAKES_FILE };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].command, c->name) != 0)
			continue;
		out.takes = known[i].takes;
		if (known[i].put != NULL)
			known[i].put(&out.words);
		buf_str(&out.words, known[i].words);
	}
	return out;
}
