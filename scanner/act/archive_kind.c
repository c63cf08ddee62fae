/*
 * See archive_kind.h.
 */
#include "archive_kind.h"

#define MAGIC(off, text) off, { (const uint8_t *)(text), sizeof(text) - 1 }

/* What libarchive cannot write, or not so that all of it is kept. */
static const struct {
	size_t off;
	struct span magic;
	const char *name;
} refused[] = {
	{ MAGIC(0, "Rar!\x1a\x07"), "a RAR archive" },
	{ MAGIC(0, "7z\xbc\xaf\x27\x1c"), "a 7z archive" },
	{ MAGIC(0, "MSCF"), "a cabinet" },
	{ MAGIC(2, "-lh"), "an LHA archive" },
	{ MAGIC(2, "-lz"), "an LHA archive" },
	{ MAGIC(0, "xar!"), "a xar archive" },
	{ MAGIC(0, "!<arch>\n"), "an ar archive" },
	{ MAGIC(0, "\x1f\x9d"), "compressed by compress (.Z)" },
	{ MAGIC(0, "LZIP"), "compressed by lzip" },
	{ MAGIC(0, "\x89LZO"), "compressed by lzop" },
	{ MAGIC(0, "LRZI"), "compressed by lrzip" },
	{ MAGIC(0, "\x5d\0\0"), "compressed as LZMA" },
	{ MAGIC(0, "\x02\x21\x4c\x18"), "compressed as old LZ4" },
	{ MAGIC(0, "PK\7\x8PK"), "one volume of a zip of many" },
	{ MAGIC(0, "PK00PK"), "one volume of a zip of many" },
	{ MAGIC(0, "\xc7\x71"), "a binary cpio archive" },
	{ MAGIC(0, "\x71\xc7"), "a binary cpio archive" },
};

static bool
has(struct span s, size_t off, struct span magic)
{
	return s.n >= off && span_starts((struct span){ s.p + off,
	    s.n - off }, magic);
}

static int
refuse(struct span head, struct err *e)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (has(head, refused[i].off, refused[i].magic))
			return err_set(e, ST_BAD, 0, "it is %s, which is not "
			    "rewritten", refused[i].name);
	return ST_OK;
}

int
archive_filter_of(struct span head, enum filter *out, struct err *e)
{
	*out = packing_filter(head);
	if (*out == FILTER_LZIP || *out == FILTER_COMPRESS ||
	    *out == FILTER_DOVECOT_LZ4)
		*out = FILTER_NONE;
	return *out != FILTER_NONE || packing_is_tar(head) ? ST_OK :
	    refuse(head, e);
}

int
archive_format_of(struct span head, enum archive_format *out, struct err *e)
{
	int rc;

	if (packing_is_tar(head))
		*out = FORMAT_TAR;
	else if (has(head, 0, SPAN("PK\3\4")) || has(head,
	    0, SPAN("PK\5\6")))
		*out = FORMAT_ZIP;
	else if (has(head, 0, SPAN("070701")) || has(head,
	    0, SPAN("070702")) || has(head, 0, SPAN("070707")))
		*out = FORMAT_CPIO;
	else if ((rc = refuse(head, e)) != ST_OK)
		return rc;
	else
		return err_set(e, ST_BAD, 0,
		    "it is no tar, cpio or zip archive");
	return ST_OK;
}
