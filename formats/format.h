/*
 * What a format is: how to recognise it, and how to cut messages out.
 */
#ifndef BAREDOT_FORMAT_H
#define BAREDOT_FORMAT_H

#include "packing.h"
#include "store.h"

struct format {
	const char *name;
	size_t state_size;	/* bytes; zeroed at begin */
	bool many;		/* messages in one file */
	bool splits;		/* store_how's from and to are honoured */

	/*
	 * How sure it is, in bits that were checked, from the first bytes of
	 * the data: all, when there are fewer than INPUT_PEEK_MAX.  0: no.
	 */
	unsigned (*bid)(struct span head, enum store_place);

	/*
	 * Where the data are no messages as they stand: *out reads them out of
	 * the input, which is at its start and stays there for it.  All below
	 * see no other input but that.
	 */
	int (*decode)(void *, struct input *, const struct store_how *,
	    struct byte_source *out, struct err *);	/* or NULL */
	const char *why_not;	/* of those, as in struct msg; a literal */

	/* The input is at the data's start.  NULL: nothing to do. */
	int (*begin)(void *, struct input *, const struct store_how *,
	    const struct kernel *, struct err *);

	/* As store_next; the message before was read to its end, or to where
	 * it is damaged. */
	int (*next)(void *, struct input *, struct msg *, struct err *);

	/* As store_read; consumes what it shows. */
	int (*read)(void *, struct input *, struct span *, struct err *);

	/*
	 * How the message that next returned is compressed; the store unpacks
	 * what read shows of it.  NULL: never.
	 */
	enum filter (*packed)(const void *);

	uint64_t (*first)(const void *);			/* or NULL */

	/* Bytes between a message that was read and the next separator. */
	size_t (*gap)(const void *);				/* or NULL */
	struct dialects *(*dialects)(void *);			/* or NULL */
	const struct envelope *(*envelope)(const void *);	/* or NULL */
};

/* The list of formats: a new one is a file and a line here. */
#define FORMATS(X) X(mbox) X(eml) X(emlx) X(dbox) X(mmdf) X(postfix) X(exim) \
	X(opensmtpd) X(kumomta) X(haraka) X(pickup) X(sendmail) X(qmail) \
	X(courier)

#define FORMAT_DECLARE(name) extern const struct format format_##name;
FORMATS(FORMAT_DECLARE)

#define FORMAT_ONE(name) + 1
enum { FORMATS_N = 0 FORMATS(FORMAT_ONE) };

#endif
