/*
 * See word_lists.h.
 */
#include "word_lists.h"

static const char *const format_words[] = { "text", "ndjson", "json",
    "html" };
static const char *const when_words[] = {
	[WHEN_AUTO] = "auto", [WHEN_ALWAYS] = "always",
	[WHEN_NEVER] = "never",
};
static const char *const eol_words[] = {
	[EOL_AUTO] = "auto", [EOL_LF] = "lf", [EOL_CRLF] = "crlf",
	[EOL_WIRE] = "wire",
};
static const char *const to_words[] = {
	[REPAIR_NATIVE] = "native", [REPAIR_CRLF] = "crlf",
	[REPAIR_LF] = "lf",
};
static const char *const cr_words[] = {
	[FIX_CR_SPACE] = "space", [FIX_CR_NEWLINE] = "newline",
	[FIX_CR_DROP] = "drop", [FIX_CR_KEEP] = "keep",
};
static const char *const nul_words[] = {
	[FIX_NUL_KEEP] = "keep", [FIX_NUL_SPACE] = "space",
	[FIX_NUL_DROP] = "drop",
};
static const char *const eod_words[] = {
	[REPAIR_EOD_NATIVE] = "native", [REPAIR_EOD_STUFF] = "stuff",
	[REPAIR_EOD_CRLF] = "crlf", [REPAIR_EOD_ENCODE] = "encode",
	[REPAIR_EOD_REMOVE] = "remove",
	[REPAIR_EOD_QUARANTINE] = "quarantine", [REPAIR_EOD_KEEP] = "keep",
};

#define WORDS(a) a, sizeof(a) / sizeof(a[0])

static const struct {
	enum option_id id;
	const char *const *words;
	size_t n;
} lists[] = {
	{ OPTION_FORMAT, WORDS(format_words) },
	{ OPTION_COLOR, WORDS(when_words) },
	{ OPTION_PROGRESS, WORDS(when_words) },
	{ OPTION_EOL, WORDS(eol_words) },
	{ OPTION_TO, WORDS(to_words) },
	{ OPTION_CR, WORDS(cr_words) },
	{ OPTION_NUL, WORDS(nul_words) },
	{ OPTION_EOD, WORDS(eod_words) },
};

const char *const *
word_list(enum option_id id, size_t *n)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i].id == id) {
			*n = lists[i].n;
			return lists[i].words;
		}
	return NULL;
}

bool
word_list_parse(enum option_id id, const char *option, const char *word,
    size_t *out)
{
	size_t n = 0;
	const char *const *words = word_list(id, &n);

	return parse_word(option, word, words, n, out);
}
