/*
 * What goes between the pool and a worker.
 *
 * To a worker: struct wire_job, planned, path, names.  Back: struct frame and
 * its payload.  Both ends are the same binary, but the parent trusts no length.
 */
#ifndef BAREDOT_WIRE_H
#define BAREDOT_WIRE_H

#include "job.h"

struct wire_job {
	struct job_spec spec;	/* its pointers mean nothing */
	size_t path_size;	/* with the NUL */
};

enum frame_type {
	FRAME_FIRST,		/* the event's uint64_t, as in job_sink */
	FRAME_COMMIT,		/* struct wire_commit and the text */
	FRAME_LARGE,		/* as FRAME_FIRST */
	FRAME_GROWN,
	FRAME_TICK,
	FRAME_DONE		/* what scanner_run returned */
};

struct frame {
	uint32_t type;
	uint32_t size;		/* bytes of payload */
};

/* The fixed part of FRAME_COMMIT; plan, pieces and text follow. */
struct wire_commit {
	struct delta delta;	/* .folder.format: an index, see below */
	struct resume resume;
	uint32_t format;
	uint32_t plan_size;	/* bytes */
	uint32_t pieces_size;
};

/* A store_facts.format is a literal, of which the number travels. */
uint32_t wire_format_index(const char *name);	/* NULL: 0 */

/* False: there is no such number; *name is untouched. */
bool wire_format_name(uint32_t, const char **name);

#endif
