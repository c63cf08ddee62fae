/*
 * Lines to entities, and those that are signed to their hashes: the inner half
 * of seal_walk.h.
 *
 * seal_parts_open -> (seal_parts_begin -> (seal_parts_line ->
 * seal_parts_more*)* -> seal_parts_end)* -> seal_parts_close
 */
#ifndef BAREDOT_SEAL_PARTS_H
#define BAREDOT_SEAL_PARTS_H

#include "parts.h"
#include "seal_slot.h"
#include "seal_walk.h"

/* An entity that has not ended. */
struct seal_layer {
	enum entity_is is;
	bool digest;		/* a part without a type is a message */
	bool is_signed;		/* a multipart/signed */
	bool seals;		/* a later part of one: a signature */
	enum seal_kind kind;	/* of those two */
	unsigned number;	/* among the parts around it; 0: a message */
	unsigned children;
	size_t boundary_n;
	uint8_t boundary[BOUNDARY_MAX];
};

/* A slot that hashes: until the layer of that index ends. */
struct seal_open {
	bool open;
	bool fresh;		/* no line was in it yet */
	size_t layer;
};

struct seal_parts {
	struct seal_list *out;
	struct seal_slot slots[SEALS_MAX];
	struct seal_open open[SEALS_MAX];
	size_t open_n;			/* of those */
	size_t clear;			/* which is clear-signed text */
	struct mime_header header;	/* of the last layer */
	struct spots ignored;
	struct span line;		/* the line at hand; during the call */
	bool bare;			/* an LF alone was before it */
	size_t n;
	struct seal_layer layers[MIME_DEPTH_MAX];
};

/* On a zeroed one.  False: memory; close it all the same. */
bool seal_parts_open(struct seal_parts *);
void seal_parts_close(struct seal_parts *);

/* The list is whole after seal_parts_end. */
void seal_parts_begin(struct seal_parts *, struct seal_list *);

/* The next line without its break; bare: the one before ended in an LF
 * alone.  Not whole: its first LINE_HEAD bytes, the rest is for _more. */
void seal_parts_line(struct seal_parts *, struct span, bool whole, bool bare);
void seal_parts_more(struct seal_parts *, struct span);

void seal_parts_end(struct seal_parts *);

/* A line matters only if it begins with "--". */
bool seal_parts_idle(const struct seal_parts *);

#endif
