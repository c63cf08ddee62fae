/*
 * See mailname.h.
 */
#include "mailname.h"

#include "buf.h"
#include "names.h"

#define MARK_SIZE (1 + 2 * MAILNAME_RANDOM)	/* 'R' and digits */

/* s is ",S=" or ",W=" (key: 'S' or 'W') and a number. */
static bool
is_size(struct span s, uint8_t key)
{
	if (s.n < 4 || s.p[0] != ',' || s.p[1] != key || s.p[2] != '=')
		return false;
	for (size_t i = 3; i < s.n; i++)
		if (!ascii_digit(s.p[i]))
			return false;
	return true;
}

/* From a comma of the base up to the next. */
static struct span
field_at(const char *p, const char *end)
{
	size_t n = 1;

	while (p + n < end && p[n] != ',')
		n++;
	return (struct span){ (const uint8_t *)p, n };
}

static bool
find_size(const char *name, uint8_t key, struct span *out)
{
	const char *end = name + name_base(name), *p = strchr(name, ',');

	for (; p != NULL && p < end; p += out->n) {
		*out = field_at(p, end);
		if (is_size(*out, key))
			return true;
	}
	return false;
}

bool
mailname_has_sizes(const char *name)
{
	struct span s = { NULL, 0 };

	return find_size(name, 'S', &s) || find_size(name, 'W', &s);
}

bool
mailname_size(const char *name, uint64_t *bytes)
{
	uint64_t n = 0;
	struct span s = { NULL, 0 };

	if (!find_size(name, 'S', &s))
		return false;
	for (size_t i = 3; i < s.n; i++) {
		n = 10 * n + (uint64_t)(s.p[i] - '0');
		if (n > MAILNAME_SIZE_MAX)
			return false;
	}
	*bytes = n;
	return true;
}

/*
 * Where a mark goes: maildir(5) names are time.unique.host, and "Rdigits" is
 * a random part of `unique`.  In other names, at the end of the head.
 */
static size_t
mark_place(struct span head)
{
	unsigned dots = 0;

	for (size_t i = 0; i < head.n; i++)
		if (head.p[i] == '.' && ++dots == 2)
			return i;
	return head.n;
}

/* Bytes before place without a mark of an earlier time. */
static size_t
unmarked(struct span head, size_t place)
{
	const uint8_t *p = head.p + place - MARK_SIZE;

	if (place <= MARK_SIZE || p[0] != 'R')
		return place;
	for (size_t i = 1; i < MARK_SIZE; i++)
		if (!ascii_digit(p[i]) && (p[i] < 'a' || p[i] > 'f'))
			return place;
	return place - MARK_SIZE;
}

static void
add_fields(struct buf *b, const char *p, const char *end,
    const struct sum *sum)
{
	struct span s = { NULL, 0 };

	for (; p < end; p += s.n) {
		s = field_at(p, end);
		if (is_size(s, 'S')) {
			buf_str(b, ",S=");
			buf_u64(b, sum->size);
		} else if (is_size(s, 'W')) {
			buf_str(b, ",W=");
			buf_u64(b, sum->size + sum->lone_lf);
		} else {
			buf_add(b, s.p, s.n);
		}
	}
}

static bool
take(struct buf *b, struct mailname *out)
{
	const bool fits = buf_ok(b) && b->n < sizeof(out->text);

	if (fits) {
		memcpy(out->text, b->p, b->n);
		out->text[b->n] = '\0';
	}
	buf_free(b);
	return fits;
}

bool
mailname_renew(const char *name, const struct sum *sum, const char *random,
    struct mailname *out)
{
	const char *end = name + name_base(name);
	const struct span head = { (const uint8_t *)name,
	    strcspn(name, ",:") };
	const size_t place = mark_place(head);
	struct buf b = { 0 };

	buf_add(&b, head.p, unmarked(head, place));
	buf_byte(&b, 'R');
	buf_str(&b, random);
	buf_add(&b, head.p + place, head.n - place);
	add_fields(&b, name + head.n, end, sum);
	buf_str(&b, end);
	return take(&b, out);
}

bool
mailname_join(const char *base_of, const char *flags_of,
    struct mailname *out)
{
	struct buf b = { 0 };

	buf_add(&b, base_of, name_base(base_of));
	buf_str(&b, flags_of + name_base(flags_of));
	return take(&b, out);
}
