/*
 * formats/foreign.c: what others have to convert, by what it begins with.
 */
#include "t.h"

#include <stdlib.h>

#include "foreign.h"

#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define OLE2 "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#define PROPERTIES "_\0_\0p\0r\0o\0p\0e\0r\0t\0i\0e\0s\0_\0v\0e\0r\0s\0i\0" \
	"o\0n\0" "1\0.\0" "0\0"

static const struct {
	struct span data;
	const char *begins;	/* what is said; NULL: nothing */
	bool anywhere, told;
} table[] = {
	{ BYTES("CRYPTED\003\007\2\1\1"), "encrypted by Dovecot", true, true },
	{ BYTES("CRYPTED\003\010"), NULL, false, false },
	{ BYTES("Dovecot-LZ4\x0d\x2a\x9b\xc5"), NULL, false, false },
	{ BYTES(OLE2), "an OLE2 file", true, false },
	{ BYTES(OLE2 "\0\0\0_\0_\0\0" PROPERTIES), "an Outlook msg", true,
	    true },
	{ BYTES("x" OLE2), NULL, false, false },
	{ BYTES("!BDN1234SM"), "an Outlook pst or ost", true, true },
	{ BYTES("!BDN1234S"), "an Outlook pst file", false, false },
	{ BYTES("PK\003\004xxxxAccounts/a/com.microsoft.__Messages/x.xml"),
	    "an Outlook for Mac olm", true, true },
	{ BYTES("PK\003\004xxxxAccounts/a.eml"), "a zip", false, false },
	{ BYTES("Rar!\x1a\x07\x01"), "a RAR", false, false },
	{ BYTES("-----BEGIN PGP MESSAGE-----\r\n"), "encrypted with OpenPGP",
	    false, true },
	{ BYTES("-----BEGIN PGP SIGNED MESSAGE-----\n"), NULL, false, false },
	{ BYTES("age-encryption.org/v1\n-> x"), "encrypted with age", false,
	    true },
	{ BYTES("-----BEGIN AGE ENCRYPTED FILE-----\n"), "encrypted with age",
	    false, true },
	{ BYTES("SQLite format 3\0x"), "an SQLite", true, false },
	{ BYTES("MANIFEST-000012\n"), "of a RocksDB or", false, false },
	{ BYTES("# This is a RocksDB option file.\n#\n"), "of a RocksDB folder",
	    false, true },
	{ BYTES("# This is a RocksDB option"), NULL, false, false },
	{ BYTES("BABYL OPTIONS:\nVersion: 5\n"), "a Babyl file", true, true },
	{ BYTES("BABYL OPTIONS\n"), NULL, false, false },
	{ BYTES("From: x\n"), NULL, false, false },
	{ BYTES(""), NULL, false, false },
};

static void
named_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct foreign *f = foreign_of(table[i].data,
		    PLACE_OTHER);

		if (table[i].begins == NULL) {
			assert_null(f);
			continue;
		}
		assert_non_null(f);
		assert_int_equal(strncmp(f->what, table[i].begins,
		    strlen(table[i].begins)), 0);
		assert_true(f->anywhere == table[i].anywhere &&
		    f->told == table[i].told);
	}
}

static void
what_opensmtpd_encrypts_is_known_in_its_queue_alone(void **state)
{
	const struct span data = SPAN("\1iviviviviviv encrypted and a tag");

	(void)state;
	for (int place = 0; place < PLACES; place++) {
		const struct foreign *f = foreign_of(data,
		    (enum store_place)place);

		assert_true((f != NULL) == (place == PLACE_OPENSMTPD));
		assert_true(f == NULL || (f->anywhere && f->told));
	}
	assert_null(foreign_of(SPAN("\2"), PLACE_OPENSMTPD));
	assert_null(foreign_of(SPAN("Received: "), PLACE_OPENSMTPD));
	assert_null(foreign_of(SPAN(""), PLACE_OPENSMTPD));
}

/* No byte behind the end is looked at: each prefix in memory of its own. */
static void
no_prefix_is_read_beyond(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (size_t n = 0; n <= table[i].data.n; n++) {
			uint8_t *p = malloc(n > 0 ? n : 1);

			assert_non_null(p);
			memcpy(p, table[i].data.p, n);
			(void)foreign_of((struct span){ p, n }, PLACE_OTHER);
			free(p);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named_cases),
		cmocka_unit_test(
		    what_opensmtpd_encrypts_is_known_in_its_queue_alone),
		cmocka_unit_test(no_prefix_is_read_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
