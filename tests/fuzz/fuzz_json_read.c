/*
 * Any bytes as a JSON object: what is let pass has only members that can be
 * walked through, and its strings, decoded and written anew, are the same.
 */
#include <stdlib.h>

#include "escape.h"
#include "json.h"
#include "json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
check_text(const struct buf *text)
{
	struct buf again = { 0 }, back = { 0 };
	struct json j = json_begin(&again);

	json_open(&j, '{');
	json_bytes(&j, "t", buf_span(text));
	json_close(&j, '}');
	must(json_checked(buf_span(&again)));
	must(json_member_bytes(buf_span(&again), "t", &back));
	must(span_eq(buf_span(text), buf_span(&back)));
	buf_free(&again);
	buf_free(&back);
}

static void
walk(struct span object, unsigned depth)
{
	struct span rest = object, key, value, first;
	struct buf text = { 0 }, name = { 0 };
	size_t bytes = 1;

	while (json_next(&rest, &key, &value)) {
		bytes += 4 + key.n + value.n;	/* "": and a comma or brace */
		buf_clear(&name);
		buf_add(&name, key.p, key.n);
		must(json_member(object, buf_text(&name), &first));
		must(first.p <= value.p);
		buf_clear(&text);
		if (json_member_text(object, buf_text(&name), &text))
			check_text(&text);
		if (value.p[0] == '{') {
			must(json_checked(value));
			walk(value, depth + 1);
		}
	}
	must(depth < 9);
	must(bytes == object.n || object.n == 2);
	buf_free(&text);
	buf_free(&name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct span s = { data, n };
	struct span rest = s, key, value;
	struct buf b = { 0 };

	while (json_next(&rest, &key, &value))
		must(value.p >= s.p && value.p + value.n <= s.p + s.n);
	(void)json_member_bytes(s, "a", &b);
	buf_free(&b);
	if (json_checked(s))
		walk(s, 0);
	return 0;
}
