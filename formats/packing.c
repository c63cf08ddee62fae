/*
 * See packing.h.
 */
#include "packing.h"

#include "dovecot_lz4.h"

#define MAGIC(off, text) off, { (const uint8_t *)(text), sizeof(text) - 1 }
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	size_t off;
	struct span magic;
	enum filter filter;
} filters[] = {
	{ MAGIC(0, "\x1f\x8b\x08"), FILTER_GZIP },
	{ MAGIC(0, "\xfd" "7zXZ\0"), FILTER_XZ },
	{ MAGIC(0, "\x28\xb5\x2f\xfd"), FILTER_ZSTD },
	{ MAGIC(0, "\x04\x22\x4d\x18"), FILTER_LZ4 },
	{ MAGIC(0, "LZIP\1"), FILTER_LZIP },
	{ MAGIC(0, DOVECOT_LZ4_MAGIC), FILTER_DOVECOT_LZ4 },
};

static const struct {
	size_t off;
	struct span magic;
	enum packed_as as;
} archives[] = {
	{ MAGIC(0, "PK\3\4"), PACKED_ZIP },
	{ MAGIC(0, "PK\5\6"), PACKED_ZIP },	/* without a member */
	{ MAGIC(0, "7z\xbc\xaf\x27\x1c"), PACKED_7Z },
	{ MAGIC(0, "!<arch>\n"), PACKED_AR },
	{ MAGIC(32769, "CD001"), PACKED_ISO },
};

static bool
has(struct span s, size_t off, struct span magic)
{
	return s.n >= off && span_starts((struct span){ s.p + off,
	    s.n - off }, magic);
}

/* A block, or the end of the data, behind the size of blocks. */
static bool
is_bzip2(struct span s)
{
	return s.n >= 4 && span_starts(s, SPAN("BZh")) && s.p[3] >= '1' &&
	    s.p[3] <= '9' && (has(s, 4, SPAN("1AY&SY")) ||
	    has(s, 4, SPAN("\x17rE8P\x90")));
}

/* 9 to 16 bits a code, two reserved bits. */
static bool
is_compress(struct span s)
{
	return s.n >= 3 && span_starts(s, SPAN("\x1f\x9d")) &&
	    (s.p[2] & 0x60) == 0 && (s.p[2] & 0x1f) >= 9 &&
	    (s.p[2] & 0x1f) <= 16;
}

/* The sum that a header says it has; false: there is no number. */
static bool
said_sum(const uint8_t *field, size_t n, uint64_t *out)
{
	size_t i = 0;

	for (*out = 0; i < n && field[i] == ' '; i++)
		;
	for (; i < n && field[i] >= '0' && field[i] <= '7'; i++)
		*out = *out * 8 + (uint64_t)(field[i] - '0');
	return i == n || field[i] == ' ' || field[i] == '\0';
}

/* The sum of a header, its own field taken as spaces: POSIX pax, ustar. */
bool
packing_is_tar(struct span s)
{
	uint64_t sum = 8 * ' ', want;

	if (s.n < 512 || !said_sum(s.p + 148, 8, &want))
		return false;
	for (size_t i = 0; i < 512; i++)
		sum += s.p[i];
	for (size_t i = 148; i < 156; i++)
		sum -= s.p[i];
	return sum == want || (sum == 8 * ' ' && want == 0);
}

/* A header of that many digits, its number first (cpio(5)). */
static bool
is_cpio_text(struct span s, struct span magic, size_t digits)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	size_t i = 0;

	if (!span_starts(s, magic) || s.n < digits)
		return false;
	while (i < digits && s.p[i] != '\0' && strchr(hex, s.p[i]) != NULL)
		i++;
	return i == digits;
}

/*
 * Binary: 070707 in two bytes of either order, and a name's length that could
 * be one (cpio(5)).
 */
static bool
is_cpio_binary(struct span s)
{
	const bool little = span_starts(s, SPAN("\xc7\x71"));
	size_t n;

	if (s.n < 26 || (!little && !span_starts(s, SPAN("\x71\xc7"))))
		return false;
	n = little ? (size_t)(s.p[20] | s.p[21] << 8) :
	    (size_t)(s.p[20] << 8 | s.p[21]);
	return n > 1 && n <= 4096 && s.n >= 26 + n &&
	    s.p[26 + n - 1] == '\0';
}

static bool
is_cpio(struct span s)
{
	return is_cpio_text(s, SPAN("070701"), 110) ||
	    is_cpio_text(s, SPAN("070702"), 110) ||
	    is_cpio_text(s, SPAN("070707"), 76) || is_cpio_binary(s);
}

enum filter
packing_filter(struct span head)
{
	if (packing_is_tar(head))	/* whatever its first member's name */
		return FILTER_NONE;
	for (size_t i = 0; i < COUNT(filters); i++)
		if (has(head, filters[i].off, filters[i].magic))
			return filters[i].filter;
	return is_bzip2(head) ? FILTER_BZIP2 : is_compress(head) ?
	    FILTER_COMPRESS : FILTER_NONE;
}

enum packed_as
packing_archive(struct span head)
{
	if (head.n > 0 && head.p[0] != '\0' && packing_is_tar(head))
		return PACKED_TAR;
	for (size_t i = 0; i < COUNT(archives); i++)
		if (has(head, archives[i].off, archives[i].magic))
			return archives[i].as;
	return is_cpio(head) ? PACKED_CPIO : PACKED_NOT;
}

const char *
packing_filter_name(enum filter f)
{
	static const char *const names[] = { "none", "gzip", "bzip2", "xz",
	    "zstd", "lz4", "lzip", "compress", "Dovecot's lz4" };

	return names[f];
}

const char *
packing_archive_name(enum packed_as a)
{
	static const char *const names[] = { "none", "tar", "cpio", "zip",
	    "7z", "ar", "iso" };

	return names[a];
}
