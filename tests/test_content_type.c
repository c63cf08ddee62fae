/*
 * Values of MIME fields: what was written comes back, however it was written,
 * and a table of what is wrong in the wild.
 */
#include <stdio.h>
#include <stdlib.h>

#include "content_type.h"
#include "gen.h"
#include "t.h"

static struct span
bytes(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

/* Memory of just the right size lets the sanitizer see a byte too far. */
static size_t
param_of(struct span value, const char *name, uint8_t *out, size_t max,
    char type[MEDIA_TYPE_MAX + 1])
{
	uint8_t *p = malloc(value.n + 1), *to = malloc(max + 1);
	struct content_type t;
	size_t n;

	assert_non_null(p);
	assert_non_null(to);
	if (value.n > 0)
		memcpy(p + 1, value.p, value.n);
	content_type_read(&t, (struct span){ p + 1, value.n });
	n = content_type_param(&t, name, to + 1, max);
	memcpy(out, to + 1, n < max ? n : max);
	memcpy(type, t.type, sizeof(t.type));
	free(p);
	free(to);
	return n;
}

struct value_case {
	const char *name, *value, *type, *boundary;
};

static const struct value_case cases[] = {
	{ "plain", "multipart/mixed; boundary=abc", "multipart/mixed", "abc" },
	{ "quoted", "multipart/mixed; boundary=\"a b\"", "multipart/mixed",
	    "a b" },
	{ "no space", "multipart/mixed;boundary=abc", "multipart/mixed",
	    "abc" },
	{ "spaces", " multipart / mixed ; boundary = abc ", "multipart/mixed",
	    "abc" },
	{ "any case", "MultiPart/MIXED; Boundary=aBc", "multipart/mixed",
	    "aBc" },
	{ "folded by CRLF", "multipart/mixed;\r\n\tboundary=\"a\r\n b\"",
	    "multipart/mixed", "a b" },
	{ "folded by LF", "multipart/mixed;\n boundary=\"a\n b\"",
	    "multipart/mixed", "a b" },
	{ "a comment", "(x) multipart/(y)mixed (z); (a) boundary(b)=(c)abc(d)",
	    "multipart/mixed", "abc" },
	{ "comments within", "a/b (x (y\\) ;boundary=no) z); boundary=abc",
	    "a/b", "abc" },
	{ "a comment that does not end", "a/b; boundary=abc; (x; c=d",
	    "a/b", "abc" },
	{ "not quoted although it must", "a/b; boundary=----=_Part:1/2?@[]",
	    "a/b", "----=_Part:1/2?@[]" },
	{ "no quote at the end", "a/b; boundary=\"abc ; charset=x", "a/b",
	    "abc" },
	{ "no quote before the fold", "a/b; boundary=\"abc\r\n c=d", "a/b",
	    "abc" },
	{ "no quote at the beginning", "a/b; boundary=abc\"; c=d", "a/b",
	    "abc" },
	{ "a quote at the very end", "a/b; boundary=\"", "a/b", "" },
	{ "a backslash at the very end", "a/b; boundary=\"abc\\", "a/b",
	    "abc\\" },
	{ "quoted pairs", "a/b; boundary=\"a\\\"b\\\\c\"", "a/b", "a\"b\\c" },
	{ "a semicolon in quotes", "a/b; x=\";boundary=no\"; boundary=abc",
	    "a/b", "abc" },
	{ "semicolons to spare", ";a/b;;; boundary=abc;;", "", "abc" },
	{ "a semicolon at the end", "a/b; boundary=abc;", "a/b", "abc" },
	{ "no semicolon", "a/b boundary=abc", "a/b", "abc" },
	{ "no semicolon behind quotes", "a/b; x=\"y\"boundary=abc", "a/b",
	    "abc" },
	{ "behind a name without a value", "a/b; x; boundary=abc", "a/b",
	    "abc" },
	{ "rubbish before it", "a/b; =; \"\"; @, boundary=abc", "a/b", "abc" },
	{ "another name that ends like it", "a/b; xboundary=no; boundary=abc",
	    "a/b", "abc" },
	{ "another that begins like it", "a/b; boundaryx=no; boundary=abc",
	    "a/b", "abc" },
	{ "the first of two", "a/b; boundary=abc; boundary=no", "a/b", "abc" },
	{ "absent", "a/b; charset=utf-8", "a/b", "" },
	{ "empty", "a/b; boundary=", "a/b", "" },
	{ "empty, and another follows", "a/b; boundary=; c=d", "a/b", "" },
	{ "empty in quotes", "a/b; boundary=\"\"", "a/b", "" },
	{ "encoded", "a/b; boundary*=us-ascii'en'a%20b%3d", "a/b", "a b=" },
	{ "encoded without a language", "a/b; boundary*=''abc", "a/b", "abc" },
	{ "encoded without a charset", "a/b; boundary*=a%62c", "a/b", "abc" },
	{ "encoded with one quote", "a/b; boundary*=a'b%63", "a/b", "a'bc" },
	{ "badly encoded", "a/b; boundary*=''a%zz%4", "a/b", "a%zz%4" },
	{ "not encoded", "a/b; boundary=''a%20", "a/b", "''a%20" },
	{ "in pieces", "a/b; boundary*0=ab; boundary*1=cd", "a/b", "abcd" },
	{ "in quoted pieces", "a/b; boundary*0=\"a \"; boundary*1=\"b\"",
	    "a/b", "a b" },
	{ "in pieces out of order", "a/b; boundary*1=cd; boundary*0=ab",
	    "a/b", "abcd" },
	{ "in encoded pieces",
	    "a/b; boundary*0*=x'y'%61; boundary*1=%62; boundary*2*=%63",
	    "a/b", "a%62c" },
	{ "a piece is missing", "a/b; boundary*0=ab; boundary*2=ef", "a/b",
	    "ab" },
	{ "the first piece is missing", "a/b; boundary*1=cd", "a/b", "" },
	{ "pieces of no number", "a/b; boundary*x=no; boundary**=no;"
	    "boundary*99999999999999999999999=no; boundary*32=no", "a/b", "" },
	{ "the plain one counts", "a/b; boundary*=no; boundary=abc", "a/b",
	    "abc" },
	{ "unless it is empty", "a/b; boundary=; boundary*=abc", "a/b",
	    "abc" },
	{ "8-bit bytes", "a/b; boundary=\xe4\xff", "a/b", "\xe4\xff" },
	{ "no subtype", "multipart; boundary=abc", "multipart", "abc" },
	{ "an empty subtype", "multipart/; boundary=abc", "multipart/",
	    "abc" },
	{ "two subtypes", "a/b/c; boundary=abc", "a/b", "abc" },
	{ "a type in quotes", "\"a/b\"; boundary=abc", "a/b", "abc" },
	{ "no type", "; boundary=abc", "", "abc" },
	{ "no type but a slash", "/b; boundary=abc", "", "abc" },
	{ "nothing", "", "", "" },
	{ "white space", " \r\n\t", "", "" },
	{ "an encoding", " Base64 ", "base64", "" },
	{ "an encoding in quotes", "\"8bit\"", "8bit", "" },
	{ "an encoding and a comment", "7bit (all of it)", "7bit", "" },
	{ "a disposition", "attachment; filename=\"x\"", "attachment", "" },
};

static void
each_form_is_read(void **state)
{
	char type[MEDIA_TYPE_MAX + 1];
	uint8_t out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct value_case *c = &cases[i];
		const size_t n = param_of(bytes(c->value), "boundary", out,
		    sizeof(out), type);

		if (strcmp(type, c->type) != 0)
			fail_msg("%s: type %s", c->name, type);
		if (n != strlen(c->boundary) ||
		    memcmp(out, c->boundary, n) != 0)
			fail_msg("%s: %zu bytes, %.*s", c->name, n, (int)n,
			    out);
	}
}

static void
what_does_not_fit_is_counted(void **state)
{
	static const char *const forms[] = { "a/b; boundary=abcdef",
	    "a/b; boundary*=abcd%65f", "a/b; boundary*0=abc; boundary*1=def" };
	char type[MEDIA_TYPE_MAX + 1];
	uint8_t out[8];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t max = 0; max <= sizeof(out); max++) {
			assert_int_equal(param_of(bytes(forms[i]), "boundary",
			    out, max, type), 6);
			assert_memory_equal(out, "abcdef", max < 6 ? max : 6);
		}
}

static void
a_long_type_is_cut(void **state)
{
	char value[202], type[MEDIA_TYPE_MAX + 1];
	uint8_t out[8];

	(void)state;
	for (size_t n = 60; n < 200; n++) {
		memset(value, 'A', n);
		memcpy(value + 40, "/", 1);
		memcpy(value + n, "", 1);
		(void)param_of(bytes(value), "x", out, 8, type);
		assert_int_equal(strlen(type), n < 80 ? n : 80);
		assert_int_equal(type[39], 'a');
	}
}

static void
a_type_is_known_by_its_first_half(void **state)
{
	(void)state;
	assert_true(content_type_is("multipart/mixed", "multipart"));
	assert_true(content_type_is("multipart/", "multipart"));
	assert_true(content_type_is("multipart", "multipart"));
	assert_false(content_type_is("multiparts/mixed", "multipart"));
	assert_false(content_type_is("multi", "multipart"));
	assert_false(content_type_is("", "multipart"));
}

/* --- the law: a value comes back, in whatever form it is written */

static void
add_space(struct gen *g, bool must)
{
	static const char *const spaces[] = { " ", "\r\n\t", "\n ",
	    " (a;\\)\"b(c=d)) " };
	const size_t i = gen_below(g, must ? 4 : 8);

	if (i < 4)
		gen_add(g, bytes(spaces[i]));
}

static bool
is_simple(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    (c != 0 && strchr("-_+=/:?.,'", c) != NULL);
}

static void
add_quoted(struct gen *g, struct span s)
{
	gen_fill(g, '"', 1);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\' || gen_below(g, 9) == 0)
			gen_fill(g, '\\', 1);
		gen_fill(g, s.p[i], 1);
		if (gen_below(g, 20) == 0)
			gen_add(g, SPAN("\r\n"));
	}
	gen_fill(g, '"', 1);
}

static void
add_encoded(struct gen *g, struct span s)
{
	char hex[4];

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= 'a' && s.p[i] <= 'z' && gen_below(g, 3) > 0) {
			gen_fill(g, s.p[i], 1);
			continue;
		}
		(void)snprintf(hex, sizeof(hex), gen_below(g, 2) > 0 ?
		    "%%%02X" : "%%%02x", s.p[i]);
		gen_add(g, bytes(hex));
	}
}

static void
add_value(struct gen *g, struct span s)
{
	bool simple = s.n > 0;

	for (size_t i = 0; i < s.n; i++)
		simple &= is_simple(s.p[i]);
	if (simple && gen_below(g, 2) > 0)
		gen_add(g, s);
	else
		add_quoted(g, s);
}

/* In up to 4 pieces of each form. */
static void
add_pieces(struct gen *g, struct span s)
{
	const size_t n = 1 + gen_below(g, 4);
	char name[64];

	for (size_t i = 0; i < n; i++) {
		const size_t size = i + 1 < n ? gen_below(g, s.n + 1) : s.n;
		const bool encoded = gen_below(g, 2) > 0;

		(void)snprintf(name, sizeof(name), "; boundary*%zu%s=", i,
		    encoded ? "*" : "");
		gen_add(g, bytes(name));
		if (encoded && i == 0)
			gen_add(g, SPAN("utf-8''"));
		if (encoded)
			add_encoded(g, (struct span){ s.p, size });
		else
			add_quoted(g, (struct span){ s.p, size });
		s = (struct span){ s.p + size, s.n - size };
	}
}

static void
add_other(struct gen *g)
{
	static const char *const others[] = { "; charset=utf-8",
	    "; x=\";boundary=no\\\"\"", ";", ";boundary2=no",
	    "; title*0*=a''b; title*1=c" };

	while (gen_below(g, 3) > 0) {
		gen_add(g, bytes(others[gen_below(g, 5)]));
		add_space(g, true);
	}
}

static void
what_was_written_comes_back(void **state)
{
	struct gen *g = calloc(1, sizeof(*g));
	char type[MEDIA_TYPE_MAX + 1];
	uint8_t value[40], out[40];

	(void)state;
	assert_non_null(g);
	g->seed = 7;
	for (unsigned k = 0; k < 20000; k++) {
		const struct span s = { value, 1 + gen_below(g, 39) };

		g->n = 0;
		for (size_t i = 0; i < s.n; i++)
			value[i] = (uint8_t)(k % 2 > 0 ? 'a' +
			    gen_below(g, 26) : ' ' + gen_below(g, 95));
		gen_add(g, SPAN("multipart/mixed"));
		add_space(g, false);
		add_other(g);
		if (gen_below(g, 2) > 0) {
			gen_add(g, SPAN(";"));
			add_space(g, false);
			gen_add(g, SPAN("boundary"));
			add_space(g, false);
			gen_add(g, SPAN("="));
			add_space(g, false);
			add_value(g, s);
		} else {
			add_pieces(g, s);
		}
		add_space(g, false);
		add_other(g);
		if (param_of((struct span){ g->p, g->n }, "boundary", out, 40,
		    type) != s.n || memcmp(out, value, s.n) != 0)
			fail_msg("%.*s in %.*s", (int)s.n, value, (int)g->n,
			    g->p);
		assert_string_equal(type, "multipart/mixed");
	}
	free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_read),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(a_long_type_is_cut),
		cmocka_unit_test(a_type_is_known_by_its_first_half),
		cmocka_unit_test(what_was_written_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
