/*
 * Every engine of this machine, to be held against the oracle.
 */
#ifndef BAREDOT_RIG_H
#define BAREDOT_RIG_H

#include "oracle.h"

#define RIG_MODES 4		/* of enum eol_mode */

struct rig {
	size_t kernels;		/* that this machine can run */
	struct engine *engine[KERNELS][2][RIG_MODES];	/* [1]: no census */
	code_set codes;
	struct oracle oracle;
};

/* Engines that report these codes; the test fails if there is no memory. */
void rig_open(struct rig *, code_set codes);
void rig_close(struct rig *);

/* The same with the usual codes, for a group of tests: *state is the rig. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* Let the oracle read this message, which stays until the last rig_check. */
void rig_message(struct rig *, struct span m);

/* Where to cut: every step bytes from `first` on, then at `last`. */
struct cuts {
	size_t first, step, last;
};
#define NO_CUTS ((struct cuts){ SIZE_MAX, SIZE_MAX, SIZE_MAX })

/*
 * Feed m to one engine, each piece in memory of its own that is gone at
 * once.
 */
const struct verdict *rig_run(struct engine *, struct span m, struct cuts,
    enum brk native);

/*
 * The engine with this kernel agrees with the oracle, or the test fails.
 * Returns that engine's verdict.
 */
const struct verdict *rig_check(struct rig *, size_t kernel,
    bool no_census, enum eol_mode, enum brk native, struct cuts);

/* The same, for every kernel, with and without census. */
void rig_check_all(struct rig *, enum eol_mode, enum brk native, struct cuts);

/* The n-th string over the bytes of abc: the empty one, then those of one. */
size_t rig_string(struct span abc, size_t n, uint8_t *out);

/* How many strings of up to max bytes there are. */
size_t rig_strings(struct span abc, size_t max);

#endif
