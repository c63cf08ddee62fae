/*
 * Jobs in the order of the walk, and their results in that same order,
 * however many workers there are.
 *
 * The queue cuts large mboxes into ranges, joins the ranges, numbers their
 * messages, replaces jobs whose worker died, and adds up.  It is the only
 * writer of the report's body.
 */
#ifndef BAREDOT_QUEUE_H
#define BAREDOT_QUEUE_H

#include "ndjson_sums.h"
#include "pool.h"
#include "walk.h"

/* Where the report goes; false: it cannot be written, stop. */
typedef bool queue_write(void *ctx, struct span);

struct queue_options {
	size_t workers;
	unsigned timeout;		/* seconds; 0: none */
	struct scan_options scan;
	queue_write *write;
	void (*plan)(void *ctx, struct span items);	/* after their text;
							 * or NULL */
	struct keeping *keeping;	/* borrowed; NULL: none */
	void (*progress)(void *ctx, uint64_t bytes, uint64_t messages);
					/* bytes more; 4 times a second at
					 * least, with workers */

	/*
	 * Not NULL: it is scanned in sections (queue_cut).  Told are parts of
	 * stores, no store records of folders and of mboxes of queue_mbox; and
	 * the index of a message of these is a string, "+" and its number in
	 * the section.
	 */
	void (*part)(void *ctx, const struct part_facts *);

	/* Then also: what is written from here on may be taken back; take it
	 * back (false: it cannot be).  Only queue_hold does so. */
	void (*mark)(void *ctx);
	bool (*back)(void *ctx);
	void *ctx;			/* of all these */
};

struct queue;

struct queue *queue_new(const struct queue_options *, struct err *);
void queue_free(struct queue *);

/* A file to scan; dir == NULL: name is a path that the user gave.  planned: if
 * it is not like that, this is told in front of it; or NULL. */
void queue_file(struct queue *, const struct walk_dir *dir, const char *name,
    enum store_place, const struct planned *planned);
void queue_stdin(struct queue *);

/* All of the folder's own files were given: its store record goes here. */
void queue_leave(struct queue *, const struct walk_dir *, bool settled);

/* Something that was not scanned. */
void queue_problem(struct queue *, enum problem, struct span path,
    const char *why);

/* Of a scan in sections: what is given from here on is of that line of the
 * plan (queue_hold). */
void queue_at(struct queue *, uint64_t line);

/*
 * An mbox of size bytes, known as such, in ranges, one after another.
 */
struct queued_mbox {
	const struct walk_dir *dir;	/* as for queue_file */
	const char *name;
	enum store_place place;
	uint64_t size;			/* bytes */
	uint64_t from;			/* where the first range will begin */
	struct mbox_border begin;	/* where the message before ended */
	bool stale;			/* it was told to be */
};
void queue_mbox(struct queue *, const struct queued_mbox *);
void queue_range(struct queue *, uint64_t from, uint64_t to);
void queue_mbox_end(struct queue *, bool last);	/* no more of it here */

/* Instead of all these: what was to be read of it, up to there, is not to be
 * had. */
void queue_mbox_unread(struct queue *, const struct walk_dir *dir,
    const char *name, uint64_t to, bool last);

/*
 * Do what is left, and tell of folders and of the mbox that are not at their
 * end, as parts; out: what was counted since the last time.  False: stopped.
 */
bool queue_cut(struct queue *, struct totals *out);

/*
 * It was paused: the jobs that run have ms milliseconds; then what is whole up
 * to the first that is not done is told as in queue_cut, and what is behind it
 * is taken back: all of it begins at *to.  Nothing may be given any more.
 * False: stopped, or failed.
 */
#define QUEUE_ALL UINT64_MAX
struct queue_place {
	uint64_t line;		/* of queue_at; QUEUE_ALL: all is done that was
				 * given */
	uint64_t at;		/* not 0: of an mbox that much is done; and: */
	bool stale;		/* that it is stale was told */
	struct span folder;	/* what is there is in; valid as long as the
				 * queue is not freed */
	size_t root;
};
bool queue_hold(struct queue *, unsigned ms, struct queue_place *to,
    struct totals *out);

/* Do what is left.  False: stopped before the end. */
bool queue_finish(struct queue *);

/* Stop as soon as possible; safe in a signal handler. */
void queue_stop(struct queue *);

/* Likewise; but a scan in sections only begins no more jobs: queue_hold. */
void queue_pause(struct queue *);
bool queue_stopped(const struct queue *);	/* or paused */

const struct totals *queue_totals(const struct queue *);

#endif
