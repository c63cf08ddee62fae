/*
 * See storelaws.h.
 */
#include "storelaws.h"

#include "t.h"

#include <inttypes.h>
#include <stdlib.h>

#include "drip.h"

/* Read the message at hand; it has to be what stands at its offset. */
static int
read_once(struct store *s, const struct msg *m, struct span data,
    struct err *e)
{
	uint64_t at = m->off;
	struct span part;
	int rc;

	while ((rc = store_read(s, &part, e)) == ST_OK) {
		assert_true(part.n > 0 && at + part.n <= data.n);
		assert_memory_equal(part.p, data.p + at, part.n);
		at += part.n;
	}
	if (rc != ST_END)
		return rc;
	assert_true(at == m->off + m->len && m->raw_off == m->off);
	assert_true(m->from <= m->off);
	assert_int_equal(store_read(s, &part, e), ST_END);
	return ST_OK;
}

/* Twice where that can be. */
static int
read_message(struct store *s, const struct msg *m, struct span data,
    struct err *e)
{
	const int rc = read_once(s, m, data, e);

	if (rc == ST_OK && store_can_again(s)) {
		store_again(s);
		assert_int_equal(read_once(s, m, data, e), ST_OK);
	}
	return rc;
}

static void
log_all(struct buf *out, struct store *s, struct span data)
{
	struct err e = { .num = 0 };
	struct msg m;
	int rc;

	do {
		if ((rc = store_next(s, &m, &e)) == ST_OK &&
		    (rc = read_message(s, &m, data, &e)) == ST_OK)
			buf_printf(out, "message %s %" PRIu64 " %" PRIu64
			    " %" PRIu64 "\n", m.format, m.index, m.off, m.len);
		if (rc == ST_BAD)
			buf_printf(out, "bad %" PRIu64 ": %s\n", m.from,
			    e.text);
	} while (rc == ST_OK || rc == ST_BAD);
	buf_str(out, rc == ST_END ? "end" : "dead");
	if (rc == ST_END)
		assert_int_equal(store_next(s, &m, &e), ST_END);
}

char *
storelaws_log(struct store *given, struct span data,
    const struct storelaws_how *how)
{
	const struct store_how h = { .format = how->format,
	    .place = how->place };
	struct drip d = { .bytes = data, .step = how->step, .seed = 1,
	    .seekable = how->seekable, .fail_at = how->fail_at };
	struct store *s = given != NULL ? given : store_new(NULL);
	struct err e = { .num = 0 };
	struct buf out = { 0 };
	const int rc = store_open_source(s, drip_source(&d), &h, &e);
	char *text;

	if (rc == ST_OK)
		log_all(&out, s, data);
	else if (rc == ST_BAD)
		buf_printf(&out, "not mail: %s", e.text);
	else
		buf_str(&out, "dead");
	store_close(s);
	if (given == NULL)
		store_free(s);
	text = strdup(buf_text(&out));
	buf_free(&out);
	assert_non_null(text);
	return text;
}

static void
same_log(struct store *s, struct span data, const struct storelaws_how *how,
    const char *want)
{
	char *got = storelaws_log(s, data, how);

	assert_string_equal(got, want);
	free(got);
}

void
storelaws_cuts(struct span data, enum store_place place, const char *want)
{
	struct store *s = store_new(NULL);

	for (size_t step = 0; step <= data.n + 1; step++)
		for (unsigned seekable = 0; seekable < 2; seekable++) {
			const struct storelaws_how how = { .place = place,
			    .step = step, .seekable = seekable,
			    .fail_at = DRIP_NEVER };

			same_log(s, data, &how, want);
		}
	store_free(s);
}

void
storelaws_errors(struct span data, enum store_place place)
{
	struct storelaws_how how = { .place = place, .fail_at = DRIP_NEVER };
	struct store *s = store_new(NULL);
	char *want = storelaws_log(s, data, &how), *got;

	for (size_t at = 0; at <= data.n; at++)
		for (unsigned i = 0; i < 6; i++) {
			how.fail_at = at;
			how.seekable = i & 1;
			how.step = i < 2 ? 1 : i < 4 ? 7 : SIZE_MAX;
			got = storelaws_log(s, data, &how);
			assert_string_equal(got + strlen(got) - 4, "dead");
			assert_memory_equal(got, want, strlen(got) - 4);
			free(got);
		}
	free(want);
	store_free(s);
}

static bool
is_whole(const size_t *whole, size_t n)
{
	while (*whole != 0)
		if (*whole++ == n)
			return true;
	return false;
}

/* Each line of got about a message is one of want. */
static void
no_other_message(const char *got, const char *want)
{
	const char *end;

	for (; (end = strchr(got, '\n')) != NULL; got = end + 1) {
		char *line = strndup(got, (size_t)(end - got) + 1);

		if (strncmp(line, "message", 7) == 0)
			assert_non_null(strstr(want, line));
		free(line);
	}
}

void
storelaws_truncated(struct span data, const char *format, const size_t *whole)
{
	struct storelaws_how how = { .format = format, .step = SIZE_MAX,
	    .fail_at = DRIP_NEVER };
	struct store *s = store_new(NULL);
	char *want = storelaws_log(s, data, &how);

	assert_null(strstr(want, "bad"));
	for (size_t n = 1; n < data.n; n++)
		for (unsigned seekable = 0; seekable < 2; seekable++) {
			char *got;

			how.seekable = seekable;
			got = storelaws_log(s, (struct span){ data.p, n },
			    &how);
			no_other_message(got, want);
			if ((strstr(got, "bad ") != NULL) ==
			    is_whole(whole, n))
				fail_msg("cut at %zu: %s", n, got);
			free(got);
		}
	free(want);
	store_free(s);
}
