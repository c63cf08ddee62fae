/*
 * See rules_load.h.
 */
#include "rules_load.h"

#include "complain.h"
#include "scan_cmd.h"

static void
explain(const struct config *c)
{
	const struct span s = config_errors(c);

	for (size_t at = 0; at < s.n; at += strlen((const char *)s.p + at) + 1)
		complain("%s", (const char *)s.p + at);
}

struct config *
rules_load(bool own, const char *const *files, size_t n, size_t *own_n,
    int *status)
{
	struct config *c = config_new();
	bool ok = true;

	*status = EXIT_CONFIG;
	/* Nothing is wrong with baredot's own rules. */
	if (c == NULL || (own && !config_text(c, "default.rules",
	    (struct span){ default_rules, default_rules_size }))) {
		*status = EXIT_UNREADABLE;
		complain("no memory to read the rules");
		ok = false;
	}
	if (c != NULL && own_n != NULL)
		*own_n = config_rules(c)->n;
	for (size_t i = 0; c != NULL && *status == EXIT_CONFIG && i < n; i++)
		ok = config_file(c, files[i]) && ok;
	if (ok)
		return c;
	if (c != NULL && *status == EXIT_CONFIG)
		explain(c);
	config_free(c);
	return NULL;
}
