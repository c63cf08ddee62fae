/*
 * See rules_load.h.
 */
#include "rules_load.h"

#include "complain.h"

struct config *
rules_load(bool own, const char *const *files, size_t n)
{
	struct config *c = config_new();
	bool ok = c != NULL;
	struct span s;

	if (ok && own)
		ok = config_text(c, "default.rules",
		    (struct span){ default_rules, default_rules_size });
	for (size_t i = 0; c != NULL && i < n; i++)
		ok = config_file(c, files[i]) && ok;
	if (ok)
		return c;
	s = c != NULL ? config_errors(c) : (struct span){ NULL, 0 };
	if (s.n == 0)
		complain("cannot read the rules: no memory");
	for (size_t at = 0; at < s.n; at += strlen((const char *)s.p + at) + 1)
		complain("%s", (const char *)s.p + at);
	config_free(c);
	return NULL;
}
