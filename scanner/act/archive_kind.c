/*
 * See archive_kind.h.
 */
#include "archive_kind.h"

#define MAGIC(off, text) off, { (const uint8_t *)(text), sizeof(text) - 1 }

static const struct {
	size_t off;
	struct span magic;
	enum archive_filter filter;
} filters[] = {
	{ MAGIC(0, "\x1f\x8b\x08"), FILTER_GZIP },
	{ MAGIC(0, "BZh"), FILTER_BZIP2 },
	{ MAGIC(0, "\xfd" "7zXZ\0"), FILTER_XZ },
	{ MAGIC(0, "\x28\xb5\x2f\xfd"), FILTER_ZSTD },
	{ MAGIC(0, "\x04\x22\x4d\x18"), FILTER_LZ4 },
};

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

const char *
archive_kind_filter(enum archive_filter f)
{
	static const char *const names[] = { "none", "gzip", "bzip2", "xz",
	    "zstd", "lz4" };

	return names[f];
}

static bool
has(struct span s, size_t off, struct span magic)
{
	return s.n >= off && span_starts((struct span){ s.p + off,
	    s.n - off }, magic);
}

/*
 * The sum of a header, its own field taken as spaces: POSIX pax, ustar.  Zeros
 * alone are the end of a tar without members.
 */
static bool
is_tar(struct span s)
{
	uint64_t sum = 0, want = 0;

	if (s.n < 512)
		return false;
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : s.p[i];
	for (size_t i = 148; i < 156; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '7')
			want = want * 8 + (uint64_t)(s.p[i] - '0');
		else if (s.p[i] != ' ' || want > 0)
			break;
	}
	return sum == want || (sum == 8 * ' ' && want == 0);
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
archive_filter_of(struct span head, enum archive_filter *out, struct err *e)
{
	*out = FILTER_NONE;
	if (is_tar(head))	/* whatever its first member is called */
		return ST_OK;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (has(head, filters[i].off, filters[i].magic)) {
			*out = filters[i].filter;
			return ST_OK;
		}
	return refuse(head, e);
}

int
archive_format_of(struct span head, enum archive_format *out, struct err *e)
{
	int rc;

	if (is_tar(head))
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
