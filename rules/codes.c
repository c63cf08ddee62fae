/*
 * What each code means.  The text is what `baredot explain` prints, with the
 * receivers of data/receivers.conf that take a look-alike for the end.
 */
#include "codes.h"

#include "codes_conform.h"
#include "codes_dkim.h"
#include "codes_mime.h"
#include "codes_pattern.h"
#include "codes_smuggle.h"
#include "codes_target.h"

#define RFC5321 "RFC 5321 2.3.8, 4.1.1.4"
#define RFC5322 "RFC 5322 2.1.1, 2.3"

#define PAIR_MEANS(what) \
	"A line that is only a dot stands " what ", in a message whose own " \
	"lines end otherwise.  Only <CRLF>.<CRLF> ends the data of an SMTP " \
	"transaction.  A server that also takes this form for the end sees " \
	"whatever follows as new commands: a second, forged message that " \
	"passes SPF."
#define PAIR_TODO \
	"Read what follows the dot: MAIL FROM, RCPT TO and DATA on lines of " \
	"their own mean an attempt.  Before the message goes out again " \
	"(migration, re-injection, relay), bring its line ends to one form " \
	"or keep it back."
#define PAIR_AFFECTS \
	"The receivers that are named below, when it goes out as it stands: " \
	"`baredot replay --list` says which versions they are."
#define BY_CR \
	"A receiver for which a bare CR ends a line; the one that is known " \
	"is named below."
#define SMUGGLED "500 smtp smuggling (mox); 521 5.5.2 bare <LF> received " \
	"(Postfix); 550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal (Exchange)"
#define SEC "SEC Consult, \"SMTP Smuggling\", 2023"

#define ENTRY(id, nm, sev, def) \
	[CODE_##id] = { .name = nm, .severity = SEV_##sev, .on = def != 0, \
	    TEXT_##id },

#define TEXT_EOL_BARE_CR \
	.title = "CR without LF", \
	.means = "A carriage return with no line feed behind it.  No " \
	    "Internet message may hold one.  Stores that turn CRLF into LF " \
	    "keep it as it is, so it goes out again by SMTP and IMAP.", \
	.affects = "Servers that refuse it (Cyrus keeps it; Sendmail 8.18, " \
	    "chasquid and mox refuse it; Exchange Online bounces), readers " \
	    "that show one long line, DKIM signatures, and Dovecot's sizes.", \
	.todo = "Turn it into a space (same length, cannot make a lone dot) " \
	    "unless it stands for a line break in old Macintosh text.", \
	.strings = "552 5.2.0 Message contains bare CR and is violating " \
	    "822.bis section 2.3", \
	.source = RFC5322 "; RFC 5321 2.3.8"
#define TEXT_EOL_BARE_LF \
	.title = "LF without CR among CRLF lines", \
	.means = "A line feed with no carriage return before it, in a " \
	    "message (or a store) whose lines end in CRLF.  In a store that " \
	    "keeps LF alone this is the ordinary line end and no finding.", \
	.affects = "Cyrus refuses such a message on APPEND and LMTP, " \
	    "Exchange Online bounces it, Postfix 3.9 and later rejects or " \
	    "rewrites it, qmail answers 451.", \
	.todo = "Bring the lines to the message's own form, CRLF.  Inside a " \
	    "part of Content-Transfer-Encoding binary it may be data.", \
	.strings = "554 5.6.0 Message contains bare newlines (Cyrus); " \
	    "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal (Exchange Online); " \
	    "521 5.5.2 Error: bare <LF> received (Postfix); 451 See " \
	    "http://pobox.com/~djb/docs/smtplf.html (qmail)", \
	.source = RFC5322 "; RFC 5321 2.3.8"
#define TEXT_EOL_CRLF \
	.title = "CRLF among LF lines", \
	.means = "A line ends in CRLF in a message (or a store) that keeps " \
	    "LF alone.  Servers add a CR to every LF when they send, so " \
	    "this line goes out ending in CR CR LF.  In a Dovecot Maildir " \
	    "it is what is left of a CR CR LF that was delivered.", \
	.affects = "Exim, qmail, OpenSMTPD, Courier and Postfix send it as " \
	    "CRCRLF; DKIM signatures over the body break.", \
	.todo = "Remove the CR.", \
	.strings = NULL, \
	.source = "RFC 4155 appendix A (mbox); Dovecot's mail_save_crlf"
#define TEXT_EOL_CRCRLF \
	.title = "CR CR LF", \
	.means = "A line break that was converted once too often: CR, then " \
	    "CRLF.  Each one is counted here once, and its first CR is not " \
	    "counted as a bare CR.", \
	.affects = "Readers show empty lines or \"^M\"; Sendmail 8.18, " \
	    "chasquid and mox refuse it; go-smtp before a dot does not see " \
	    "the end of data that others see.", \
	.todo = "Collapse it to one break.  unix2dos makes it longer.", \
	.strings = NULL, \
	.source = RFC5322
#define TEXT_EOL_MIXED \
	.title = "CRLF and LF, neither clearly its own", \
	.means = "Lines end in CRLF and in LF alone, and the rarer kind is a " \
	    "quarter of them or more, so that judging by the other kind is " \
	    "little better than a guess.  The count is that of the rarer " \
	    "kind.  A few strays are eol.bare-lf or eol.crlf alone.", \
	.affects = "Whoever guesses the form from the first line: size " \
	    "calculations, DKIM, mbox splitters, diff and grep.", \
	.todo = "Find out which of the two the store means and judge by " \
	    "that (--eol lf or --eol crlf); bring the others to it.", \
	.strings = "Cached message size smaller/larger than expected " \
	    "(Dovecot, after such a message was edited in place)", \
	.source = RFC5322
#define TEXT_EOL_CR_ONLY \
	.title = "lines end in CR alone", \
	.means = "Most lines of this message end in CR: text of an old " \
	    "Macintosh, Entourage or Eudora.  Most programs see it as one " \
	    "long line; importers skip it without a word.", \
	.affects = "Every importer and server; header fields are not found.", \
	.todo = "Convert the whole message to the store's line end.", \
	.strings = NULL, \
	.source = RFC5322
#define TEXT_EOL_NO_FINAL \
	.title = "no line break at the end", \
	.means = "The last line is not ended.  A Maildir allows that, SMTP " \
	    "and mbox do not: whoever sends or appends has to add a break.", \
	.affects = "Programs that join messages or lose the last line.", \
	.todo = "Nothing, or add the store's own break.", \
	.strings = NULL, \
	.source = "maildir(5); RFC 5321 4.1.1.4"
#define TEXT_EOD_CRLF_CRLF \
	.title = "lone dot between CRLF and CRLF", \
	.means = "A line that is only a dot, between two CRLFs.  In a store " \
	    "this is text: the dot was doubled on the wire and un-doubled on " \
	    "arrival.  It matters where the message's other lines end in LF, " \
	    "and when these bytes go out as they are (--eol wire): then " \
	    "this is the end of data itself.", \
	.affects = "A sender that does not double dots.  As CR CR LF . CR " \
	    "CR LF (what an LF store makes of it): Postfix 3.8 and older " \
	    "and Stalwart's smtp-proto.", \
	.todo = PAIR_TODO, .strings = SMUGGLED, .source = RFC5321
#define TEXT_EOD_CRLF_LF \
	.title = "lone dot between CRLF and LF", \
	.means = PAIR_MEANS("between CRLF and LF"), \
	.affects = PAIR_AFFECTS, \
	.todo = PAIR_TODO, .strings = SMUGGLED, \
	.source = RFC5321 "; CVE-2023-51764, -51765, -51766; " SEC
#define TEXT_EOD_CRLF_CR \
	.title = "lone dot between CRLF and CR", \
	.means = PAIR_MEANS("between CRLF and a bare CR"), \
	.affects = BY_CR "  Followed by a CRLF it is eod.dot-crcrlf.", \
	.todo = PAIR_TODO, .strings = SMUGGLED, .source = RFC5321 "; " SEC
#define TEXT_EOD_LF_CRLF \
	.title = "lone dot between LF and CRLF", \
	.means = PAIR_MEANS("between LF and CRLF"), \
	.affects = "The form that most receivers took.  " PAIR_AFFECTS, \
	.todo = PAIR_TODO, .strings = SMUGGLED, \
	.source = RFC5321 "; CVE-2023-51764, -51765, -51766, -51747, " \
	    "CVE-2024-27305; " SEC
#define TEXT_EOD_LF_LF \
	.title = "lone dot between LF and LF", \
	.means = PAIR_MEANS("between LF and LF") "  In a message whose " \
	    "lines all end in LF it is ordinary text (info).", \
	.affects = PAIR_AFFECTS, \
	.todo = PAIR_TODO, .strings = SMUGGLED, \
	.source = RFC5321 "; CVE-2023-51764, -51765, -51766; " SEC
#define TEXT_EOD_LF_CR \
	.title = "lone dot between LF and CR", \
	.means = PAIR_MEANS("between LF and a bare CR"), \
	.affects = BY_CR, \
	.todo = PAIR_TODO, .strings = SMUGGLED, .source = RFC5321 "; " SEC
#define TEXT_EOD_CR_CRLF \
	.title = "lone dot between CR and CRLF", \
	.means = PAIR_MEANS("between a bare CR and CRLF"), \
	.affects = BY_CR "  Most senders do not double a dot behind a " \
	    "CR.", \
	.todo = PAIR_TODO, .strings = SMUGGLED, .source = RFC5321 "; " SEC
#define TEXT_EOD_CR_LF \
	.title = "lone dot between CR and LF", \
	.means = PAIR_MEANS("between a bare CR and LF"), \
	.affects = BY_CR "  Most senders do not double a dot behind a " \
	    "CR.", \
	.todo = PAIR_TODO, .strings = SMUGGLED, .source = RFC5321 "; " SEC
#define TEXT_EOD_CR_CR \
	.title = "lone dot between CR and CR", \
	.means = PAIR_MEANS("between two bare CRs"), \
	.affects = BY_CR "  Exchange Online, iCloud, Postfix, Sendmail and " \
	    "others pass it on as it is.", \
	.todo = PAIR_TODO " Turning the CRs into line breaks would make a " \
	    "real lone dot of it.", \
	.strings = SMUGGLED, .source = RFC5321 "; " SEC
#define TEXT_EOD_DOT_CRCRLF \
	.title = "lone dot before CR CR LF", \
	.means = PAIR_MEANS("before CR CR LF"), \
	.affects = "A receiver that drops every CR before an LF.  " \
	    PAIR_AFFECTS, \
	.todo = PAIR_TODO, .strings = SMUGGLED, .source = RFC5321 "; " SEC
#define TEXT_EOD_DOT_NUL \
	.title = "lone dot with a NUL behind it", \
	.means = "A line that is a dot and a NUL.  A server that keeps lines " \
	    "as C strings, or that drops NULs, sees a lone dot.", \
	.affects = PAIR_AFFECTS, \
	.todo = PAIR_TODO, \
	.strings = "554 5.6.0 Message contains NUL characters (Cyrus)", \
	.source = RFC5321 "; OpenSMTPD smtp_session.c"
#define TEXT_EOD_NUL_DOT \
	.title = "lone dot with a NUL before it", \
	.means = "A line that is a NUL and a dot.  A server that drops NULs " \
	    "sees a lone dot.", \
	.affects = "No receiver that was measured or read takes it; test " \
	    "tools send it.", \
	.todo = PAIR_TODO, \
	.strings = "554 5.6.0 Message contains NUL characters (Cyrus)", \
	.source = RFC5321 "; " SEC
#define TEXT_EOD_DOT_SPACE \
	.title = "lone dot with a space behind it", \
	.means = "A line that is a dot and white space.  No server takes it " \
	    "for the end of data.  Postfix since 3.8.5 and Exim since 4.97.1 " \
	    "make it of a bare CR or LF beside a lone dot, so it can be the " \
	    "trace of an attempt that was repaired on arrival.", \
	.affects = "Nobody.", \
	.todo = "Read what follows it.", .strings = NULL, \
	.source = "Postfix cleanup_replace_stray_cr_lf; Exim receive.c"
#define TEXT_EOD_SPACE_DOT \
	.title = "lone dot with a space before it", \
	.means = "A line that is white space and a dot.  No server takes it " \
	    "for the end of data.  Postfix since 3.8.5 makes it of a bare CR " \
	    "before a lone dot, so it can be the trace of an attempt that " \
	    "was repaired on arrival.", \
	.affects = "Nobody.", \
	.todo = "Read what follows it.", .strings = NULL, \
	.source = "Postfix cleanup_replace_stray_cr_lf"
#define TEXT_EOD_STUFFED_DOT \
	.title = "a line of two dots", \
	.means = "What a lone dot becomes on the wire.  Between the " \
	    "message's own breaks it is text, or was not un-doubled on " \
	    "arrival (info).  Between other breaks somebody doubled the dot " \
	    "of a look-alike.", \
	.affects = "A receiver that takes any line of three bytes that " \
	    "begins with a dot, so \"..\" and LF, for the end.", \
	.todo = PAIR_TODO, .strings = NULL, \
	.source = "RFC 5321 4.5.2; CVE-2023-51747"
#define TEXT_LIMIT_LINE_998 \
	.title = "line over 998 bytes", \
	.means = "A line is longer than a message may have, its break not " \
	    "counted.", \
	.affects = "Servers that refuse it, cut it or fold it (and break " \
	    "DKIM); Exchange's IMAP answers BAD from about 10,000 bytes.", \
	.todo = "Re-encode that part (quoted-printable, base64), or leave it " \
	    "where nobody complains.", \
	.strings = "BAD Command Argument Error. 11 (Exchange IMAP)", \
	.source = "RFC 5322 2.1.1; RFC 5321 4.5.3.1.6"
#define TEXT_LIMIT_LINE_78 \
	.title = "line over 78 bytes", \
	.means = "A line is longer than a message should have.  Most HTML " \
	    "mail has such lines; this code is reported only when it is " \
	    "asked for (--code +limit.line-78).", \
	.affects = "Nobody in practice.", .todo = "Nothing.", \
	.strings = NULL, .source = "RFC 5322 2.1.1"
#define TEXT_LIMIT_NUL \
	.title = "NUL byte", \
	.means = "A byte of value zero, which no message may hold; often the " \
	    "mark of a file that was damaged by a crash or a full disk.", \
	.affects = "Cyrus refuses the message; programs that keep text as C " \
	    "strings lose what follows.", \
	.todo = "Look whether text is missing (runs of NULs at the end), " \
	    "then drop them or turn them into spaces.", \
	.strings = "554 5.6.0 Message contains NUL characters (Cyrus)", \
	.source = "RFC 5322 4, 2.1"
#define TEXT_LIMIT_8BIT_HEADER \
	.title = "byte over 127 in the header block", \
	.means = "A header field holds bytes outside of ASCII.  Mail of " \
	    "RFC 6532 (SMTPUTF8) may, in UTF-8; older mail may not.", \
	.affects = "Cyrus refuses it; others show wrong letters.", \
	.todo = "Encode the field (RFC 2047) if the next server does not " \
	    "take UTF-8.", \
	.strings = "554 5.6.0 Message contains non-ASCII characters in " \
	    "headers (Cyrus)", \
	.source = "RFC 5322 2.2; RFC 6532"
#define TEXT_LIMIT_NO_HEADER_END \
	.title = "no empty line ends the header block", \
	.means = "A line that is no header field stands where one was " \
	    "expected, or the message ends inside its header block.  What " \
	    "one program takes for a header another takes for the body.", \
	.affects = "Cyrus refuses it; filters and readers disagree about " \
	    "what the message says.", \
	.todo = "Look at the line: often \">From \" or a broken fold.", \
	.strings = "554 5.6.0 Message has no header/body separator; ... " \
	    "invalid header (Cyrus)", \
	.source = "RFC 5322 2.1, 3.5"

static const struct code_info infos[CODE_COUNT] = { CODES(ENTRY) };

const struct code_info *
code_info(enum code c)
{
	return &infos[c];
}

static const char *const severities[SEVERITIES] = {
	[SEV_INFO] = "info", [SEV_LOW] = "low",
	[SEV_MEDIUM] = "medium", [SEV_HIGH] = "high",
};

const char *
severity_name(enum severity s)
{
	return severities[s];
}

bool
severity_parse(const char *name, enum severity *out)
{
	for (unsigned i = 0; i < SEVERITIES; i++)
		if (strcmp(name, severities[i]) == 0) {
			*out = (enum severity)i;
			return true;
		}
	return false;
}

code_set
code_set_default(void)
{
	code_set set = 0;

	for (unsigned i = 0; i < CODE_COUNT; i++)
		if (infos[i].on)
			set |= (code_set)1 << i;
	return set;
}

static bool
glob_matches(const char *glob, const char *s)
{
	for (; *glob != '*'; glob++, s++)
		if (*glob != *s)
			return false;
		else if (*glob == '\0')
			return true;
	for (glob++; ; s++)
		if (glob_matches(glob, s))
			return true;
		else if (*s == '\0')
			return false;
}

code_set
code_set_glob(const char *glob)
{
	code_set set = 0;

	for (unsigned i = 0; i < CODE_COUNT; i++)
		if (glob_matches(glob, infos[i].name))
			set |= (code_set)1 << i;
	return set;
}

/* How many letters stand at the same place from the front or the back. */
static size_t
likeness(const char *a, const char *b)
{
	const size_t na = strlen(a), nb = strlen(b);
	size_t front = 0, back = 0;

	while (front < na && front < nb && a[front] == b[front])
		front++;
	while (back < na - front && back < nb - front &&
	    a[na - 1 - back] == b[nb - 1 - back])
		back++;
	return front + back;
}

const char *
code_nearest(const char *name)
{
	const char *best = infos[0].name;
	size_t most = 0;

	for (unsigned i = 0; i < CODE_COUNT; i++) {
		const size_t n = likeness(name, infos[i].name);

		if (n > most || (n == most &&
		    strlen(infos[i].name) < strlen(best))) {
			most = n;
			best = infos[i].name;
		}
	}
	return best;
}
