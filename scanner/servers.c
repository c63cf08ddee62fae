/*
 * See servers.h.
 */
#include "servers.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FILES_MAX 64u

/* The texts of the files in the program.  Generated. */
extern const uint8_t receivers_conf[], senders_conf[];
extern const size_t receivers_conf_size, senders_conf_size;

struct servers {
	size_t files_n;
	cfg_t *files[FILES_MAX];	/* own all texts */
	struct buf read;	/* of the user's files */
	size_t receivers_n, senders_n;
	struct receiver_row receivers[REPLAY_ROWS];
	struct sender_row senders[REPLAY_ROWS];
};

/* libconfuse hands on no context: where its complaint goes meanwhile. */
static struct {
	const char *file;
	char *why;		/* SERVERS_WHY */
} reading;

/* The first thing that is wrong; where: behind the file's name. */
static void __attribute__((format(printf, 2, 0)))
complain_at(const char *where, const char *fmt, va_list ap)
{
	int n;

	if (reading.why == NULL || reading.why[0] != '\0')
		return;
	n = snprintf(reading.why, SERVERS_WHY, "%s:%s: ", reading.file, where);
	if (n > 0 && (size_t)n < SERVERS_WHY)
		(void)vsnprintf(reading.why + n, SERVERS_WHY - (size_t)n, fmt,
		    ap);
}

static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char line[16];

	(void)snprintf(line, sizeof(line), "%d", cfg->line);
	complain_at(line, fmt, ap);
}

/* row: its name. */
static bool __attribute__((format(printf, 2, 3)))
wrong(const char *row, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain_at(row, fmt, ap);
	va_end(ap);
	return false;
}

/* One of n words; NULL names the first.  False: told. */
static bool
read_word(cfg_t *sec, const char *key, const char *const *words, size_t n,
    size_t *out)
{
	const char *text = cfg_getstr(sec, key);

	*out = 0;
	if (text == NULL)
		return true;
	for (; *out < n; (*out)++)
		if (strcmp(text, words[*out]) == 0)
			return true;
	return wrong(cfg_title(sec), "%s is not %s", key, text);
}

/* What both kinds have, first of all a name that can stand in a list. */
static bool
check_common(cfg_t *sec, size_t *known)
{
	const char *name = cfg_title(sec);

	if (name[0] == '\0' || strcmp(name, "all") == 0 ||
	    name[strcspn(name, ",* \t")] != '\0')
		return wrong(name, "a name may not be empty, nor be `all`, nor "
		    "hold a comma, a space or *");
	if (cfg_getstr(sec, "title") == NULL ||
	    cfg_getstr(sec, "known") == NULL ||
	    cfg_getstr(sec, "source") == NULL)
		return wrong(name, "it needs title, known and source");
	return read_word(sec, "known", known_names, KNOWN_N, known);
}

static bool
read_patterns(cfg_t *sec, const char *key, enum wire_kind kind,
    struct wire_patterns *out)
{
	const char *why;

	for (unsigned i = 0; i < cfg_size(sec, key); i++)
		if (!wire_patterns_add(out, kind, cfg_getnstr(sec, key, i),
		    &why))
			return wrong(cfg_title(sec), "%s, \"%s\": %s", key,
			    cfg_getnstr(sec, key, i), why);
	return true;
}

static bool
read_receiver(cfg_t *sec, struct receiver_row *r)
{
	static const char *const lines[] = { "lf", "cr-or-lf" };
	static const char *const stuffed[] = { "line", "doubled" };
	static const char *const when[] = { "at-once", "late" };
	size_t known, line, un, late, pipelining;

	*r = (struct receiver_row){ .name = cfg_title(sec),
	    .title = cfg_getstr(sec, "title"),
	    .versions = cfg_getstr(sec, "versions"),
	    .cve = cfg_getstr(sec, "cve"), .fixed = cfg_getstr(sec, "fixed"),
	    .note = cfg_getstr(sec, "note"),
	    .source = cfg_getstr(sec, "source") };
	if (!check_common(sec, &known) ||
	    !read_patterns(sec, "end", WIRE_END, &r->patterns) ||
	    !read_patterns(sec, "end_lf_first", WIRE_END_LF_FIRST,
	    &r->patterns) ||
	    !read_patterns(sec, "refuses", WIRE_REFUSE, &r->patterns) ||
	    !read_word(sec, "line", lines, 2, &line) ||
	    !read_word(sec, "unstuffs", stuffed, 2, &un) ||
	    !read_word(sec, "refused", when, 2, &late) ||
	    !read_word(sec, "pipelining", pipelining_names, PIPELINING_N,
	    &pipelining))
		return false;
	if (r->patterns.ends[WIRE_END] == 0)
		return wrong(r->name, "it needs an end");
	r->known = (enum known)known;
	r->late_start = !cfg_getbool(sec, "start");
	r->cr_ends_line = line == 1;
	r->unstuffs_doubled = un == 1;
	r->refuses_late = late == 1;
	r->pipelining = (enum pipelining)pipelining;
	return true;
}

static bool
read_stuffs(cfg_t *sec, struct sender_does_what *d)
{
	static const char *const words[] = { "start", "crlf", "lf", "cr" };
	static const uint8_t bits[] = { BEHIND_START, BEHIND_CRLF, BEHIND_LF,
	    BEHIND_CR };

	for (unsigned i = 0; i < cfg_size(sec, "stuffs"); i++) {
		const char *word = cfg_getnstr(sec, "stuffs", i);
		size_t k = 0;

		while (k < 4 && strcmp(word, words[k]) != 0)
			k++;
		if (k == 4)
			return wrong(cfg_title(sec), "stuffs takes start, "
			    "crlf, lf and cr, not %s", word);
		d->stuffs |= bits[k];
	}
	return true;
}

static bool
read_sender(cfg_t *sec, struct sender_row *s)
{
	static const char *const holds[] = { "lf", "crlf", "file" };
	static const char *const does[] = { "keep", "crlf", "space",
	    "refuse" };
	static const char *const nuls[] = { "keep", "truncate" };
	static const char *const crlfs[] = { "kept", "dropped" };
	size_t known, held, lf, cr, nul, crlf;

	*s = (struct sender_row){ .name = cfg_title(sec),
	    .title = cfg_getstr(sec, "title"),
	    .versions = cfg_getstr(sec, "versions"),
	    .cve = cfg_getstr(sec, "cve"), .fixed = cfg_getstr(sec, "fixed"),
	    .note = cfg_getstr(sec, "note"),
	    .source = cfg_getstr(sec, "source") };
	if (!check_common(sec, &known) ||
	    !read_word(sec, "holds", holds, 3, &held) ||
	    !read_word(sec, "lf", does, 4, &lf) ||
	    !read_word(sec, "cr", does, 4, &cr) ||
	    !read_word(sec, "nul", nuls, 2, &nul) ||
	    !read_word(sec, "crlf", crlfs, 2, &crlf) ||
	    !read_stuffs(sec, &s->does))
		return false;
	if (cfg_getstr(sec, "holds") == NULL)
		return wrong(s->name, "it needs holds");
	s->known = (enum known)known;
	s->does.holds = (uint8_t)held;
	s->does.lf = (uint8_t)lf;
	s->does.cr = (uint8_t)cr;
	s->does.nul_truncates = nul == 1;
	s->does.drops_cr = crlf == 1;
	return true;
}

/* Where the row of that name is, or has to be. */
static bool
add_receiver(struct servers *s, const struct receiver_row *r)
{
	size_t i = 0;

	while (i < s->receivers_n && strcmp(s->receivers[i].name, r->name) !=
	    0)
		i++;
	if (i == REPLAY_ROWS)
		return wrong(r->name, "there are more than %u receivers",
		    REPLAY_ROWS);
	s->receivers[i] = *r;
	s->receivers_n += i == s->receivers_n;
	return true;
}

static bool
add_sender(struct servers *s, const struct sender_row *r)
{
	size_t i = 0;

	while (i < s->senders_n && strcmp(s->senders[i].name, r->name) != 0)
		i++;
	if (i == REPLAY_ROWS)
		return wrong(r->name, "there are more than %u senders",
		    REPLAY_ROWS);
	s->senders[i] = *r;
	s->senders_n += i == s->senders_n;
	return true;
}

static bool
add_rows(struct servers *s, cfg_t *cfg)
{
	struct receiver_row r;
	struct sender_row d;

	for (unsigned i = 0; i < cfg_size(cfg, "receiver"); i++)
		if (!read_receiver(cfg_getnsec(cfg, "receiver", i), &r) ||
		    !add_receiver(s, &r))
			return false;
	for (unsigned i = 0; i < cfg_size(cfg, "sender"); i++)
		if (!read_sender(cfg_getnsec(cfg, "sender", i), &d) ||
		    !add_sender(s, &d))
			return false;
	return true;
}

#define COMMON \
	CFG_STR("title", NULL, CFGF_NONE), \
	CFG_STR("versions", NULL, CFGF_NONE), \
	CFG_STR("cve", NULL, CFGF_NONE), \
	CFG_STR("fixed", NULL, CFGF_NONE), \
	CFG_STR("note", NULL, CFGF_NONE), \
	CFG_STR("known", NULL, CFGF_NONE), \
	CFG_STR("source", NULL, CFGF_NONE)

/* NULL: told.  own: the text, as libconfuse wants it. */
static cfg_t *
parse(const char *own)
{
	cfg_opt_t receiver[] = { COMMON,
		CFG_STR_LIST("end", NULL, CFGF_NONE),
		CFG_STR_LIST("end_lf_first", NULL, CFGF_NONE),
		CFG_BOOL("start", cfg_true, CFGF_NONE),
		CFG_STR_LIST("refuses", NULL, CFGF_NONE),
		CFG_STR("refused", NULL, CFGF_NONE),
		CFG_STR("line", NULL, CFGF_NONE),
		CFG_STR("unstuffs", NULL, CFGF_NONE),
		CFG_STR("pipelining", NULL, CFGF_NONE), CFG_END() };
	cfg_opt_t sender[] = { COMMON, CFG_STR("holds", NULL, CFGF_NONE),
		CFG_STR("crlf", NULL, CFGF_NONE),
		CFG_STR("lf", NULL, CFGF_NONE),
		CFG_STR("cr", NULL, CFGF_NONE),
		CFG_STR("nul", NULL, CFGF_NONE),
		CFG_STR_LIST("stuffs", NULL, CFGF_NONE), CFG_END() };
	cfg_opt_t top[] = {
		CFG_SEC("receiver", receiver, CFGF_MULTI | CFGF_TITLE |
		    CFGF_NO_TITLE_DUPES),
		CFG_SEC("sender", sender, CFGF_MULTI | CFGF_TITLE |
		    CFGF_NO_TITLE_DUPES), CFG_END() };
	cfg_t *cfg = cfg_init(top, CFGF_NONE);

	if (cfg == NULL)
		return NULL;
	(void)cfg_set_error_function(cfg, on_error);
	if (cfg_parse_buf(cfg, own) == CFG_SUCCESS)
		return cfg;
	(void)cfg_free(cfg);
	return NULL;
}

bool
servers_text(struct servers *s, const char *name, struct span text,
    char why[SERVERS_WHY])
{
	char *own = NULL;
	cfg_t *cfg = NULL;
	bool ok = false;

	reading.file = name;
	reading.why = why;
	why[0] = '\0';
	if (s->files_n == FILES_MAX)
		(void)snprintf(why, SERVERS_WHY, "more than %u files of "
		    "servers", FILES_MAX);
	else if (memchr(text.p, '\0', text.n) != NULL)
		(void)snprintf(why, SERVERS_WHY, "%s: there is a NUL in it",
		    name);
	else if ((own = strndup((const char *)text.p, text.n)) != NULL &&
	    (cfg = parse(own)) != NULL) {
		s->files[s->files_n++] = cfg;
		buf_add(&s->read, text.p, text.n);
		ok = add_rows(s, cfg);
	}
	if (!ok && why[0] == '\0')
		(void)snprintf(why, SERVERS_WHY, "%s: out of memory", name);
	free(own);
	reading.why = NULL;
	return ok;
}

struct servers *
servers_new(char why[SERVERS_WHY])
{
	const struct span r = { receivers_conf, receivers_conf_size };
	const struct span d = { senders_conf, senders_conf_size };
	struct servers *s = calloc(1, sizeof(*s));

	if (s == NULL)
		(void)snprintf(why, SERVERS_WHY, "out of memory");
	else if (servers_text(s, "receivers.conf", r, why) &&
	    servers_text(s, "senders.conf", d, why)) {
		buf_clear(&s->read);
		return s;
	}
	servers_free(s);
	return NULL;
}

void
servers_free(struct servers *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->files_n; i++)
		(void)cfg_free(s->files[i]);
	buf_free(&s->read);
	free(s);
}

const struct receiver_row *
servers_receiver(const struct servers *s, size_t i)
{
	return i < s->receivers_n ? &s->receivers[i] : NULL;
}

const struct sender_row *
servers_sender(const struct servers *s, size_t i)
{
	return i < s->senders_n ? &s->senders[i] : NULL;
}

bool
servers_sum(struct servers *s, uint8_t sum[HASH_SIZE])
{
	struct hash *h = s->read.n > 0 ? hash_new() : NULL;
	bool ok = h != NULL && buf_ok(&s->read);

	if (ok) {
		hash_begin(h);
		hash_feed(h, buf_span(&s->read));
		ok = hash_end(h, sum);
	}
	hash_free(h);
	return ok;
}
