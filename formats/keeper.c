/*
 * See keeper.h.
 *
 * Patterns are alternatives with a "|" between them, of letters that stand
 * for themselves and of
 *	%d %x %w	one or more digits, hexadecimal digits, letters and
 *			digits; %8x: just that many
 *	%s		one or more spaces
 *	%4b		so many bytes of any kind
 *	%{HD}		one of these
 *	%*		anything
 *	%n		the file's name
 *	( )		what is between them is the file's id
 *	@		that id
 * Nothing is taken back but what %* took.
 */
#include "keeper.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEAR 2u

/* All that is not NULL must be so. */
struct row {
	struct keeper keeper;
	const char *name;
	const char *head;	/* what it begins with */
	const char *folder;	/* the last names of the folder's path, in any
				 * case of letters */
	const char *near[NEAR];	/* one of the names is there, seen from the
				 * folder; no patterns but "|" and "@" */
	bool inode;		/* the name is the file's inode number */
};

#define POSTFIX { "Postfix", "postsuper -h QUEUE_ID" }
/* postsuper(1): what pickup did not take yet cannot be held. */
#define MAILDROP { "Postfix", "postcat -q QUEUE_ID; it cannot be held before " \
	"pickup took it" }
#define EXIM { "Exim", "exim -Mf MESSAGE_ID" }
#define SENDMAIL { "sendmail", "sendmail -Qreason -qIQUEUE_ID" }
#define QMAIL { "qmail", "qmail-qread, with qmail-send stopped" }
#define OPENSMTPD { "OpenSMTPD", "smtpctl pause envelope MESSAGE_ID" }
#define COURIER { "Courier", "cancelmsg QUEUE_ID" }
#define KUMOMTA { "KumoMTA", "kcli suspend --domain DOMAIN --reason TEXT" }
#define HARAKA { "Haraka", "haraka -c CONFIG --qlist, with it stopped" }
#define DOVECOT { "Dovecot", "doveadm save, then doveadm expunge" }
#define CYRUS { "Cyrus", "APPEND by IMAP, then expunge" }
#define APPLE { "Apple Mail", "save it from Mail" }
#define EXCHANGE { "Exchange", "Suspend-Message" }
#define IIS { "IIS", "net stop smtpsvc" }
#define HMAIL { "hMailServer", "APPEND by IMAP, then expunge" }

#define OURSELVES { "baredot", "baredot undo, or baredot restore" }

#define HARAKA_NAME "%d_%d_%d_%d_%w_%d_%*"

/*
 * The layouts and where they are from: the servers' own sources, but for
 * sendmail (op.txt, appendix B), Courier (queue.html), Apple Mail (files),
 * Exchange and IIS (their documentation).
 */
static const struct row rows[] = {
	/* a C record of 4 to 7 numbers, whatever it is called: its length,
	 * and each in 15 bytes; in maildrop/ a T record */
	{ POSTFIX, "%*", .head = "C%{?O_o}%s%d%s%d%s%d%s%d" },
	{ MAILDROP, "%w", .head = "T%1b%d", .folder = "maildrop",
	  .near = { "../active", "../incoming|../deferred" } },
	/* the first line is the name; the journal has none */
	{ EXIM, "%6w-%6w-%2w-%{HD}|%6w-%11w-%4w-%{HD}", .head = "%n\n" },
	{ EXIM, "(%6w-%6w-%2w)-%{JK}|(%6w-%11w-%4w)-%{JK}",
	  .near = { "@-H|@-D" } },
	{ SENDMAIL, "%{qQh}f%w", .head = "V%d\n" },
	{ SENDMAIL, "%{dtx}f(%w)",
	  .near = { "qf@|Qf@|hf@|../qf/qf@|../qf/Qf@|../qf/hf@" } },
	{ QMAIL, "%d", .folder = "mess/%d", .inode = true,
	  .near = { "../../info", "../../todo|../../intd" } },
	{ QMAIL, "%d", .folder = "todo|intd|bounce",
	  .near = { "../mess", "../lock" } },
	{ QMAIL, "%d", .folder = "info/%d|local/%d|remote/%d|todo/%d|intd/%d",
	  .near = { "../../mess", "../../lock" } },
	{ OPENSMTPD, "message", .folder = "queue/%2x/%8x",
	  .near = { "../../../purge|../../../incoming" } },
	{ OPENSMTPD, "%16x", .folder = "queue/%2x/%8x",
	  .near = { "message", "../../../purge|../../../incoming" } },
	{ OPENSMTPD, "message", .folder = "incoming/%8x",
	  .near = { "../../queue", "../../purge" } },
	{ COURIER, "D(%d)", .folder = "msgs/%d", .near = { "C@" } },
	{ COURIER, "C(%d)", .folder = "msgs/%d", .near = { "D@" } },
	/* before courierd has seen it */
	{ COURIER, "D(%d)", .folder = "tmp/%d",
	  .near = { "C@", "../../msgq" } },
	{ COURIER, "C(%d)", .folder = "tmp/%d",
	  .near = { "D@", "../../msgq" } },
	{ KUMOMTA, "%24x", .folder = "data/%2x/%2x/%2x/%2x",
	  .near = { "../../../../../lock", "../../../../../new" } },
	{ HARAKA, HARAKA_NAME "|error." HARAKA_NAME "|__tmp__." HARAKA_NAME,
	  .head = "%4b\n{|%4b{" },
	{ DOVECOT, "%{um}.%d", .head = "2 M%x C%x\n" },
	{ CYRUS, "%d.", .near = { "cyrus.index|cyrus.header" } },
	{ APPLE, "%*.emlx", .head = "%d%s\n|%d\n" },
	{ EXCHANGE, "%*.%{eE}%{mM}%{lL}|%*.%{tT}%{mM}%{pP}",
	  .folder = "transportroles/pickup|transportroles/replay" },
	{ IIS, "%*.%{eE}%{mM}%{lL}|%*.%{tT}%{mM}%{pP}",
	  .folder = "mailroot/pickup|mailroot/queue|mailroot/drop|"
	  "mailroot/badmail", .near = { "../pickup|../Pickup" } },
	/* Data/DOMAIN/USER/AB/{AB...}.eml; a row in a database has its size */
	{ HMAIL, "{(%2x)%6x-%4x-%4x-%4x-%12x}.eml", .folder = "@" },
	/* an original, by its SHA-256: scanner/act/run.c */
	{ OURSELVES, "%64x", .folder = "runs/%*/blobs",
	  .near = { "../journal" } },
};

/* --- patterns */

struct match {
	struct span s;		/* what is left of the text */
	const char *name;	/* %n */
	struct span id;
	bool whole, any_case;
};

static bool
is_class(char class, uint8_t c)
{
	const uint8_t low = ascii_lower(c);

	switch (class) {
	case 'd':
		return ascii_digit(c);
	case 'x':
		return ascii_digit(c) || (low >= 'a' && low <= 'f');
	case 'w':
		return ascii_digit(c) || (low >= 'a' && low <= 'z');
	case 's':
		return c == ' ';
	default:
		return true;
	}
}

static void
skip(struct match *m, size_t n)
{
	m->s = (struct span){ m->s.p + n, m->s.n - n };
}

/* So many of a class. */
static bool
take_class(struct match *m, const char **p)
{
	size_t want = 0, n = 0;

	for (; ascii_digit((uint8_t)**p); ++*p)
		want = 10 * want + (size_t)(**p - '0');
	while (n < m->s.n && (want == 0 || n < want) &&
	    is_class(**p, m->s.p[n]))
		n++;
	++*p;
	skip(m, n);
	return n > 0 && n >= want;
}

static bool
take_one_of(struct match *m, const char **p)
{
	bool is = false;

	for (; **p != '}'; ++*p)
		is = is || (m->s.n > 0 && m->s.p[0] == (uint8_t)**p);
	++*p;
	if (is)
		skip(m, 1);
	return is;
}

static bool
take_text(struct match *m, struct span text)
{
	if (!span_starts(m->s, text))
		return false;
	skip(m, text.n);
	return true;
}

static bool
take_letter(struct match *m, char c)
{
	if (m->s.n == 0 || (m->s.p[0] != (uint8_t)c && !(m->any_case &&
	    ascii_lower(m->s.p[0]) == (uint8_t)c)))
		return false;
	skip(m, 1);
	return true;
}

/* Behind a %; moves *p behind what it means. */
static bool
take_item(struct match *m, const char **p)
{
	if (**p == 'n') {
		++*p;
		return take_text(m, (struct span){ (const uint8_t *)m->name,
		    strlen(m->name) });
	}
	if (**p == '{') {
		++*p;
		return take_one_of(m, p);
	}
	return take_class(m, p);
}

static bool fits(struct match *m, const char *p);

/* Behind the %*: the rest fits somewhere. */
static bool
fits_later(struct match *m, const char *p)
{
	const struct match from = *m;

	for (size_t n = 0; n <= from.s.n; n++) {
		*m = from;
		skip(m, n);
		if (fits(m, p))
			return true;
	}
	return false;
}

/* One alternative. */
static bool
fits(struct match *m, const char *p)
{
	while (*p != '\0' && *p != '|') {
		const char c = *p++;
		bool ok = true;

		if (c == '(')
			m->id = (struct span){ m->s.p, 0 };
		else if (c == ')')
			m->id.n = (size_t)(m->s.p - m->id.p);
		else if (c == '@')
			ok = take_text(m, m->id);
		else if (c != '%')
			ok = take_letter(m, c);
		else if (*p == '*')
			return fits_later(m, p + 1);
		else
			ok = take_item(m, &p);
		if (!ok)
			return false;
	}
	return !m->whole || m->s.n == 0;
}

static bool
fits_any(struct match *m, const char *pattern)
{
	const struct match from = *m;

	for (const char *p = pattern; p != NULL; p = strchr(p, '|')) {
		p += *p == '|';
		*m = from;
		if (fits(m, p))
			return true;
	}
	return false;
}

/* --- facts */

struct place {
	const char *folder, *name;
	int fd;			/* of the folder, or -1 */
	bool ours;		/* it was opened here */
	struct span head;
	bool resolved;
	char path[PATH_MAX];	/* of the folder; "": it is not known */
};

static bool
open_place(struct place *at)
{
	if (at->fd < 0) {
		at->fd = open(at->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		at->ours = at->fd >= 0;
	}
	return at->fd >= 0;
}

/* Without links and dots in it, as the names in it count. */
static void
resolve(struct place *at)
{
	char self[32];
	ssize_t n = -1;

	at->resolved = true;
	at->path[0] = '\0';
	if (at->fd >= 0) {
		(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", at->fd);
		n = readlink(self, at->path, sizeof(at->path) - 1);
		at->path[n > 0 ? n : 0] = '\0';
	}
	if (n <= 0 && realpath(at->folder, at->path) == NULL)
		at->path[0] = '\0';
}

/* The pattern's names are the path's last ones. */
static bool
is_in(struct place *at, const char *pattern, struct span id)
{
	if (!at->resolved)
		resolve(at);
	for (const char *p = pattern; p != NULL; p = strchr(p, '|')) {
		size_t n = strlen(at->path), slashes = 1;
		struct match m = { .id = id, .whole = true,
		    .any_case = true };

		p += *p == '|';
		for (size_t i = 0; p[i] != '\0' && p[i] != '|'; i++)
			slashes += p[i] == '/';
		m.s.n = n;
		while (n > 0 && slashes > 0)
			slashes -= at->path[--n] == '/';
		if (slashes > 0)
			continue;
		m.s = (struct span){ (const uint8_t *)at->path + n + 1,
		    m.s.n - n - 1 };
		if (fits(&m, p))
			return true;
	}
	return false;
}

/* One of the names is there.  An id is part of a file's name, and the rest
 * is text of the rows: there is room. */
static bool
is_near(struct place *at, const char *names, struct span id)
{
	char name[NAME_MAX + 64];
	struct stat st;
	size_t n = 0;

	if (!open_place(at))
		return false;
	for (const char *p = names; ; p++) {
		if (*p == '\0' || *p == '|') {
			name[n] = '\0';
			n = 0;
			if (fstatat(at->fd, name, &st,
			    AT_SYMLINK_NOFOLLOW) == 0)
				return true;
			if (*p == '\0')
				return false;
		} else if (*p == '@') {
			memcpy(name + n, id.p, id.n);
			n += id.n;
		} else {
			name[n++] = *p;
		}
	}
}

static bool
is_inode(struct place *at)
{
	struct stat st;
	char number[32];

	if (!open_place(at) || fstatat(at->fd, at->name, &st,
	    AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	(void)snprintf(number, sizeof(number), "%ju", (uintmax_t)st.st_ino);
	return strcmp(number, at->name) == 0;
}

static bool
is_row(struct place *at, const struct row *r)
{
	struct match name = { .s = { (const uint8_t *)at->name,
	    strlen(at->name) }, .whole = true };
	struct match head = { .s = at->head, .name = at->name };

	if (name.s.n > NAME_MAX || !fits_any(&name, r->name) ||
	    (r->head != NULL && !fits_any(&head, r->head)) ||
	    (r->folder != NULL && !is_in(at, r->folder, name.id)))
		return false;
	for (size_t i = 0; i < NEAR; i++)
		if (r->near[i] != NULL && !is_near(at, r->near[i], name.id))
			return false;
	return !r->inode || is_inode(at);
}

const struct keeper *
keeper_of(const char *folder, int folder_fd, const char *name,
    struct span head)
{
	struct place at = { .folder = folder, .name = name, .fd = folder_fd,
	    .head = head };
	const struct keeper *found = NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) &&
	    found == NULL; i++)
		if (is_row(&at, &rows[i]))
			found = &rows[i].keeper;
	if (at.ours)
		(void)close(at.fd);
	return found;
}
