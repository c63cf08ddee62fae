/*
 * Read bytes by looking first and taking later.
 *
 * input_peek shows bytes without moving; input_consume moves past them.  A
 * span from input_peek stays valid, and its bytes stay put, until the next
 * input_peek, input_seek or input_close; input_consume, and where one can go
 * back input_look, do not disturb it.
 *
 * What cannot go back (a pipe, compressed data) has a window instead: bytes
 * from input_keep on stay at hand, and input_look sees ahead, as long as all of
 * that is no more than INPUT_WINDOW.
 *
 * One struct input is opened and closed many times; its buffers are kept.
 */
#ifndef BAREDOT_INPUT_H
#define BAREDOT_INPUT_H

#include "err.h"
#include "span.h"

#define INPUT_PEEK_MAX (64u << 10)	/* bytes that can be asked for */
#define INPUT_LOOK_MAX (4u << 10)	/* likewise, by input_look */
#define INPUT_BUFFER (1024u << 10)	/* bytes, read at once */
#define INPUT_WINDOW (4096u << 10)	/* bytes */

/*
 * Where the bytes of an input come from: a file, what a file decompresses to,
 * a test's double.
 */
struct byte_source {
	/*
	 * Read up to n bytes, which stand at off.  ST_OK: *got of them, at
	 * least 1.  ST_END: there are no more.  ST_DEAD: read error, and again
	 * at every later call there.
	 */
	int (*read)(void *ctx, uint64_t off, uint8_t *p, size_t n,
	    size_t *got, struct err *);

	/* The next bytes, behind the last ones, wherever they stand; valid
	 * until the next call.  Statuses as above.  NULL: it has none. */
	int (*lend)(void *ctx, struct span *, struct err *);

	void (*close)(void *ctx);	/* NULL: nothing to close */
	void *ctx;
	bool seekable;		/* off is any; else where the last call ended */
};

struct input;

struct input *input_new(void);		/* NULL: no memory */
void input_free(struct input *);	/* closes first; NULL is fine */

/*
 * Read from a regular file, which the input then owns.  size is what fstat
 * said (0: unknown): bytes added meanwhile are not shown, and a file that
 * became shorter is a read error.
 */
void input_open_fd(struct input *, int fd, uint64_t size);

/*
 * After input_open_fd: what is not there yet is being written, and waited for
 * as long as it takes.
 */
void input_wait(struct input *);

/* Read from a pipe or the like, which ends when it ends. */
void input_open_pipe(struct input *, int fd);

void input_open_source(struct input *, struct byte_source);

void input_close(struct input *);	/* and what it owns */

/*
 * Show at least want bytes (1 <= want <= INPUT_PEEK_MAX) in *out.
 * ST_OK:   out->n >= want, or 0 < out->n < want and no more will come.
 * ST_END:  nothing is left.
 * ST_DEAD: read error; *out is untouched.  It stays dead until a seek.
 */
int input_peek(struct input *, size_t want, struct span *out, struct err *);

/* Move past n bytes, no more than the last peek showed. */
void input_consume(struct input *, size_t n);

/*
 * Move past the next bytes, no more than most (> 0) and at least one, and show
 * them in *out.  Statuses and how long it is valid as input_peek.
 */
int input_some(struct input *, uint64_t most, struct span *out, struct err *);

/*
 * Move past the next bytes, at least one of them, and show them in *out, with a
 * copy less where the source lends them; nothing before them stays at hand.
 * Valid until the next call for this input.  Statuses as input_peek.
 */
int input_take(struct input *, struct span *out, struct err *);

/*
 * Move past the next bytes and an `end` behind them, and show them in *out,
 * without that; valid as of input_peek.  ST_END: nothing is left.  ST_BAD: no
 * such byte comes, or more than `most` (< INPUT_PEEK_MAX) before it; *out shows
 * all that are left, or most + 1, and nothing is taken.
 */
int input_until(struct input *, uint8_t end, size_t most, struct span *out,
    struct err *);

uint64_t input_offset(const struct input *);	/* of the next byte */

/* The input can go back, and to a byte far ahead. */
bool input_can_seek(const struct input *);

/*
 * Go to a byte, or (beyond the end) to the end.  Only if input_can_seek, or to
 * one that is at hand.
 */
void input_seek(struct input *, uint64_t off);

/* Keep what stands from off on, not before the input's place. */
void input_keep(struct input *, uint64_t off);

bool input_at_hand(const struct input *, uint64_t off);

/* input_can_seek, or what is kept stays at hand for one more input_peek. */
bool input_keeps(const struct input *);

/*
 * As input_peek, but what stands at off, and no more than INPUT_LOOK_MAX bytes
 * can be asked for.  The input stays where it is, and keeps what it has read.
 * Valid until the next input_look or input_peek.  Only if input_can_look, and
 * then, if not input_can_seek, a span of input_peek is no longer valid.
 */
int input_look(struct input *, uint64_t off, size_t want, struct span *out,
    struct err *);

bool input_can_look(const struct input *, uint64_t off, size_t want);

/* Bytes in all, as of opening; 0 when that is not known. */
uint64_t input_size(const struct input *);

#endif
