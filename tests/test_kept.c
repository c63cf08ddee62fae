/*
 * What is kept of a file: counts, pieces, stamps.
 */
#include "t.h"

#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "piece.h"
#include "stamp.h"

/* --- found */

static uint64_t
number(void)
{
	const uint64_t r = (uint64_t)random();

	switch (random() % 8) {
	case 0:
		return r & 127;
	case 1:
		return 128 + (r & 0xffff);
	case 2:
		return UINT64_MAX - (r & 1);
	default:
		return 0;
	}
}

static void
numbers(uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = number();
}

/* Any delta, in so far as it is put. */
static struct delta
any_delta(void)
{
	static const char *const formats[] = { NULL, "mbox", "maildir",
	    "files", "pickup" };
	struct delta d;
	struct totals *t = &d.totals;

	memset(&d, 0, sizeof(d));
	t->messages = number();
	t->bytes = number();
	t->flagged = number();
	numbers(t->by_severity, SEVERITIES);
	numbers(t->code_messages, CODE_COUNT);
	numbers(t->code_count, CODE_COUNT);
	for (size_t i = 0; i < CODE_COUNT; i++)
		t->code_worst[i] = (enum severity)(random() % SEVERITIES);
	numbers(t->rule_messages, USER_RULES_MAX);
	numbers(t->rule_count, USER_RULES_MAX);
	numbers(t->conventions, CONVENTIONS);
	t->files = number();
	t->stores = number();
	t->not_mail = number();
	t->gone = number();
	t->unreadable = number();
	t->records = number();
	d.folder.format = formats[random() % 5];
	d.folder.messages = number();
	d.folder.bytes = number();
	d.folder.members = number();
	numbers(d.folder.conventions, CONVENTIONS);
	d.folder.unsettled = random() % 2 == 0;
	if ((d.folder.has_dialects = random() % 2 == 0)) {
		d.folder.dialects.messages = number();
		d.folder.dialects.disputes = number();
		d.folder.dialects.at_end = random() % 2 == 0;
		for (size_t i = 0; i < DIALECTS_KEPT; i++) {
			d.folder.dialects.dispute[i].off = number();
			d.folder.dialects.dispute[i].kind =
			    (enum dispute_kind)(random() % 3);
		}
	}
	return d;
}

static void
what_was_put_is_taken(void **state)
{
	struct buf b = { 0 };
	struct delta d, got;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		d = any_delta();
		buf_clear(&b);
		found_put(&b, &d);
		assert_true(buf_ok(&b));
		assert_true(found_take(buf_span(&b), &got));
		assert_memory_equal(&got.totals, &d.totals,
		    sizeof(d.totals));
		assert_ptr_equal(got.folder.format == NULL,
		    d.folder.format == NULL);
		if (d.folder.format != NULL)
			assert_string_equal(got.folder.format,
			    d.folder.format);
		got.folder.format = d.folder.format;
		assert_memory_equal(&got.folder, &d.folder,
		    sizeof(d.folder));
	}
	buf_free(&b);
}

/* A message of a Maildir, the usual thing. */
static void
little_is_few_bytes(void **state)
{
	struct delta d = { .totals = { .messages = 1, .bytes = 8000,
	    .conventions = { 1 }, .files = 1 }, .folder = {
	    .format = "maildir", .messages = 1, .bytes = 8000,
	    .conventions = { 1 } } };
	struct buf b = { 0 };

	(void)state;
	found_put(&b, &d);
	assert_in_range(b.n, 1, 32);
	buf_free(&b);
}

/* Cut, changed, or random: nothing is read or written beyond the ends, and
 * what has bounds keeps them. */
static void
garbage_stays_in_bounds(void **state)
{
	struct buf b = { 0 };
	struct delta d, got;
	uint8_t *own;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n;

		d = any_delta();
		buf_clear(&b);
		found_put(&b, &d);
		n = (size_t)random() % (b.n + 1);
		own = malloc(n > 0 ? n : 1);	/* so that ASan sees its end */
		memcpy(own, b.p, n);
		if (n > 0 && i % 3 > 0)
			own[(size_t)random() % n] = (uint8_t)random();
		if (found_take((struct span){ own, n }, &got)) {
			for (size_t k = 0; k < CODE_COUNT; k++)
				assert_in_range(got.totals.code_worst[k], 0,
				    SEVERITIES - 1);
			for (size_t k = 0; k < DIALECTS_KEPT; k++)
				assert_in_range(got.folder.dialects.
				    dispute[k].kind, 0, DISPUTE_IN_LENGTH);
		}
		free(own);
	}
	buf_free(&b);
}

/* --- pieces */

static void
pieces_come_in_their_order(void **state)
{
	const struct piece p[] = {
		{ .kind = PIECE_MESSAGE, .text = 100, .flagged = true,
		  .worst = SEV_HIGH, .more = SPAN("0123456789abcdef") },
		{ .kind = PIECE_STORE, .text = 3 },
		{ .kind = PIECE_END, .whole = true, .name = 7,
		  .stamp = { 1, 2, 3, -4, 5, 6, 7 }, .more = SPAN("found") },
		{ .kind = PIECE_OTHER, .text = UINT32_MAX },
	};
	struct buf b = { 0 };
	struct piece got;
	struct span s;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		piece_put(&b, &p[i]);
	s = buf_span(&b);
	for (size_t i = 0; i < 4; i++) {
		assert_true(piece_take(&s, &got));
		assert_int_equal(got.kind, p[i].kind);
		assert_int_equal(got.text, p[i].text);
		assert_int_equal(got.flagged, p[i].flagged);
		assert_int_equal(got.worst, p[i].worst);
		assert_int_equal(got.whole, p[i].whole);
		assert_int_equal(got.name, p[i].name);
		assert_true(stamp_same(&got.stamp, &p[i].stamp));
		assert_int_equal(got.more.n, p[i].more.n);
		if (got.more.n > 0)
			assert_memory_equal(got.more.p, p[i].more.p,
			    got.more.n);
	}
	assert_false(piece_take(&s, &got));
	buf_free(&b);
}

static void
pieces_of_garbage_end(void **state)
{
	struct buf b = { 0 };
	struct piece got;
	uint8_t *own;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct span s;
		size_t n;

		buf_clear(&b);
		for (int k = 0; k < 3; k++)
			piece_put(&b, &(struct piece){
			    .kind = (enum piece_kind)(random() % 4),
			    .more = { (const uint8_t *)"0123456789",
			    (size_t)random() % 11 } });
		n = (size_t)random() % (b.n + 1);
		own = malloc(n > 0 ? n : 1);
		memcpy(own, b.p, n);
		if (n > 0)
			own[(size_t)random() % n] = (uint8_t)random();
		s = (struct span){ own, n };
		while (piece_take(&s, &got)) {
			assert_in_range(got.kind, 0, PIECE_KINDS - 1);
			assert_in_range(got.worst, 0, SEVERITIES - 1);
			for (size_t k = 0; k < got.more.n; k++)
				assert_true(got.more.p[k] <= 255);
		}
		free(own);
	}
	buf_free(&b);
}

/* --- stamps */

/* Each member counts. */
static void
stamps_differ_by_anything(void **state)
{
	const struct stamp a = { 1, 2, 3, 4, 5, 6, 7 };
	const struct stamp others[] = {
		{ 0, 2, 3, 4, 5, 6, 7 }, { 1, 0, 3, 4, 5, 6, 7 },
		{ 1, 2, 0, 4, 5, 6, 7 }, { 1, 2, 3, 0, 5, 6, 7 },
		{ 1, 2, 3, 4, 0, 6, 7 }, { 1, 2, 3, 4, 5, 0, 7 },
		{ 1, 2, 3, 4, 5, 6, 0 },
	};

	(void)state;
	assert_true(stamp_same(&a, &a));
	for (size_t i = 0; i < 7; i++) {
		assert_false(stamp_same(&a, &others[i]));
		assert_false(stamp_same(&others[i], &a));
	}
}

static void
two_seconds_settle(void **state)
{
	(void)state;
	for (int64_t m = 90; m < 110; m++)
		for (int64_t c = 90; c < 110; c++) {
			const struct stamp s = { .mtime = m, .ctime = c };

			assert_int_equal(stamp_is_settled(&s, 100),
			    m <= 97 && c <= 97);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_taken),
		cmocka_unit_test(little_is_few_bytes),
		cmocka_unit_test(garbage_stays_in_bounds),
		cmocka_unit_test(pieces_come_in_their_order),
		cmocka_unit_test(pieces_of_garbage_end),
		cmocka_unit_test(stamps_differ_by_anything),
		cmocka_unit_test(two_seconds_settle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
