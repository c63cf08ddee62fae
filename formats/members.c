/*
 * See members.h.
 */
#include "members.h"

#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>

#include "unarchive.h"

struct members {
	struct archive *a;
	locale_t unicode;	/* (locale_t)0: there is none */
	struct feed feed;
	struct budget *budget;
	struct contents at;	/* of the last one */
	enum packed_as as;
	bool counted;		/* its contents are compressed */
	bool stream;		/* read from its start to its end */
	bool drain;		/* its bytes have to be read to get behind it */
	uint64_t n;
};

/* With its table of contents where one can go there: zip, 7z and iso. */
static int
use_format(struct archive *a, enum packed_as as, bool stream)
{
	static int (*const uses[])(struct archive *) = {
		[PACKED_TAR] = archive_read_support_format_tar,
		[PACKED_CPIO] = archive_read_support_format_cpio,
		[PACKED_ZIP] = archive_read_support_format_zip_seekable,
		[PACKED_7Z] = archive_read_support_format_7zip,
		[PACKED_AR] = archive_read_support_format_ar,
		[PACKED_ISO] = archive_read_support_format_iso9660,
	};

	if (stream && as == PACKED_ZIP)
		return archive_read_support_format_zip_streamable(a);
	return uses[as](a);
}

void
members_close(struct members *m)
{
	if (m == NULL)
		return;
	if (m->a != NULL)
		(void)archive_read_free(m->a);
	if (m->unicode != (locale_t)0)
		freelocale(m->unicode);
	free(m);
}

static int
open_members(struct members *m, struct err *e)
{
	if (m->stream && m->as == PACKED_7Z)
		return err_set(e, ST_BAD, 0,
		    "a 7z archive can only be read from a file of its own");
	if ((m->a = archive_read_new()) == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot unpack");
	if (use_format(m->a, m->as, m->stream) != ARCHIVE_OK)
		return err_set(e, ST_BAD, 0,
		    "this libarchive does not unpack %s",
		    packing_archive_name(m->as));
	m->drain = m->stream || m->as == PACKED_7Z;
	return unarchive_open(m->a, &m->feed, !m->stream, e);
}

/* A zip that lost its table of contents still has a header at each member. */
static bool
can_do_without_table(const struct members *m)
{
	return m->as == PACKED_ZIP && !m->stream && m->n == 0 &&
	    !m->feed.failed;
}

static int
open_without_table(struct members *m, struct err *e)
{
	(void)archive_read_free(m->a);
	m->a = NULL;
	input_seek(m->feed.in, 0);
	m->stream = true;
	return open_members(m, e);
}

int
members_open(struct members **out, enum packed_as as, struct input *in,
    struct budget *budget, struct err *e)
{
	struct members *m = calloc(1, sizeof(*m));
	int rc;

	if (m == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot unpack");
	m->feed.in = in;
	m->budget = budget;
	m->as = as;
	m->counted = as == PACKED_ZIP || as == PACKED_7Z;
	m->stream = unarchive_streams(in);
	m->unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	rc = open_members(m, e);
	if (rc == ST_DEAD && can_do_without_table(m))
		rc = open_without_table(m, e);
	if (rc != ST_OK) {
		members_close(m);
		return rc;
	}
	*out = m;
	return ST_OK;
}

/* What libarchive would pass over it decompresses all the same. */
static int
pass_over(struct members *m, struct err *e)
{
	struct contents *c = &m->at;
	int rc;

	if (!m->drain || c->a == NULL || c->failed)
		return ST_OK;
	do {
		rc = c->counted ? budget_bytes(m->budget, c->block.n, e) :
		    ST_OK;
		c->block.n = 0;
		if (rc != ST_OK)
			return rc;
	} while (contents_next(c, e) == ST_OK);
	/* A damaged one was told of, or nobody wanted it. */
	return ST_OK;
}

static struct span
text_span(const char *s)
{
	return (struct span){ (const uint8_t *)s, s != NULL ? strlen(s) : 0 };
}

/*
 * In a C locale libarchive has no name for what is said in Unicode.  Where a
 * name cannot be converted and errno says ENOMEM, from whatever it was before,
 * it ends the process (archive_entry_pathname_w).
 */
static int
next_header(const struct members *m, struct archive_entry **out)
{
	const locale_t before = m->unicode != (locale_t)0 ?
	    uselocale(m->unicode) : (locale_t)0;
	int rc;

	errno = 0;
	rc = archive_read_next_header(m->a, out);
	if (before != (locale_t)0)
		(void)uselocale(before);
	return rc;
}

static struct span
name_of(struct archive_entry *entry)
{
	const char *name;

	errno = 0;
	if ((name = archive_entry_pathname(entry)) == NULL)
		name = archive_entry_pathname_utf8(entry);
	return text_span(name);
}

static void
describe(struct archive_entry *entry, struct member *out)
{
	out->name = name_of(entry);
	out->regular = archive_entry_filetype(entry) == AE_IFREG &&
	    archive_entry_hardlink(entry) == NULL;
	out->size = archive_entry_size_is_set(entry) &&
	    archive_entry_size(entry) > 0 ?
	    (uint64_t)archive_entry_size(entry) : 0;
	out->mtime = archive_entry_mtime_is_set(entry) ?
	    (int64_t)archive_entry_mtime(entry) : 0;
}

int
members_next(struct members *m, struct member *out, struct err *e)
{
	struct archive_entry *entry;
	int rc;

	/* A limit that was hit in a member is one for the rest. */
	if ((rc = budget_bytes(m->budget, 0, e)) != ST_OK ||
	    (rc = pass_over(m, e)) != ST_OK)
		return rc;
	m->at.a = NULL;
	rc = next_header(m, &entry);
	if (rc == ARCHIVE_FATAL && can_do_without_table(m)) {
		if ((rc = open_without_table(m, e)) != ST_OK)
			return rc;
		rc = next_header(m, &entry);
	}
	if (rc == ARCHIVE_EOF)
		return ST_END;
	if (rc == ARCHIVE_FATAL)
		return unarchive_damaged(m->a, &m->feed, ST_DEAD, e);
	*out = (struct member){ .ordinal = ++m->n };
	if (budget_member(m->budget, e) != ST_OK)
		return ST_DEAD;
	describe(entry, out);
	if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
		return unarchive_damaged(m->a, &m->feed, ST_BAD, e);
	if (archive_entry_is_data_encrypted(entry) > 0)
		return err_set(e, ST_BAD, 0, "it is encrypted");
	contents_begin(&m->at, m->a, &m->feed, m->budget, m->counted);
	return ST_OK;
}

struct byte_source
members_source(struct members *m)
{
	return (struct byte_source){ .read = contents_read, .ctx = &m->at };
}
