/*
 * Any list of edits on any message: splice puts out old bytes and the text of
 * edits, or says no, however it is cut; it takes no list that is not allowed.
 *
 * Eight bytes for each of the first edits, then the message; grafts put texts
 * from the table below.
 */
#include <stdio.h>
#include <stdlib.h>

#include "edit.h"

#define LIST 4u
#define ROOM 16384u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct {
	unsigned kind;
	const char *text;
} texts[] = {
	{ EDIT_FIELD, "Date: x\n" },
	{ EDIT_FIELD, "Message-ID: <1@example.com>\n" },
	{ EDIT_FIELD, "MIME-Version: 1.0\n" },
	{ EDIT_FIELD, "Content-Transfer-Encoding: base64\n" },
	{ EDIT_LENGTH, "42" },
	{ EDIT_ENCODING, "quoted-printable" },
	{ EDIT_ENCODE, "x\n" },
	{ EDIT_ENCODE, "=2E" },
};
#define TEXTS (sizeof(texts) / sizeof(texts[0]))

struct list {
	size_t n;
	struct edit e[LIST];
	struct graft g[LIST];
};

struct sink {
	size_t n;
	uint8_t p[ROOM];
};

static void
take(void *ctx, struct span s)
{
	struct sink *k = ctx;

	if (s.n > ROOM - k->n)
		abort();
	memcpy(k->p + k->n, s.p, s.n);
	k->n += s.n;
}

static bool
check_begin(void *ctx, struct span text, bool base64)
{
	(void)ctx;
	(void)text;
	(void)base64;
	return true;
}

static bool
check_old(void *ctx, struct span s)
{
	(void)ctx;
	return s.n > 0;
}

static bool
check_end(void *ctx)
{
	return ctx == NULL;
}

static void
read_edit(const uint8_t *d, struct edit *e, struct graft *g)
{
	*e = (struct edit){ .off = d[0], .del = d[1] & 7, .ins = d[1] >> 3 & 3,
	    .old = { d[2], d[3], d[4], d[5] }, .put = { d[6], d[7] } };
	if (d[1] < 128)
		return;
	*g = (struct graft){ .off = d[0], .del = d[1] & 31,
	    .kind = texts[d[2] % TEXTS].kind,
	    .ins = { (const uint8_t *)texts[d[2] % TEXTS].text,
	    strlen(texts[d[2] % TEXTS].text) } };
	e->graft = g;
}

static const char *
splice(struct span m, const struct list *l, size_t step, struct sink *out)
{
	static const struct splice_check check = { NULL, check_begin,
	    check_old, check_end };
	static struct splice s;
	const char *bad;
	size_t used = 0;

	out->n = 0;
	splice_begin(&s, 2 * EDIT_ENCODING - 1, take, out);
	splice_text(&s, BRK_LF, &check);
	for (size_t at = 0; at < m.n; at += step) {
		const size_t n = m.n - at < step ? m.n - at : step;
		uint8_t *p = malloc(n);

		if (p == NULL)
			abort();
		memcpy(p, m.p + at, n);
		used += splice_feed(&s, (struct span){ p, n }, l->e + used,
		    l->n - used);
		free(p);
	}
	bad = splice_end(&s);
	if (bad == NULL && used < l->n)
		bad = "edits are left";
	if (bad == NULL && s.made != out->n)
		abort();
	return bad;
}

/* The same, if the list is in order. */
static void
compare(struct span m, const struct list *l, const struct sink *got)
{
	static uint8_t out[ROOM];
	size_t n = 0, at = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct graft *g = l->e[i].graft;
		const struct span ins = g != NULL ? g->ins :
		    (struct span){ l->e[i].put, l->e[i].ins };

		for (; at < l->e[i].off; at++)
			out[n++] = m.p[at];
		memcpy(out + n, ins.p, ins.n);
		n += ins.n;
		at += g != NULL ? g->del : l->e[i].del;
	}
	for (; at < m.n; at++)
		out[n++] = m.p[at];
	if (n != got->n || memcmp(out, got->p, n) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct sink whole, cut;
	struct list l = { .n = 0 };
	struct span m;
	const char *bad;

	if (n < 1 || n > ROOM / 2)
		return 0;
	l.n = data[0] % (LIST + 1);
	if (n - 1 < 8 * l.n)
		return 0;
	for (size_t i = 0; i < l.n; i++)
		read_edit(data + 1 + 8 * i, &l.e[i], &l.g[i]);
	m = (struct span){ data + 1 + 8 * l.n, n - 1 - 8 * l.n };
	bad = splice(m, &l, m.n + 1, &whole);
	if ((splice(m, &l, 1 + data[0] / 8, &cut) == NULL) != (bad == NULL))
		abort();
	if (bad != NULL)
		return 0;
	if (!edits_are_allowed(l.e, l.n, 2 * EDIT_ENCODING - 1, m.n))
		abort();
	compare(m, &l, &whole);
	compare(m, &l, &cut);
	return 0;
}
