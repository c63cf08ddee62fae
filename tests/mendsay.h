/*
 * Frames as a process says them (mend_wire.h), good or bad, to be held against
 * the laws of mendlaws.h.  They are ones of text that ends lines in LF.
 */
#ifndef BAREDOT_MENDSAY_H
#define BAREDOT_MENDSAY_H

#include "mendlaws.h"

#define SCRIPT_FRAMES 64u
#define SCRIPT_PAYLOAD 256u	/* bytes */

#define ALL_KINDS 65535u
#define SMALL_KINDS (ALL_KINDS & ~(unsigned)EDIT_TEXT)

/* A zeroed one is empty; n may be set back. */
struct script {
	size_t n;
	struct mendlaws_frame f[SCRIPT_FRAMES];
	uint8_t payload[SCRIPT_FRAMES][SCRIPT_PAYLOAD];
};

/* An edit without its place. */
struct shape {
	const char *old, *put;
	uint8_t del, ins;
};

struct edit edit_of(const struct shape *, uint64_t off);

void say(struct script *, uint32_t type, const void *, size_t n,
    struct span more);
void say_word(struct script *, uint32_t type);
void say_message(struct script *, uint64_t off, uint64_t len);
void say_cut(struct script *, uint64_t from, uint64_t off, uint64_t len,
    uint64_t to);
void say_graft(struct script *, uint64_t off, uint64_t del, uint32_t kind,
    const char *text);
void say_edit(struct script *, const struct shape *, uint64_t off);

/* All laws hold of it, or the test fails. */
void say_must_hold(struct mendlaws *, const struct script *);

/* The same with the end said too.  True: it was not refused. */
bool say_closed(struct mendlaws *, struct script *, bool in_message);

#endif
