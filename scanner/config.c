/*
 * See config.h.
 *
 * libconfuse stops at the first thing that it does not understand.  A key that
 * nobody knows is noted and then made known, and the text is read again: so
 * one mistyped key does not hide what else is wrong.
 */
#include "config.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "options.h"
#include "rule_place.h"

#define UNKNOWN_MAX 16u		/* mistyped keys that are looked beyond */
#define WRONG_MAX 100u		/* things that are told */
#define MEMORY_MIN (256u << 10)	/* bytes, for reading any text */
#define CONTEXT "this-config"	/* an option that has our struct */

struct wrong {
	unsigned line, column;	/* from 1 */
	char *text;
	bool key;		/* a mistyped one: told once for all passes */
};

/* A text that is being read. */
struct reading {
	struct config *config;
	const char *name;
	struct span text;
	size_t first;		/* of the config's rules, of this text */
	struct rule_text rule;	/* that is being read */
	char *unknown[UNKNOWN_MAX];
	size_t unknown_n;
	bool again;		/* there was one more */
	size_t wrong_n;
	struct wrong wrong[WRONG_MAX];
};

struct config {
	struct buf errors;
	size_t files_n;
	struct rule_file files[RULE_FILES_MAX];
	char *paths[RULE_FILES_MAX];	/* of files */
	struct made_rule *made[USER_RULES_MAX];
	struct pattern_rules rules;	/* those of made */
};

static const char *const keys[] = {
#define RULE_KEY_NAME(id, name) [KEY_##id] = name,
	RULE_KEYS(RULE_KEY_NAME)
};

/* --- what is wrong */

static void
tell(struct reading *r, unsigned line, unsigned column, bool key,
    const char *text)
{
	char *own = r->wrong_n < WRONG_MAX ? strdup(text) : NULL;
	size_t i;

	if (own == NULL)
		return;
	for (i = r->wrong_n++; i > 0 && (r->wrong[i - 1].line > line ||
	    (r->wrong[i - 1].line == line &&
	    r->wrong[i - 1].column > column)); i--)
		r->wrong[i] = r->wrong[i - 1];
	r->wrong[i] = (struct wrong){ line, column, own, key };
}

static void
rule_is_wrong(void *ctx, const struct rule_value *v, size_t at,
    const char *text)
{
	struct reading *r = ctx;

	if (v == NULL)
		tell(r, place_of_rule(r->text, r->rule.end), 1, false, text);
	else
		tell(r, v->line, place_of_value(r->text, v, at), false, text);
}

/* libconfuse hands on no context but its own. */
static struct reading *
reading_of(cfg_t *cfg)
{
	return (void *)cfg_getopt(cfg, CONTEXT)->simple_value.ptr;
}

static void
tell_unknown(struct reading *r, unsigned line, const char *name, bool key)
{
	char said[160];

	(void)snprintf(said, sizeof(said), "there is no '%.40s' here: a file "
	    "has rules, and a rule has severity, scope, field, limit, "
	    "pattern, message and when", name);
	tell(r, line, place_of_word(r->text, line, name), key, said);
}

/* No such option: note it, and make it known for the next time. */
static void
unknown_key(struct reading *r, unsigned line, const char *name)
{
	tell_unknown(r, line, name, true);
	if (r->unknown_n == UNKNOWN_MAX ||
	    (r->unknown[r->unknown_n] = strdup(name)) == NULL)
		return;
	r->unknown_n++;
	r->again = true;
}

/* What else is wrong in that line may only follow from it. */
static bool
has_unknown_key(const struct reading *r, unsigned line)
{
	for (size_t i = 0; i < r->wrong_n; i++)
		if (r->wrong[i].key && r->wrong[i].line == line)
			return true;
	return false;
}

/* What libconfuse has to say.  The line is that of the last thing read. */
static void __attribute__((format(printf, 2, 0)))
confuse_says(cfg_t *cfg, const char *fmt, va_list ap)
{
	static const char no_option[] = "no such option '";
	struct reading *r = reading_of(cfg);
	char text[300];
	unsigned line;
	size_t n;

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	line = cfg->line > 0 ? (unsigned)cfg->line : 1;
	n = strlen(text);
	if (strncmp(text, no_option, sizeof(no_option) - 1) == 0 &&
	    text[n - 1] == '\'') {
		text[n - 1] = '\0';
		unknown_key(r, line, text + sizeof(no_option) - 1);
	} else if (!has_unknown_key(r, line)) {
		tell(r, line, 1, false, text);
	}
}

/* A mistyped key again, that was made known. */
static int
see_unknown(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct reading *r = reading_of(cfg);

	*(const char **)result = value;
	if (!has_unknown_key(r, (unsigned)cfg->line))
		tell_unknown(r, (unsigned)cfg->line, opt->name, false);
	return 0;
}

/* --- what is read */

/* A value was read.  libconfuse copies *result. */
static int
see_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct reading *r = reading_of(cfg);
	struct rule_text *t = &r->rule;
	struct rule_value v = { .line = (unsigned)cfg->line };

	*(const char **)result = value;
	while (strcmp(keys[v.key], opt->name) != 0)
		v.key++;
	if (t->name == NULL && cfg_title(cfg) != NULL)
		t->name = strdup(cfg_title(cfg));
	if (t->n == RULE_VALUES_MAX || (v.text = strdup(value)) == NULL)
		t->too_many = true;
	else
		t->values[t->n++] = v;
	return 0;
}

static bool
is_taken(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->rules.n; i++)
		if (strcmp(c->rules.rule[i]->name.name, name) == 0)
			return true;
	return false;
}

static void
add_rule(struct reading *r, struct made_rule *made)
{
	struct config *c = r->config;

	if (made == NULL)
		return;
	if (is_taken(c, made->name)) {
		rule_is_wrong(r, NULL, 0, "there is another rule of that "
		    "name; baredot's own have names too (--no-default-rules "
		    "leaves them out)");
		made_rule_free(made);
		return;
	}
	if (c->rules.n == USER_RULES_MAX) {
		rule_is_wrong(r, NULL, 0, "this is one rule too many: there "
		    "may be 64, baredot's own included");
		made_rule_free(made);
		return;
	}
	made->rule.name.index = (unsigned)c->rules.n;
	c->made[c->rules.n] = made;
	c->rules.rule[c->rules.n++] = &made->rule;
}

/* A rule was read to its closing brace. */
static int
see_rule(cfg_t *cfg, cfg_opt_t *opt)
{
	struct reading *r = reading_of(cfg);
	const unsigned n = cfg_opt_size(opt);
	cfg_t *last = n > 0 ? cfg_opt_getnsec(opt, n - 1) : NULL;

	r->rule.end = (unsigned)cfg->line;
	if (r->rule.name == NULL && last != NULL && cfg_title(last) != NULL)
		r->rule.name = strdup(cfg_title(last));
	add_rule(r, rule_text_make(&r->rule, rule_is_wrong, r));
	rule_text_clear(&r->rule);
	return 0;
}

/* The option that has the context is none that can be used. */
static int
see_context(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	(void)opt;
	(void)argc;
	(void)argv;
	cfg_error(cfg, "'" CONTEXT "' is nothing that a file can say");
	return -1;
}

/* Forget the rules of this text. */
static void
drop_rules(struct reading *r)
{
	struct config *c = r->config;

	while (c->rules.n > r->first)
		made_rule_free(c->made[--c->rules.n]);
}

#define KNOWN 9u		/* options, with the context and the end */

/* The options of a level: known ones, the context, what is known to be
 * unknown. */
static void
end_options(struct reading *r, cfg_opt_t *o)
{
	const cfg_opt_t context = CFG_FUNC(CONTEXT, see_context);
	const cfg_opt_t end = CFG_END();

	*o = context;
	o->simple_value.ptr = (void **)(void *)r;
	o++;
	for (size_t i = 0; i < r->unknown_n; i++) {
		const cfg_opt_t any = CFG_STR_LIST_CB(r->unknown[i], NULL,
		    CFGF_NONE, see_unknown);

		*o++ = any;
	}
	*o = end;
}

/* One pass over the text. */
static void
read_once(struct reading *r, const char *text)
{
	cfg_opt_t rule[KNOWN + UNKNOWN_MAX] = {
#define RULE_OPTION(id, name) CFG_STR_CB(name, NULL, CFGF_NONE, see_value),
		RULE_KEYS(RULE_OPTION)
	};
	cfg_opt_t root[KNOWN + UNKNOWN_MAX] = {
		CFG_SEC("rule", rule, CFGF_MULTI | CFGF_TITLE),
	};
	cfg_t *cfg;

	rule[KEY_WHEN].flags = CFGF_LIST;
	root[0].validcb = see_rule;
	end_options(r, rule + RULE_KEYS_N);
	end_options(r, root + 1);
	r->again = false;
	if ((cfg = cfg_init(root, CFGF_NONE)) == NULL) {
		tell(r, 1, 1, false, "no memory");
		return;
	}
	(void)cfg_set_error_function(cfg, confuse_says);
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS && r->wrong_n == 0)
		tell(r, 1, 1, false, "this cannot be read");
	(void)cfg_free(cfg);
	rule_text_clear(&r->rule);
}

/* --- a text */

/* Before the next pass: forget what it will find again. */
static void
forget(struct reading *r, bool keys_too)
{
	size_t n = 0;

	for (size_t i = 0; i < r->wrong_n; i++)
		if (r->wrong[i].key && !keys_too)
			r->wrong[n++] = r->wrong[i];
		else
			free(r->wrong[i].text);
	r->wrong_n = n;
	drop_rules(r);
}

/* libconfuse crashes where there is none, so better ask first. */
static bool
has_memory(size_t bytes)
{
	void *p = malloc(bytes);
	bool has;

	__asm__("" : "+r"(p));	/* or it is not asked at all */
	has = p != NULL;
	free(p);
	return has;
}

static void
read_text(struct reading *r)
{
	char *text = malloc(r->text.n + 1);

	if (text == NULL || !has_memory(16 * r->text.n + MEMORY_MIN)) {
		free(text);
		tell(r, 1, 1, false, "no memory");
		return;
	}
	if (r->text.n > 0)
		memcpy(text, r->text.p, r->text.n);
	text[r->text.n] = '\0';
	do {
		forget(r, false);
		read_once(r, text);
	} while (r->again);
	free(text);
}

/* What was wrong, for all to read.  True: nothing was. */
static bool
conclude(struct reading *r)
{
	struct buf *b = &r->config->errors;
	const bool ok = r->wrong_n == 0;

	for (size_t i = 0; i < r->wrong_n; i++) {
		buf_printf(b, "%s:%u:%u: %s", r->name, r->wrong[i].line,
		    r->wrong[i].column, r->wrong[i].text);
		buf_byte(b, 0);
	}
	if (!ok)
		forget(r, true);
	for (size_t i = 0; i < r->unknown_n; i++)
		free(r->unknown[i]);
	return ok;
}

bool
config_text(struct config *c, const char *name, struct span text)
{
	struct reading *r = calloc(1, sizeof(*r));
	bool ok;

	if (r == NULL)
		return false;
	r->config = c;
	r->name = name;
	r->text = text;
	r->first = c->rules.n;
	if (text.n > CONFIG_BYTES_MAX)
		tell(r, 1, 1, false, "this is too long for a file of rules");
	else if (text.n > 0 && memchr(text.p, 0, text.n) != NULL)
		tell(r, 1, 1, false, "there is a NUL byte in it: this is no "
		    "text");
	else
		read_text(r);
	ok = conclude(r);
	free(r);
	return ok;
}

/* --- files */

/* All of the file, or a byte more than it may have. */
static bool
read_file(const char *path, struct buf *out, struct buf *errors)
{
	FILE *f = fopen(path, "re");
	uint8_t part[8192];
	bool ok = f != NULL;
	size_t n;

	while (ok && out->n <= CONFIG_BYTES_MAX &&
	    (n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(out, part, n);
	ok = ok && ferror(f) == 0 && buf_ok(out);
	if (!ok) {
		buf_printf(errors, "%s: cannot be read: %s", path,
		    strerror(errno));
		buf_byte(errors, 0);
	}
	if (f != NULL)
		(void)fclose(f);
	return ok;
}

static bool
remember_file(struct config *c, const char *path, struct span text)
{
	struct rule_file *f = &c->files[c->files_n];
	struct hash *h = hash_new();
	bool ok = h != NULL &&
	    (c->paths[c->files_n] = strdup(path)) != NULL;

	if (ok) {
		hash_begin(h);
		hash_feed(h, text);
		ok = hash_end(h, f->sha256);
		f->path = c->paths[c->files_n];
		c->files_n++;
	}
	hash_free(h);
	return ok;
}

bool
config_file(struct config *c, const char *path)
{
	struct buf text = { 0 };
	bool ok;

	if (c->files_n == RULE_FILES_MAX) {
		buf_printf(&c->errors, "%s: there are too many rule files",
		    path);
		buf_byte(&c->errors, 0);
		return false;
	}
	ok = read_file(path, &text, &c->errors) &&
	    config_text(c, path, buf_span(&text)) &&
	    remember_file(c, path, buf_span(&text));
	buf_free(&text);
	return ok;
}

/* --- the whole */

struct config *
config_new(void)
{
	return calloc(1, sizeof(struct config));
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->rules.n; i++)
		made_rule_free(c->made[i]);
	for (size_t i = 0; i < c->files_n; i++)
		free(c->paths[i]);
	buf_free(&c->errors);
	free(c);
}

struct span
config_errors(const struct config *c)
{
	return buf_span(&c->errors);
}

const struct pattern_rules *
config_rules(const struct config *c)
{
	return &c->rules;
}

const struct rule_file *
config_files(const struct config *c, size_t *n)
{
	*n = c->files_n;
	return c->files;
}
