/*
 * A report as one HTML page: what its parts share.
 *
 * The records of a report (NDJSON) are read once and counted, then those that
 * are shown are read again, worst store first.  What is kept of each is a few
 * numbers, and not of more than PAGE_SHOWN messages.
 *
 * page_count -> the sections, in their order (page.c)
 */
#ifndef BAREDOT_PAGE_H
#define BAREDOT_PAGE_H

#include "codes.h"
#include "json_read.h"
#include "output.h"
#include "page_places.h"
#include "report_lines.h"

#define PAGE_SHOWN 100000u	/* messages that are shown one by one */
#define PAGE_OWN 100u		/* the worst stores have id="store-RANK" */
#define PAGE_LIST 200u		/* records of one kind that are listed */
#define PAGE_DAYS 49673u	/* from 1970 to 2105 */

/* A message with findings that is shown. */
struct page_message {
	uint64_t at;		/* its record: bytes into the report */
	uint32_t place;		/* by page_places; then by its rank */
	uint32_t severity;
};

/* Those of one severity, in the order of the report. */
struct page_messages {
	struct page_message *list;
	size_t n, room;
};

/* Records that are listed: the first, and how many there are. */
struct page_list {
	uint64_t at[PAGE_LIST];
	uint64_t n;
};

struct page_code {
	uint64_t messages, count;
	enum severity worst;
};

struct page {
	struct report_lines *in;
	struct output *out;
	struct err *e;
	struct buf b;			/* of the page, not yet written */

	struct json_object *header, *summary;	/* NULL: there is none */
	uint64_t records;
	bool whole;		/* the summary came last, with their number */
	bool redacted;
	uint64_t flagged;		/* messages with findings */
	uint64_t by_severity[SEVERITIES];	/* by their worst */
	struct page_code codes[CODE_COUNT];
	uint64_t unknown_codes;		/* findings of a later version */
	uint64_t cut_headers;
	uint64_t hidden;		/* messages in which some codes are not
					 * observable */
	uint32_t (*days)[SEVERITIES];	/* messages: PAGE_DAYS of them */
	uint64_t undated, dated_beyond;
	struct page_places places;
	struct page_messages messages[SEVERITIES];
	struct page_list unreadable, skipped, stale, outcomes,
	    not_observable,
	    disputed, replays;

	struct page_message *shown;	/* by place, worst first, then as they
					 * come in the report */
	size_t shown_n;
};

/* Read all records.  ST_DEAD: *p->e says why. */
int page_count(struct page *);

/* A day (RFC 3339, UTC) to days since 1970.  False: none in PAGE_DAYS. */
bool page_day(struct span date, size_t *day);

/* Write what is in p->b, when it is much.  False: it failed. */
bool page_flush(struct page *);

/*
 * The record that begins at that byte, to be freed.  NULL: it is none any
 * more.
 */
struct json_object *page_record(struct page *, uint64_t at);

/*
 * The sections.  Each is a heading in the list of sections, whether it has
 * something to show, and what it puts into p->b.
 */
struct page_section {
	const char *id, *title;
	bool (*there)(const struct page *);
	void (*put)(struct page *);
};

#define PAGE_SECTIONS(X) X(glance) X(replay) X(codes) X(rules) X(time) \
	X(stores) X(folders) X(unread) X(findings) X(means) X(about)

#define PAGE_SECTION_DECLARE(name) extern const struct page_section page_##name;
PAGE_SECTIONS(PAGE_SECTION_DECLARE)

/* One message and its findings (page_message.c).  place: where it is, which is
 * not said again. */
void page_put_message(struct page *, const struct json_object *,
    struct span place);

#endif
