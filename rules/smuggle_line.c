/*
 * See smuggle_line.h.
 */
#include "smuggle_line.h"

#define FENCE "```"

/* What test tools write into the mail they send. */
static const struct {
	const char *text;
	bool alone;		/* a line begins with it */
} marks[] = {
	/* github.com/The-Login/SMTP-Smuggling-Tools, outbound */
	{ "SMUGGLINGSTART", true },
	{ "SMUGGLINGEND", true },
	{ "Trying EOD (", false },
	/* the same, inbound */
	{ "SMUGGLED EMAIL (", false },
	{ "as \"fake\" end-of-data sequence", false },
	/* github.com/hannob/smtpsmug */
	{ "This is after a bad mail ", true },
};
#define MARKS (sizeof(marks) / sizeof(marks[0]))

/* A line that holds one of these begins a session or a shell's here document:
 * what follows it was typed, or is shown. */
static const char *const session_words[] = {
	"telnet ", "Escape character", "s_client", "<<",
};

static const char *const mail_fields[] = {
	"from", "to", "cc", "subject", "date", "received", "message-id",
	"reply-to", "sender", "return-path", "mime-version", "content-type",
	"content-transfer-encoding", "dkim-signature",
};

static bool
holds(struct span s, const char *text)
{
	return s.n > 0 && memmem(s.p, s.n, text, strlen(text)) != NULL;
}

/* Each mark that may stand anywhere has one of these; few lines have. */
static bool
may_hold_mark(struct span s)
{
	return s.n > 0 && (memchr(s.p, '(', s.n) != NULL ||
	    memchr(s.p, '"', s.n) != NULL);
}

bool
smuggle_mark(struct span s, unsigned *out)
{
	const bool anywhere = may_hold_mark(s);

	for (unsigned i = 0; i < MARKS; i++) {
		const size_t n = strlen(marks[i].text);

		if (marks[i].alone ? s.n >= n && s.p[0] == marks[i].text[0] &&
		    memcmp(s.p, marks[i].text, n) == 0 :
		    anywhere && holds(s, marks[i].text)) {
			*out = i;
			return true;
		}
	}
	return false;
}

bool
smuggle_session(struct span s)
{
	for (size_t i = 0; i < sizeof(session_words) /
	    sizeof(session_words[0]); i++)
		if (holds(s, session_words[i]))
			return true;
	return false;
}

static bool
is_mail_field(struct span s)
{
	size_t n = 0;

	while (n < s.n && ascii_ftext(s.p[n]))
		n++;
	for (size_t i = 0; i < sizeof(mail_fields) / sizeof(mail_fields[0]);
	    i++) {
		const char *name = mail_fields[i];

		if (strlen(name) == n && span_starts_nocase(s,
		    (struct span){ (const uint8_t *)name, n }))
			return true;
	}
	return false;
}

/* Marks of quoting, of a diff, of a comment, of who is speaking. */
static const char *const quoting[] = {
	">", "|", "+", "-", "#", "*", "<", "C:", "S:", "Client:", "Server:",
};

/* Bytes of such a mark at the start of s. */
static size_t
mark_length(struct span s)
{
	if (s.p[0] == 0 || strchr(">|+-#*<CS", s.p[0]) == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(quoting) / sizeof(quoting[0]); i++) {
		const size_t n = strlen(quoting[i]);

		if (s.n >= n && memcmp(s.p, quoting[i], n) == 0)
			return n;
	}
	return 0;
}

/* Take off what quotes a line, and white space. */
static void
peel(struct seen *v)
{
	struct span s = v->text;
	size_t spaces = 0, n;

	while (s.n > 0) {
		if (ascii_wsp(s.p[0])) {
			spaces += s.p[0] == '\t' ? 4 : 1;
			n = 1;
		} else if ((n = mark_length(s)) > 0) {
			v->quoted = true;
		} else {
			break;
		}
		s = (struct span){ s.p + n, s.n - n };
	}
	v->indented = spaces >= 4;
	v->text = s;
}

static size_t
next_dot(struct span s, size_t i)
{
	const uint8_t *p = i < s.n ? memchr(s.p + i, '.', s.n - i) : NULL;

	return p != NULL ? (size_t)(p - s.p) : s.n;
}

/* A command, behind ". " too: what is left of a dot and its breaks. */
static bool
see_command(struct seen *v)
{
	const struct span s = v->text;

	v->dot = NO_DOT;
	if ((v->verb = verb_of(s)) != VERB_NONE)
		return true;
	for (size_t i = next_dot(s, 0); i + 2 < s.n && !v->quoted;
	    i = next_dot(s, i + 1))
		if (s.p[i + 1] == ' ' && (i == 0 || s.p[i - 1] == ' ') &&
		    (v->verb = verb_of((struct span){ s.p + i + 1,
		    s.n - i - 1 })) != VERB_NONE) {
			v->dot = i;
			return true;
		}
	return false;
}

struct seen
smuggle_see(const struct line *ln, bool fields)
{
	const bool whole = ln->len == ln->head.n;
	struct seen v = { .kind = KIND_TEXT, .text = ln->head };

	if (whole && line_is_dotty(ln->head.p, ln->head.n)) {
		v.kind = KIND_DOT;
		return v;
	}
	peel(&v);
	if (v.text.n == 0)
		v.kind = KIND_BLANK;
	else if (whole && see_command(&v))
		v.kind = KIND_VERB;
	else if (verb_is_reply(v.text))
		v.kind = KIND_REPLY;
	else if (span_starts(v.text, SPAN(FENCE)))
		v.kind = KIND_FENCE;
	else if (!v.quoted && smuggle_mark(v.text, &v.mark))
		v.kind = KIND_MARK;
	else if (!fields)
		v.kind = KIND_TEXT;
	else if (span_begins_field(v.text))
		v.kind = is_mail_field(v.text) ? KIND_FIELD : KIND_MORE;
	else if (ascii_wsp(ln->head.p[0]))
		v.kind = KIND_MORE;
	return v;
}

const char *
smuggle_word(size_t i)
{
	return i < MARKS ? marks[i].text : i == MARKS ? FENCE : NULL;
}
