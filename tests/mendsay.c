/*
 * See mendsay.h.
 */
#include "mendsay.h"

#include "escape.h"
#include "t.h"

void
say(struct script *s, uint32_t type, const void *p, size_t n, struct span more)
{
	uint8_t *to;

	assert_true(s->n < SCRIPT_FRAMES && n + more.n <= SCRIPT_PAYLOAD);
	to = s->payload[s->n];
	if (n > 0)
		memcpy(to, p, n);
	if (more.n > 0)
		memcpy(to + n, more.p, more.n);
	s->f[s->n++] = (struct mendlaws_frame){ type, { to, n + more.n } };
}

void
say_word(struct script *s, uint32_t type)
{
	say(s, type, NULL, 0, (struct span){ NULL, 0 });
}

void
say_message(struct script *s, uint64_t off, uint64_t len)
{
	const struct mend_message w = { .off = off, .len = len,
	    .native = BRK_LF, .to = BRK_LF };

	say(s, MEND_MESSAGE, &w, sizeof(w), (struct span){ NULL, 0 });
}

void
say_cut(struct script *s, uint64_t from, uint64_t off, uint64_t len,
    uint64_t to)
{
	const struct mend_cut w = { .from = from, .off = off, .len = len,
	    .to = to, .sha = { 7 } };

	say(s, MEND_CUT, &w, sizeof(w), SPAN("{}"));
}

void
say_graft(struct script *s, uint64_t off, uint64_t del, uint32_t kind,
    const char *text)
{
	const struct mend_graft w = { .off = off, .del = del, .kind = kind };

	say(s, MEND_GRAFT, &w, sizeof(w), span_text(text));
}

struct edit
edit_of(const struct shape *s, uint64_t off)
{
	/* No pointer that is sent means anything. */
	struct edit e = { .off = off, .del = s->del, .ins = s->ins,
	    .graft = (const struct graft *)(uintptr_t)16 };

	memcpy(e.old, s->old, s->del < EDIT_MAX ? s->del : 1);
	memcpy(e.put, s->put, s->ins < EDIT_MAX ? s->ins : 1);
	return e;
}

void
say_edit(struct script *s, const struct shape *shape, uint64_t off)
{
	const struct edit e = edit_of(shape, off);

	say(s, MEND_EDITS, &e, sizeof(e), (struct span){ NULL, 0 });
}

void
say_must_hold(struct mendlaws *l, const struct script *s)
{
	const char *broken = mendlaws_check(l, s->f, s->n);

	if (broken == NULL)
		return;
	for (size_t i = 0; i < s->n; i++) {
		uint64_t w[4] = { 0 };

		memcpy(w, s->payload[i], s->f[i].s.n < sizeof(w) ?
		    s->f[i].s.n : sizeof(w));
		print_error("frame %u: %zu bytes, %llu %llu %llx %llx\n",
		    s->f[i].type, s->f[i].s.n, (unsigned long long)w[0],
		    (unsigned long long)w[1], (unsigned long long)w[2],
		    (unsigned long long)w[3]);
	}
	fail_msg("%s (%s)", broken, l->e.text);
}

bool
say_closed(struct mendlaws *l, struct script *s, bool in_message)
{
	const size_t n = s->n;

	if (in_message)
		say_word(s, MEND_END);
	say_word(s, MEND_DONE);
	say_must_hold(l, s);
	s->n = n;
	return l->rc == ST_OK;
}
