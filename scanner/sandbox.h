/*
 * Give up what a worker does not need: it reads, and does nothing else.
 */
#ifndef BAREDOT_SANDBOX_H
#define BAREDOT_SANDBOX_H

/* For this process, for good.  What fails is left out: see the report. */
void sandbox_enter(void);

/*
 * What sandbox_enter can do here: "landlock/N", N being the version of its
 * interface that is used, "landlock/N+seccomp", "seccomp", or "none".
 */
const char *sandbox_name(void);

#endif
