/*
 * What others wrote, made safe for HTML and a shell: no markup, nothing that
 * cannot be seen, and nothing lost.
 */
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "escape.h"

#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

/* --- the naive oracle: shown text to bytes, back again */

struct reading {
	const uint8_t *p;
	size_t n;		/* left */
	bool bad;
};

static uint32_t
number(struct reading *r, unsigned base, uint8_t end)
{
	uint32_t v = 0;
	size_t digits = 0;

	for (; r->n > 0 && r->p[0] != end; r->p++, r->n--, digits++) {
		const uint8_t c = r->p[0];
		const unsigned d = c >= '0' && c <= '9' ? c - 48u :
		    c >= 'a' && c <= 'f' ? c - 'a' + 10u : 99;

		r->bad |= d >= base || digits > 7;
		v = v * base + (d < base ? d : 0);
	}
	r->bad |= r->n == 0 || digits == 0;
	if (r->n > 0) {
		r->p++;
		r->n--;
	}
	return v;
}

/* Character references of HTML to bytes; no bare markup may be there. */
static size_t
undo_html(struct span s, uint8_t *out, bool *bad)
{
	struct reading r = { s.p, s.n, false };
	size_t n = 0;

	while (r.n > 0) {
		const uint8_t c = r.p[0];

		if (c == '&') {
			r.bad |= r.n < 3 || r.p[1] != '#';
			r.p += r.n < 2 ? r.n : 2;
			r.n -= r.n < 2 ? r.n : 2;
			out[n++] = (uint8_t)number(&r, 10, ';');
			continue;
		}
		r.bad |= memchr("<>\"'`", c, 5) != NULL || c < 0x20 ||
		    c == 0x7f;
		out[n++] = c;
		r.p++;
		r.n--;
	}
	*bad |= r.bad;
	return n;
}

static size_t
put_utf8(uint32_t c, uint8_t *out)
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 63));
		out[2] = (uint8_t)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 63));
	out[3] = (uint8_t)(0x80 | (c & 63));
	return 4;
}

/* Backslashes of escape_text to bytes. */
static size_t
undo_text(const uint8_t *p, size_t len, uint8_t *out, bool *bad)
{
	struct reading r = { p, len, false };
	size_t n = 0;

	while (r.n > 0) {
		const uint8_t c = *r.p++;
		uint8_t k;

		r.n--;
		if (c != '\\') {
			out[n++] = c;
			continue;
		}
		if (r.n == 0) {
			*bad = true;
			return n;
		}
		k = *r.p++;
		r.n--;
		if (k == 'x' && r.n >= 2) {
			const uint8_t hex[3] = { r.p[0], r.p[1], ';' };
			struct reading two = { hex, 3, false };

			out[n++] = (uint8_t)number(&two, 16, ';');
			r.bad |= two.bad;
			r.p += 2;
			r.n -= 2;
		} else if (k == 'u' && r.n > 0 && r.p[0] == '{') {
			r.p++;
			r.n--;
			n += put_utf8(number(&r, 16, '}'), out + n);
		} else {
			out[n++] = k == 'n' ? '\n' : k == 'r' ? '\r' :
			    k == 't' ? '\t' : k == '0' ? '\0' : k;
			r.bad |= memchr("nrt0\\", k, 5) == NULL;
		}
	}
	*bad |= r.bad;
	return n;
}

/* It means the same, and holds nothing that may not be there. */
static void
check(struct buf *b, const uint8_t *p, size_t n)
{
	uint8_t half[256], back[256];
	bool bad = false;
	size_t k;

	buf_clear(b);
	escape_html(b, (struct span){ p, n });
	assert_true(buf_ok(b));
	assert_true(b->n < sizeof(half));
	k = undo_html(buf_span(b), half, &bad);
	k = undo_text(half, k, back, &bad);
	assert_false(bad);
	assert_int_equal(k, n);
	assert_memory_equal(back, p, n);
}

/* Every byte that is not ASCII is part of a character: checked by writing
 * each character anew. */
static void
check_utf8(struct span s)
{
	uint8_t own[4];

	while (s.n > 0) {
		size_t n = 1;
		uint32_t c = s.p[0];

		if (c >= 0x80) {
			n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
			assert_true(s.n >= n);
			c &= 0x7fu >> n;
			for (size_t i = 1; i < n; i++)
				c = c << 6 | (s.p[i] & 63u);
			assert_int_equal(put_utf8(c, own), n);
			assert_memory_equal(own, s.p, n);
			assert_true(c < 0xd800 || c > 0xdfff);
		}
		s = (struct span){ s.p + n, s.n - n };
	}
}

static void
nothing_is_lost_of_two_bytes(void **state)
{
	struct buf b = { 0 };
	uint8_t s[2];

	(void)state;
	for (unsigned i = 0; i < 0x10000; i++) {
		s[0] = (uint8_t)(i >> 8);
		s[1] = (uint8_t)i;
		check(&b, s, 2);
		check_utf8(buf_span(&b));
		check(&b, s + 1, 1);
	}
	check(&b, s, 0);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

/* Markup, a right-to-left override in UTF-8 and its halves, what escapes look
 * like themselves. */
static void
nothing_is_lost_of_short_strings(void **state)
{
	static const uint8_t letters[] = { '<', '&', '"', '\'', '\\', '#',
	    'x', '\0', '\n', 0xe2, 0x80, 0xae, 0xc2, ';' };
	const size_t base = sizeof(letters);
	struct buf b = { 0 };
	uint8_t s[5];

	(void)state;
	for (size_t i = 0; i < base * base * base * base * base; i++) {
		for (size_t k = 0, v = i; k < 5; k++, v /= base)
			s[k] = letters[v % base];
		check(&b, s, 5);
		check_utf8(buf_span(&b));
	}
	buf_free(&b);
}

/* UAX 9, UTS 36: what turns text around, joins it, or is not seen. */
static bool
is_hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
	    c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	    c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	    (c >= 0xe0000 && c <= 0xe007f);
}

static void
every_character_is_shown_or_named(void **state)
{
	struct buf b = { 0 };
	uint8_t s[4];
	size_t n;

	(void)state;
	for (uint32_t c = 0; c < 0x110000; c++) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		n = put_utf8(c, s);
		check(&b, s, n);
		if (is_hidden(c))
			assert_int_equal(b.p[0], '\\');
		else if (c < 0x80 && memchr("&<>\"'`", (int)c, 6) != NULL)
			assert_int_equal(b.p[0], '&');
		else if (c < 0x2000 && c != '\\')
			assert_int_equal(b.n, n);
	}
	buf_free(&b);
}

static void
known_texts(void **state)
{
	static const struct {
		struct span in;
		const char *out;
	} cases[] = {
		{ S("<script>alert(1)</script>"),
		    "&#60;script&#62;alert(1)&#60;/script&#62;" },
		{ S("\" onload='x'"), "&#34; onload=&#39;x&#39;" },
		{ S("&lt;"), "&#38;lt;" },
		{ S("</noscript>"), "&#60;/noscript&#62;" },
		{ S("a\0b\r\n"), "a\\0b\\r\\n" },
		{ S("\xe2\x80\xae" "exe"), "\\u{202e}exe" },
		{ S("\xff\xc0\xaf"), "\\xff\\xc0\\xaf" },
		{ S("c:\\x"), "c:\\\\x" },
		{ S("Gr\xc3\xbc\xc3\x9f" "e"), "Gr\xc3\xbc\xc3\x9f" "e" },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		escape_html(&b, cases[i].in);
		assert_string_equal(buf_text(&b), cases[i].out);
	}
	buf_free(&b);
}

/* --- for a shell */

/* What bash makes of these words; *n bytes, each word ended by a NUL. */
static uint8_t *
ask_bash(const char *script, size_t *n)
{
	char command[64];
	uint8_t *out = malloc(1u << 20);
	FILE *f;

	(void)snprintf(command, sizeof(command), "LC_ALL=C bash %s", script);
	f = popen(command, "r");
	assert_non_null(out);
	assert_non_null(f);
	*n = fread(out, 1, 1u << 20, f);
	assert_int_equal(pclose(f), 0);
	return out;
}

/* A word: nothing that must not be shown is in it. */
static void
put_word(FILE *script, struct buf *want, struct span s)
{
	struct buf b = { 0 };

	escape_shell(&b, s);
	assert_true(buf_ok(&b));
	for (size_t i = 0, n; i < b.n; i += n) {
		uint32_t c;

		assert_int_equal(utf8_next((struct span){ b.p + i, b.n - i },
		    &n, &c), UTF8_PLAIN);
	}
	(void)fprintf(script, " %s", buf_text(&b));
	buf_add(want, s.p, s.n);
	buf_byte(want, 0);
	buf_free(&b);
}

/*
 * Every byte but NUL; all strings up to 3 bytes of those that mean something;
 * then a variable, a command and a pattern of each would show.
 */
static void
a_shell_gets_the_same_bytes(void **state)
{
	static const uint8_t abc[] = "'\\\"$`!*~ \n\xff" "1a-=#;{";
	char name[] = "/tmp/baredot-shell.XXXXXX";
	FILE *script = fdopen(mkstemp(name), "w");
	struct buf want = { 0 };
	uint8_t s[3], *got;
	size_t n;

	(void)state;
	assert_non_null(script);
	(void)fputs("printf '%s\\0'", script);
	put_word(script, &want, SPAN(""));
	for (unsigned c = 1; c < 256; c++) {
		s[0] = (uint8_t)c;
		put_word(script, &want, (struct span){ s, 1 });
	}
	for (size_t i = 0; i < sizeof(abc) - 1; i++)
		for (size_t k = 0; k < sizeof(abc) - 1; k++)
			for (size_t m = 0; m < sizeof(abc) - 1; m++) {
				s[0] = abc[i];
				s[1] = abc[k];
				s[2] = abc[m];
				put_word(script, &want, (struct span){ s, 2 });
				put_word(script, &want, (struct span){ s, 3 });
			}
	assert_int_equal(fclose(script), 0);
	got = ask_bash(name, &n);
	(void)unlink(name);
	assert_int_equal(n, want.n);
	assert_memory_equal(got, want.p, n);
	free(got);
	buf_free(&want);
}

/* Text is looked at in words: a byte is the same at each place of one. */
static void
json_does_not_depend_on_places(void **state)
{
	uint8_t text[21];
	struct buf got = { 0 }, want = { 0 };

	(void)state;
	for (unsigned c = 0; c < 0x80; c++)
		for (size_t at = 0; at < sizeof(text); at++) {
			for (size_t k = 0; k < sizeof(text); k++)
				text[k] = k == at ? (uint8_t)c :
				    (uint8_t)(' ' + 2 + k % 2 * 0x5b);
			buf_clear(&got);
			buf_clear(&want);
			assert_true(escape_json(&got, (struct span){ text,
			    sizeof(text) }));
			for (size_t k = 0; k < sizeof(text); k++)
				(void)escape_json(&want, (struct span){
				    text + k, 1 });
			assert_int_equal(got.n, want.n);
			assert_memory_equal(got.p, want.p, want.n);
			memset(text, 'z', sizeof(text));
			text[at] = (uint8_t)c;
			assert_int_equal(escape_json_plain((struct span){ text,
			    sizeof(text) }), c < ' ' || c == '"' ||
			    c == '\\' || c == 0x7f ? at : sizeof(text));
		}
	buf_free(&got);
	buf_free(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shell_gets_the_same_bytes),
		cmocka_unit_test(json_does_not_depend_on_places),
		cmocka_unit_test(nothing_is_lost_of_two_bytes),
		cmocka_unit_test(nothing_is_lost_of_short_strings),
		cmocka_unit_test(every_character_is_shown_or_named),
		cmocka_unit_test(known_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
