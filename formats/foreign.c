/*
 * See foreign.h.
 *
 * The magics are from: Dovecot's dcrypt-iostream.h,
 * [MS-CFB] 2.2 and [MS-OXMSG] 2.2 (the name is in UTF-16), [MS-PST] 2.2.2.6,
 * RFC 9580 6.2, the age specification, the file formats of SQLite 3, RAR and
 * LevelDB, OpenSMTPD's crypto.c, RocksDB's options_parser.cc, Python's
 * mailbox.py.
 */
#include "foreign.h"

#define BYTES(text) { (const uint8_t *)(text), sizeof(text) - 1 }
#define BOTH(text, off, more) .magic = BYTES(text), .also = BYTES(more), \
	.also_off = off
#define SOMEWHERE 0u

/* The first that fits is it. */
static const struct row {
	struct foreign is;
	struct span magic;	/* at the start */
	struct span also;	/* and this at also_off, or SOMEWHERE */
	size_t also_off;
	enum store_place place;	/* only there; PLACE_OTHER: anywhere */
} rows[] = {
	{ { "encrypted by OpenSMTPD: only the server can read it, with the key "
	    "of its queue", true, true }, .magic = BYTES("\x01"),
	    .place = PLACE_OPENSMTPD },
	{ { "encrypted by Dovecot's mail-crypt: export it with doveadm "
	    "backup, which has the keys", true, true },
	    .magic = BYTES("CRYPTED\003\007") },
	{ { "an Outlook msg file: convert it with msgconvert", true, true },
	    BOTH("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", SOMEWHERE,
	    "_\0_\0p\0r\0o\0p\0e\0r\0t\0i\0e\0s\0_\0v\0e\0r\0s\0i\0o\0n\0"
	    "1\0.\0" "0\0") },
	{ { "an OLE2 file, such as an Outlook msg or an old Word document",
	    true, false }, .magic = BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") },
	{ { "an Outlook pst or ost file: convert it with readpst", true,
	    true }, BOTH("!BDN", 8, "SM") },
	{ { "an Outlook pst file", false, false }, .magic = BYTES("!BDN") },
	{ { "an Outlook for Mac olm file: convert it to mbox or eml", true,
	    true }, BOTH("PK\003\004", SOMEWHERE, "com.microsoft.__") },
	{ { "a zip archive", false, false }, .magic = BYTES("PK\003\004") },
	{ { "a RAR archive: unpack it first", false, false },
	    .magic = BYTES("Rar!\x1a\x07") },
	{ { "encrypted with OpenPGP: decrypt it first", false, true },
	    .magic = BYTES("-----BEGIN PGP MESSAGE-----") },
	{ { "encrypted with age: decrypt it first", false, true },
	    .magic = BYTES("age-encryption.org/v1\n") },
	{ { "encrypted with age: decrypt it first", false, true },
	    .magic = BYTES("-----BEGIN AGE ENCRYPTED FILE-----") },
	{ { "an SQLite database", true, false },
	    .magic = BYTES("SQLite format 3\0") },
	{ { "of a RocksDB or LevelDB folder: mail in it is exported by its "
	    "server", false, false }, .magic = BYTES("MANIFEST-0") },
	{ { "of a RocksDB folder, as KumoMTA may have for its spool: a "
	    "message in it is to be had from the server (kcli "
	    "inspect-message)", false, true },
	    .magic = BYTES("# This is a RocksDB option file.\n") },
	{ { "a Babyl file of Emacs Rmail: convert it with unrmail of Emacs",
	    true, true }, .magic = BYTES("BABYL OPTIONS:") },
};

static bool
has(struct span s, const struct row *r)
{
	const uint8_t *p = s.p;
	const uint8_t *end = s.p + s.n;

	if (r->also.n == 0)
		return true;
	if (s.n < r->also.n + r->also_off)
		return false;
	if (r->also_off != SOMEWHERE)
		return span_starts((struct span){ s.p + r->also_off,
		    s.n - r->also_off }, r->also);
	while ((size_t)(end - p) >= r->also.n &&
	    (p = memchr(p, r->also.p[0], (size_t)(end - p) - r->also.n + 1)) !=
	    NULL && memcmp(p, r->also.p, r->also.n) != 0)
		p++;
	return p != NULL && (size_t)(end - p) >= r->also.n;
}

const struct foreign *
foreign_of(struct span head, enum store_place place)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((rows[i].place == PLACE_OTHER || rows[i].place == place) &&
		    span_starts(head, rows[i].magic) && has(head, &rows[i]))
			return &rows[i].is;
	return NULL;
}
