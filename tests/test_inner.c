/*
 * formats/inner.c: messages that are compressed in a dbox.
 */
#include "t.h"

#include <stdlib.h>
#include <zlib.h>

#include "buf.h"
#include "drip.h"
#include "store.h"

#define HEAD "2 M1e C6b0c18a5\n"
#define META "\n\1\3\nR6b0c18a5\nG0\n\n"

/* What comes of a store: counts, and how it ended. */
struct seen {
	size_t good, bad;
	int rc;
};

static void
add_record(struct buf *b, struct span stored)
{
	buf_printf(b, "\1\2N          %016zX\n", stored.n);
	buf_add(b, stored.p, stored.n);
	buf_str(b, META);
}

static void
gzip(struct buf *out, struct span s)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)s.p,
	    .avail_in = (uInt)s.n };
	uint8_t *p = malloc(s.n + 200);

	assert_non_null(p);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = p;
	z.avail_out = (uInt)s.n + 200;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_add(out, p, z.total_out);
	assert_int_equal(deflateEnd(&z), Z_OK);
	free(p);
}

/* Read it; twice where that can be. */
static int
read_whole(struct store *s, const struct msg *m, struct span want,
    struct err *e)
{
	struct span part;

	for (unsigned again = 0; again < 2; again++) {
		bool same = true;	/* damage may show at the end only */
		size_t at = 0;
		int rc;

		while ((rc = store_read(s, &part, e)) == ST_OK) {
			assert_true(part.n > 0);
			same = same && part.n <= want.n - at &&
			    memcmp(part.p, want.p + at, part.n) == 0;
			at += part.n;
		}
		if (rc != ST_END)
			return rc;
		assert_true(same && at == want.n && m->len == want.n);
		if (!store_can_again(s))
			break;
		store_again(s);
	}
	return ST_OK;
}

/* All messages of data have to be want. */
static struct seen
see(struct store *s, struct drip *d, struct span want)
{
	const struct store_how how = { .format = "dbox" };
	struct seen seen = { 0 };
	struct err e;
	struct msg m;

	seen.rc = store_open_source(s, drip_source(d), &how, &e);
	while (seen.rc == ST_OK || seen.rc == ST_BAD) {
		seen.rc = store_next(s, &m, &e);
		if (seen.rc == ST_OK)
			seen.rc = read_whole(s, &m, want, &e);
		seen.good += seen.rc == ST_OK;
		seen.bad += seen.rc == ST_BAD;
	}
	store_close(s);
	return seen;
}

struct world {
	struct store *s;
	struct buf mail, packed, data;
};

/* Three messages: compressed, as it is, compressed. */
static struct world
make(size_t size)
{
	struct world w = { .s = store_new(NULL) };

	buf_str(&w.mail, "From: a@example.org\n\n");
	for (uint64_t seed = 7; w.mail.n < size; )
		buf_printf(&w.mail, "%08x\r\n", (unsigned)drip_random(&seed));
	gzip(&w.packed, buf_span(&w.mail));
	buf_str(&w.data, HEAD);
	add_record(&w.data, buf_span(&w.packed));
	add_record(&w.data, buf_span(&w.mail));
	add_record(&w.data, buf_span(&w.packed));
	return w;
}

static void
end(struct world *w)
{
	store_free(w->s);
	buf_free(&w->mail);
	buf_free(&w->packed);
	buf_free(&w->data);
}

static void
cuts_do_not_matter(void **state)
{
	struct world w = make(100);

	(void)state;
	for (size_t step = 0; step < w.data.n + 2; step++)
		for (unsigned seekable = 0; seekable < 2; seekable++) {
			struct drip d = { .bytes = buf_span(&w.data),
			    .step = step, .seed = 1, .seekable = seekable,
			    .fail_at = DRIP_NEVER };
			const struct seen seen = see(w.s, &d,
			    buf_span(&w.mail));

			assert_true(seen.good == 3 && seen.bad == 0);
			assert_int_equal(seen.rc, ST_END);
		}
	end(&w);
}

static void
a_long_one_is_read_too(void **state)
{
	struct world w = make(6u << 20);

	(void)state;
	for (unsigned seekable = 0; seekable < 2; seekable++) {
		struct drip d = { .bytes = buf_span(&w.data), .step = 70000,
		    .seekable = seekable, .fail_at = DRIP_NEVER };
		const struct seen seen = see(w.s, &d, buf_span(&w.mail));

		assert_true(seen.good == 3 && seen.bad == 0);
		assert_int_equal(seen.rc, ST_END);
	}
	end(&w);
}

static void
a_read_error_at_any_byte_is_dead(void **state)
{
	struct world w = make(100);

	(void)state;
	for (size_t at = 0; at <= w.data.n; at++)
		for (unsigned i = 0; i < 4; i++) {
			struct drip d = { .bytes = buf_span(&w.data),
			    .step = i < 2 ? 1 : SIZE_MAX, .seekable = i & 1,
			    .fail_at = at };
			const struct seen seen = see(w.s, &d,
			    buf_span(&w.mail));

			assert_true(seen.bad == 0);
			assert_int_equal(seen.rc, ST_DEAD);
		}
	end(&w);
}

/* Any byte of the first one changed: the others are what they were, and it is
 * that too or it is told. */
static void
a_damaged_one_is_told_and_the_others_are_read(void **state)
{
	struct world w = make(100);

	(void)state;
	for (size_t at = 46; at < 46 + w.packed.n; at++)
		for (unsigned to = 1; to < 256; to += 7) {
			struct drip d = { .bytes = buf_span(&w.data),
			    .step = SIZE_MAX, .seekable = at & 1,
			    .fail_at = DRIP_NEVER };
			struct seen seen;

			/* Without its magic it is taken as it stands. */
			if (at < 46 + 3)
				continue;
			w.data.p[at] ^= (uint8_t)to;
			seen = see(w.s, &d, buf_span(&w.mail));
			w.data.p[at] ^= (uint8_t)to;
			assert_true(seen.good + seen.bad == 3 &&
			    seen.good >= 2);
			assert_int_equal(seen.rc, ST_END);
		}
	end(&w);
}

static void
cut_off_it_is_told(void **state)
{
	struct world w = make(100);

	(void)state;
	for (size_t n = 47; n < 46 + w.packed.n + 4; n++) {
		struct drip d = { .bytes = { w.data.p, n }, .step = SIZE_MAX,
		    .seekable = n & 1, .fail_at = DRIP_NEVER };
		const struct seen seen = see(w.s, &d, buf_span(&w.mail));

		assert_true(seen.good == 0 && seen.bad >= 1);
		assert_int_equal(seen.rc, ST_END);
	}
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_do_not_matter),
		cmocka_unit_test(a_long_one_is_read_too),
		cmocka_unit_test(a_read_error_at_any_byte_is_dead),
		cmocka_unit_test(a_damaged_one_is_told_and_the_others_are_read),
		cmocka_unit_test(cut_off_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
