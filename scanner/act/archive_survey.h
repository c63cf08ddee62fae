/*
 * Reads an archive from beginning to end, with libarchive and with our own
 * walker side by side, and sees that both say the same.
 */
#ifndef BAREDOT_ARCHIVE_SURVEY_H
#define BAREDOT_ARCHIVE_SURVEY_H

#include "archive_form.h"
#include "archive_ledger.h"

struct archive_what {
	enum filter filter;
	enum archive_format format;
	const struct archive_form *form;
	bool empty;		/* a zip without members, which libarchive
				 * does not take for one */
};

/* ST_BAD: it is no archive that is rewritten. */
int archive_what(int fd, struct archive_what *out, struct err *);

/*
 * All members into *out, which ledger_open opened, and sealed.  ST_BAD: the
 * archive is not to be rewritten: damaged, ambiguous, beyond a limit, or the
 * pieces put together again would not be the same.
 */
int archive_survey(int fd, const struct archive_what *, struct ledger *out,
    struct err *);

#endif
