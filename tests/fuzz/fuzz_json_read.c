/*
 * Any bytes as a JSON object: what is copied of it is an object again, and the
 * copy of that is the same.
 */
#include <stdlib.h>

#include "json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* NULL: it is none. */
static struct json_object *
copy(struct span s, struct buf *out)
{
	struct json_object *o = json_parse(s);
	struct json j = json_begin(out);

	if (o == NULL)
		return NULL;
	json_open(&j, '{');
	json_copy_members(&j, o, NULL);
	json_close(&j, '}');
	return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf one = { 0 }, two = { 0 }, text = { 0 };
	struct json_object *a = copy((struct span){ data, n }, &one), *b;

	if (a != NULL) {
		(void)json_member_bytes(a, "a", &text);
		if ((b = copy(buf_span(&one), &two)) == NULL ||
		    !span_eq(buf_span(&one), buf_span(&two)))
			abort();
		json_free(b);
	}
	json_free(a);
	buf_free(&one);
	buf_free(&two);
	buf_free(&text);
	return 0;
}
