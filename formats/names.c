/*
 * See names.h.
 */
#include "names.h"

#include <string.h>
#include <strings.h>

static const char *const metadata[] = {
	"maildirfolder", "maildirsize", "subscriptions", ".subscriptions",
	"maildircache", ".mailboxlist", ".mh_sequences", ".xmhcache",
	".uidvalidity", ".customflags", ".imap", ".directory", "filterlog",
	"msgFilterRules.dat", "popstate.dat",
};

static const char *const metadata_heads[] = {
	"dovecot-acl", "dovecot-expire", "dovecot-keywords", "dovecot-uid",
	"dovecot.index", "dovecot.list.index", "dovecot.mailbox.log",
	"dovecot.map.index", "dovecot.sieve", "dovecot.svbin",
	"courierimap", "courierpop3d", "cyrus.",
};

static const char *const metadata_tails[] = { ".msf", ".lock", ".cmeta" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
ends_with(const char *s, const char *tail)
{
	const size_t n = strlen(s), k = strlen(tail);

	return n >= k && strcasecmp(s + n - k, tail) == 0;
}

bool
name_is_metadata(const char *name)
{
	for (size_t i = 0; i < COUNT(metadata); i++)
		if (strcmp(name, metadata[i]) == 0)
			return true;
	for (size_t i = 0; i < COUNT(metadata_heads); i++)
		if (strncmp(name, metadata_heads[i],
		    strlen(metadata_heads[i])) == 0)
			return true;
	for (size_t i = 0; i < COUNT(metadata_tails); i++)
		if (ends_with(name, metadata_tails[i]))
			return true;
	return false;
}

bool
name_is_number(const char *name)
{
	return name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

bool
name_is_eml(const char *name)
{
	return ends_with(name, ".eml");
}

enum store_place
name_place(const char *name)
{
	const size_t digits = strspn(name, "0123456789");

	if (digits > 0 && name[digits] == '\0')
		return PLACE_MH;
	if (digits > 0 && strcmp(name + digits, ".") == 0)
		return PLACE_CYRUS;
	if (ends_with(name, ".partial.emlx"))
		return PLACE_EMLX_PARTIAL;
	if (ends_with(name, ".emlx"))
		return PLACE_EMLX;
	return name_is_eml(name) ? PLACE_EML : PLACE_OTHER;
}

bool
name_is_maildir_part(const char *name)
{
	return strcmp(name, "new") == 0 || strcmp(name, "cur") == 0 ||
	    strcmp(name, "tmp") == 0;
}

size_t
name_base(const char *name)
{
	return (size_t)(strchrnul(name, ':') - name);
}

bool
name_same_base(const char *a, const char *b)
{
	const size_t n = name_base(a);

	return n == name_base(b) && memcmp(a, b, n) == 0;
}
