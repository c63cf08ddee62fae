/*
 * See redact.h.
 */
#include "redact.h"

#include <stdlib.h>

#include "dkim.h"
#include "escape.h"
#include "mime.h"
#include "options.h"
#include "patterns.h"
#include "redact_words.h"

#define TOKEN_BYTES 8u		/* of the HMAC */
#define TOKEN_SIZE (2 * TOKEN_BYTES + 1)
#define FINDINGS_MAX (CODE_COUNT + 2 * USER_RULES_MAX)
#define DAY 86400

struct redactor {
	struct mac *mac;
	bool failed;		/* since the last call began */
	struct buf path;	/* of what is at hand */
	char sum[TOKEN_SIZE];

	/* Of the rules, by their index. */
	struct rule_name names[USER_RULES_MAX];
	char name_texts[USER_RULES_MAX][TOKEN_SIZE];
	struct pattern_rules rules;
	struct pattern_rule rule[USER_RULES_MAX];

	/* The copies that are shown. */
	struct scan_facts facts;
	struct buf words;	/* the texts of argv, of files, of the host */
	const char **argv;
	struct rule_file *files;
	struct report_message message;
	struct verdict verdict;
	struct tally tally;
	struct spots spots[FINDINGS_MAX];
	struct mime_facts mime;
	struct dkim_facts dkim;
	struct envelope envelope;
	char message_id[TOKEN_SIZE];
	struct problem_report problem;
	struct file_report file;
};

/* --- tokens */

static void
put_token(struct redactor *r, struct span s, struct buf *b)
{
	uint8_t sum[HASH_SIZE];

	if (mac_of(r->mac, s, sum))
		buf_hex(b, sum, TOKEN_BYTES);
	else
		r->failed = true;
}

/* "" where there is nothing; that is no secret. */
static struct span
token(struct redactor *r, struct span s, char out[TOKEN_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t sum[HASH_SIZE] = { 0 };

	out[0] = '\0';
	if (s.n == 0)
		return (struct span){ (const uint8_t *)out, 0 };
	if (!mac_of(r->mac, s, sum)) {
		r->failed = true;
		return (struct span){ (const uint8_t *)out, 0 };
	}
	for (size_t i = 0; i < TOKEN_BYTES; i++) {
		out[2 * i] = digits[sum[i] >> 4];
		out[2 * i + 1] = digits[sum[i] & 15];
	}
	out[2 * TOKEN_BYTES] = '\0';
	return (struct span){ (const uint8_t *)out, 2 * TOKEN_BYTES };
}

/* Each part between slashes, or the marks of members, by itself. */
static void
put_path(struct redactor *r, struct span s, struct buf *b)
{
	size_t from = 0;

	for (size_t i = 0; i <= s.n; i++) {
		const struct span part = { s.p + from, i - from };

		if (i < s.n && s.p[i] != '/' && s.p[i] != '!')
			continue;
		if (redact_keeps_part(part))
			buf_add(b, part.p, part.n);
		else
			put_token(r, part, b);
		if (i < s.n)
			buf_byte(b, s.p[i]);
		from = i + 1;
	}
}

static void
begin(struct redactor *r)
{
	r->failed = false;
	buf_clear(&r->path);
}

struct span
redact_path(struct redactor *r, struct span path)
{
	begin(r);
	put_path(r, path, &r->path);
	return r->failed || !buf_ok(&r->path) ? (struct span){ NULL, 0 } :
	    buf_span(&r->path);
}

/* What stands for a SHA-256, or NULL. */
static const char *
sum_token(struct redactor *r, bool hashed, const uint8_t sha256[HASH_SIZE])
{
	if (!hashed)
		return NULL;
	(void)token(r, (struct span){ sha256, HASH_SIZE }, r->sum);
	return r->sum;
}

/* The day it was: rounded down also before 1970. */
static int64_t
day_of(int64_t seconds)
{
	const int64_t rest = seconds % DAY;

	if (seconds < INT64_MIN + DAY)
		return INT64_MIN;
	return seconds - rest - (rest < 0 ? DAY : 0);
}

/* --- rules */

static void
set_rules(struct redactor *r, const struct pattern_rules *all, size_t own)
{
	for (size_t i = 0; all != NULL && i < all->n; i++) {
		const struct rule_name *from = &all->rule[i]->name;
		struct rule_name *to = &r->names[from->index];

		*to = *from;
		if (i >= own) {
			(void)token(r, span_text(from->name),
			    r->name_texts[from->index]);
			to->name = r->name_texts[from->index];
			to->message = "a rule of the user's own";
		}
		r->rule[i].name = *to;
		r->rule[i].severity = all->rule[i]->severity;
		r->rules.rule[i] = &r->rule[i];
		r->rules.n = i + 1;
	}
}

struct redactor *
redactor_new(const struct pattern_rules *rules, size_t own)
{
	struct redactor *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	if ((r->mac = mac_new()) != NULL)
		set_rules(r, rules, own);
	if (r->mac != NULL && !r->failed)
		return r;
	redactor_free(r);
	return NULL;
}

void
redactor_free(struct redactor *r)
{
	if (r == NULL)
		return;
	mac_free(r->mac);
	buf_free(&r->path);
	buf_free(&r->words);
	free(r->argv);
	free(r->files);
	free(r);
}

/* --- header and summary */

/* One word of the command line: options keep their names. */
static void
put_word(struct redactor *r, const char *word, size_t i, struct buf *b)
{
	const size_t n = i < 2 ? 0 : scan_option_name(word);

	if (i == 0)
		buf_str(b, "baredot");
	else if (i == 1)
		buf_str(b, "scan");
	else
		buf_add(b, word, n);
	if (i >= 2 && word[n] != '\0')
		put_path(r, span_text(word + n), b);
	buf_byte(b, '\0');
}

/* Room for n pointers, for argv; and for the rule files. */
static bool
make_room(struct redactor *r, size_t words, size_t files)
{
	free(r->argv);
	free(r->files);
	r->argv = calloc(words + 1, sizeof(*r->argv));
	r->files = calloc(files + 1, sizeof(*r->files));
	return r->argv != NULL && r->files != NULL;
}

/* The texts stand behind one another, so their places come last. */
static void
point(struct redactor *r, size_t words, size_t files)
{
	const char *p = (const char *)r->words.p;

	for (size_t i = 0; i < words; i++, p += strlen(p) + 1)
		r->argv[i] = p;
	for (size_t i = 0; i < files; i++) {
		r->files[i].path = p;
		p += strlen(p) + 1;
		r->files[i].token = p;
		p += strlen(p) + 1;
	}
	(void)memcpy(r->facts.host, p, strlen(p) + 1);
	r->facts.argv = r->argv;
	r->facts.rule_files = r->files;
	r->facts.rule_files_n = files;
}

static void
put_words(struct redactor *r, const struct scan_facts *f)
{
	struct buf *b = &r->words;
	char own[TOKEN_SIZE];

	buf_clear(b);
	for (size_t i = 0; f->argv[i] != NULL; i++)
		put_word(r, f->argv[i], i, b);
	for (size_t i = 0; i < f->rule_files_n; i++) {
		put_path(r, span_text(f->rule_files[i].path), b);
		buf_byte(b, '\0');
		put_token(r, (struct span){ f->rule_files[i].sha256,
		    HASH_SIZE }, b);
		buf_byte(b, '\0');
	}
	(void)token(r, span_text(f->host), own);
	buf_add(b, own, strlen(own) + 1);
}

const struct scan_facts *
redact_facts(struct redactor *r, const struct scan_facts *f)
{
	size_t words = 0;

	begin(r);
	while (f->argv[words] != NULL)
		words++;
	put_words(r, f);
	if (r->failed || !buf_ok(&r->words) ||
	    !make_room(r, words, f->rule_files_n))
		return NULL;
	r->facts = (struct scan_facts){
		.rules_sha256 = f->rules_sha256,
		.default_rules = f->default_rules,
		.rules = f->rules != NULL ? &r->rules : NULL,
		.kernel = f->kernel, .sandbox = f->sandbox, .eol = f->eol,
		.forensic = f->forensic, .redacted = true,
		.target = f->target, .codes = f->codes, .jobs = f->jobs,
		.options = f->options,
	};
	(void)memcpy(r->facts.start, f->start, sizeof(r->facts.start));
	point(r, words, f->rule_files_n);
	return &r->facts;
}

/* --- a message */

static void
mask(struct spots *s)
{
	for (size_t i = 0; i < sizeof(s->context.bytes); i++) {
		const uint8_t c = s->context.bytes[i];

		s->context.bytes[i] = c == '\r' || c == '\n' || c == '.' ||
		    c == '\0' ? c : 'x';
	}
}

/* All behind the size are spots. */
static const struct tally *
copy_tally(struct redactor *r, const struct tally *t)
{
	struct spots *first = &r->tally.breaks[0];
	const size_t n = (sizeof(*t) - offsetof(struct tally, breaks)) /
	    sizeof(*first);

	_Static_assert((sizeof(*t) - offsetof(struct tally, breaks)) %
	    sizeof(*first) == 0, "something else than spots in a tally");
	r->tally = *t;
	for (size_t i = 0; i < n; i++)
		mask((struct spots *)((char *)first + i * sizeof(*first)));
	return &r->tally;
}

static const struct mime_facts *
copy_mime(struct redactor *r, const struct mime_facts *m)
{
	if (m == NULL)
		return NULL;
	r->mime = *m;
	for (size_t i = 0; i < m->n; i++) {
		struct mime_part *p = &r->mime.list[i];
		char own[TOKEN_SIZE];

		if (!redact_keeps_type(span_text(p->type))) {
			(void)token(r, span_text(m->list[i].type), own);
			memset(p->type, 0, sizeof(p->type));
			memcpy(p->type, own, TOKEN_SIZE);
		}
		if (!redact_keeps_encoding(span_text(p->encoding))) {
			(void)token(r, span_text(m->list[i].encoding), own);
			memset(p->encoding, 0, sizeof(p->encoding));
			memcpy(p->encoding, own, TOKEN_SIZE);
		}
	}
	return &r->mime;
}

static void
copy_name(struct redactor *r, const struct dkim_name *from,
    struct dkim_name *to)
{
	char own[TOKEN_SIZE];
	const struct span s = token(r, (struct span){ from->p, from->n }, own);

	to->n = s.n;
	memcpy(to->p, s.p, s.n);
}

static const struct dkim_facts *
copy_dkim(struct redactor *r, const struct dkim_facts *f)
{
	if (f == NULL)
		return NULL;
	memset(&r->dkim, 0, sizeof(r->dkim));
	r->dkim.n = f->n;
	r->dkim.more = f->more;
	for (size_t i = 0; i < f->n; i++) {
		const struct dkim_signature *from = &f->list[i];
		struct dkim_signature *to = &r->dkim.list[i];

		*to = *from;
		memset(&to->tags, 0, sizeof(to->tags));
		to->tags.why = from->tags.why;
		to->tags.algorithm = from->tags.algorithm;
		to->tags.canonicalization = from->tags.canonicalization;
		to->tags.is = from->tags.is;
		to->tags.body = from->tags.body;
		to->tags.has_length = from->tags.has_length;
		to->tags.length = from->tags.length;
		copy_name(r, &from->tags.domain, &to->tags.domain);
		copy_name(r, &from->tags.selector, &to->tags.selector);
	}
	return &r->dkim;
}

static const struct envelope *
copy_envelope(struct redactor *r, const struct envelope *v)
{
	struct envelope *to = &r->envelope;
	char own[TOKEN_SIZE];

	if (v == NULL)
		return NULL;
	memset(to, 0, sizeof(*to));
	if (v->has_queue_id)
		envelope_queue_id(to, token(r, v->queue_id, own));
	if (v->has_sender)
		envelope_sender(to, token(r, v->sender, own));
	for (size_t i = 0; i < v->recipients_n; i++)
		envelope_recipient(to, token(r, v->recipients[i], own));
	to->recipients_more += v->recipients_more;
	to->has_arrived = v->has_arrived;
	to->arrived = day_of(v->arrived);
	return to;
}

static const struct verdict *
copy_verdict(struct redactor *r, const struct verdict *v)
{
	struct verdict *to = &r->verdict;

	*to = (struct verdict){
		.convention = v->convention, .seen = v->seen, .n = v->n,
		.tally = copy_tally(r, v->tally),
		.dkim = copy_dkim(r, v->dkim), .mime = copy_mime(r, v->mime),
		.would_reject = redact_reply(v->would_reject),
		.message_id = token(r, v->message_id, r->message_id),
		.message_id_cut = v->message_id_cut,
		.dated = v->dated, .date = v->dated ? day_of(v->date) : 0,
		.unclosed_maybe = v->unclosed_maybe,
		.head_size = v->head_size, .head_seen = v->head_seen,
	};
	for (size_t i = 0; i < v->n; i++) {
		to->list[i] = v->list[i];
		r->spots[i] = *v->list[i].where;
		mask(&r->spots[i]);
		to->list[i].where = &r->spots[i];
		if (v->list[i].rule != NULL)
			to->list[i].rule = &r->names[v->list[i].rule->index];
	}
	return to;
}

const struct report_message *
redact_message(struct redactor *r, const struct report_message *m)
{
	const struct span path = redact_path(r, m->path);

	r->message = (struct report_message){
		.path = path, .msg = m->msg,
		.verdict = copy_verdict(r, m->verdict),
		.index_is_relative = m->index_is_relative,
		.token = sum_token(r, m->hashed, m->sha256),
		.envelope = copy_envelope(r, m->envelope),
		.members = m->members, .members_n = m->members_n,
	};
	return r->failed || path.p == NULL ? NULL : &r->message;
}

/* --- the rest */

const struct problem_report *
redact_problem(struct redactor *r, const struct problem_report *p)
{
	const struct span path = redact_path(r, p->path);

	r->problem = *p;
	r->problem.path = path;
	if (p->plain != NULL)
		r->problem.why = p->plain;
	return path.p == NULL ? NULL : &r->problem;
}

const struct file_report *
redact_file(struct redactor *r, const struct file_report *f)
{
	const struct span path = redact_path(r, f->path);

	r->file = (struct file_report){
		.path = path, .size = f->size, .mtime = day_of(f->mtime),
		.status = f->status,
		.token = sum_token(r, f->hashed, f->sha256),
	};
	return r->failed || path.p == NULL ? NULL : &r->file;
}
