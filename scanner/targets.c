/*
 * See targets.h.
 */
#include "targets.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS_MAX 32u		/* of one target */

struct targets {
	size_t n;
	struct target_server *list;
	cfg_t *cfg;		/* owns every text */
};

/* libconfuse hands on no context: where its complaint goes meanwhile. */
static char *complaint;
static size_t complaint_size;

static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	int n;

	if (complaint == NULL || complaint[0] != '\0')
		return;
	n = snprintf(complaint, complaint_size, "line %d: ", cfg->line);
	if (n > 0 && (size_t)n < complaint_size)
		(void)vsnprintf(complaint + n, complaint_size - (size_t)n,
		    fmt, ap);
}

static bool __attribute__((format(printf, 2, 3)))
wrong(const struct target_server *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(complaint, complaint_size, "target %s: ", t->name);
	va_start(ap, fmt);
	if (n > 0 && (size_t)n < complaint_size)
		(void)vsnprintf(complaint + n, complaint_size - (size_t)n,
		    fmt, ap);
	va_end(ap);
	return false;
}

static bool
read_row(const struct target_server *t, cfg_t *sec, bool refuses,
    struct target_row *row)
{
	*row = (struct target_row){ .refuses = refuses,
	    .reply = cfg_getstr(sec, "reply"),
	    .what = cfg_getstr(sec, "what"),
	    .source = cfg_getstr(sec, "source") };
	for (unsigned i = 0; i < cfg_size(sec, "when"); i++) {
		const char *glob = cfg_getnstr(sec, "when", i);
		const code_set named = code_set_glob(glob);

		if (named == 0)
			return wrong(t, "no code is called %s", glob);
		row->when |= named;
	}
	if (row->when == 0 || row->what == NULL || row->source == NULL)
		return wrong(t, "%s needs when, what and source",
		    cfg_title(sec));
	return true;
}

static bool
read_target(cfg_t *sec, struct target_server *t)
{
	static const char *const kinds[] = { "changes", "refuses" };
	struct target_row *rows = calloc(ROWS_MAX, sizeof(*rows));

	t->name = cfg_title(sec);
	t->title = cfg_getstr(sec, "title");
	t->rows = rows;
	if (rows == NULL)
		return wrong(t, "out of memory");
	if (t->title == NULL)
		return wrong(t, "it needs a title");
	for (unsigned k = 2; k-- > 0; )
		for (unsigned i = 0; i < cfg_size(sec, kinds[k]); i++) {
			if (t->n == ROWS_MAX)
				return wrong(t, "over %u rows", ROWS_MAX);
			if (!read_row(t, cfg_getnsec(sec, kinds[k], i), k > 0,
			    &rows[t->n]))
				return false;
			t->n++;
		}
	return t->n > 0 || wrong(t, "it has no row");
}

static bool
read_all(struct targets *ts)
{
	const unsigned n = cfg_size(ts->cfg, "target");

	if ((ts->list = calloc(n > 0 ? n : 1, sizeof(*ts->list))) == NULL)
		return false;
	for (; ts->n < n; ts->n++)
		if (!read_target(cfg_getnsec(ts->cfg, "target",
		    (unsigned)ts->n), &ts->list[ts->n])) {
			ts->n++;	/* its rows are to be freed */
			return false;
		}
	return true;
}

/* libconfuse wants a C string. */
static bool
parse(struct targets *ts, struct span text)
{
	cfg_opt_t row[] = {
		CFG_STR_LIST("when", NULL, CFGF_NONE),
		CFG_STR("reply", NULL, CFGF_NONE),
		CFG_STR("what", NULL, CFGF_NONE),
		CFG_STR("source", NULL, CFGF_NONE),
		CFG_END()
	};
	cfg_opt_t target[] = {
		CFG_STR("title", NULL, CFGF_NONE),
		CFG_SEC("refuses", row, CFGF_MULTI | CFGF_TITLE |
		    CFGF_NO_TITLE_DUPES),
		CFG_SEC("changes", row, CFGF_MULTI | CFGF_TITLE |
		    CFGF_NO_TITLE_DUPES),
		CFG_END()
	};
	cfg_opt_t top[] = {
		CFG_SEC("target", target, CFGF_MULTI | CFGF_TITLE |
		    CFGF_NO_TITLE_DUPES),
		CFG_END()
	};
	char *own = strndup((const char *)text.p, text.n);
	bool ok;

	ts->cfg = own != NULL ? cfg_init(top, CFGF_NONE) : NULL;
	if (ts->cfg == NULL) {
		free(own);
		return false;
	}
	(void)cfg_set_error_function(ts->cfg, on_error);
	ok = cfg_parse_buf(ts->cfg, own) == CFG_SUCCESS;
	free(own);
	return ok && read_all(ts);
}

struct targets *
targets_read(struct span text, char *why, size_t n)
{
	struct targets *ts = calloc(1, sizeof(*ts));

	complaint = why;
	complaint_size = n;
	why[0] = '\0';
	if (ts == NULL || !parse(ts, text)) {
		targets_free(ts);
		ts = NULL;
		if (why[0] == '\0')
			(void)snprintf(why, n, "out of memory");
	}
	complaint = NULL;
	return ts;
}

void
targets_free(struct targets *ts)
{
	if (ts == NULL)
		return;
	for (size_t i = 0; ts->list != NULL && i < ts->n; i++)
		free((void *)(uintptr_t)ts->list[i].rows);
	free(ts->list);
	if (ts->cfg != NULL)
		(void)cfg_free(ts->cfg);
	free(ts);
}

const struct target_server *
targets_at(const struct targets *ts, size_t i)
{
	return i < ts->n ? &ts->list[i] : NULL;
}

const struct target_server *
targets_find(const struct targets *ts, const char *name)
{
	for (size_t i = 0; i < ts->n; i++)
		if (strcmp(ts->list[i].name, name) == 0)
			return &ts->list[i];
	return NULL;
}
