/*
 * Any bytes as a rule file: it is read, or refused with a reason; and the
 * rules of one that is read find what they find, however a message is cut.
 */
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "engine.h"

#define CUT 7u			/* bytes of a span */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char mail[] = "Received: from a by b;\r\n\tdate\r\nSubject: "
    "Hello <a@b>\r\nX: \xff\r\n\r\nfoo bar\rbaz\n.\r\nMAIL FROM:<a@b>\r\n"
    "DATA\r\n..\r\n\0abc\r\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\r\nend";

/* How often each rule matched. */
static void
run(const struct pattern_rules *rules, size_t step, uint64_t *out)
{
	struct engine_options o = { .codes = (1ull << CODE_COUNT) - 1 };
	struct engine *first = engine_new(&o), *again;
	struct verdict *v;

	o.topics = TOPIC_PATTERNS;
	o.rules = rules;
	if (first == NULL || (again = engine_new(&o)) == NULL)
		abort();
	engine_begin(first, BRK_CRLF);
	engine_begin_again(again, BRK_CRLF, NULL);
	for (size_t at = 0, n; at < sizeof(mail); at += n) {
		const uint8_t *p = (const uint8_t *)mail + at;

		n = sizeof(mail) - at < step ? sizeof(mail) - at : step;
		engine_feed(first, (struct span){ p, n });
		engine_feed(again, (struct span){ p, n });
	}
	v = engine_end(first);
	engine_end_again(again, v);
	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].code == CODE_RULE_MATCH)
			out[v->list[i].rule->index] =
			    v->list[i].where->count;
		else if (v->list[i].code == CODE_RULE_GAVE_UP)
			out[USER_RULES_MAX] = 1;
	engine_free(first);
	engine_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct config *c = config_new();
	uint64_t a[USER_RULES_MAX + 1] = { 0 }, b[USER_RULES_MAX + 1] = { 0 };
	bool ok;

	if (c == NULL)
		abort();
	ok = config_text(c, "fuzz", (struct span){ data, n });
	if (ok != (config_errors(c).n == 0) || (!ok &&
	    config_rules(c)->n > 0))
		abort();
	if (config_rules(c)->n > 0) {
		run(config_rules(c), sizeof(mail), a);
		run(config_rules(c), CUT, b);
		if (a[USER_RULES_MAX] == 0 && b[USER_RULES_MAX] == 0 &&
		    memcmp(a, b, sizeof(a)) != 0)
			abort();
	}
	config_free(c);
	return 0;
}
