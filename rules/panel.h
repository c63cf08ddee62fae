/*
 * Many receivers at once: their automata run side by side, as one.
 */
#ifndef BAREDOT_PANEL_H
#define BAREDOT_PANEL_H

#include "receiver.h"

#define PANEL_MAX 64u		/* automata */
#define PANEL_STATES 4096u

/* Whom something happens to: bit i is automaton i. */
struct panel_act {
	uint64_t end, refuse, taint;	/* enum receiver_act; refuse and end:
					 * only refuse */
};

struct panel {
	size_t n;		/* automata */
	uint16_t states, start;
	uint16_t (*next)[WIRE_CLASSES];
	struct panel_act (*act)[WIRE_CLASSES];
};

/*
 * dfas: n of them, at most PANEL_MAX, needed during the call only.  False: no
 * memory, or more than PANEL_STATES; *p is to be freed all the same.
 */
bool panel_make(struct panel *p, const struct receiver_dfa *dfas, size_t n);
void panel_free(struct panel *);

#endif
