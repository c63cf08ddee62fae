/*
 * scanner/mend_apply.c: whatever a process says that reads hostile mail, what
 * is made is the old file with edits that were allowed, or nothing.
 */
#include "t.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gen.h"
#include "mboxes.h"
#include "mendsay.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct shape shapes[] = {
	{ "", "\r", 0, 1 }, { "\r", "", 1, 0 }, { "\r\r", "", 2, 0 },
	{ "\r", " ", 1, 1 }, { "\r", "\n", 1, 1 }, { "\r", "\r\n", 1, 2 },
	{ "\0", "", 1, 0 }, { "\0", " ", 1, 1 }, { "", ".", 0, 1 },
	{ ".\n", "", 2, 0 }, { ".\r\n", "", 3, 0 },
#define RIGHT 11u		/* none of those behind is one */
	{ "\n", "", 1, 0 }, { "", "x", 0, 1 }, { "\r", "", 5, 0 },
	{ ".", "", 1, 0 }, { "", "", 0, 0 }, { "\r", "\r", 255, 255 },
};

/* --- a law over all small ones */

/* Each next frame, and where that is not refused, those after it. */
static void
go_on(struct mendlaws *l, struct script *s, bool in_message, unsigned depth)
{
	const size_t n = l->old.n;
	const bool deeper = depth > 1;

	for (size_t i = 0; i < N(shapes); i++)
		for (uint64_t off = 0; off <= n; off++) {
			say_edit(s, &shapes[i], off);
			if (say_closed(l, s, in_message) && deeper)
				go_on(l, s, in_message, depth - 1);
			s->n--;
		}
	for (uint64_t off = 0; off <= n; off++)
		for (uint64_t len = 0; len <= n - off; len++) {
			say_message(s, off, len);
			if (say_closed(l, s, true) && deeper)
				go_on(l, s, true, depth - 1);
			s->n--;
		}
	say_word(s, MEND_END);
	if (say_closed(l, s, false) && deeper)
		go_on(l, s, false, depth - 1);
	s->n--;
}

static void
check_all_small(unsigned kinds, unsigned depth, size_t max)
{
	static const uint8_t abc[4] = { '\r', '\n', '.', 0 };
	static struct mendlaws l;
	static struct script s;
	const struct mend_may may = { .kinds = kinds };
	uint8_t old[4];

	mendlaws_open(&l, &may);
	for (size_t n = 0; n <= max; n++)
		for (unsigned code = 0; code < 1u << (2 * n); code++) {
			for (size_t i = 0; i < n; i++)
				old[i] = abc[code >> (2 * i) & 3];
			mendlaws_file(&l, (struct span){ old, n });
			go_on(&l, &s, false, depth);
		}
	mendlaws_close(&l);
}

static void
all_short_frames_on_all_small_files(void **state)
{
	(void)state;
	check_all_small(SMALL_KINDS, 3, 3);
	check_all_small(SMALL_KINDS & ~(unsigned)EDIT_DROP_CR, 2, 3);
	check_all_small(0, 2, 2);
}

/* --- messages that go */

/* Each end of the message and of what goes; the length may be below 0. */
static size_t
check_cuts(struct mendlaws *l, struct script *s, uint64_t from, uint64_t off)
{
	const uint64_t n = l->old.n;
	size_t made = 0;

	for (uint64_t end = off < 2 ? 0 : off - 2; end <= n + 1; end++)
		for (uint64_t to = end; to <= n + 2; to++) {
			s->n = 0;
			say_cut(s, from, off, end - off, to);
			made += say_closed(l, s, false);
		}
	return made;
}

/* Each place of a small mbox for each border of what goes. */
static void
no_cut_but_a_message_is_made(void **state)
{
	static const char mbox[] = "From a\n\n\nFrom b\nxFrom c\nFrom d\n";
	const struct mend_may may = { .take = true };
	const struct span old = { (const uint8_t *)mbox, sizeof(mbox) - 1 };
	static struct mendlaws l;
	static struct script s;
	size_t made = 0;

	(void)state;
	mendlaws_open(&l, &may);
	mendlaws_file(&l, old);
	for (uint64_t from = 0; from <= old.n + 1; from++)
		for (uint64_t off = 0; off <= old.n + 1; off++)
			made += check_cuts(&l, &s, from, off);
	assert_true(made >= 3);
	mendlaws_close(&l);
}

/* What a store says of an mbox, and which of its messages go. */
static void
say_messages(struct script *s, struct span mbox, uint64_t which)
{
	const struct store_how how = { .format = "mbox" };
	struct store *st = store_new(NULL);
	const int fd = memfd_create("mbox", MFD_CLOEXEC);
	struct msg m;
	struct span part;

	assert_true(st != NULL && fd >= 0 &&
	    pwrite(fd, mbox.p, mbox.n, 0) == (ssize_t)mbox.n);
	assert_int_equal(store_open(st, fd, mbox.n, &how, NULL), ST_OK);
	while (store_next(st, &m, NULL) == ST_OK) {
		while (store_read(st, &part, NULL) == ST_OK)
			;
		if ((which >> m.index % 64 & 1) != 0)
			say_cut(s, m.from, m.off, m.len, store_position(st));
	}
	store_free(st);
}

static void
every_message_of_an_mbox_may_go(void **state)
{
	const struct mend_may may = { .take = true };
	static struct mendlaws l;
	static struct script s;
	struct buf b = { 0 };
	uint64_t taken = 0;

	(void)state;
	mendlaws_open(&l, &may);
	for (uint64_t seed = 1; seed <= 3000; seed++) {
		const struct mboxes_how how = { .ends = seed % MBOXES_ENDS,
		    .lengths = seed % 3 != 0, .most = 9 };

		buf_clear(&b);
		mboxes_make(&b, &how, seed);
		mendlaws_file(&l, buf_span(&b));
		s.n = 0;
		say_messages(&s, buf_span(&b), seed % 2 == 0 ? UINT64_MAX :
		    seed * 0x9e3779b97f4a7c15u);
		if (!say_closed(&l, &s, false))
			fail_msg("mbox %u: %s", (unsigned)seed, l.e.text);
		taken += l.job.taken;
	}
	assert_true(taken > 3000);
	mendlaws_close(&l);
	buf_free(&b);
}

/* --- larger ones */

static const char *const texts[] = { "Date: x\n", "Message-ID: <1@x>\n",
    "MIME-Version: 1.0\n", "Content-Transfer-Encoding: base64\n", "42",
    "quoted-printable", "eA==\n", "" };

/* Who talks, and where. */
struct talk {
	struct gen g;
	struct script s;
	struct span old;
	uint64_t base, at;	/* of the message, and in it */
};

/* An edit whose old bytes are there, more often than not. */
static void
say_some_edit(struct talk *t)
{
	const struct span left = { t->old.p + t->base + t->at,
	    t->old.n > t->base + t->at ? t->old.n - t->base - t->at : 0 };
	const struct shape *e = shapes;

	for (unsigned i = 0; i < 6; i++) {
		e = &shapes[gen_below(&t->g, gen_below(&t->g, 16) > 0 ?
		    RIGHT : N(shapes))];
		if (e->del <= EDIT_MAX && span_starts(left, (struct span){
		    (const uint8_t *)e->old, e->del }))
			break;
	}
	say_edit(&t->s, e, t->at);
	if (gen_below(&t->g, 16) > 0)
		t->at += gen_below(&t->g, 2) + (e->del > 0 ? e->del : 1);
}

static void
say_something(struct talk *t)
{
	const size_t n = t->old.n;
	struct gen *g = &t->g;

	switch (gen_below(g, 24)) {
	case 0:
		say_word(&t->s, MEND_END);
		t->base += t->at + gen_below(g, 3);
		t->at = 0;
		say_message(&t->s, t->base, gen_below(g, n + 1));
		break;
	case 1:
		say_graft(&t->s, t->at, gen_below(g, 3), (unsigned)EDIT_FIELD <<
		    gen_below(g, 4), texts[gen_below(g, N(texts))]);
		break;
	case 2:
		say_word(&t->s, (uint32_t)gen_below(g, 9));
		break;
	case 3:
		say_cut(&t->s, t->base, t->at, gen_below(g, n), n);
		break;
	default:
		say_some_edit(t);
		break;
	}
}

/* Whatever is said, in any order. */
static void
random_frames_on_random_files(void **state)
{
	static const char bytes[] = "\r\r\n\n.\0 x:a";
	const struct mend_may may = { .kinds = ALL_KINDS, .take = true };
	static struct mendlaws l;
	static struct talk t = { .g.seed = 0x3e4d };
	uint8_t old[24];
	size_t made = 0;

	(void)state;
	mendlaws_open(&l, &may);
	for (size_t i = 0; i < 100000; i++) {
		t.old = (struct span){ old, gen_below(&t.g, sizeof(old)) + 1 };
		for (size_t k = 0; k < t.old.n; k++)
			old[k] = (uint8_t)bytes[gen_below(&t.g,
			    sizeof(bytes) - 1)];
		mendlaws_file(&l, t.old);
		t.s.n = 0;
		t.at = gen_below(&t.g, 4);
		t.base = gen_below(&t.g, 2);
		say_message(&t.s, t.base, t.old.n - t.base);
		for (size_t k = gen_below(&t.g, 6); k > 0; k--)
			say_something(&t);
		made += say_closed(&l, &t.s, true) && l.want.edits > 1;
	}
	assert_true(made > 500);
	mendlaws_close(&l);
}

/* A CR at each place around the end of what is read, or written, at once. */
static void
borders_of_chunks_do_not_matter(void **state)
{
	static const struct shape longer = { "\r", "\r\n", 1, 2 };
	static const struct shape dot = { "", ".", 0, 1 };
	const struct mend_may may = { .kinds = SMALL_KINDS };
	const size_t n = 2 * MEND_CHUNK + 100;
	uint8_t *old = malloc(n);
	static struct mendlaws l;
	static struct script s;

	(void)state;
	assert_non_null(old);
	mendlaws_open(&l, &may);
	for (size_t at = MEND_CHUNK - 5; at < MEND_CHUNK + 3; at++) {
		memset(old, 'x', n);
		memcpy(old + at, "\r\n.\r", 4);
		memcpy(old + n - 100, "\r", 1);
		mendlaws_file(&l, (struct span){ old, n });
		for (uint64_t off = 0; off < 6; off++) {
			const uint64_t from = at > MEND_CHUNK ? off : at - off;

			s.n = 0;
			say_message(&s, from, n - from - off);
			say_edit(&s, &longer, at - from);
			say_edit(&s, &dot, at - from + 2);
			say_edit(&s, &longer, at - from + 3);
			say_edit(&s, &longer, n - 100 - from);
			assert_true(say_closed(&l, &s, true));
			assert_int_equal(l.want.n, n + 4);
		}
	}
	mendlaws_close(&l);
	free(old);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_short_frames_on_all_small_files),
		cmocka_unit_test(no_cut_but_a_message_is_made),
		cmocka_unit_test(every_message_of_an_mbox_may_go),
		cmocka_unit_test(random_frames_on_random_files),
		cmocka_unit_test(borders_of_chunks_do_not_matter),
	};

	return cmocka_run_group_tests_name("mend_apply", tests, NULL, NULL);
}
