/*
 * See wire.h.
 */
#include "wire.h"

/* The literals that may stand in store_facts.format. */
static const char *const format_words[] = { NULL, "mbox", "maildir", "mh",
    "eml", "cyrus", "emlx", "emlx-partial", "dbox", "mmdf", "files",
    "postfix", "exim",
    "opensmtpd", "kumomta", "haraka", "pickup",
    "sendmail", "qmail", "courier" };
#define FORMAT_WORDS (sizeof(format_words) / sizeof(format_words[0]))

uint32_t
wire_format_index(const char *name)
{
	for (uint32_t i = 1; name != NULL && i < FORMAT_WORDS; i++)
		if (strcmp(format_words[i], name) == 0)
			return i;
	return 0;
}

bool
wire_format_name(uint32_t i, const char **name)
{
	if (i >= FORMAT_WORDS)
		return false;
	*name = format_words[i];
	return true;
}
