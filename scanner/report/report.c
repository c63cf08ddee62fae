/*
 * See report.h.
 */
#include "report.h"

#include <stdio.h>
#include <time.h>

#define REPORTER_POINTER(name) &reporter_##name,
static const struct reporter *const reporters[] = {
	REPORTERS(REPORTER_POINTER)
};

const struct reporter *
reporter_named(const char *name)
{
	for (size_t i = 0; i < sizeof(reporters) / sizeof(reporters[0]); i++)
		if (strcmp(reporters[i]->name, name) == 0)
			return reporters[i];
	return NULL;
}

static void
worse_cells(uint8_t *cells, const uint8_t *more)
{
	for (size_t i = 0; i < REPLAY_CELLS; i++)
		if (more[i] > cells[i])
			cells[i] = more[i];
}

void
totals_count_replay(struct totals *t, const struct replay_result *v)
{
	t->replays[v->worst]++;
	worse_cells(t->replay_cells, v->cells);
}

void
totals_add(struct totals *t, const struct totals *m)
{
	t->messages += m->messages;
	t->bytes += m->bytes;
	t->flagged += m->flagged;
	for (size_t i = 0; i < SEVERITIES; i++)
		t->by_severity[i] += m->by_severity[i];
	for (size_t i = 0; i < CODE_COUNT; i++) {
		t->code_messages[i] += m->code_messages[i];
		t->code_count[i] += m->code_count[i];
		if (m->code_worst[i] > t->code_worst[i])
			t->code_worst[i] = m->code_worst[i];
	}
	for (size_t i = 0; i < USER_RULES_MAX; i++) {
		t->rule_messages[i] += m->rule_messages[i];
		t->rule_count[i] += m->rule_count[i];
	}
	for (size_t i = 0; i < CONVENTIONS; i++)
		t->conventions[i] += m->conventions[i];
	t->files += m->files;
	t->stores += m->stores;
	t->not_mail += m->not_mail;
	t->gone += m->gone;
	t->unreadable += m->unreadable;
	t->stale += m->stale;
	t->records += m->records;
	for (size_t i = 0; i < REPAIR_KINDS; i++)
		t->repairs[i] += m->repairs[i];
	for (size_t i = 0; i < REPLAY_OUTCOMES; i++)
		t->replays[i] += m->replays[i];
	worse_cells(t->replay_cells, m->replay_cells);
}

void
store_facts_add(struct store_facts *f, const struct store_facts *m)
{
	if (f->format == NULL)
		f->format = m->format;
	else if (m->format != NULL && strcmp(f->format, m->format) != 0)
		f->format = "files";
	f->messages += m->messages;
	f->bytes += m->bytes;
	for (size_t i = 0; i < CONVENTIONS; i++)
		f->conventions[i] += m->conventions[i];
	f->has_dialects = f->has_dialects || m->has_dialects;
	dialects_add(&f->dialects, &m->dialects);
	f->unsettled = f->unsettled || m->unsettled;
}

void
totals_count(struct totals *t, const struct msg *m, const struct verdict *v,
    const struct report_options *o)
{
	enum severity worst = SEV_INFO;
	code_set seen = 0;

	t->messages++;
	t->bytes += m->len;
	t->conventions[v->convention]++;
	if (!report_worst(v, o, &worst))
		return;
	t->flagged++;
	t->by_severity[worst]++;
	for (size_t i = 0; i < v->n; i++) {
		const struct finding *f = &v->list[i];

		if (!report_shows(f, o))
			continue;
		t->code_messages[f->code] += (seen >> f->code & 1) == 0;
		seen |= 1ull << f->code;
		t->code_count[f->code] += f->where->count;
		if (f->code == CODE_RULE_MATCH) {
			t->rule_messages[f->rule->index]++;
			t->rule_count[f->rule->index] += f->where->count;
		}
		if (f->severity > t->code_worst[f->code])
			t->code_worst[f->code] = f->severity;
	}
}

void
store_facts_count(struct store_facts *f, const struct msg *m,
    const struct verdict *v)
{
	if (f->format == NULL)
		f->format = m->format;
	else if (strcmp(f->format, m->format) != 0)
		f->format = "files";
	f->messages++;
	f->bytes += m->len;
	f->conventions[v->convention]++;
}

code_set
not_observable(const struct store_facts *f, enum eol_mode eol,
    const char **why)
{
	*why = "lines are kept with LF alone: whether a CR stood before an "
	    "LF when the message arrived can no longer be seen";
	if (f->conventions[CONV_LF] == 0 || eol != EOL_AUTO)
		return 0;
	return (code_set)1 << CODE_EOL_BARE_LF |
	    (code_set)1 << CODE_EOD_LF_LF | (code_set)1 << CODE_EOD_LF_CRLF |
	    (code_set)1 << CODE_EOD_CRLF_LF;
}

void
report_index(struct buf *b, uint64_t index, bool relative)
{
	if (relative)
		buf_byte(b, 1);
	buf_u64(b, index);
	if (relative)
		buf_byte(b, 2);
}

static void
resolve(struct buf *out, struct span s, uint64_t before, const char *open,
    const char *close)
{
	const uint8_t *mark;
	uint64_t index;
	size_t n;

	while (s.n > 0 && (mark = memchr(s.p, 1, s.n)) != NULL) {
		n = (size_t)(mark - s.p);
		buf_add(out, s.p, n);
		index = 0;
		for (n++; n < s.n && s.p[n] != 2; n++)
			index = index * 10 + (uint64_t)(s.p[n] - '0');
		buf_str(out, open);
		buf_u64(out, index + before);
		buf_str(out, close);
		if (n < s.n)
			n++;
		s = (struct span){ s.p + n, s.n - n };
	}
	buf_add(out, s.p, s.n);
}

void
report_resolve(struct buf *out, struct span s, uint64_t before)
{
	resolve(out, s, before, "", "");
}

void
report_relate(struct buf *out, struct span s, uint64_t before)
{
	resolve(out, s, before, "\"+", "\"");
}

bool
report_shows(const struct finding *f, const struct report_options *o)
{
	return f->severity >= o->min_severity || (o->named >> f->code & 1) ||
	    (o->names_rules && f->rule != NULL &&
	    f->rule->index >= o->rules_from);
}

bool
report_worst(const struct verdict *v, const struct report_options *o,
    enum severity *worst)
{
	bool any = false;

	for (size_t i = 0; i < v->n; i++) {
		if (!report_shows(&v->list[i], o))
			continue;
		if (!any || v->list[i].severity > *worst)
			*worst = v->list[i].severity;
		any = true;
	}
	return any;
}

const char *
convention_name(enum convention c)
{
	static const char *const names[CONVENTIONS] = {
		[CONV_LF] = "lf", [CONV_CRLF] = "crlf", [CONV_CR] = "cr",
		[CONV_WIRE] = "wire",
	};

	return names[c];
}

/* Without an end; "" where there is no such date. */
static void
put_date(char out[32], int64_t seconds)
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < -1900 ||
	    tm.tm_year > 9999 - 1900 ||
	    strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		out[0] = '\0';
}

void
report_time_ns(int64_t seconds, uint32_t ns, char out[48])
{
	char date[32];

	put_date(date, seconds);
	(void)snprintf(out, 48, date[0] != '\0' ? "%s.%09uZ" : "%s", date,
	    (unsigned)ns);
}

void
report_time_of(char out[32], int64_t seconds)
{
	char date[32];

	put_date(date, seconds);
	(void)snprintf(out, 32, date[0] != '\0' ? "%.30sZ" : "%.30s", date);
}

void
report_time(char out[32])
{
	report_time_of(out, (int64_t)time(NULL));
}
