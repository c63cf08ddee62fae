/*
 * See unpack_options.h.
 */
#include "unpack_options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fix_options.h"
#include "packing.h"

#define KINDS (PACKED_ISO + 1u)
#define ALL ((1u << KINDS) - (1u << PACKED_TAR))

unsigned
unpack_kinds_default(void)
{
	return ALL & ~(1u << PACKED_ISO);
}

/* Each word of a list with commas to fn, until it says no. */
static bool
each_word(const char *list, bool (*fn)(char *word, void *out), void *out)
{
	char *own = strdup(list), *rest = own, *word;
	bool ok = own != NULL;

	while (ok && (word = strsep(&rest, ",")) != NULL)
		ok = fn(word, out);
	free(own);
	return ok;
}

static bool
add_kind(char *word, void *out)
{
	unsigned *kinds = out;

	if (strcmp(word, "all") == 0) {
		*kinds |= ALL;
		return true;
	}
	for (unsigned i = PACKED_TAR; i < KINDS; i++)
		if (strcmp(word, packing_archive_name(i)) == 0) {
			*kinds |= 1u << i;
			return true;
		}
	return strcmp(word, "none") == 0 || usage("--unpack takes none, all "
	    "or some of tar, cpio, zip, 7z, ar and iso, with commas between "
	    "them, not %s", word);
}

bool
unpack_kinds(const char *list, unsigned *out)
{
	*out = 0;
	return each_word(list, add_kind, out);
}

static bool
set_limit(struct limits *l, const char *name, const char *value)
{
	const struct {
		const char *name;
		unsigned *small;
		unsigned long most;
		uint64_t *large;
	} known[] = {
		{ "ratio", NULL, ULONG_MAX, &l->ratio },
		{ "members", NULL, ULONG_MAX, &l->members },
		{ "nesting", &l->nesting, NESTING_MAX, NULL },
		{ "filters", &l->filters, FILTERS_MAX, NULL },
	};
	unsigned long n;

	if (strcmp(name, "bytes") == 0)
		return parse_bytes("unpack-limits", value, &l->bytes);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(name, known[i].name) != 0)
			continue;
		if (!parse_number(value, known[i].most, &n))
			return usage("%s=%s: a number up to %lu", name,
			    value, known[i].most);
		if (known[i].small != NULL)
			*known[i].small = (unsigned)n;
		else
			*known[i].large = n;
		return true;
	}
	return usage("--unpack-limits knows ratio, bytes, members, nesting "
	    "and filters, not %s", name);
}

static bool
add_limit(char *word, void *out)
{
	char *value = strchr(word, '=');

	if (value == NULL)
		return usage("--unpack-limits takes NAME=NUMBER, with commas "
		    "between them, not %s", word);
	*value = '\0';
	return set_limit(out, word, value + 1);
}

bool
unpack_limits(const char *list, struct limits *out)
{
	return each_word(list, add_limit, out);
}
