/*
 * What a repair does to signatures: forms of what is signed against whole
 * strings, and named messages before and after.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rig.h"
#include "seal_walk.h"
#include "seals.h"
#include "t.h"

#define ABC SPAN("\r\n x-")
#define ABC_MAX 4u		/* bytes of the longest string */
#define STRINGS 781u		/* of those: 5^0 + ... + 5^4 */
#define OCTETS 64u

/* --- the oracle: whole strings */

struct text {
	size_t n;
	uint8_t p[OCTETS];
};

static void
add(struct text *t, uint8_t c)
{
	assert_true(t->n < sizeof(t->p));
	t->p[t->n++] = c;
}

/* How many bytes of s at i are a break; 0: none. */
static size_t
break_at(struct span s, size_t i, enum seal_lines lines)
{
	size_t n = 0;

	if (s.p[i] == '\n')
		return 1;
	if (lines == SEAL_LINES_LF)
		return s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n' ?
		    2 : 0;
	while (i + n < s.n && s.p[i + n] == '\r')
		n++;
	return n > 0 && i + n < s.n && s.p[i + n] == '\n' ? n + 1 : n > 0;
}

/* Each break a CRLF, or the end of a trimmed line. */
static struct text
canonical(struct span s, enum seal_lines lines, bool trim)
{
	struct text t = { 0 };

	for (size_t i = 0; i < s.n; ) {
		const size_t n = break_at(s, i, lines);

		if (n == 0) {
			add(&t, s.p[i++]);
			continue;
		}
		while (trim && t.n > 0 && (t.p[t.n - 1] == ' ' ||
		    t.p[t.n - 1] == '\r'))
			t.n--;
		add(&t, '\r');
		add(&t, '\n');
		i += n;
	}
	return t;
}

static bool
same_text(const struct text *a, const struct text *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

/* --- the law */

#define TYPE "Content-Type: multipart/signed; boundary=b; " \
	"protocol=\"application/pkcs7-signature\"\n\n"
#define ARMOR "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"

struct around {
	const char *before, *behind;
	bool trim;
};

static const struct around arounds[] = {
	{ TYPE "--b\n\n", "\n--b\nx: y\n\nabc\n--b--\n", false },
	{ "A: b\n\n" ARMOR,
	    "\n-----BEGIN PGP SIGNATURE-----\n-----END PGP SIGNATURE-----\n",
	    true },
};

/* Feed a copy that is gone at once. */
static void
feed_copy(struct seal_walk *w, struct span s)
{
	uint8_t *p = malloc(s.n > 0 ? s.n : 1);

	assert_non_null(p);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	seal_walk_feed(w, (struct span){ p, s.n });
	free(p);
}

static struct seal
seal_of(struct seal_walk *w, enum seal_lines lines, struct span m, size_t cut,
    size_t cut2)
{
	struct seal_list list;

	seal_walk_begin(w, lines, &list);
	feed_copy(w, (struct span){ m.p, cut });
	feed_copy(w, (struct span){ m.p + cut, cut2 - cut });
	feed_copy(w, (struct span){ m.p + cut2, m.n - cut2 });
	seal_walk_end(w);
	assert_false(list.failed);
	assert_true(list.n > 0);
	return list.list[0];
}

/* The string, within the message; its hash at every pair of cuts in it. */
static void
sum_string(struct seal_walk *w, const struct around *a, enum seal_lines lines,
    struct span s, uint8_t sum[HASH_SIZE])
{
	const size_t n = strlen(a->before), behind = strlen(a->behind);
	uint8_t m[512];

	memcpy(m, a->before, n);
	if (s.n > 0)
		memcpy(m + n, s.p, s.n);
	memcpy(m + n + s.n, a->behind, behind);
	for (size_t cut = 0; cut <= s.n + 2; cut++)
		for (size_t to = cut; to <= s.n + 3; to++) {
			const struct seal seal = seal_of(w, lines,
			    (struct span){ m, n + s.n + behind }, n + cut,
			    n + to);

			if (cut + to == 0)
				memcpy(sum, seal.sum, HASH_SIZE);
			assert_memory_equal(sum, seal.sum, HASH_SIZE);
		}
}

static void
check_strings(struct seal_walk *w, const struct around *a,
    enum seal_lines lines)
{
	static uint8_t sums[STRINGS][HASH_SIZE];
	static struct text texts[STRINGS];

	assert_int_equal(rig_strings(ABC, ABC_MAX), STRINGS);
	for (size_t i = 0; i < STRINGS; i++) {
		uint8_t s[ABC_MAX + 1];
		const size_t n = rig_string(ABC, i, s);

		sum_string(w, a, lines, (struct span){ s, n }, sums[i]);
		s[n] = '\n';
		texts[i] = canonical((struct span){ s, n + 1 }, lines,
		    a->trim);
	}
	for (size_t i = 0; i < STRINGS; i++)
		for (size_t k = 0; k < i; k++)
			if (same_text(&texts[i], &texts[k]) !=
			    (memcmp(sums[i], sums[k], HASH_SIZE) == 0))
				fail_msg("strings %zu and %zu", i, k);
}

/* In every string over what matters, with every kind of reader. */
static void
hashes_are_the_same_where_canonical_texts_are(void **state)
{
	struct seal_walk *w = seal_walk_new(NULL);

	(void)state;
	assert_non_null(w);
	for (size_t i = 0; i < sizeof(arounds) / sizeof(arounds[0]); i++) {
		check_strings(w, &arounds[i], SEAL_LINES_LF);
		check_strings(w, &arounds[i], SEAL_LINES_ALL);
	}
	seal_walk_free(w);
}

/* --- named messages, before and after */

#define F "From: a@example.com\r\nTo: b@example.org\r\n"
#define FLF "From: a@example.com\nTo: b@example.org\n"
#define D "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; b=YQ==; "
#define AMS "ARC-Message-Signature: i=1; a=rsa-sha256; d=example.net; s=s; " \
	"b=YQ==; "
#define R "c=relaxed/relaxed; "
/* Of " C \r\nD \t E\r\n": see test_dkim.c. */
#define BH "bh=NOeivbQlDH9TmNKJUw7D53wZfsk8YMZ/hTuVVwTgi8s="
#define BHR "bh=unak6JHq0wL+Q1HP7dW1tjBx9FLA6DffoZ0qrLwbbpo="
/* printf 'a\nb\r\n', 'a\rb\r\n' | openssl dgst -sha256 -binary */
#define BH_LF "bh=CZCOWXbvVqHUlpngJvaSXBQ16goH5zAC0PHlq+eOhjQ="
#define BH_CR "bh=LyKRrVaOri6zT8fJNyWWbX0dJvvNQVCly5aCYrYNasE="
#define BODY " C \r\nD \t E\r\n"
#define BODY_LF " C \nD \t E\n"

#define SMIME "Content-Type: multipart/signed; boundary=\"b\";\r\n" \
	"\tprotocol=\"application/pkcs7-signature\"\r\n\r\n"
#define PGP "Content-Type: multipart/signed; boundary=b; " \
	"protocol=\"application/pgp-signature\"\r\n\r\n"
#define P7S "Content-Type: application/pkcs7-signature\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\n"
#define PGPS "Content-Type: application/pgp-signature\r\n\r\n"
#define P7M "Content-Type: application/pkcs7-mime\r\n"
#define BASE64 "Content-Transfer-Encoding: base64\r\n"
#define BEGIN "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n"
#define SIG "-----BEGIN PGP SIGNATURE-----\r\n\r\nabc\r\n=abcd\r\n" \
	"-----END PGP SIGNATURE-----\r\n"
#define MIXED "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

#define DKIM_ORG "the DKIM signature of example.org"

static const struct repair {
	const char *name;
	enum convention from;
	struct span old;
	enum convention to;
	struct span new;
	enum seals_is is;
	const char *text;
} repairs[] = {
	{ "nothing is signed", CONV_CRLF, S(F "\r\na\rb\r\n"), CONV_CRLF,
	    S(F "\r\na b\r\n"), SEALS_NONE, "" },

	/* DKIM, the body */
	{ "LF to CRLF", CONV_LF, S(D "h=From; " BH "\n" FLF "\n" BODY_LF),
	    CONV_CRLF, S(D "h=From; " BH "\r\n" F "\r\n" BODY),
	    SEALS_KEPT, DKIM_ORG },
	{ "CRLF to LF", CONV_CRLF, S(D "h=From; " BH "\r\n" F "\r\n" BODY),
	    CONV_LF, S(D "h=From; " BH "\n" FLF "\n" BODY_LF),
	    SEALS_KEPT, DKIM_ORG },
	{ "an LF among CRLFs", CONV_CRLF,
	    S(D "h=From; " BH "\r\n" F "\r\n C \nD \t E\r\n"), CONV_CRLF,
	    S(D "h=From; " BH "\r\n" F "\r\n" BODY),
	    SEALS_RESTORED, DKIM_ORG },
	{ "CRCRLF to CRLF", CONV_CRLF,
	    S(D "h=From; " BH "\r\n" F "\r\n C \r\r\nD \t E\r\n"), CONV_CRLF,
	    S(D "h=From; " BH "\r\n" F "\r\n" BODY),
	    SEALS_RESTORED, DKIM_ORG },
	{ "CRCRLF to CRLF, the header too", CONV_CRLF,
	    S(D "h=From; " BH "\r\r\nFrom: a\r\r\n\r\r\n C \r\r\n"
	    "D \t E\r\r\n"), CONV_CRLF,
	    S(D "h=From; " BH "\r\nFrom: a\r\n\r\n" BODY),
	    SEALS_RESTORED, DKIM_ORG },
	{ "CRCRLF in the header alone", CONV_CRLF,
	    S(D R "h=From; " BHR "\r\nFrom: a\r\r\n\r\n" BODY), CONV_CRLF,
	    S(D R "h=From; " BHR "\r\nFrom: a\r\n\r\n" BODY),
	    SEALS_BROKEN, DKIM_ORG " covers From" },
	{ "CR to LF, all of it", CONV_CR,
	    S(D "h=From; " BH "\rFrom: a\r\r C \rD \t E\r"), CONV_LF,
	    S(D "h=From; " BH "\nFrom: a\n\n" BODY_LF),
	    SEALS_KEPT, DKIM_ORG },
	{ "a bare LF that was signed", CONV_CRLF,
	    S(D "h=From; " BH_LF "\r\n" F "\r\na\nb\r\n"), CONV_CRLF,
	    S(D "h=From; " BH_LF "\r\n" F "\r\na\r\nb\r\n"),
	    SEALS_BROKEN, DKIM_ORG },
	{ "a bare CR that was signed", CONV_CRLF,
	    S(D "h=From; " BH_CR "\r\n" F "\r\na\rb\r\n"), CONV_CRLF,
	    S(D "h=From; " BH_CR "\r\n" F "\r\na b\r\n"),
	    SEALS_BROKEN, DKIM_ORG },
	{ "the same, kept with LF", CONV_LF,
	    S(D "h=From; " BH_CR "\n" FLF "\na\rb\n"), CONV_LF,
	    S(D "h=From; " BH_CR "\n" FLF "\na b\n"),
	    SEALS_BROKEN, DKIM_ORG },
	{ "what did not match cannot be broken", CONV_CRLF,
	    S(D "h=From; " BH "\r\n" F "\r\na\rb\r\n"), CONV_CRLF,
	    S(D "h=From; " BH "\r\n" F "\r\na b\r\n"),
	    SEALS_NONE, DKIM_ORG " does not match" },
	{ "behind what l= covers", CONV_CRLF,
	    S(D "h=From; l=12; " BH "\r\n" F "\r\n" BODY "a\rb\r\n"),
	    CONV_CRLF,
	    S(D "h=From; l=12; " BH "\r\n" F "\r\n" BODY "a b\r\n"),
	    SEALS_KEPT, DKIM_ORG },
	{ "before that", CONV_CRLF,
	    S(D "h=From; l=12; " BH "\r\n" F "\r\n" BODY "a\rb\r\n"),
	    CONV_CRLF,
	    S(D "h=From; l=12; " BH "\r\n" F "\r\n C\r\nD \t E\r\na\rb\r\n"),
	    SEALS_BROKEN, DKIM_ORG },
	{ "white space at the end, relaxed", CONV_CRLF,
	    S(D R "h=From; " BHR "\r\n" F "\r\n" BODY), CONV_CRLF,
	    S(D R "h=From; " BHR "\r\n" F "\r\n C\r\nD E\r\n"),
	    SEALS_KEPT, DKIM_ORG },
	{ "one of two", CONV_CRLF,
	    S(D "h=From; " BH "\r\n" D R "h=From; " BHR "\r\n" F "\r\n" BODY),
	    CONV_CRLF,
	    S(D "h=From; " BH "\r\n" D R "h=From; " BHR "\r\n" F
	    "\r\n C\r\nD E\r\n"), SEALS_BROKEN, DKIM_ORG },
	{ "ARC", CONV_CRLF,
	    S(AMS "h=From; " BH_CR "\r\n" F "\r\na\rb\r\n"), CONV_CRLF,
	    S(AMS "h=From; " BH_CR "\r\n" F "\r\na b\r\n"),
	    SEALS_BROKEN, "the ARC signature of example.net" },
	{ "not usable", CONV_CRLF,
	    S(D "h=To; " BH_CR "\r\n" F "\r\na\rb\r\n"), CONV_CRLF,
	    S(D "h=To; " BH_CR "\r\n" F "\r\na b\r\n"),
	    SEALS_NONE, DKIM_ORG " cannot be used: h= does not name From" },
	{ "what a domain may hold is not shown", CONV_CRLF,
	    S("DKIM-Signature: v=1; a=rsa-sha256; d=\xff\xc2\x9bx; s=s; "
	    "b=YQ==; h=From; " BH "\r\n" F "\r\n" BODY), CONV_CRLF,
	    S("DKIM-Signature: v=1; a=rsa-sha256; d=\xff\xc2\x9bx; s=s; "
	    "b=YQ==; h=From; " BH "\r\n" F "\r\n" BODY),
	    SEALS_KEPT, "the DKIM signature of ???x" },
	{ "no empty line", CONV_CRLF,
	    S(D "h=From; " BH "\r\n" F "C C\r\n"), CONV_CRLF,
	    S(D "h=From; " BH "\r\n" F BODY),
	    SEALS_NONE, DKIM_ORG " does not match" },

	/* DKIM, the header */
	{ "a field that is not signed", CONV_CRLF,
	    S(D "h=From; " BH "\r\n" F "A: a\rb\r\n\r\n" BODY), CONV_CRLF,
	    S(D "h=From; " BH "\r\n" F "A: a b\r\n\r\n" BODY),
	    SEALS_KEPT, DKIM_ORG },
	{ "one that is", CONV_CRLF,
	    S(D R "h=From:Subject; " BHR "\r\n" F "Subject: a\rb\r\n\r\n"
	    BODY), CONV_CRLF,
	    S(D R "h=From:Subject; " BHR "\r\n" F "Subject: a b\r\n\r\n"
	    BODY), SEALS_BROKEN, DKIM_ORG " covers Subject" },
	{ "folded, relaxed", CONV_CRLF,
	    S(D R "h=From:Subject; " BHR "\r\n" F "Subject: a b\r\n\r\n"
	    BODY), CONV_CRLF,
	    S(D R "h=From:Subject; " BHR "\r\n" F "Subject: a\r\n b\r\n\r\n"
	    BODY), SEALS_KEPT, DKIM_ORG },
	{ "folded, simple", CONV_CRLF,
	    S(D "h=From:Subject; " BH "\r\n" F "Subject: a b\r\n\r\n"
	    BODY), CONV_CRLF,
	    S(D "h=From:Subject; " BH "\r\n" F "Subject: a\r\n b\r\n\r\n"
	    BODY), SEALS_BROKEN, DKIM_ORG " covers Subject" },
	{ "white space before the colon, relaxed", CONV_CRLF,
	    S(D R "h=From:Subject; " BHR "\r\n" F "Subject \t: a \r\n\r\n"
	    BODY), CONV_CRLF,
	    S(D R "h=From:Subject; " BHR "\r\n" F "SUBJECT:  a\r\n\r\n"
	    BODY), SEALS_KEPT, DKIM_ORG },
	{ "the same, simple", CONV_CRLF,
	    S(D "h=From:subject; " BH "\r\n" F "Subject : a\r\n\r\n" BODY),
	    CONV_CRLF,
	    S(D "h=From:subject; " BH "\r\n" F "Subject: a\r\n\r\n" BODY),
	    SEALS_BROKEN, DKIM_ORG " covers subject" },
	{ "a field that is signed as absent", CONV_CRLF,
	    S(D R "h=From:Date; " BHR "\r\n" F "\r\n" BODY), CONV_CRLF,
	    S(D R "h=From:Date; " BHR "\r\n" F "Date: x\r\n\r\n" BODY),
	    SEALS_BROKEN, DKIM_ORG " covers Date" },
	{ "one more than is signed", CONV_CRLF,
	    S(D R "h=From:To:To; " BHR "\r\n" F "\r\n" BODY), CONV_CRLF,
	    S(D R "h=From:To:To; " BHR "\r\n" F "To: c\r\n\r\n" BODY),
	    SEALS_BROKEN, DKIM_ORG " covers To" },
	{ "one above those that are signed", CONV_CRLF,
	    S(D R "h=From:To; " BHR "\r\n" F "\r\n" BODY), CONV_CRLF,
	    S("To: c\r\n" D R "h=From:To; " BHR "\r\n" F "\r\n" BODY),
	    SEALS_KEPT, DKIM_ORG },
	{ "a field that is not named at all", CONV_CRLF,
	    S(D R "h=From:To; " BHR "\r\n" F "\r\n" BODY), CONV_CRLF,
	    S(D R "h=From:To; " BHR "\r\n" F "Date: x\r\n\r\n" BODY),
	    SEALS_KEPT, DKIM_ORG },
	{ "the signature itself", CONV_CRLF,
	    S(D "h=From; " BH "\r\n" F "\r\n" BODY), CONV_CRLF,
	    S(D "h=From;\r\n " BH "\r\n" F "\r\n" BODY),
	    SEALS_BROKEN, DKIM_ORG " covers DKIM-Signature" },
	{ "the body fits, the header not", CONV_CRLF,
	    S(D R "h=From; " BHR "\r\nFrom: a\rb\r\n\r\n C \nD E\r\n"),
	    CONV_CRLF,
	    S(D R "h=From; " BHR "\r\nFrom: a b\r\n\r\n" BODY),
	    SEALS_NONE, DKIM_ORG " does not match" },
	{ "a CR that begins a field", CONV_CRLF,
	    S(D R "h=From:A; " BHR "\r\n" F "B: a\rA: b\r\n\r\n" BODY),
	    CONV_CRLF,
	    S(D R "h=From:A; " BHR "\r\n" F "B: a\r\nA: b\r\n\r\n" BODY),
	    SEALS_BROKEN, DKIM_ORG " covers A" },
	{ "a signature is no more", CONV_CRLF,
	    S(D R "h=From; " BHR "\r\n" F "\r\n" BODY), CONV_CRLF,
	    S("X-" D R "h=From; " BHR "\r\n" F "\r\n" BODY), SEALS_BROKEN,
	    DKIM_ORG " cannot be followed: the signatures are not the same "
	    "ones" },

	/* S/MIME and PGP/MIME */
	{ "S/MIME, CRLF to LF", CONV_CRLF,
	    S(SMIME "--b\r\n\r\na\r\nb\r\n--b\r\n" P7S "ab\r\ncd\r\n"
	    "--b--\r\n"), CONV_LF,
	    S("Content-Type: multipart/signed; boundary=\"b\";\n"
	    "\tprotocol=\"application/pkcs7-signature\"\n\n--b\n\na\nb\n"
	    "--b\nContent-Type: application/pkcs7-signature\n"
	    "Content-Transfer-Encoding: base64\n\nab\ncd\n--b--\n"),
	    SEALS_KEPT, "the S/MIME signature of the message" },
	{ "S/MIME, a CR in it", CONV_CRLF,
	    S(SMIME "--b\r\n\r\na\rb\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    CONV_CRLF,
	    S(SMIME "--b\r\n\r\na b\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    SEALS_BROKEN, "the S/MIME signature of the message" },
	{ "S/MIME, a CRCRLF in it", CONV_CRLF,
	    S(SMIME "--b\r\n\r\na\r\r\nb\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    CONV_CRLF,
	    S(SMIME "--b\r\n\r\na\r\nb\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    SEALS_BROKEN, "the S/MIME signature of the message" },
	{ "S/MIME, a NUL in it", CONV_CRLF,
	    S(SMIME "--b\r\n\r\na\0b\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    CONV_CRLF,
	    S(SMIME "--b\r\n\r\nab\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    SEALS_BROKEN, "the S/MIME signature of the message" },
	{ "S/MIME, a dot that is stuffed", CONV_CRLF,
	    S(SMIME "--b\r\n\r\n.\n\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    CONV_CRLF,
	    S(SMIME "--b\r\n\r\n..\n\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    SEALS_BROKEN, "the S/MIME signature of the message" },
	{ "S/MIME, in the header of the part", CONV_CRLF,
	    S(SMIME "--b\r\nA: b\rc\r\n\r\na\r\n--b\r\n" P7S "ab\r\n"
	    "--b--\r\n"), CONV_CRLF,
	    S(SMIME "--b\r\nA: b c\r\n\r\na\r\n--b\r\n" P7S "ab\r\n"
	    "--b--\r\n"), SEALS_BROKEN,
	    "the S/MIME signature of the message" },
	{ "S/MIME, around it", CONV_CRLF,
	    S("A: b\rc\r\n" SMIME "x\ry\r\n--b\r\n\r\na\r\n--b\r\n" P7S
	    "a b\r\n--b--\r\nx\ry\r\n"), CONV_CRLF,
	    S("A: b c\r\n" SMIME "x y\r\n--b \r\n\r\na\r\n--b\r\n" P7S
	    "ab\r\n--b--\r\nx y\r\n"), SEALS_KEPT,
	    "the S/MIME signature of the message" },
	{ "S/MIME, the break before the delimiter", CONV_CRLF,
	    S(SMIME "--b\r\n\r\na\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    CONV_CRLF,
	    S(SMIME "--b\r\n\r\na\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    SEALS_KEPT, "the S/MIME signature of the message" },
	{ "S/MIME, the signature is changed", CONV_CRLF,
	    S(SMIME "--b\r\n\r\na\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    CONV_CRLF,
	    S(SMIME "--b\r\n\r\na\r\n--b\r\n" P7S "ac\r\n--b--\r\n"),
	    SEALS_BROKEN, "the S/MIME signature of the message" },
	{ "S/MIME, a CR hides a delimiter", CONV_CRLF,
	    S(SMIME "--b\r\n\r\na\r--b\r\nb\rc\r\n--b\r\n" P7S "ab\r\n"
	    "--b--\r\n"), CONV_CRLF,
	    S(SMIME "--b\r\n\r\na\r--b\r\nb c\r\n--b\r\n" P7S "ab\r\n"
	    "--b--\r\n"), SEALS_BROKEN,
	    "the S/MIME signature of the message" },
	{ "S/MIME, a CR that is a delimiter's break to some", CONV_CRLF,
	    S(SMIME "x\r--b\r\n\r\na\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    CONV_CRLF,
	    S(SMIME "x --b\r\n\r\na\r\n--b\r\n" P7S "ab\r\n--b--\r\n"),
	    SEALS_BROKEN, "the S/MIME signature of the message" },
	{ "S/MIME in part 2", CONV_CRLF,
	    S(MIXED "--m\r\n\r\nx\r\n--m\r\n" SMIME "--b\r\n\r\na\rb\r\n--b"
	    "\r\n" P7S "ab\r\n--b--\r\n--m--\r\n"), CONV_CRLF,
	    S(MIXED "--m\r\n\r\nx\r\n--m\r\n" SMIME "--b\r\n\r\na b\r\n--b"
	    "\r\n" P7S "ab\r\n--b--\r\n--m--\r\n"),
	    SEALS_BROKEN, "the S/MIME signature of part 2" },
	{ "PGP/MIME in a message in a part", CONV_CRLF,
	    S(MIXED "--m\r\nContent-Type: message/rfc822\r\n\r\n" F PGP
	    "--b\r\n\r\na\rb\r\n--b\r\n" PGPS "ab\r\n--b--\r\n--m--\r\n"),
	    CONV_CRLF,
	    S(MIXED "--m\r\nContent-Type: message/rfc822\r\n\r\n" F PGP
	    "--b\r\n\r\na b\r\n--b\r\n" PGPS "ab\r\n--b--\r\n--m--\r\n"),
	    SEALS_BROKEN, "the PGP/MIME signature of part 1" },
	{ "PGP/MIME, white space behind the armor", CONV_CRLF,
	    S(PGP "--b\r\n\r\na\r\n--b\r\n" PGPS "ab\r\r\n--b--\r\n"),
	    CONV_CRLF,
	    S(PGP "--b\r\n\r\na\r\n--b\r\n" PGPS "ab\r\n--b--\r\n"),
	    SEALS_KEPT, "the PGP/MIME signature of the message" },
	{ "a signature in what is signed", CONV_CRLF,
	    S(SMIME "--b\r\n" PGP "--b\r\n\r\nx\r\n--b--\r\n"), CONV_CRLF,
	    S(SMIME "--b\r\n" PGP "--b\r\n\r\ny\r\n--b--\r\n"),
	    SEALS_BROKEN, "the S/MIME signature of the message, the PGP/MIME "
	    "signature of part 1" },
	{ "a delimiter goes to the innermost", CONV_CRLF,
	    S("Content-Type: multipart/signed; boundary=o\r\n\r\n--o\r\n" PGP
	    "--b\r\n\r\na\r\n--b--\r\nx\ry\r\n--o--\r\n"), CONV_CRLF,
	    S("Content-Type: multipart/signed; boundary=o\r\n\r\n--o\r\n" PGP
	    "--b\r\n\r\na\r\n--b--\r\nx y\r\n--o--\r\n"),
	    SEALS_BROKEN, "the signature of the message" },
	{ "no boundary", CONV_CRLF,
	    S("Content-Type: multipart/signed\r\n\r\na\rb\r\n"), CONV_CRLF,
	    S("Content-Type: multipart/signed\r\n\r\na b\r\n"),
	    SEALS_BROKEN, "the signature of the message" },

	/* application/pkcs7-mime */
	{ "CMS, its line ends", CONV_CRLF,
	    S(P7M BASE64 "\r\nab\r\r\nc\rd\r\n"), CONV_LF,
	    S("Content-Type: application/pkcs7-mime\nContent-Transfer-"
	    "Encoding: base64\n\nab\nc d\n"), SEALS_KEPT,
	    "the S/MIME data of the message" },
	{ "CMS, its data", CONV_CRLF,
	    S(P7M BASE64 "\r\nabcd\r\n"), CONV_CRLF,
	    S(P7M BASE64 "\r\nabce\r\n"), SEALS_BROKEN,
	    "the S/MIME data of the message" },
	{ "CMS that is not encoded", CONV_CRLF,
	    S(P7M "\r\nab\n"), CONV_CRLF, S(P7M "\r\nab\r\n"), SEALS_BROKEN,
	    "the S/MIME data of the message" },

	/* clear-signed text */
	{ "clear-signed, CRLF to LF", CONV_CRLF,
	    S(F "\r\n" BEGIN "a\r\n" SIG), CONV_LF,
	    S(FLF "\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\na\n"
	    "-----BEGIN PGP SIGNATURE-----\n\nabc\n=abcd\n"
	    "-----END PGP SIGNATURE-----\n"), SEALS_KEPT,
	    "the PGP signature in the message" },
	{ "clear-signed, at the ends of lines", CONV_CRLF,
	    S(F "\r\n" BEGIN "a \t\r\r\nb\r\n" SIG), CONV_CRLF,
	    S(F "\r\n" BEGIN "a\r\nb\r\n" SIG), SEALS_KEPT,
	    "the PGP signature in the message" },
	{ "clear-signed, inside a line", CONV_CRLF,
	    S(F "\r\n" BEGIN "a\rb\r\n" SIG), CONV_CRLF,
	    S(F "\r\n" BEGIN "a b\r\n" SIG), SEALS_BROKEN,
	    "the PGP signature in the message" },
	{ "clear-signed, in a part, around it", CONV_CRLF,
	    S(MIXED "--m\r\n\r\nx\ry\r\n" BEGIN "a\r\n" SIG "\rx\r\n--m--"),
	    CONV_CRLF,
	    S(MIXED "--m\r\n\r\nx y\r\n" BEGIN "a\r\n" SIG " x\r\n--m--"),
	    SEALS_KEPT, "the PGP signature in part 1" },
	{ "clear-signed, quoted is text", CONV_CRLF,
	    S(F "\r\n> " BEGIN "a\rb\r\n"), CONV_CRLF,
	    S(F "\r\n> " BEGIN "a b\r\n"), SEALS_NONE, "" },
	{ "clear-signed, the second of two", CONV_CRLF,
	    S(F "\r\n" BEGIN "a\r\n" SIG BEGIN "a\rb\r\n" SIG), CONV_CRLF,
	    S(F "\r\n" BEGIN "a\r\n" SIG BEGIN "a b\r\n" SIG), SEALS_BROKEN,
	    "the PGP signature in the message" },
};
#define REPAIRS (sizeof(repairs) / sizeof(repairs[0]))

/* Feed it in pieces of memory that are gone at once. */
static void
feed(struct seals *s, enum seal_side side, enum convention c, struct span m,
    size_t first, size_t step)
{
	seals_begin(s, side, c);
	for (size_t i = 0, n = first; i < m.n; i += n, n = step) {
		uint8_t *p;

		n = n < m.n - i ? n : m.n - i;
		p = malloc(n > 0 ? n : 1);
		assert_non_null(p);
		memcpy(p, m.p + i, n);
		seals_feed(s, (struct span){ p, n });
		free(p);
	}
	seals_end(s);
}

static void
check_repair(struct seals *s, const struct repair *r, size_t first,
    size_t step)
{
	struct seals_effect e;
	bool any;

	feed(s, SEAL_OLD, r->from, r->old, first, step);
	any = seals_any(s);
	feed(s, SEAL_NEW, r->to, r->new, first, step);
	seals_effect(s, &e);
	if (e.is != r->is || strcmp(e.text, r->text) != 0)
		fail_msg("%s: %d, %s", r->name, (int)e.is, e.text);
	if (!any && e.is != SEALS_NONE)
		fail_msg("%s: seals_any", r->name);
}

static void
repairs_have_the_effect_they_should(void **state)
{
	struct seals *s = seals_new(NULL);

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < REPAIRS; i++)
		check_repair(s, &repairs[i], SIZE_MAX, SIZE_MAX);
	seals_free(s);
	seals_free(NULL);
}

static void
no_cut_matters(void **state)
{
	struct seals *s = seals_new(kernel_pick(NULL));

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < REPAIRS; i++) {
		check_repair(s, &repairs[i], 1, 1);
		for (size_t cut = 1; cut < repairs[i].old.n; cut++)
			check_repair(s, &repairs[i], cut, SIZE_MAX);
	}
	seals_free(s);
}

/* What is the same is not broken, and without a new message it is said. */
static void
what_is_not_changed_is_kept(void **state)
{
	struct seals *s = seals_new(NULL);

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < REPAIRS; i++) {
		const struct repair *r = &repairs[i];
		struct seals_effect alone, same;

		feed(s, SEAL_OLD, r->from, r->old, SIZE_MAX, SIZE_MAX);
		seals_effect(s, &alone);
		feed(s, SEAL_NEW, r->from, r->old, SIZE_MAX, SIZE_MAX);
		seals_effect(s, &same);
		assert_true(same.is <= SEALS_KEPT);
		assert_int_equal(alone.is, same.is);
		assert_string_equal(alone.text, same.text);
	}
	seals_free(s);
}

/* --- limits */

struct big {
	size_t n;
	uint8_t p[600000];
};

static void
put(struct big *b, const char *s)
{
	const size_t n = strlen(s);

	assert_true(n <= sizeof(b->p) - b->n);
	memcpy(b->p + b->n, s, n);
	b->n += n;
}

static enum seals_is
effect_of(struct seals *s, const struct big *old, const struct big *new)
{
	struct seals_effect e;

	feed(s, SEAL_OLD, CONV_CRLF, (struct span){ old->p, old->n },
	    SIZE_MAX, SIZE_MAX);
	feed(s, SEAL_NEW, CONV_CRLF, (struct span){ new->p, new->n },
	    1000, 7777);
	seals_effect(s, &e);
	return e.is;
}

/* The message, changed in its last but first line; and not at all. */
static void
check_big(struct seals *s, struct big *old, bool changed_matters)
{
	struct big *new = malloc(sizeof(*new));
	uint8_t *at = NULL;

	assert_non_null(new);
	memcpy(new, old, sizeof(*new));
	assert_int_equal(effect_of(s, old, new), SEALS_KEPT);
	for (size_t i = 0; i < new->n; i++)
		if (new->p[i] == '@')
			at = &new->p[i];
	assert_non_null(at);
	*at = '#';
	assert_int_equal(effect_of(s, old, new), changed_matters ?
	    SEALS_BROKEN : SEALS_KEPT);
	free(new);
}

static void
what_is_too_much_is_not_lost(void **state)
{
	struct seals *s = seals_new(NULL);
	struct big *b = malloc(sizeof(*b));
	char text[200];

	(void)state;
	assert_true(s != NULL && b != NULL);
	/* More signed texts than there are hashes. */
	b->n = 0;
	put(b, F "\r\n");
	for (unsigned i = 0; i < 40; i++)
		put(b, BEGIN "a\r\n" SIG);
	put(b, BEGIN "@\r\n" SIG);
	check_big(s, b, true);
	put(b, "@\r\n");
	check_big(s, b, false);
	/* Nested more deeply than is looked into. */
	for (unsigned depth = 1; depth < 40; depth += 2) {
		b->n = 0;
		for (unsigned i = 0; i < depth; i++) {
			(void)snprintf(text, sizeof(text), "Content-Type: "
			    "multipart/mixed; boundary=m%u\r\n\r\n--m%u\r\n",
			    i, i);
			put(b, text);
		}
		put(b, PGP "--b\r\n\r\n@\r\n--b\r\n" PGPS "x\r\n--b--\r\n");
		check_big(s, b, true);
	}
	/* Lines of any length. */
	b->n = 0;
	put(b, SMIME "--b\r\n\r\n");
	for (unsigned i = 0; i < 50000; i++)
		put(b, "--b\rxxx  ");
	put(b, "@ \r\n--b\r\n" P7S "ab\r\n--b--\r\n");
	check_big(s, b, true);
	free(b);
	seals_free(s);
}

static void
large_headers_and_many_signatures_are_not_lost(void **state)
{
	struct seals *s = seals_new(NULL);
	struct big *b = malloc(sizeof(*b)), *c = malloc(sizeof(*c));
	struct seals_effect e;
	char text[200];

	(void)state;
	assert_true(s != NULL && b != NULL && c != NULL);
	/* A header that is kept whole, and one that is not. */
	for (unsigned lines = 2000; lines <= 8000; lines += 6000) {
		b->n = 0;
		put(b, D "h=From; " BH "\r\n" F "A:\r\n");
		for (unsigned i = 0; i < lines; i++)
			put(b, " 0123456789 0123456789 0123456789 012345\r\n");
		put(b, "\r\n" BODY);
		assert_int_equal(effect_of(s, b, b), lines == 2000 ?
		    SEALS_KEPT : SEALS_BROKEN);
		seals_effect(s, &e);
		assert_string_equal(e.text, lines == 2000 ? DKIM_ORG :
		    DKIM_ORG " covers too much to be followed");
	}
	/* Nine different body hashes, and seventeen signatures. */
	for (unsigned n = 8; n < 18; n++) {
		b->n = 0;
		for (unsigned i = 0; i < n; i++) {
			(void)snprintf(text, sizeof(text), D "h=From; l=%u; "
			    BH "\r\n", i < 9 ? 12 + i : 12);
			put(b, text);
		}
		memcpy(c, b, sizeof(*c));
		put(b, F "\r\n" BODY);
		put(c, F "\r\n" BODY "x");
		assert_int_equal(effect_of(s, b, c), n == 8 ? SEALS_KEPT :
		    SEALS_BROKEN);
	}
	free(b);
	free(c);
	seals_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    hashes_are_the_same_where_canonical_texts_are),
		cmocka_unit_test(repairs_have_the_effect_they_should),
		cmocka_unit_test(no_cut_matters),
		cmocka_unit_test(what_is_not_changed_is_kept),
		cmocka_unit_test(what_is_too_much_is_not_lost),
		cmocka_unit_test(
		    large_headers_and_many_signatures_are_not_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
