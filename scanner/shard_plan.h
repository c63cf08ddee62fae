/*
 * The lines of a plan (docs/shards.md): what a walk found, in its order.
 *
 * A plan is read by other processes than the one that made it, perhaps by
 * those of others: no more is believed than of a command line.
 */
#ifndef BAREDOT_SHARD_PLAN_H
#define BAREDOT_SHARD_PLAN_H

#include "hash.h"
#include "json_read.h"
#include "ndjson_sums.h"
#include "report_lines.h"
#include "walk.h"

#define PLAN_SCHEMA 1u
#define PLAN_SHARDS_MAX 10000u	/* so that the first line is no book */

enum plan_kind {
	PLAN_FOLDER,		/* the files behind it are in that folder */
	PLAN_FILE,		/* in it; named: a path that the user gave */
	PLAN_MBOX,		/* a part of such a file */
	PLAN_LEAVE,		/* that was all of the folder's own files */
	PLAN_SKIPPED,		/* it is not to be scanned */
	PLAN_FAILED		/* it could not be looked into */
};

/* A line.  Zeroed before the first is read; reused for the next. */
struct plan_line {
	enum plan_kind kind;
	struct buf path;	/* NUL-terminated; of a file that is not named
				 * its name */
	uint64_t root;		/* PLAN_FOLDER: bytes of the path that the user
				 * named */
	bool named;		/* PLAN_FILE, PLAN_MBOX, PLAN_SKIPPED */
	enum store_place place;

	/* What the file was, when the plan was made: */
	uint64_t size, mtime, inode;	/* bytes; ns since 1970 */

	uint64_t from, to;	/* PLAN_MBOX: bytes of it */
	bool settled;		/* PLAN_LEAVE */
	enum walk_skip why;	/* PLAN_SKIPPED */
	struct buf error;	/* PLAN_FAILED */
};

void plan_line_free(struct plan_line *);

/* With its break. */
void plan_line_put(struct buf *, const struct plan_line *);

/* False: that is no line of a plan, or there is no memory. */
bool plan_line_read(struct plan_line *, struct span text);

/* --- the first line */

struct plan_segment {
	uint64_t at, n;		/* bytes behind the first line: where its lines
				 * are, and how many */
	uint64_t weight;
	uint8_t sha[HASH_SIZE];	/* of them */
};

struct plan_root {
	struct buf path;	/* NUL-terminated, as the user gave it */
	uint64_t inode;
};

struct plan_header {
	uint8_t sha[HASH_SIZE];	/* of all behind it in the line */
	struct buf cwd;		/* NUL-terminated; n 0: not known */
	bool forensic;
	size_t roots_n, shards;
	struct plan_root *roots;	/* folders that the user named */
	struct plan_segment *segments;	/* shards of them */
};

void plan_header_free(struct plan_header *);

/*
 * The first line of the file, padded with spaces to `room` bytes, with its
 * break; sets the sum.  more: members of the caller's, written last; or NULL.
 * False: it needs more room, or there is no memory.
 */
bool plan_header_put(struct buf *, struct plan_header *, const char *rules,
    size_t room, void (*more)(void *ctx, struct json *), void *ctx);

/* How much that needs at most, without `more`. */
size_t plan_header_room(const struct plan_header *);

/*
 * ST_BAD: it is no plan, or one of another version (*e says which), or was
 * changed.  ST_DEAD: no memory.  Freed by plan_header_free in any case.
 */
int plan_header_read(struct plan_header *, const char *rules, struct span line,
    struct err *e);

/*
 * Open a plan and read its first line; lines->next: where the second is.
 * ST_DEAD: it cannot be read; else as plan_header_read.  The caller closes
 * lines in any case.
 */
int plan_open(struct report_lines *lines, const char *path, const char *rules,
    struct plan_header *, struct err *);

/*
 * Read all lines of a segment and compare them with the header; at: where the
 * second line of the plan is.  ST_BAD: they are not what it says.
 */
int plan_segment_check(const struct report_lines *, uint64_t at,
    const struct plan_segment *, struct err *);

#endif
