/*
 * See servers.h.
 */
#include "servers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rows.h"

#define FILES_MAX 64u

/* The texts of the files in the program.  Generated. */
extern const uint8_t receivers_conf[], senders_conf[];
extern const size_t receivers_conf_size, senders_conf_size;

struct servers {
	size_t files_n;
	struct rows *files[FILES_MAX];	/* own all texts */
	struct buf read;	/* of the user's files */
	size_t receivers_n, senders_n;
	struct receiver_row receivers[REPLAY_ROWS];
	struct sender_row senders[REPLAY_ROWS];
};

/* A row that is being read, and who is told what is wrong with it. */
struct reading {
	const char *file;
	struct row row;
	char *why;		/* SERVERS_WHY */
};

static bool __attribute__((format(printf, 2, 3)))
wrong(struct reading *g, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(g->why, SERVERS_WHY, "%s:%u: %s: ", g->file, g->row.line,
	    g->row.name);
	va_start(ap, fmt);
	if (n > 0 && (size_t)n < SERVERS_WHY)
		(void)vsnprintf(g->why + n, SERVERS_WHY - (size_t)n, fmt, ap);
	va_end(ap);
	return false;
}

/* One of n words; without the key the first.  False: told. */
static bool
read_word(struct reading *g, const char *key, const char *const *words,
    size_t n, size_t *out)
{
	const char *text = row_text(&g->row, key);

	*out = 0;
	if (row_list(&g->row, key) != NULL)
		return wrong(g, "%s takes one word", key);
	if (text == NULL)
		return true;
	for (; *out < n; (*out)++)
		if (strcmp(text, words[*out]) == 0)
			return true;
	return wrong(g, "%s is not %s", key, text);
}

/* What both kinds have, first of all a name that can stand in a list. */
static bool
check_common(struct reading *g, const char *const *keys, size_t *known)
{
	const char *name = g->row.name;
	const char *stray = row_stray(&g->row, keys);

	if (name[0] == '\0' || strcmp(name, "all") == 0 ||
	    name[strcspn(name, ",* \t")] != '\0')
		return wrong(g, "a name may not be empty, nor be `all`, nor "
		    "hold a comma, a space or *");
	if (stray != NULL)
		return wrong(g, "a %s has no %s", g->row.kind, stray);
	if (row_text(&g->row, "title") == NULL ||
	    row_text(&g->row, "known") == NULL ||
	    row_text(&g->row, "source") == NULL)
		return wrong(g, "it needs title, known and source");
	return read_word(g, "known", known_names, KNOWN_N, known);
}

static bool
read_patterns(struct reading *g, const char *key, enum wire_kind kind,
    struct wire_patterns *out)
{
	const struct row_value *v = row_list(&g->row, key);
	const char *why;

	if (row_text(&g->row, key) != NULL)
		return wrong(g, "%s takes a list", key);
	for (size_t i = 0; v != NULL && i < v->n; i++)
		if (!wire_patterns_add(out, kind, v->values[i], &why))
			return wrong(g, "%s, \"%s\": %s", key, v->values[i],
			    why);
	return true;
}

/* The options of a receiver that are words. */
static bool
read_settings(struct reading *g, struct receiver_row *r)
{
	static const char *const lines[] = { "lf", "cr-or-lf" };
	static const char *const stuffed[] = { "line", "doubled" };
	static const char *const starts[] = { "true", "false" };
	static const char *const chunks[] = { "none", "offered" };
	size_t start, line, un, chunk, pipelining;

	if (!read_word(g, "start", starts, 2, &start) ||
	    !read_word(g, "line", lines, 2, &line) ||
	    !read_word(g, "unstuffs", stuffed, 2, &un) ||
	    !read_word(g, "chunking", chunks, 2, &chunk) ||
	    !read_word(g, "pipelining", pipelining_names, PIPELINING_N,
	    &pipelining))
		return false;
	r->late_start = start == 1;
	r->cr_ends_line = line == 1;
	r->unstuffs_doubled = un == 1;
	r->chunking = chunk == 1;
	r->pipelining = (enum pipelining)pipelining;
	return true;
}

#define COMMON_KEYS \
	"title", "versions", "cve", "fixed", "note", "known", "source"

#define COMMON_TEXTS(row) \
	.name = (row)->name, .title = row_text(row, "title"), \
	.versions = row_text(row, "versions"), \
	.cve = row_text(row, "cve"), .fixed = row_text(row, "fixed"), \
	.note = row_text(row, "note"), .source = row_text(row, "source")

/* What is refused of a message that comes by BDAT. */
static bool
read_bdat(struct reading *g, struct receiver_row *r)
{
	if (!read_patterns(g, "bdat_refuses", WIRE_REFUSE_LATE, &r->bdat) ||
	    !read_patterns(g, "bdat_refuses_lf_first", WIRE_REFUSE_LF_FIRST,
	    &r->bdat))
		return false;
	return r->chunking || r->bdat.n == 0 ||
	    wrong(g, "it does not offer chunking");
}

static bool
read_receiver(struct reading *g, struct receiver_row *r)
{
	static const char *const keys[] = { COMMON_KEYS, "end",
	    "end_lf_first", "start", "refuses", "refuses_late", "line",
	    "unstuffs", "pipelining", "chunking", "bdat_refuses",
	    "bdat_refuses_lf_first", NULL };
	const struct row *row = &g->row;
	size_t known;

	*r = (struct receiver_row){ COMMON_TEXTS(row) };
	if (!check_common(g, keys, &known) ||
	    !read_patterns(g, "end", WIRE_END, &r->patterns) ||
	    !read_patterns(g, "end_lf_first", WIRE_END_LF_FIRST,
	    &r->patterns) ||
	    !read_patterns(g, "refuses", WIRE_REFUSE, &r->patterns) ||
	    !read_patterns(g, "refuses_late", WIRE_REFUSE_LATE,
	    &r->patterns) || !read_settings(g, r) || !read_bdat(g, r))
		return false;
	r->known = (enum known)known;
	return r->patterns.ends[WIRE_END] != 0 ||
	    wrong(g, "it needs an end");
}

static bool
read_stuffs(struct reading *g, struct sender_does_what *d)
{
	static const char *const words[] = { "start", "crlf", "lf", "cr" };
	static const uint8_t bits[] = { BEHIND_START, BEHIND_CRLF, BEHIND_LF,
	    BEHIND_CR };
	const struct row_value *v = row_list(&g->row, "stuffs");

	if (row_text(&g->row, "stuffs") != NULL)
		return wrong(g, "stuffs takes a list");
	for (size_t i = 0; v != NULL && i < v->n; i++) {
		size_t k = 0;

		while (k < 4 && strcmp(v->values[i], words[k]) != 0)
			k++;
		if (k == 4)
			return wrong(g, "stuffs takes start, crlf, lf and cr, "
			    "not %s", v->values[i]);
		d->stuffs |= bits[k];
	}
	return true;
}

static const char *const does[] = { "keep", "crlf", "space", "refuse" };

/* All that what goes out depends on. */
static bool
read_does(struct reading *g, struct sender_does_what *d)
{
	static const char *const holds[] = { "lf", "crlf", "file" };
	static const char *const nuls[] = { "keep", "truncate" };
	static const char *const crlfs[] = { "kept", "dropped" };
	size_t held, lf, cr, nul, crlf;

	if (row_text(&g->row, "holds") == NULL)
		return wrong(g, "it needs holds");
	if (!read_word(g, "holds", holds, 3, &held) ||
	    !read_word(g, "lf", does, 4, &lf) ||
	    !read_word(g, "cr", does, 4, &cr) ||
	    !read_word(g, "nul", nuls, 2, &nul) ||
	    !read_word(g, "crlf", crlfs, 2, &crlf))
		return false;
	d->holds = (uint8_t)held;
	d->lf = (uint8_t)lf;
	d->cr = (uint8_t)cr;
	d->nul_truncates = nul == 1;
	d->drops_cr = crlf == 1;
	return read_stuffs(g, d);
}

/* Whether and how it sends by BDAT: as by DATA, but with all dots as they
 * are. */
static bool
read_by_bdat(struct reading *g, struct sender_row *s)
{
	static const char *const when[] = { "never", "where-offered" };
	size_t bdat, lf;

	if (!read_word(g, "bdat", when, 2, &bdat) ||
	    !read_word(g, "bdat_lf", does, 4, &lf))
		return false;
	if (bdat == 0)
		return row_text(&g->row, "bdat_lf") == NULL ||
		    wrong(g, "it does not send by BDAT");
	s->bdat = true;
	s->by_bdat = s->does;
	s->by_bdat.stuffs = 0;
	s->by_bdat.bdat = true;
	if (row_text(&g->row, "bdat_lf") != NULL)
		s->by_bdat.lf = (uint8_t)lf;
	return true;
}

static bool
read_sender(struct reading *g, struct sender_row *s)
{
	static const char *const keys[] = { COMMON_KEYS, "holds", "crlf",
	    "lf", "cr", "nul", "stuffs", "bdat", "bdat_lf", NULL };
	const struct row *row = &g->row;
	size_t known;

	*s = (struct sender_row){ COMMON_TEXTS(row) };
	if (!check_common(g, keys, &known) || !read_does(g, &s->does) ||
	    !read_by_bdat(g, s))
		return false;
	s->known = (enum known)known;
	return true;
}

/* The place of the name, or the one behind the last. */
static size_t
place_of(const struct servers *s, bool sender, const char *name)
{
	const size_t n = sender ? s->senders_n : s->receivers_n;
	size_t i = 0;

	while (i < n && strcmp(name, sender ? s->senders[i].name :
	    s->receivers[i].name) != 0)
		i++;
	return i;
}

static bool
add_row(struct servers *s, struct reading *g)
{
	const bool sender = strcmp(g->row.kind, "sender") == 0;
	size_t *n = sender ? &s->senders_n : &s->receivers_n;
	const size_t i = place_of(s, sender, g->row.name);
	struct receiver_row r = { 0 };
	struct sender_row d = { 0 };

	if (!sender && strcmp(g->row.kind, "receiver") != 0)
		return wrong(g, "it is a receiver or a sender, not a %s",
		    g->row.kind);
	if (!(sender ? read_sender(g, &d) : read_receiver(g, &r)))
		return false;
	if (i == REPLAY_ROWS)
		return wrong(g, "there are more than %u %ss", REPLAY_ROWS,
		    g->row.kind);
	if (sender)
		s->senders[i] = d;
	else
		s->receivers[i] = r;
	*n += i == *n;
	return true;
}

static bool
add_rows(struct servers *s, struct rows *rows, struct reading *g)
{
	enum rows_got got;
	const char *why;
	unsigned line;

	while ((got = rows_next(rows, &g->row, &line, &why)) == ROWS_ROW)
		if (!add_row(s, g))
			return false;
	if (got == ROWS_WRONG)
		(void)snprintf(g->why, SERVERS_WHY, "%s:%u: %s", g->file,
		    line, why);
	return got == ROWS_END;
}

bool
servers_text(struct servers *s, const char *name, struct span text,
    char why[SERVERS_WHY])
{
	struct reading g = { .file = name, .why = why };
	struct rows *rows;

	why[0] = '\0';
	if (s->files_n == FILES_MAX) {
		(void)snprintf(why, SERVERS_WHY, "more than %u files of "
		    "servers", FILES_MAX);
		return false;
	}
	if ((rows = rows_open(text)) == NULL) {
		(void)snprintf(why, SERVERS_WHY, "%s: out of memory", name);
		return false;
	}
	s->files[s->files_n++] = rows;
	return add_rows(s, rows, &g);
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
	    servers_text(s, "senders.conf", d, why))
		return s;
	servers_free(s);
	return NULL;
}

void
servers_free(struct servers *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->files_n; i++)
		rows_close(s->files[i]);
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

void
servers_remember(struct servers *s, struct span text)
{
	buf_add(&s->read, text.p, text.n);
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
