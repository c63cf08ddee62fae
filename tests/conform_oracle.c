/*
 * See conform_oracle.h.  A part at a time, by recursion over slices; the
 * values of fields are read by the code under test, which has its own tests.
 */
#include "conform_oracle.h"

#include <ctype.h>

#define HEAD_TEXT(id, name) name,
static const char *const named[] = { HEAD_NAMES(HEAD_TEXT) };

struct slice_head {
	struct span name[HEAD_NAMES_N], value[HEAD_NAMES_N];
	size_t n, body;
};

static struct span
slice(struct span s, size_t from, size_t to)
{
	return (struct span){ s.p + from, to - from };
}

static void
set(struct conform_oracle *o, enum conform_flag flag, bool on)
{
	if (on)
		o->flags |= 1u << flag;
}

bool
oracle_has_lone(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n'))
			return true;
		if (s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r'))
			return true;
	}
	return false;
}

size_t
oracle_expand(struct span s, uint8_t c, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == c) {
			out[n++] = '\r';
			out[n++] = '\n';
		} else {
			out[n++] = s.p[i];
		}
	}
	return n;
}

static bool
fails(struct conform_oracle *o, enum head_error error, uint8_t byte)
{
	o->error = error;
	o->bad_byte = byte;
	return false;
}

static bool
is_name(struct span s, const char *name)
{
	return s.n == strlen(name) && span_starts_nocase(s,
	    (struct span){ (const uint8_t *)name, s.n });
}

/* The first field of that name; false: none. */
static bool
find_field(const struct slice_head *h, const char *name, struct span *value)
{
	for (size_t i = 0; i < h->n; i++)
		if (is_name(h->name[i], name)) {
			*value = h->value[i];
			return true;
		}
	return false;
}

/* Keep a field whose value matters: the first of its name. */
static void
keep_field(struct slice_head *h, struct span name, struct span value)
{
	struct span seen;

	for (size_t i = 0; i < HEAD_NAMES_N; i++)
		if (is_name(name, named[i]) &&
		    !find_field(h, named[i], &seen)) {
			h->name[h->n] = name;
			h->value[h->n++] = value;
		}
}

/*
 * One field: a name up to the colon; the value up to a line that does not
 * begin with white space.  Returns its bytes, 0: an error.
 */
static size_t
read_field(struct conform_oracle *o, struct span s, struct slice_head *h)
{
	size_t i, name_end = SIZE_MAX, value, end, line, longest = 0;

	if (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\f')
		return fails(o, HEAD_FIELD_STARTS_BLANK, 0);
	for (i = 0; i < s.n && s.p[i] != ':' && s.p[i] != '\n'; i++) {
		if (s.p[i] == ' ' || s.p[i] == '\t') {
			set(o, CONFORM_NAME_SPACE, true);
			if (name_end == SIZE_MAX)
				name_end = i;
		} else if (s.p[i] != '\r' && (s.p[i] < 33 || s.p[i] > 126)) {
			return fails(o, HEAD_NOT_PRINTABLE, s.p[i]);
		}
	}
	if (i == s.n || s.p[i] == '\n') {	/* no colon */
		set(o, CONFORM_COLON, i < s.n || name_end == SIZE_MAX);
		if (i < s.n || name_end == SIZE_MAX)
			name_end = i;
		i += i < s.n;
		set(o, CONFORM_LINE_LONG, i > 78);
		keep_field(h, slice(s, 0, name_end), slice(s, 0, 0));
		return i;
	}
	if (name_end == SIZE_MAX)
		name_end = i;
	for (i++; i < s.n && s.p[i] == ' '; i++)
		;
	value = end = i;
	line = 0;
	for (; i < s.n; i++) {
		if (i > value && s.p[i - 1] == '\n') {
			line = i;
			if (s.p[i] != ' ' && s.p[i] != '\t')
				break;
		}
		if (s.p[i] != '\r' && s.p[i] != '\n')
			end = i + 1;
		if (s.p[i] == '\n' && i - line > longest)
			longest = i - line;
	}
	if (i == s.n && s.p[i - 1] != '\n' && i - line > longest)
		longest = i - line;
	set(o, CONFORM_LINE_LONG, longest > 78);
	keep_field(h, slice(s, 0, name_end), slice(s, value, end));
	return i;
}

static bool
read_head(struct conform_oracle *o, struct span s, struct slice_head *h)
{
	size_t i = 0, n;

	h->n = 0;
	while (i < s.n) {
		if (s.p[i] == '\n') {
			i++;
			break;
		}
		if (s.p[i] == '\r') {
			if (i + 1 == s.n || s.p[i + 1] != '\n')
				return fails(o, HEAD_LONE_CR, 0);
			i += 2;
			break;
		}
		if (i == 0 && isspace(s.p[i]) && s.p[i] != '\v')
			return fails(o, HEAD_STARTS_BLANK, 0);
		n = read_field(o, slice(s, i, s.n), h);
		if (n == 0)
			return false;
		i += n;
	}
	h->body = i;
	return true;
}

static void
judge_slice(struct conform_oracle *o, struct span s)
{
	size_t before = 0;

	for (size_t i = 0; i < s.n; i++) {
		set(o, CONFORM_TRANSFER, s.p[i] >= 0x80);
		if (s.p[i] == '\n') {
			set(o, CONFORM_LINE_LONG, i - before > 78);
			before = i;
		}
	}
	set(o, CONFORM_LINE_ENDS, oracle_has_lone(s));
}

static void
judge_top(struct conform_oracle *o, const struct slice_head *h)
{
	struct span v;

	set(o, CONFORM_DATE, !find_field(h, "date", &v) || !conform_date(v));
	set(o, CONFORM_MESSAGE_ID, !find_field(h, "message-id", &v) ||
	    !conform_message_id(v));
	set(o, CONFORM_MIME_VERSION, !find_field(h, "mime-version", &v) ||
	    !conform_mime_version(v));
}

static void
judge_leaf(struct conform_oracle *o, struct span body,
    const struct conform_type *type, enum transfer_encoding encoding)
{
	static struct transfer t;

	set(o, CONFORM_TRANSFER, type->text && type->charset == NULL);
	transfer_begin(&t, encoding, type->text ? type->charset : NULL);
	transfer_feed(&t, body, 0);
	set(o, CONFORM_TRANSFER, !transfer_end(&t, body.n));
}

/* Where the border is, at or behind from; SIZE_MAX: nowhere. */
static size_t
find_border(struct span s, size_t from, const struct conform_type *type)
{
	const size_t n = type->boundary_n;

	for (size_t i = from; i < s.n && s.n - i >= n + 3; i++)
		if (memcmp(s.p + i, "\n--", 3) == 0 &&
		    memcmp(s.p + i + 3, type->boundary, n) == 0)
			return i;
	return SIZE_MAX;
}

static bool read_part(struct conform_oracle *, struct span, size_t depth,
    size_t borders);

/* False: an error.  *any: a border was seen.  borders: bytes of boundaries
 * around it. */
static bool
read_parts(struct conform_oracle *o, struct span s,
    const struct conform_type *type, size_t depth, size_t borders, bool *any)
{
	const size_t n = type->boundary_n + 3;
	size_t at = find_border(s, 0, type), end, next;
	const uint8_t *lf;

	*any = at != SIZE_MAX;
	for (; at != SIZE_MAX; at = next) {
		if ((lf = memchr(s.p + at + n, '\n', s.n - at - n)) == NULL)
			return true;
		next = find_border(s, at + n, type);
		end = next == SIZE_MAX ? s.n : next + 1;
		if (!read_part(o, slice(s, (size_t)(lf - s.p) + 1, end),
		    depth + 1, borders + type->boundary_n))
			return false;
		if (next != SIZE_MAX && (s.n - next - n < 2 ||
		    memcmp(s.p + next + n, "--", 2) == 0))
			return true;
	}
	return true;
}

static bool
read_part(struct conform_oracle *o, struct span s, size_t depth,
    size_t borders)
{
	enum transfer_encoding encoding = TRANSFER_NONE;
	struct conform_type type;
	struct slice_head h;
	struct span v;
	bool any = false;

	o->beyond = o->beyond || depth > BORDERS_DEPTH ||
	    borders > BORDERS_BYTES;
	if (!read_head(o, s, &h))
		return false;
	judge_slice(o, s);
	if (depth == 0)
		judge_top(o, &h);
	conform_type_default(&type);
	if (find_field(&h, "content-type", &v))
		set(o, CONFORM_MIME_HEADERS, !conform_content_type(v, &type));
	if (find_field(&h, "content-transfer-encoding", &v))
		set(o, CONFORM_MIME_HEADERS, !conform_encoding(v, &encoding));
	if (find_field(&h, "content-disposition", &v))
		set(o, CONFORM_MIME_HEADERS, !conform_disposition(v));
	if (find_field(&h, "content-id", &v))
		set(o, CONFORM_MIME_HEADERS, !conform_message_id(v));
	if (type.parted && !read_parts(o, slice(s, h.body == 0 ? 0 :
	    h.body - 1, s.n), &type, depth, borders, &any))
		return false;
	if (!any)
		judge_leaf(o, slice(s, h.body, s.n), &type, encoding);
	return true;
}

void
conform_oracle(struct conform_oracle *o, struct span m)
{
	*o = (struct conform_oracle){ .error = HEAD_FINE };
	(void)read_part(o, m, 0, 0);
}
