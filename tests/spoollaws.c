/*
 * See spoollaws.h.
 */
#include "spoollaws.h"

#include <inttypes.h>

#include "t.h"

struct lent
lent_of(const char *name, struct span data, struct lent *next)
{
	return (struct lent){ .name = name, .d = { .bytes = data,
	    .step = 3, .fail_at = DRIP_NEVER }, .next = next };
}

int
lent_open(void *first, const char *name, struct input *into,
    struct err *e)
{
	(void)e;
	for (struct lent *b = first; b != NULL; b = b->next) {
		if (strcmp(name, b->name) != 0)
			continue;
		b->d.at = 0;
		b->d.dead = false;
		input_open_source(into, drip_source(&b->d));
		return ST_OK;
	}
	return ST_END;
}

void
spool_envelope(const struct envelope *v, struct buf *out)
{
	if (v->has_queue_id)
		buf_add(out, v->queue_id.p, v->queue_id.n);
	if (v->has_sender) {
		buf_str(out, " from ");
		buf_add(out, v->sender.p, v->sender.n);
	}
	if (v->has_arrived)
		buf_printf(out, " at %" PRId64, v->arrived);
	for (size_t i = 0; i < v->recipients_n; i++) {
		buf_str(out, i > 0 ? "," : " for ");
		buf_add(out, v->recipients[i].p, v->recipients[i].n);
	}
	if (v->recipients_more > 0)
		buf_printf(out, " +%" PRIu64, v->recipients_more);
}

int
spool_read(struct store *s, struct drip *d, const struct store_how *how,
    struct buf *message, struct buf *envelope, struct err *e)
{
	struct span part;
	struct msg m;
	int rc;

	buf_clear(message);
	buf_clear(envelope);
	rc = store_open_source(s, drip_source(d), how, e);
	if (rc == ST_OK)
		rc = store_next(s, &m, e);
	while (rc == ST_OK)
		if ((rc = store_read(s, &part, e)) == ST_OK) {
			assert_true(part.n > 0);
			buf_add(message, part.p, part.n);
		}
	if (rc == ST_END) {
		assert_true(m.len == message->n);
		if (store_envelope(s) != NULL)
			spool_envelope(store_envelope(s), envelope);
		rc = store_next(s, &m, e);
		assert_int_equal(rc, ST_END);
	}
	store_close(s);
	return rc;
}

static void
is_equal(const struct buf *got, struct span want)
{
	assert_int_equal(got->n, want.n);
	if (want.n > 0)
		assert_memory_equal(got->p, want.p, want.n);
}

/* What is said of the message; and it is the same when it is read again. */
static void
check_message(struct store *s, const struct spool *x)
{
	struct drip d = { .bytes = x->file, .step = 7, .seekable = true,
	    .fail_at = DRIP_NEVER };
	struct buf again = { 0 };
	struct span part;
	struct msg m;

	assert_int_equal(store_open_source(s, drip_source(&d), &x->how, NULL),
	    ST_OK);
	assert_int_equal(store_next(s, &m, NULL), ST_OK);
	assert_string_equal(m.format, x->format);
	assert_int_equal(m.native, x->native);
	assert_true(m.index == 1 && m.off == 0 && m.from == 0);
	assert_int_equal(m.raw_off, x->raw ? 0 : MSG_NOT_RAW);
	assert_true((m.why_not != NULL) == !x->raw);
	while (store_read(s, &part, NULL) == ST_OK)
		;
	assert_true(store_can_again(s));
	store_again(s);
	while (store_read(s, &part, NULL) == ST_OK)
		buf_add(&again, part.p, part.n);
	is_equal(&again, x->message);
	store_close(s);
	buf_free(&again);
}

void
spool_is_whole(struct store *s, const struct spool *x)
{
	const struct span envelope = { (const uint8_t *)x->envelope,
	    strlen(x->envelope) };
	struct buf got = { 0 }, said = { 0 };

	check_message(s, x);
	for (size_t step = 0; step <= x->file.n + 1; step++)
		for (unsigned seekable = 0; seekable < 2; seekable++) {
			struct drip d = { .bytes = x->file, .step = step,
			    .seed = 1, .seekable = seekable != 0,
			    .fail_at = DRIP_NEVER };

			assert_int_equal(spool_read(s, &d, &x->how, &got,
			    &said, NULL), ST_END);
			is_equal(&got, x->message);
			is_equal(&said, envelope);
		}
	buf_free(&got);
	buf_free(&said);
}

void
spool_never_shorter(struct store *s, const struct spool *x)
{
	struct buf got = { 0 }, said = { 0 };

	for (size_t n = 0; n <= x->file.n; n++) {
		struct drip d = { .bytes = x->file, .step = 3, .fail_at = n };
		struct err e = { 0 };

		assert_int_equal(spool_read(s, &d, &x->how, &got, &said, &e),
		    ST_DEAD);
		assert_string_equal(e.text, "the drip fails");
	}
	buf_free(&got);
	buf_free(&said);
}

void
spool_lent_never_shorter(struct store *s, const struct spool *x,
    struct lent *b)
{
	struct buf got = { 0 }, said = { 0 };

	for (size_t n = 0; n <= b->d.bytes.n; n++) {
		struct drip d = { .bytes = x->file, .step = 9,
		    .fail_at = DRIP_NEVER };
		struct err e = { 0 };

		b->d.fail_at = n;
		assert_int_equal(spool_read(s, &d, &x->how, &got, &said, &e),
		    ST_DEAD);
		assert_string_equal(e.text, "the drip fails");
	}
	b->d.fail_at = DRIP_NEVER;
	buf_free(&got);
	buf_free(&said);
}

void
spool_tells_cuts(struct store *s, const struct spool *x, size_t size)
{
	struct buf got = { 0 }, said = { 0 };
	struct store_how how = x->how;

	how.format = x->format;
	for (size_t n = 0; n < size; n++) {
		struct drip d = { .bytes = { x->file.p, n }, .step = 0,
		    .seed = 1, .fail_at = DRIP_NEVER };
		struct err e = { 0 };

		assert_int_equal(spool_read(s, &d, &how, &got, &said, &e),
		    ST_DEAD);
		assert_true(strlen(e.text) > 10);
		assert_true(got.n <= x->message.n);
	}
	buf_free(&got);
	buf_free(&said);
}
