/*
 * What is said of a repair against those who verify: openssl (S/MIME), gpg
 * (PGP/MIME and clear-signed text) and dkimpy, with throw-away keys.  Each
 * signs some texts; the mail is damaged, repaired, and verified before and
 * after.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rewrite.h"
#include "seals.h"
#include "t.h"

#define MAIL_MAX 16384u
#define CASES_MAX 128u

struct mail {
	size_t n;
	uint8_t p[MAIL_MAX];
};

static struct span
span_of(const struct mail *m)
{
	return (struct span){ m->p, m->n };
}

static void
put(struct mail *m, struct span s)
{
	assert_true(s.n <= sizeof(m->p) - m->n);
	if (s.n > 0)
		memcpy(m->p + m->n, s.p, s.n);
	m->n += s.n;
}

/* --- files and programs */

static char dir[] = "/tmp/baredot-seals.XXXXXX";

static void
write_file(const char *name, struct span s)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
	assert_int_equal(fclose(f), 0);
}

static void
read_file(const char *name, struct mail *m)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	m->n = fread(m->p, 1, sizeof(m->p), f);
	assert_true(m->n > 0 && m->n < sizeof(m->p));
	assert_int_equal(fclose(f), 0);
}

/* In the folder, quietly; its exit status is 0. */
static bool
runs(const char *command)
{
	char line[1024];

	(void)snprintf(line, sizeof(line),
	    "cd %s && { %s; } >out 2>err </dev/null", dir, command);
	return system(line) == 0;
}

/* Who verifies; and how the mail is sent to them. */
struct witness {
	const char *name, *needs;	/* a command that must succeed */
	const char *key;		/* makes one */
	void (*sign)(struct span text, struct mail *out);
	bool (*verifies)(const char *file);
	bool drops_crs;		/* before an LF: so we may refuse more */
	bool takes_lf;		/* for CRLF also in DKIM, where it is none */
};

/* --- lines */

static bool
is_at(struct span s, size_t i, uint8_t c)
{
	return i < s.n && s.p[i] == c;
}

/* LF and CRLF to CRLF, or to LF; other CRs stay. */
static void
to_breaks(struct span s, struct span brk, struct mail *out)
{
	out->n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (is_at(s, i, '\r') && is_at(s, i + 1, '\n'))
			i++;
		put(out, is_at(s, i, '\n') ? brk : (struct span){ s.p + i,
		    1 });
	}
}

/* Only every third break. */
static void
to_mixed(struct span s, struct span brk, struct mail *out)
{
	unsigned count = 0;

	out->n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (is_at(s, i, '\r') && is_at(s, i + 1, '\n') &&
		    count++ % 3 == 2) {
			put(out, brk);
			i++;
		} else {
			put(out, (struct span){ s.p + i, 1 });
		}
}

/* --- S/MIME */

static void
openssl_sign(struct span text, struct mail *out)
{
	struct mail m;

	write_file("text", text);
	assert_true(runs("openssl smime -sign -binary -in text -signer cert "
	    "-inkey key -out mail -subject test -from a@example.com"));
	read_file("mail", &m);
	to_breaks(span_of(&m), SPAN("\r\n"), out);
}

static bool
openssl_verifies(const char *file)
{
	char line[200];

	(void)snprintf(line, sizeof(line), "openssl smime -verify -in %s "
	    "-noverify -certfile cert", file);
	return runs(line);
}

/* --- PGP */

#define GPG "gpg --homedir gnupg --batch --quiet --trust-model always "

static void
clear_sign(struct span text, struct mail *out)
{
	struct mail m;

	write_file("text", text);
	assert_true(runs(GPG "--yes -o mail --clearsign text"));
	read_file("mail", &m);
	to_breaks(span_of(&m), SPAN("\r\n"), out);
	m.n = 0;
	put(&m, SPAN("From: a@example.com\r\nSubject: test\r\n\r\nhello\r\n"));
	put(&m, span_of(out));
	put(&m, SPAN("bye\r\n"));
	memcpy(out, &m, sizeof(m));
}

static bool
clear_verifies(const char *file)
{
	char line[200];

	(void)snprintf(line, sizeof(line), GPG "--verify %s", file);
	return runs(line);
}

static void
pgp_sign(struct span text, struct mail *out)
{
	struct mail m, armor;

	to_breaks(text, SPAN("\r\n"), &m);
	write_file("text", span_of(&m));
	assert_true(runs(GPG "--yes -o sig --armor --detach-sign text"));
	read_file("sig", &armor);
	out->n = 0;
	put(out, SPAN("From: a@example.com\r\nContent-Type: multipart/signed;"
	    " boundary=b;\r\n protocol=\"application/pgp-signature\"\r\n\r\n"
	    "preamble\r\n--b\r\n"));
	put(out, span_of(&m));
	put(out, SPAN("\r\n--b\r\nContent-Type: application/pgp-signature"
	    "\r\n\r\n"));
	to_breaks(span_of(&armor), SPAN("\r\n"), &m);
	put(out, span_of(&m));
	put(out, SPAN("--b--\r\n"));
}

/* Where the n-th line of "--b" begins. */
static size_t
delimiter(struct span s, unsigned n)
{
	for (size_t i = 1; i + 3 <= s.n; i++)
		if (s.p[i - 1] == '\n' && memcmp(s.p + i, "--b", 3) == 0 &&
		    n-- == 0)
			return i;
	return 0;
}

/* As RFC 3156 5 says: the part, its lines ending in CRLF, and the armor. */
static bool
pgp_verifies(const char *file)
{
	struct mail m, part;
	size_t from, to, end;

	read_file(file, &m);
	from = delimiter(span_of(&m), 0);
	to = delimiter(span_of(&m), 1);
	end = delimiter(span_of(&m), 2);
	if (from == 0 || to == 0 || end == 0)
		return false;
	while (m.p[from++] != '\n')
		;
	to_breaks((struct span){ m.p + from, to - from }, SPAN("\r\n"),
	    &part);
	write_file("part", (struct span){ part.p, part.n - 2 });
	write_file("armor", (struct span){ m.p + to, end - to });
	return runs(GPG "--verify armor part");
}

/* --- DKIM */

static void
dkim_sign(struct span text, struct mail *out)
{
	struct mail m = { 0 };

	put(&m, SPAN("From: a@example.com\r\nTo: b@example.org\r\n"
	    "Subject: test\r\n\r\n"));
	put(&m, text);
	write_file("text", span_of(&m));
	assert_true(runs("/usr/bin/python3 -c 'import dkim; "
	    "m = open(\"text\", \"rb\").read(); open(\"mail\", \"wb\")"
	    ".write(dkim.sign(m, b\"s\", b\"example.com\", open(\"key\", "
	    "\"rb\").read()) + m)'"));
	read_file("mail", out);
}

static const char dkim_script[] =
    "import base64, dkim, sys\n"
    "key = open('public', 'rb').read()\n"
    "dns = b'v=DKIM1; p=' + base64.b64encode(key)\n"
    "try:\n"
    "    ok = dkim.DKIM(open(sys.argv[1], 'rb').read()).verify(\n"
    "        dnsfunc=lambda name, timeout=5: dns)\n"
    "except dkim.DKIMException:\n"
    "    ok = False\n"
    "sys.exit(not ok)\n";

static bool
dkim_verifies(const char *file)
{
	char line[200];

	write_file("verify.py", (struct span){ (const uint8_t *)dkim_script,
	    sizeof(dkim_script) - 1 });
	(void)snprintf(line, sizeof(line), "/usr/bin/python3 verify.py %s",
	    file);
	return runs(line);
}

/* --- what is done to it */

enum damage { NO_DAMAGE, KEPT_WITH_LF, SOME_LF, SOME_CRCRLF, DAMAGES };

struct step {
	enum damage damage;
	struct fix_options o;
};

static void
collect(void *ctx, struct span s)
{
	put(ctx, s);
}

static void
repair(const struct fix_options *o, struct span m, struct mail *out)
{
	struct rewrite w;

	out->n = 0;
	rewrite_init(&w, NULL, collect, out);
	rewrite_begin(&w, fix_kinds(o), o, NULL, 0);
	rewrite_feed(&w, m);
	assert_null(rewrite_end(&w));
}

static void
damage(enum damage how, struct span m, struct mail *out)
{
	out->n = 0;
	if (how == KEPT_WITH_LF)
		to_breaks(m, SPAN("\n"), out);
	else if (how == NO_DAMAGE)
		put(out, m);
	else
		to_mixed(m, how == SOME_LF ? SPAN("\n") : SPAN("\r\r\n"),
		    out);
}

static enum seals_is
effect(const struct step *s, struct span old, struct span new)
{
	const enum convention from = s->damage == KEPT_WITH_LF ? CONV_LF :
	    CONV_CRLF;
	struct seals *seals = seals_new(NULL);
	struct seals_effect e;

	assert_non_null(seals);
	seals_begin(seals, SEAL_OLD, from);
	seals_feed(seals, old);
	seals_end(seals);
	seals_begin(seals, SEAL_NEW, s->o.to == BRK_LF ? CONV_LF :
	    CONV_CRLF);
	seals_feed(seals, new);
	seals_end(seals);
	seals_effect(seals, &e);
	seals_free(seals);
	return e.is;
}

static bool
same(const struct mail *a, const struct mail *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

/* What was verified, since that takes long. */
struct known {
	size_t n;
	struct mail mail[CASES_MAX];
	bool is[CASES_MAX];
};

/* It verifies, as a server that keeps LF sends it. */
static bool
verifies(const struct witness *w, bool lf, const struct mail *m,
    struct known *known)
{
	struct mail sent = *m;

	if (lf)
		to_breaks(span_of(m), SPAN("\r\n"), &sent);
	for (size_t i = 0; i < known->n; i++)
		if (same(&known->mail[i], &sent))
			return known->is[i];
	assert_true(known->n < CASES_MAX);
	write_file("sent", span_of(&sent));
	known->mail[known->n] = sent;
	known->is[known->n] = w->verifies("sent");
	return known->is[known->n++];
}

/* Counts of what the witness saw, so that all of it is seen. */
struct seen {
	unsigned broken, kept, restored;
};

static void
check_step(const struct witness *w, const struct step *s, struct span mail,
    const char *text, struct seen *seen, struct known *known)
{
	struct mail old, new;
	enum seals_is is;
	bool before, after;

	damage(s->damage, mail, &old);
	repair(&s->o, span_of(&old), &new);
	if (same(&old, &new))
		return;
	is = effect(s, span_of(&old), span_of(&new));
	before = verifies(w, s->damage == KEPT_WITH_LF, &old, known);
	after = verifies(w, s->o.to == BRK_LF, &new, known);
	seen->broken += before && !after;
	seen->kept += before && after;
	seen->restored += !before && after;
	if (before && !after && is != SEALS_BROKEN)
		fail_msg("%s, %s, damage %d, cr %d: broken, not %d", w->name,
		    text, (int)s->damage, (int)s->o.cr, (int)is);
	if (before && after && is == SEALS_BROKEN &&
	    !(w->drops_crs && s->damage == SOME_CRCRLF))
		fail_msg("%s, %s, damage %d, cr %d: it verifies", w->name,
		    text, (int)s->damage, (int)s->o.cr);
	if (is == SEALS_RESTORED && (before || !after))
		fail_msg("%s, %s, damage %d: not restored", w->name, text,
		    (int)s->damage);
}

/* --- the tests */

#define TYPE "Content-Type: text/plain\r\n\r\n"

static const struct {
	const char *name;
	struct span text;
	bool bare_lf;
} texts[] = {
#define T(name, lit) \
	name, { (const uint8_t *)(TYPE lit), sizeof(TYPE lit) - 1 }
	{ T("plain", "Hello,\r\nthis is text.\r\n\r\nEnd\r\n"), false },
	{ T("a bare CR", "Hello\rthis is text.\r\n\r\nEnd\r\n"), false },
	{ T("a NUL", "Hello,\r\nthis\0is text.\r\n\r\nEnd\r\n"), false },
	{ T("a dot", "Hello,\n.\r\nthis is text.\r\n\r\nEnd\r\n"), true },
	{ T("white space", "Hello \t\r\n \r\n\r\nEnd  \r\n"), false },
};

static const struct step steps[] = {
	{ NO_DAMAGE, { .to = BRK_LF, .classes = FIX_ALL } },
	{ NO_DAMAGE, { .to = BRK_CRLF, .classes = FIX_ALL,
	    .nul = FIX_NUL_SPACE, .eod = FIX_EOD_STUFF } },
	{ NO_DAMAGE, { .to = BRK_CRLF, .classes = FIX_ALL,
	    .cr = FIX_CR_NEWLINE, .nul = FIX_NUL_DROP } },
	{ KEPT_WITH_LF, { .to = BRK_CRLF, .classes = FIX_ALL &
	    ~(unsigned)FIX_BARE_CR } },
	{ KEPT_WITH_LF, { .to = BRK_LF, .classes = FIX_ALL,
	    .cr = FIX_CR_DROP } },
	{ SOME_LF, { .to = BRK_CRLF, .classes = FIX_BARE_LF } },
	{ SOME_CRCRLF, { .to = BRK_CRLF, .classes = FIX_CRCRLF } },
};

static const struct witness witnesses[] = {
	{ "openssl", "openssl version",
	    "openssl req -x509 -newkey rsa:2048 -nodes -keyout key "
	    "-out cert -days 2 -subj /CN=example.com",
	    openssl_sign, openssl_verifies, true, false },
	{ "PGP/MIME", "gpg --version",
	    "mkdir -m 700 gnupg && " GPG "--passphrase '' "
	    "--quick-generate-key a@example.com ed25519 sign never",
	    pgp_sign, pgp_verifies, false, false },
	{ "clear-signed", "gpg --version", "test -d gnupg",
	    clear_sign, clear_verifies, false, false },
	{ "dkimpy", "/usr/bin/python3 -c 'import dkim'",
	    "openssl genrsa -traditional -out key 2048 && "
	    "openssl rsa -in key -pubout -outform DER -out public",
	    dkim_sign, dkim_verifies, false, true },
};

static void
check_witness(const struct witness *w)
{
	struct known *known = calloc(1, sizeof(*known));
	struct seen seen = { 0 };
	struct mail mail;

	assert_non_null(known);
	if (!runs(w->needs)) {
		print_message("what %s needs is not installed\n", w->name);
		free(known);
		skip();
	}
	assert_true(runs(w->key));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		w->sign(texts[i].text, &mail);
		for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++)
			if (!w->takes_lf || (!texts[i].bare_lf &&
			    steps[k].damage != SOME_LF))
				check_step(w, &steps[k], span_of(&mail),
				    texts[i].name, &seen, known);
	}
	free(known);
	print_message("%s: %u broken, %u kept, %u restored\n", w->name,
	    seen.broken, seen.kept, seen.restored);
	assert_true(seen.broken > 3 && seen.kept > 3);
}

static void
smime_is_what_openssl_says(void **state)
{
	(void)state;
	check_witness(&witnesses[0]);
}

static void
pgp_mime_is_what_gpg_says(void **state)
{
	(void)state;
	check_witness(&witnesses[1]);
}

static void
clear_signed_text_is_what_gpg_says(void **state)
{
	(void)state;
	check_witness(&witnesses[2]);
}

static void
dkim_is_what_dkimpy_says(void **state)
{
	(void)state;
	check_witness(&witnesses[3]);
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
remove_folder(void **state)
{
	char line[128];

	(void)state;
	(void)runs("gpgconf --homedir gnupg --kill all");
	(void)snprintf(line, sizeof(line), "rm -rf %s", dir);
	return system(line) == 0 ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smime_is_what_openssl_says),
		cmocka_unit_test(pgp_mime_is_what_gpg_says),
		cmocka_unit_test(clear_signed_text_is_what_gpg_says),
		cmocka_unit_test(dkim_is_what_dkimpy_says),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
