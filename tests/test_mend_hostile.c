/*
 * scanner/mend_apply.c: what a process might say that hostile mail has taken
 * over, case by case, and what fails around it.
 */
#include "t.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "folder.h"
#include "mendsay.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct mend_may all = { .kinds = ALL_KINDS, .take = true };

/* --- named cases */

#define FIELD "Date: Thu, 1 Jan 1970 00:00:00 +0000\n"
#define ID "Message-ID: <1@example.com>\n"
#define HEAD "From: a@example.com\n"
#define BODY "\na\r.\n\0b\n"
static const char file[] = "xx\n" HEAD BODY "yy\n";
#define AT 3u			/* where the message is */
#define LEN (sizeof(HEAD BODY) - 1)
#define EMPTY (sizeof(HEAD) - 1)	/* the empty line in it */
#define CR (EMPTY + 2)

static const struct shape cr_to_space = { "\r", " ", 1, 1 };
static const struct shape nul_goes = { "\0", "", 1, 0 };
static const struct shape dot = { "", ".", 0, 1 };

static void
say_good(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY, 0, EDIT_FIELD, FIELD);
	say_graft(s, EMPTY, 0, EDIT_FIELD, ID);
	say_edit(s, &cr_to_space, CR);
	say_edit(s, &nul_goes, CR + 3);
}

static void
beyond_the_message(struct script *s)
{
	say_message(s, AT, CR);
	say_edit(s, &cr_to_space, CR);
}

static void
beyond_the_file(struct script *s)
{
	say_message(s, AT, sizeof(file) - 1 - AT);
	say_edit(s, &cr_to_space, sizeof(file));
}

static void
far_away(struct script *s)
{
	say_message(s, AT, LEN);
	say_edit(s, &cr_to_space, UINT64_MAX);
}

static void
before_the_message(struct script *s)
{
	say_message(s, AT + CR + 1, LEN - CR - 1);
	say_edit(s, &cr_to_space, UINT64_MAX);
}

static void
out_of_order(struct script *s)
{
	say_message(s, AT, LEN);
	say_edit(s, &nul_goes, CR + 3);
	say_edit(s, &cr_to_space, CR);
}

static void
out_of_order_in_one_frame(struct script *s)
{
	const struct edit e[2] = { edit_of(&nul_goes, CR + 3),
	    edit_of(&cr_to_space, CR) };

	say_message(s, AT, LEN);
	say(s, MEND_EDITS, e, sizeof(e), (struct span){ NULL, 0 });
}

static void
the_same_twice(struct script *s)
{
	say_message(s, AT, LEN);
	say_edit(s, &cr_to_space, CR);
	say_edit(s, &cr_to_space, CR);
}

static void
other_bytes(struct script *s)
{
	say_message(s, AT, LEN);
	say_edit(s, &cr_to_space, CR + 1);
}

static void
no_message(struct script *s)
{
	say_edit(s, &cr_to_space, CR);
}

static void
a_message_beyond_the_file(struct script *s)
{
	say_message(s, AT, sizeof(file) - AT);
}

static void
a_message_too_far(struct script *s)
{
	say_message(s, sizeof(file), 0);
}

static void
a_length_that_overflows(struct script *s)
{
	say_message(s, AT, UINT64_MAX - AT + 1);
}

static void
an_offset_that_overflows(struct script *s)
{
	say_message(s, UINT64_MAX, 2);
}

static void
a_message_in_a_message(struct script *s)
{
	say_message(s, AT, LEN);
	say_message(s, AT, LEN);
}

static void
a_message_over_another(struct script *s)
{
	say_message(s, AT, LEN);
	say_word(s, MEND_END);
	say_message(s, AT + LEN - 1, 1);
}

static void
an_end_of_nothing(struct script *s)
{
	say_word(s, MEND_END);
	say_message(s, AT, LEN);
}

static void
two_ends(struct script *s)
{
	say_message(s, AT, LEN);
	say_word(s, MEND_END);
	say_word(s, MEND_END);
	say_message(s, AT + LEN, 0);
}

static void
done_in_a_message(struct script *s)
{
	say_message(s, AT, LEN);
	say_word(s, MEND_DONE);
}

static void
an_unknown_kind(struct script *s)
{
	say_message(s, AT, LEN);
	say_word(s, MEND_FAILED + 1);
}

static void
failed(struct script *s)
{
	say_message(s, AT, LEN);
	say(s, MEND_FAILED, NULL, 0, SPAN("no"));
}

static void
failed_without_a_word(struct script *s)
{
	say_message(s, AT, LEN);
	say_word(s, MEND_FAILED);
}

static void
a_part_of_an_edit(struct script *s)
{
	const struct edit e = edit_of(&cr_to_space, CR);

	say_message(s, AT, LEN);
	say(s, MEND_EDITS, &e, sizeof(e) - 1, (struct span){ NULL, 0 });
}

static void
a_dot_that_is_none(struct script *s)
{
	say_message(s, AT, LEN);
	say_edit(s, &dot, CR - 1);
}

static void
a_field_in_the_body(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, CR + 3, 0, EDIT_FIELD, FIELD);
}

static void
a_field_in_a_line(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, 5, 0, EDIT_FIELD, FIELD);
}

static void
a_field_with_another_in_it(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY, 0, EDIT_FIELD, "Date: x\nX: y\n");
}

static void
a_field_of_any_name(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY, 0, EDIT_FIELD, "Bcc: a@example.com\n");
}

static void
a_field_and_a_body(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY, 0, EDIT_FIELD, "Date: x\n\nbody\n");
}

static void
a_field_without_text(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY, 0, EDIT_FIELD, "");
	say_graft(s, EMPTY, 0, EDIT_FIELD, "");
}

static void
a_field_that_takes_bytes(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY, 1, EDIT_FIELD, FIELD);
}

static void
a_field_twice(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY, 0, EDIT_FIELD, FIELD);
	say_graft(s, EMPTY, 0, EDIT_FIELD, FIELD);
}

static void
too_many_fields(struct script *s)
{
	say_message(s, AT, LEN);
	for (unsigned i = 0; i <= MEND_SAME; i++)
		say_graft(s, EMPTY, 0, EDIT_FIELD, FIELD);
}

static void
a_field_before_an_edit(struct script *s)
{
	say_message(s, AT, LEN);
	say_edit(s, &cr_to_space, CR);
	say_graft(s, EMPTY, 0, EDIT_FIELD, FIELD);
}

static void
a_field_at_the_end_of_the_file(struct script *s)
{
	say_message(s, AT, sizeof(file) - 1 - AT);
	say_graft(s, sizeof(file) - 1 - AT, 0, EDIT_FIELD, FIELD);
}

static void
a_field_outside(struct script *s)
{
	say_graft(s, EMPTY, 0, EDIT_FIELD, FIELD);
	say_message(s, AT, LEN);
}

static void
a_length_of_no_digits(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, 6, 13, EDIT_LENGTH, "1");
}

static void
a_body_that_was_not_there(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY, 0, EDIT_FIELD,
	    "Content-Transfer-Encoding: base64\n");
	say_graft(s, EMPTY + 1, LEN - EMPTY - 1, EDIT_ENCODE, "aGFja2Vk\n");
}

static void
a_body_without_its_encoding(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY + 1, LEN - EMPTY - 1, EDIT_ENCODE,
	    "a=0D.=0A=00b=0A");
}

static void
a_body_that_goes_further(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY, 0, EDIT_FIELD,
	    "Content-Transfer-Encoding: base64\n");
	say_graft(s, EMPTY + 1, UINT64_MAX - EMPTY, EDIT_ENCODE, "aGFja2Vk\n");
}

static void
an_encoding_without_a_body(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY, 0, EDIT_FIELD,
	    "Content-Transfer-Encoding: base64\n");
}

static void
two_kinds_at_once(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, EMPTY, 0, EDIT_FIELD | EDIT_LENGTH, FIELD);
}

static void
a_small_kind_as_a_graft(struct script *s)
{
	say_message(s, AT, LEN);
	say_graft(s, CR, 1, EDIT_SPACE_CR, "y");
}

static void
text_between_messages(struct script *s)
{
	say_message(s, AT, LEN);
	say_word(s, MEND_END);
	say_graft(s, AT + LEN, 0, EDIT_FIELD, FIELD);
	say_message(s, AT + LEN, 1);
}

static void
a_message_that_goes_from_the_middle(struct script *s)
{
	say_cut(s, AT, AT, LEN, AT + LEN);
}

static void
the_file_goes_but_for_a_byte(struct script *s)
{
	say_cut(s, 0, 0, 1, sizeof(file) - 1);
}

static void
nothing_goes(struct script *s)
{
	say_cut(s, 0, 0, 0, 0);
}

static void
a_message_goes_out_of_a_message(struct script *s)
{
	say_message(s, 0, sizeof(file) - 1);
	say_cut(s, 0, 0, sizeof(file) - 1, sizeof(file) - 1);
}

static void
what_was_mended_goes(struct script *s)
{
	say_message(s, AT, LEN);
	say_word(s, MEND_END);
	say_cut(s, 0, 0, sizeof(file) - 1, sizeof(file) - 1);
}

static void
a_length_that_goes_overflows(struct script *s)
{
	say_cut(s, 0, 1, UINT64_MAX, sizeof(file) - 1);
}

/* Why: the end of the reason. */
#define OUTSIDE "an edit outside of its message"
#define ORDER "edits out of order"
#define NOT_THERE "a message that is not there"
#define NONSENSE "it makes no sense"
#define FORBIDDEN "an edit that is not allowed"
#define NO_PLACE "text where none may be put"
#define NO_MESSAGE "what would go is not a message"

#define CASE(f, why) { #f, f, why }
static const struct {
	const char *name;
	void (*say)(struct script *);
	const char *why;
} hostile[] = {
	CASE(beyond_the_message, OUTSIDE),
	CASE(beyond_the_file, OUTSIDE),
	CASE(far_away, OUTSIDE),
	CASE(before_the_message, OUTSIDE),
	CASE(out_of_order, ORDER),
	CASE(out_of_order_in_one_frame, ORDER),
	CASE(the_same_twice, ORDER),
	CASE(other_bytes, "an edit of other bytes"),
	CASE(no_message, OUTSIDE),
	CASE(a_message_beyond_the_file, NOT_THERE),
	CASE(a_message_too_far, NOT_THERE),
	CASE(a_length_that_overflows, NOT_THERE),
	CASE(an_offset_that_overflows, NOT_THERE),
	CASE(a_message_in_a_message, NONSENSE),
	CASE(a_message_over_another, NOT_THERE),
	CASE(an_end_of_nothing, NONSENSE),
	CASE(two_ends, NONSENSE),
	CASE(done_in_a_message, NONSENSE),
	CASE(an_unknown_kind, NONSENSE),
	CASE(failed, "no"),
	CASE(failed_without_a_word, ""),
	CASE(a_part_of_an_edit, NONSENSE),
	CASE(a_dot_that_is_none, "an edit before the wrong byte"),
	CASE(a_field_in_the_body, NO_PLACE),
	CASE(a_field_in_a_line, NO_PLACE),
	CASE(a_field_with_another_in_it, FORBIDDEN),
	CASE(a_field_of_any_name, FORBIDDEN),
	CASE(a_field_and_a_body, FORBIDDEN),
	CASE(a_field_without_text, NONSENSE),
	CASE(a_field_that_takes_bytes, FORBIDDEN),
	CASE(a_field_twice, NO_PLACE),
	CASE(too_many_fields, ORDER),
	CASE(a_field_before_an_edit, ORDER),
	CASE(a_field_at_the_end_of_the_file, OUTSIDE),
	CASE(a_field_outside, NONSENSE),
	CASE(a_length_of_no_digits, NO_PLACE),
	CASE(a_body_that_was_not_there,
	    "an encoded body that is not the old one"),
	CASE(a_body_without_its_encoding, NO_PLACE),
	CASE(a_body_that_goes_further, OUTSIDE),
	CASE(an_encoding_without_a_body,
	    "text before what it must not stand before"),
	CASE(two_kinds_at_once, FORBIDDEN),
	CASE(a_small_kind_as_a_graft, FORBIDDEN),
	CASE(text_between_messages, NONSENSE),
	CASE(a_message_that_goes_from_the_middle, NO_MESSAGE),
	CASE(the_file_goes_but_for_a_byte, NO_MESSAGE),
	CASE(nothing_goes, NOT_THERE),
	CASE(a_message_goes_out_of_a_message, NONSENSE),
	CASE(what_was_mended_goes, NOT_THERE),
	CASE(a_length_that_goes_overflows, NOT_THERE),
};

static bool
ends_in(const char *text, const char *end)
{
	const size_t n = strlen(text), k = strlen(end);

	return n >= k && strcmp(text + n - k, end) == 0;
}

static void
open_file(struct mendlaws *l, const struct mend_may *may)
{
	mendlaws_open(l, may);
	mendlaws_file(l, (struct span){ (const uint8_t *)file,
	    sizeof(file) - 1 });
}

static void
what_is_right_is_made(void **state)
{
	static const char want[] = "xx\n" HEAD FIELD ID "\na .\nb\nyy\n";
	static struct mendlaws l;
	static struct script s;

	(void)state;
	open_file(&l, &all);
	s.n = 0;
	say_good(&s);
	assert_true(say_closed(&l, &s, true));
	assert_int_equal(l.want.n, sizeof(want) - 1);
	assert_memory_equal(l.want.p, want, sizeof(want) - 1);
	assert_int_equal(l.job.messages, 1);
	assert_int_equal(l.job.edits, 4);
	mendlaws_close(&l);
}

static bool
ends_in_a_message(const struct script *s)
{
	bool in = false;

	for (size_t i = 0; i < s->n; i++)
		if (s->f[i].type == MEND_MESSAGE || s->f[i].type == MEND_END)
			in = s->f[i].type == MEND_MESSAGE;
	return in;
}

static void
what_is_hostile_is_refused(void **state)
{
	static struct mendlaws l;
	static struct script s;

	(void)state;
	open_file(&l, &all);
	for (size_t i = 0; i < N(hostile); i++) {
		s.n = 0;
		hostile[i].say(&s);
		if (say_closed(&l, &s, ends_in_a_message(&s)))
			fail_msg("%s was made", hostile[i].name);
		assert_int_equal(l.rc, ST_BAD);
		if (!ends_in(l.e.text, hostile[i].why))
			fail_msg("%s: %s", hostile[i].name, l.e.text);
	}
	mendlaws_close(&l);
}

/* The same, with its own payload. */
static void
copy_script(struct script *s, const struct script *good)
{
	*s = *good;
	for (size_t k = 0; k < s->n; k++)
		s->f[k].s.p = s->payload[k];
}

/* One frame of what is right, with fewer bytes, or more; or gone, or said
 * twice, or of another kind. */
static void
change_frame(struct mendlaws *l, const struct script *good, size_t i)
{
	const size_t behind = (good->n - i - 1) * sizeof(good->f[0]);
	static struct script s;

	for (size_t n = 0; n < SCRIPT_PAYLOAD; n++) {
		copy_script(&s, good);
		s.f[i].s.n = n;
		say_must_hold(l, &s);
		if (s.f[i].type == MEND_MESSAGE && n != good->f[i].s.n)
			assert_int_equal(l->rc, ST_BAD);
		if (s.f[i].type == MEND_EDITS && n > 0 &&
		    n != good->f[i].s.n)
			assert_int_equal(l->rc, ST_BAD);
	}
	copy_script(&s, good);
	memmove(&s.f[i], &s.f[i + 1], behind);
	s.n--;
	say_must_hold(l, &s);
	copy_script(&s, good);
	memmove(&s.f[i + 2], &s.f[i + 1], behind);
	s.f[i + 1] = s.f[i];
	s.n++;
	say_must_hold(l, &s);
	copy_script(&s, good);
	for (uint32_t type = 0; type <= MEND_FAILED + 1; type++) {
		s.f[i].type = type;
		say_must_hold(l, &s);
	}
}

static void
frames_may_be_cut_anywhere(void **state)
{
	static struct mendlaws l;
	static struct script s;

	(void)state;
	open_file(&l, &all);
	s.n = 0;
	say_good(&s);
	say_word(&s, MEND_END);
	say_message(&s, AT + LEN, 2);
	say_word(&s, MEND_END);
	say_word(&s, MEND_DONE);
	for (size_t i = 0; i < s.n; i++)
		change_frame(&l, &s, i);
	/* And it ends anywhere. */
	for (size_t n = 0; n < s.n; n++) {
		assert_null(mendlaws_check(&l, s.f, n));
		assert_int_equal(l.rc, ST_BAD);
	}
	mendlaws_close(&l);
}

static void
many_edits_are_one_frame_and_no_more(void **state)
{
	static struct edit e[MEND_EDITS_MAX + 1];
	static uint8_t crs[MEND_EDITS_MAX + 1];
	const struct mend_message w = { .len = sizeof(crs), .to = BRK_LF };
	struct mendlaws_frame f[4] = {
		{ MEND_MESSAGE, { (const uint8_t *)&w, sizeof(w) } },
		{ .type = MEND_EDITS }, { .type = MEND_END },
		{ .type = MEND_DONE },
	};
	static struct mendlaws l;

	(void)state;
	memset(crs, '\r', sizeof(crs));
	for (size_t i = 0; i < N(e); i++)
		e[i] = edit_of(&cr_to_space, i);
	mendlaws_open(&l, &all);
	mendlaws_file(&l, (struct span){ crs, sizeof(crs) });
	for (size_t n = MEND_EDITS_MAX - 1; n <= N(e); n++) {
		f[1].s = (struct span){ (const uint8_t *)e, n * sizeof(e[0]) };
		assert_null(mendlaws_check(&l, f, 4));
		assert_int_equal(l.rc, n <= MEND_EDITS_MAX ? ST_OK : ST_BAD);
	}
	mendlaws_close(&l);
}

/* A field that waited when it was given up is not the next file's. */
static void
a_file_that_was_given_up_leaves_nothing(void **state)
{
	static struct mendlaws l;
	static struct script s;

	(void)state;
	open_file(&l, &all);
	s.n = 0;
	say_message(&s, AT, LEN);
	say_graft(&s, EMPTY, 0, EDIT_FIELD, ID);
	say_must_hold(&l, &s);
	assert_int_equal(l.rc, ST_BAD);
	s.n = 0;
	say_good(&s);
	assert_true(say_closed(&l, &s, true));
	mendlaws_close(&l);
}

static void
no_message_goes_where_none_may(void **state)
{
	const struct mend_may may = { .kinds = ALL_KINDS };
	static struct mendlaws l;
	static struct script s;

	(void)state;
	open_file(&l, &may);
	s.n = 0;
	say_cut(&s, 0, 0, sizeof(file) - 1, sizeof(file) - 1);
	assert_false(say_closed(&l, &s, false));
	mendlaws_close(&l);
	open_file(&l, &all);
	assert_true(say_closed(&l, &s, false));
	assert_int_equal(l.want.n, 0);
	mendlaws_close(&l);
}

/* The separator is all before off, and nothing is behind the message. */
static const struct {
	const char *mbox;
	uint64_t off, to;
	bool ok;
} separators[] = {
	{ "From a\n\nFrom b\n", 7, 8, true },
	{ "From a\r\n\r\nFrom b\r\n", 8, 10, true },
	{ "From a\r\rFrom b\r", 7, 8, true },
	{ "From a\rb\n\nFrom b\n", 9, 10, true },
	{ "From a\n", 7, 7, true },
	{ "From a", 6, 6, true },
	{ "\nFrom a\n", 0, 1, true },
	{ "From a\nb\nFrom b\n", 9, 9, false },
	{ "From a\n\nFrom b\n", 8, 8, false },
	{ "From a\r\rFrom b\r", 8, 8, false },
	{ "From a\nb\rFrom b\n", 9, 9, false },
	{ "From a\nb\r\nFrom b\n", 10, 10, false },
	{ "From a\nb\nFrom b\n", 8, 9, false },
	{ "From: a\n\nFrom b\n", 8, 9, false },
	{ "From a\n\nFrom: b\n", 7, 8, false },
	{ "From a\n\n\n\nFrom b\n", 7, 10, false },
	{ "From a\n\nFro", 7, 8, false },
};

static void
no_more_is_lost_than_a_separator(void **state)
{
	static struct mendlaws l;
	static struct script s;

	(void)state;
	mendlaws_open(&l, &all);
	for (size_t i = 0; i < N(separators); i++) {
		const char *mbox = separators[i].mbox;
		const uint64_t off = separators[i].off;

		mendlaws_file(&l, (struct span){ (const uint8_t *)mbox,
		    strlen(mbox) });
		s.n = 0;
		say_cut(&s, 0, off, 0, separators[i].to);
		if (say_closed(&l, &s, false) != separators[i].ok)
			fail_msg("case %zu: %s", i, l.e.text);
	}
	mendlaws_close(&l);
}

/* A From_ line that no format would read as one. */
static void
separators_are_short(void **state)
{
	static uint8_t mbox[3000];
	static struct mendlaws l;
	static struct script s;

	(void)state;
	mendlaws_open(&l, &all);
	for (uint64_t n = 2040; n < 2060; n++) {
		memset(mbox, 'x', sizeof(mbox));
		memcpy(mbox, "From ", 5);
		mbox[n - 1] = '\n';
		mendlaws_file(&l, (struct span){ mbox, sizeof(mbox) });
		s.n = 0;
		say_cut(&s, 0, n, sizeof(mbox) - n, sizeof(mbox));
		assert_int_equal(say_closed(&l, &s, false), n <= 2048);
	}
	mendlaws_close(&l);
}

/* --- --from */

static void
add_record(struct buf *b, uint64_t off, struct span bytes)
{
	struct hash *h = hash_new();
	uint8_t sha[HASH_SIZE];

	assert_non_null(h);
	hash_begin(h);
	hash_feed(h, bytes);
	assert_true(hash_end(h, sha));
	hash_free(h);
	buf_printf(b, "{\"type\":\"message\",\"path\":\"x\",\"offset\":%llu,"
	    "\"length\":%zu,\"sha256\":\"", (unsigned long long)off, bytes.n);
	buf_hex(b, sha, sizeof(sha));
	buf_str(b, "\"}\n");
}

static struct selection *
select_all(struct buf *b)
{
	struct selection *s = NULL;
	struct folder folder;
	char path[sizeof(folder.path) + 3];

	folder_make(&folder);
	folder_write(&folder, "r", buf_span(b));
	(void)snprintf(path, sizeof(path), "%s/r", folder.path);
	assert_int_equal(selection_read(path, &s, NULL), ST_OK);
	folder_remove(&folder);
	buf_free(b);
	return s;
}

/* A report of one message. */
static struct selection *
select_one(uint64_t off, struct span bytes)
{
	struct buf b = { 0 };

	add_record(&b, off, bytes);
	return select_all(&b);
}

static bool
may_mend(const struct mend_may *may, uint64_t off, uint64_t len)
{
	static struct mendlaws l;
	static struct script s;

	open_file(&l, may);
	s.n = 0;
	say_message(&s, off, len);
	say_word(&s, MEND_END);
	say_word(&s, MEND_DONE);
	/* The laws know nothing of reports. */
	(void)mendlaws_check(&l, s.f, s.n);
	assert_true(l.rc == ST_OK || l.rc == ST_BAD);
	mendlaws_close(&l);
	return l.rc == ST_OK;
}

static void
only_messages_of_the_report_are_mended(void **state)
{
	const struct span f = { (const uint8_t *)file, sizeof(file) - 1 };
	struct mend_may may = all;
	struct selection *one;

	(void)state;
	one = select_one(AT, (struct span){ f.p + AT, LEN });
	may.only = one;
	for (uint64_t off = 0; off <= f.n; off++)
		for (uint64_t len = 0; len <= f.n - off; len++)
			assert_true(may_mend(&may, off, len) ==
			    (off == AT && len == LEN));
	selection_free(one);
	/* Its bytes are others by now. */
	one = select_one(AT, (struct span){ f.p + AT + 1, LEN });
	may.only = one;
	assert_false(may_mend(&may, AT, LEN));
	selection_free(one);
}

/* To look whether it is in the report does not disturb what is copied. */
static void
all_messages_of_the_report_are_mended(void **state)
{
	const struct span f = { (const uint8_t *)file, sizeof(file) - 1 };
	struct mend_may may = all;
	struct selection *two;
	static struct mendlaws l;
	static struct script s;
	struct buf b = { 0 };

	(void)state;
	add_record(&b, 0, (struct span){ f.p, AT });
	add_record(&b, AT, (struct span){ f.p + AT, LEN });
	may.only = two = select_all(&b);
	open_file(&l, &may);
	s.n = 0;
	say_message(&s, 0, AT);
	say_word(&s, MEND_END);
	say_good(&s);
	assert_true(say_closed(&l, &s, true));
	mendlaws_close(&l);
	selection_free(two);
}

static void
only_messages_of_the_report_go(void **state)
{
	const struct span f = { (const uint8_t *)file, sizeof(file) - 1 };
	struct selection *one = select_one(AT, (struct span){ f.p + AT,
	    LEN });
	struct selection *whole = select_one(0, f);
	struct mend_may may = all;
	static struct mendlaws l;
	static struct script s;

	(void)state;
	s.n = 0;
	say_cut(&s, 0, 0, f.n, f.n);
	say_word(&s, MEND_DONE);
	for (unsigned i = 0; i < 2; i++) {
		may.only = i == 0 ? one : whole;
		open_file(&l, &may);
		(void)mendlaws_check(&l, s.f, s.n);
		assert_int_equal(l.rc, i == 0 ? ST_BAD : ST_OK);
		assert_int_equal(l.taken_n, i);
		mendlaws_close(&l);
	}
	selection_free(one);
	selection_free(whole);
}

/* --- what fails */

struct failing {
	int from, to;
	uint64_t size;
	int taken;		/* what take says */
};

static int
on_take(void *ctx, int old, const struct mend_taken *t, struct err *e)
{
	const struct failing *f = ctx;

	(void)t;
	assert_int_equal(old, f->from);
	return err_set(e, f->taken, 0, "taken");
}

static int
run(struct mend_apply *m, struct failing *f, const struct script *s,
    struct err *e)
{
	struct mend_job job = { .take = on_take, .ctx = f };
	int rc = ST_OK;

	mend_apply_begin(m, &job, f->from, f->to, f->size, e);
	for (size_t i = 0; i < s->n && rc == ST_OK; i++)
		rc = mend_apply_frame(m, s->f[i].type, s->f[i].s);
	return rc == ST_END ? mend_apply_end(m) : rc;
}

/* A file that became shorter is not taken for one that ends there. */
static void
what_cannot_be_read_is_dead(void **state)
{
	struct mend_apply *m = mend_apply_new(&all);
	static struct mendlaws l;
	static struct script s;
	struct err e = { 0 };

	(void)state;
	assert_non_null(m);
	open_file(&l, &all);
	s.n = 0;
	say_good(&s);
	say_word(&s, MEND_END);
	say_word(&s, MEND_DONE);
	for (uint64_t n = 0; n <= sizeof(file) - 1; n++) {
		struct failing f = { l.from, l.to, sizeof(file) - 1, ST_OK };

		assert_int_equal(ftruncate(l.from, (off_t)n), 0);
		assert_int_equal(pwrite(l.from, file, n, 0), n);
		assert_int_equal(run(m, &f, &s, &e), n == f.size ? ST_OK :
		    ST_DEAD);
		f.from = -1;
		assert_int_equal(run(m, &f, &s, &e), ST_DEAD);
	}
	mendlaws_close(&l);
	mend_apply_free(m);
}

/* Nothing says how far it got, so nothing is made of it. */
static void
what_cannot_be_written_is_dead(void **state)
{
	struct mend_apply *m = mend_apply_new(&all);
	const struct rlimit none = { 0, RLIM_INFINITY };
	static struct mendlaws l;
	static struct script s;
	struct err e = { 0 };
	struct failing f = { .size = sizeof(file) - 1 };

	(void)state;
	assert_non_null(m);
	open_file(&l, &all);
	s.n = 0;
	say_good(&s);
	say_word(&s, MEND_END);
	say_word(&s, MEND_DONE);
	f.from = l.from;
	f.to = -1;
	assert_int_equal(run(m, &f, &s, &e), ST_DEAD);
	f.to = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(f.to >= 0);
	assert_int_equal(run(m, &f, &s, &e), ST_DEAD);
	(void)close(f.to);
	f.to = l.to;
	assert_int_equal(run(m, &f, &s, &e), ST_OK);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	for (rlim_t n = 0; n <= sizeof(file) + sizeof(FIELD ID); n++) {
		const struct rlimit limit = { n, none.rlim_max };
		int rc;

		assert_int_equal(ftruncate(l.to, 0), 0);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		rc = run(m, &f, &s, &e);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){
		    RLIM_INFINITY, none.rlim_max }), 0);
		assert_int_equal(rc, n < m->made ? ST_DEAD : ST_OK);
	}
	mendlaws_close(&l);
	mend_apply_free(m);
}

static void
what_cannot_be_taken_ends_it(void **state)
{
	struct mend_apply *m = mend_apply_new(&all);
	static struct mendlaws l;
	static struct script s;
	struct err e = { 0 };

	(void)state;
	assert_non_null(m);
	open_file(&l, &all);
	s.n = 0;
	say_cut(&s, 0, 0, sizeof(file) - 1, sizeof(file) - 1);
	say_word(&s, MEND_DONE);
	for (int rc = ST_OK; rc <= ST_DEAD; rc++) {
		struct failing f = { l.from, l.to, sizeof(file) - 1, rc };

		if (rc == ST_END)
			continue;
		assert_int_equal(run(m, &f, &s, &e), rc);
		assert_int_equal(m->job->taken, rc == ST_OK);
		assert_string_equal(e.text, "taken");
	}
	mendlaws_close(&l);
	mend_apply_free(m);
}

/* A reason is text of ours, however long it is. */
static void
reasons_are_short(void **state)
{
	static uint8_t text[400];
	struct mend_apply *m = mend_apply_new(&all);
	struct mend_job job;
	struct err e = { 0 };

	(void)state;
	assert_non_null(m);
	memset(text, 'x', sizeof(text));
	for (size_t n = 0; n <= sizeof(text); n++) {
		const struct span s = { text, n };

		memset(&job, 'z', sizeof(job));
		job.tag = false;
		mend_apply_begin(m, &job, -1, -1, 0, &e);
		assert_int_equal(mend_apply_frame(m, MEND_LEFT, s), ST_OK);
		assert_int_equal(mend_apply_frame(m, MEND_LEFT, SPAN("y")),
		    ST_OK);
		assert_int_equal(job.left, 2);
		assert_int_equal(strlen(job.why), n < sizeof(job.why) ? n :
		    sizeof(job.why) - 1);
		assert_null(strchr(job.why, 'y'));
		assert_int_equal(mend_apply_frame(m, MEND_FAILED, s), ST_BAD);
		assert_int_equal(strlen(e.text), n < 200 ? n : 200);
	}
	mend_apply_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_is_made),
		cmocka_unit_test(what_is_hostile_is_refused),
		cmocka_unit_test(frames_may_be_cut_anywhere),
		cmocka_unit_test(many_edits_are_one_frame_and_no_more),
		cmocka_unit_test(a_file_that_was_given_up_leaves_nothing),
		cmocka_unit_test(no_message_goes_where_none_may),
		cmocka_unit_test(no_more_is_lost_than_a_separator),
		cmocka_unit_test(separators_are_short),
		cmocka_unit_test(only_messages_of_the_report_are_mended),
		cmocka_unit_test(all_messages_of_the_report_are_mended),
		cmocka_unit_test(only_messages_of_the_report_go),
		cmocka_unit_test(what_cannot_be_read_is_dead),
		cmocka_unit_test(what_cannot_be_written_is_dead),
		cmocka_unit_test(what_cannot_be_taken_ends_it),
		cmocka_unit_test(reasons_are_short),
	};

	return cmocka_run_group_tests_name("mend_hostile", tests, NULL, NULL);
}
