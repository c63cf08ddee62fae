/*
 * See postfix_records.h.  As Postfix's global/record.c, with its limit of jumps
 * back, which ends circles.
 */
#include "postfix_records.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define LENGTH_GROUPS 4u
#define JUMPS_BACK 10000u

/* False: it is not whole, or too long for a length. */
static bool
parse_head(struct span s, struct record *r)
{
	r->len = 0;
	for (size_t i = 1; i < s.n && i <= LENGTH_GROUPS; i++) {
		r->len |= (uint32_t)(s.p[i] & 0x7f) << (7 * (i - 1));
		if (s.p[i] < 0x80) {
			r->type = s.p[0];
			r->head = i + 1;
			return true;
		}
	}
	return false;
}

bool
records_take(struct span *s, struct record *r, struct span *text)
{
	if (!parse_head(*s, r) || r->len > s->n - r->head)
		return false;
	*text = (struct span){ s->p + r->head, r->len };
	*s = (struct span){ text->p + r->len, s->n - r->head - r->len };
	return true;
}

void
records_begin(struct records *s, struct input *in)
{
	*s = (struct records){ .in = in, .where = "" };
	input_keep(in, 0);		/* pointers lead back */
}

int
records_damaged(struct records *s, uint64_t off, const char *what, ...)
{
	char text[96];
	va_list ap;

	va_start(ap, what);
	(void)vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	return err_set(&s->e, ST_DEAD, 0, "a damaged Postfix queue file: %s "
	    "at byte %" PRIu64, text, off);
}

static int
cut_off(struct records *s)
{
	return err_set(&s->e, ST_DEAD, 0, "a Postfix queue file that is cut "
	    "off %s, at byte %" PRIu64, s->where,
	    input_offset(s->in));
}

/* The bytes of a file belong to one record each. */
static int
count(struct records *s, size_t n)
{
	s->taken += n;
	if (s->farthest < input_offset(s->in))
		s->farthest = input_offset(s->in);
	return s->taken <= s->farthest ? ST_OK : records_damaged(s,
	    input_offset(s->in), "pointers that lead in a circle");
}

int
records_head(struct records *s, struct record *r)
{
	struct span a;
	int rc;

	if ((rc = input_peek(s->in, 1 + LENGTH_GROUPS, &a, &s->e)) != ST_OK)
		return rc == ST_END ? cut_off(s) : rc;
	r->off = input_offset(s->in);
	if (!parse_head(a, r))
		return a.n > LENGTH_GROUPS ? records_damaged(s, r->off,
		    "a record without length") : cut_off(s);
	input_consume(s->in, r->head);
	return count(s, r->head);
}

int
records_some(struct records *s, uint64_t want, struct span *out)
{
	int rc;

	if ((rc = input_some(s->in, want, out, &s->e)) != ST_OK)
		return rc == ST_END ? cut_off(s) : rc;
	return count(s, out->n);
}

int
records_skip(struct records *s, uint64_t n)
{
	struct span a;
	int rc = ST_OK;

	for (; n > 0 && rc == ST_OK; n -= a.n)
		if ((rc = records_some(s, n, &a)) != ST_OK)
			break;
	return rc;
}

int
records_text(struct records *s, const struct record *r, struct span *out)
{
	int rc;

	*out = (struct span){ (const uint8_t *)"", 0 };
	if (r->len == 0)
		return ST_OK;
	if (r->len > RECORD_TEXT)
		return records_skip(s, r->len);
	if ((rc = input_peek(s->in, r->len, out, &s->e)) != ST_OK)
		return rc == ST_END ? cut_off(s) : rc;
	if (out->n < r->len) {
		input_consume(s->in, out->n);
		return cut_off(s);
	}
	out->n = r->len;
	input_consume(s->in, r->len);
	return count(s, r->len);
}

bool
records_number(struct span *s, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	while (i < s->n && s->p[i] == ' ')
		i++;
	if (i == s->n || !ascii_digit(s->p[i]))
		return false;
	for (; i < s->n && ascii_digit(s->p[i]); i++) {
		if (*out > INT64_MAX / 100)
			return false;
		*out = 10 * *out + (uint64_t)(s->p[i] - '0');
	}
	*s = (struct span){ s->p + i, s->n - i };
	return true;
}

/* To a byte ahead, where the input cannot seek. */
static int
read_up_to(struct records *s, uint64_t off)
{
	struct span a;
	int rc;

	while (input_offset(s->in) < off) {
		if ((rc = input_peek(s->in, 1, &a, &s->e)) != ST_OK)
			return rc == ST_END ? cut_off(s) : rc;
		input_consume(s->in, a.n < off - input_offset(s->in) ? a.n :
		    (size_t)(off - input_offset(s->in)));
	}
	return ST_OK;
}

int
records_follow(struct records *s, const struct record *r)
{
	struct span text;
	uint64_t off;
	int rc;

	if ((rc = records_text(s, r, &text)) != ST_OK)
		return rc;
	if (!records_number(&text, &off) || text.n > 0)
		return records_damaged(s, r->off, "a pointer without a number");
	if (off == 0)
		return ST_OK;
	if (off < input_offset(s->in) && ++s->jumps_back > JUMPS_BACK)
		return records_damaged(s, r->off,
		    "pointers that lead in a circle");
	if (input_can_seek(s->in) || input_at_hand(s->in, off))
		input_seek(s->in, off);
	else if (off > input_offset(s->in))
		return read_up_to(s, off);
	else
		return err_set(&s->e, ST_DEAD, 0, "a Postfix queue file that "
		    "has to be unpacked: it points back to byte %" PRIu64,
		    off);
	return ST_OK;
}
