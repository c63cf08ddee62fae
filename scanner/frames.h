/*
 * Frames (struct frame, wire.h) between a process and a child that works for
 * it, and files that are handed to the child.
 */
#ifndef BAREDOT_FRAMES_H
#define BAREDOT_FRAMES_H

#include "buf.h"
#include "err.h"

#define FRAMES_MAX (4u << 20)	/* bytes of payload */
#define FRAMES_FILES 4u		/* handed on at once, at most */

/* In the child.  What cannot be sent has nobody who waits for it: _exit. */
struct frames_out {
	int fd;
	struct buf out;		/* not sent yet */
};

/* One frame of p's n bytes and those of `more`, behind what b has; latches. */
void frames_put(struct buf *b, uint32_t type, const void *p, size_t n,
    struct span more);

/* The same; sent when there are many. */
void frames_add(struct frames_out *, uint32_t type, const void *p, size_t n,
    struct span more);
void frames_flush(struct frames_out *);

/* In the parent; a zeroed one is ready. */
struct frames_in {
	struct buf in;
	size_t at;		/* up to there it was handed out */
	uint64_t spent;		/* nanoseconds in frames_next */
	uint8_t part[128u << 10];
};

void frames_begin(struct frames_in *);	/* of another child, or job */
void frames_free(struct frames_in *);	/* what it holds */

struct frames_wait {
	unsigned timeout;	/* seconds without a word; 0: for ever */
	uint64_t most;		/* seconds that frames_next may take in all,
				 * since frames_begin; 0: for ever */
	bool (*going)(void *ctx);	/* false: give up; NULL: never */
	void *ctx;
};

/*
 * The next frame; *out is valid until the next call.  ST_BAD: the child died,
 * is silent, does not come to an end, or sent garbage; or it was given up:
 * then e->num is EINTR.
 */
int frames_next(struct frames_in *, int fd, const struct frames_wait *,
    uint32_t *type, struct span *out, struct err *);

/* There is something for frames_next; or it will tell what is wrong. */
bool frames_ready(const struct frames_in *, int fd);

/*
 * Bytes (one at least) with descriptors.  ST_BAD: the other end died, or the
 * kernel would not hand them on.
 */
int frames_send_files(int fd, const void *p, size_t n, const int *files,
    size_t files_n, struct err *);

/* False: the other end hung up, or sent something else. */
bool frames_receive_files(int fd, void *p, size_t n, int *files,
    size_t files_n);

#endif
