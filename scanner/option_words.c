/*
 * See option_words.h.
 */
#include "option_words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "buf.h"
#include "complain.h"
#include "nearest.h"
#include "span.h"
#include "store.h"

#define SECONDS_MAX 1000000u

bool
usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain_va(fmt, ap);
	va_end(ap);
	return false;
}

static size_t
word_index(const char *word, const char *const *words, size_t n)
{
	size_t i = 0;

	while (i < n && strcmp(word, words[i]) != 0)
		i++;
	return i;
}

bool
parse_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return errno == 0 && ascii_digit((uint8_t)text[0]) && *end == '\0' &&
	    *out <= max;
}

bool
parse_word(const char *option, const char *word, const char *const *words,
    size_t n, size_t *out)
{
	struct nearest meant = nearest_begin(word);
	char hint[NEAREST_HINT];
	struct buf list = { 0 };

	if ((*out = word_index(word, words, n)) < n)
		return true;
	for (size_t i = 0; i < n; i++) {
		nearest_try(&meant, words[i]);
		buf_printf(&list, "%s%s", i == 0 ? "" : i + 1 < n ? ", " :
		    " or ", words[i]);
	}
	(void)usage("--%s takes %s, not %s%s", option, buf_text(&list), word,
	    nearest_hint(&meant, "", hint));
	buf_free(&list);
	return false;
}

bool
parse_seconds(const char *option, const char *word, unsigned *out)
{
	unsigned long n;

	if (!parse_number(word, SECONDS_MAX, &n))
		return usage("--%s takes seconds, not %s", option, word);
	*out = (unsigned)n;
	return true;
}

bool
parse_bytes(const char *option, const char *word, uint64_t *out)
{
	static const char units[] = "KMG";
	const size_t n = strlen(word);
	const char *unit = n > 0 ? strchr(units, word[n - 1]) : NULL;
	char *end;

	*out = strtoull(word, &end, 10);
	if (word[0] < '0' || word[0] > '9' || *end != '\0') {
		if (unit == NULL || end != word + n - 1 || word[0] < '0' ||
		    word[0] > '9' || *out > UINT64_MAX >> 30)
			return usage("--%s takes bytes (64M), not %s",
			    option, word);
		*out <<= 10 * (unit - units + 1);
	}
	return true;
}

bool
parse_format_in(const char *arg)
{
	struct nearest meant = nearest_begin(arg);
	char hint[NEAREST_HINT];
	struct buf all = { 0 };
	const char *name;

	if (store_format_known(arg))
		return true;
	for (size_t i = 0; (name = store_format_name(i)) != NULL; i++) {
		nearest_try(&meant, name);
		buf_printf(&all, "%s%s", i > 0 ? ", " : "", name);
	}
	(void)usage("--format-in takes one of %s, not %s%s", buf_text(&all),
	    arg, nearest_hint(&meant, "", hint));
	buf_free(&all);
	return false;
}
