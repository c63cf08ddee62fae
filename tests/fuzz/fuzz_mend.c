/*
 * Anything said to who makes a new file of an old one: what comes of it is
 * refused, or is the old file with edits that are allowed (mendlaws.h).
 *
 * The first byte says what may be done and how the rest is read, the second
 * how long the old file is, which follows.  Then come frames: the bytes that a
 * process would send, or shorter words for them.
 */
#include <stdlib.h>
#include <unistd.h>

#include "frames.h"
#include "../mendlaws.h"
#include "wire.h"

#define LIST 64u
#define RAW 1u			/* in the first byte */
#define MAYS 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct list {
	size_t n;
	struct mendlaws_frame f[LIST];
	uint8_t *p[LIST];
};

/* All of it is p's n bytes and those of more. */
static void
add(struct list *l, uint32_t type, const void *p, size_t n, struct span more)
{
	uint8_t *to = malloc(n + more.n + 1);

	if (l->n == LIST || to == NULL)
		abort();
	if (n > 0)
		memcpy(to, p, n);
	if (more.n > 0)
		memcpy(to + n, more.p, more.n);
	l->p[l->n] = to;
	l->f[l->n++] = (struct mendlaws_frame){ type, { to, n + more.n } };
}

static void
clear(struct list *l)
{
	while (l->n > 0)
		free(l->p[--l->n]);
}

/* --- short words */

static uint8_t
byte(struct span *s)
{
	if (s->n == 0)
		return 0;
	s->n--;
	return *s->p++;
}

static uint64_t
place(struct span *s)
{
	const uint8_t c = byte(s);

	return c == 255 ? UINT64_MAX : c;
}

static struct span
some(struct span *s)
{
	const size_t n = byte(s);
	const struct span out = { s->p, n < s->n ? n : s->n };

	s->p += out.n;
	s->n -= out.n;
	return out;
}

static void
add_edits(struct list *l, struct span *s, size_t n)
{
	struct edit e[4];

	for (size_t i = 0; i < n; i++) {
		e[i] = (struct edit){ .off = place(s) };
		e[i].ins = byte(s);
		e[i].del = e[i].ins & 7;
		e[i].ins = e[i].ins >> 3 & 7;
		for (size_t k = 0; k < e[i].del && k < EDIT_MAX; k++)
			e[i].old[k] = byte(s);
		for (size_t k = 0; k < e[i].ins && k < EDIT_MAX; k++)
			e[i].put[k] = byte(s);
	}
	add(l, MEND_EDITS, e, n * sizeof(e[0]), (struct span){ NULL, 0 });
}

static void
add_graft(struct list *l, struct span *s)
{
	struct mend_graft w = { .off = place(s) };

	w.del = place(s);
	w.kind = 1u << byte(s) % 17;
	add(l, MEND_GRAFT, &w, sizeof(w), some(s));
}

static void
add_message(struct list *l, struct span *s, enum brk to)
{
	struct mend_message w = { .off = place(s), .native = to, .to = to };

	w.len = place(s);
	add(l, MEND_MESSAGE, &w, sizeof(w), (struct span){ NULL, 0 });
}

static void
add_cut(struct list *l, struct span *s)
{
	struct mend_cut w = { .from = place(s) };

	w.off = place(s);
	w.len = place(s);
	w.to = place(s);
	add(l, MEND_CUT, &w, sizeof(w), SPAN("{}"));
}

static void
add_word(struct list *l, struct span *s)
{
	const uint8_t c = byte(s);

	switch (c & 7) {
	case 0:
	case 1:
		add_message(l, s, c & 8 ? BRK_CRLF : BRK_LF);
		break;
	case 2:
	case 3:
		add_edits(l, s, 1 + (c >> 3 & 3));
		break;
	case 4:
		add_graft(l, s);
		break;
	case 5:
		add(l, MEND_END, NULL, 0, (struct span){ NULL, 0 });
		break;
	case 6:
		add_cut(l, s);
		break;
	default:
		add(l, c >> 3, NULL, 0, some(s));
		break;
	}
}

static void
read_words(struct list *l, struct span s)
{
	while (s.n > 0 && l->n < LIST - 1)
		add_word(l, &s);
	add(l, MEND_DONE, NULL, 0, (struct span){ NULL, 0 });
}

/* --- bytes of a process */

/* The frame at *s by wire.h, that frames_next must have found. */
static void
check_frame(struct span *s, uint32_t type, struct span got)
{
	struct frame head;

	if (s->n < sizeof(head))
		abort();
	memcpy(&head, s->p, sizeof(head));
	if (head.type != type || head.size != got.n ||
	    head.size > s->n - sizeof(head) ||
	    memcmp(s->p + sizeof(head), got.p, got.n) != 0)
		abort();
	s->p += sizeof(head) + got.n;
	s->n -= sizeof(head) + got.n;
}

/* There is no whole frame at s, or one that is too long. */
static void
check_end(struct span s)
{
	struct frame head;

	if (s.n < sizeof(head))
		return;
	memcpy(&head, s.p, sizeof(head));
	if (head.size <= FRAMES_MAX && head.size <= s.n - sizeof(head))
		abort();
}

static void
read_bytes(struct list *l, struct span s)
{
	static struct frames_in in;
	const struct frames_wait wait = { .timeout = 1 };
	struct err e = { 0 };
	struct span got;
	uint32_t type;
	int fds[2], rc = ST_OK;

	if (pipe(fds) != 0 || write(fds[1], s.p, s.n) != (ssize_t)s.n)
		abort();
	(void)close(fds[1]);
	frames_begin(&in);
	while (l->n < LIST && (rc = frames_next(&in, fds[0], &wait, &type,
	    &got, &e)) == ST_OK) {
		check_frame(&s, type, got);
		add(l, type, got.p, got.n, (struct span){ NULL, 0 });
	}
	if (rc == ST_DEAD)
		abort();
	if (rc != ST_OK)
		check_end(s);
	(void)close(fds[0]);
}

static struct mendlaws *
laws(unsigned i)
{
	static const unsigned kinds[] = { 0, 65535, 65535 & ~EDIT_TEXT,
	    65535 & ~(EDIT_TEXT | EDIT_DROP_CR) };
	static struct mendlaws *all[MAYS];

	if (all[i] == NULL) {
		const struct mend_may may = { .kinds = kinds[i / 2],
		    .take = i % 2 != 0 };

		if ((all[i] = malloc(sizeof(*all[i]))) == NULL)
			abort();
		mendlaws_open(all[i], &may);
	}
	return all[i];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct list list = { .n = 0 };
	struct mendlaws *l;
	size_t old_n;

	if (n < 2 || n > 60000)
		return 0;
	l = laws(data[0] / 2 % MAYS);
	old_n = data[1] < n - 2 ? data[1] : n - 2;
	mendlaws_file(l, (struct span){ data + 2, old_n });
	if ((data[0] & RAW) != 0)
		read_bytes(&list, (struct span){ data + 2 + old_n,
		    n - 2 - old_n });
	else
		read_words(&list, (struct span){ data + 2 + old_n,
		    n - 2 - old_n });
	if (mendlaws_check(l, list.f, list.n) != NULL)
		abort();
	clear(&list);
	return 0;
}
