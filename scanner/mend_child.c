/*
 * See mend_child.h.
 */
#include "mend_child.h"

#include <unistd.h>

#include "escape.h"
#include "frames.h"
#include "mend_file.h"
#include "sandbox.h"

#define TICK_AT (16ull << 20)	/* bytes read without a word */

struct mending {
	struct frames_out out;
	uint64_t quiet;		/* bytes read since the last sign of life */
};

static const struct span nothing;

static int
on_frame(void *ctx, enum mend_type type, const void *p, size_t n,
    struct span more, struct err *e)
{
	struct mending *m = ctx;

	(void)e;
	frames_add(&m->out, type, p, n, more);
	return ST_OK;
}

static void
on_tick(void *ctx, uint64_t bytes, uint64_t again)
{
	struct mending *m = ctx;

	m->quiet += bytes + again;
	if (m->quiet < TICK_AT)
		return;
	frames_add(&m->out, MEND_TICK, NULL, 0, nothing);
	frames_flush(&m->out);
	m->quiet = 0;
}

static void
answer(struct mending *m, struct mend_file *file, struct mend_request *q,
    int fd)
{
	struct mend_what what = { .size = q->size, .when = (time_t)q->when,
	    .place = q->place, .waits = q->waits };
	struct err e = { 0 };

	q->path[sizeof(q->path) - 1] = '\0';
	what.path = span_text(q->path);
	if (mend_file_run(file, fd, &what, &e) == ST_END)
		frames_add(&m->out, MEND_DONE, NULL, 0, nothing);
	else
		frames_add(&m->out, MEND_FAILED, e.text, strlen(e.text),
		    nothing);
	frames_flush(&m->out);
}

void
mend_child(int fd, const struct scan_options *o)
{
	struct mending m = { .out = { .fd = fd } };
	const struct mend_sink sink = { .frame = on_frame, .tick = on_tick,
	    .ctx = &m };
	struct mend_file *file;
	struct mend_request q;
	int in;

	sandbox_enter();
	if ((file = mend_file_new(o, &sink)) == NULL)
		_exit(1);
	while (frames_receive_files(fd, &q, sizeof(q), &in, 1))
		answer(&m, file, &q, in);
	_exit(0);
}
