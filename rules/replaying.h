/*
 * The inside of a replay: what replay_plan.c, replay.c, replay_chain.c and
 * replay_skip.c share.
 */
#ifndef BAREDOT_REPLAYING_H
#define BAREDOT_REPLAYING_H

#include "panel.h"
#include "replay.h"

#define ROUTE_NONE 0xffffu
#define ROUTE_ACTS 4096u	/* that are not the same */

struct route_state {
	struct sender_state t;
	uint16_t panel;
};

/* To whom something happens on the way. */
struct route_act {
	uint64_t over;		/* an end, or refused; all: it is not sent */
	uint64_t taint;
};

struct route_step {
	uint16_t to, act;	/* the numbers of a state; of what happens */
};

/*
 * A sender and the panel behind it as one automaton: bytes of the stored
 * message lead from state to state.
 */
struct route {
	size_t n;
	struct route_state *states;
	struct route_step (*next)[8];	/* by enum wire_class */
	size_t acts_n;
	struct route_act *acts;	/* the first: nothing happens */
	uint16_t *number;	/* [sender_number * panel.states + panel state]:
				 * ROUTE_NONE: not reached */
};

/* Senders that do the same for messages of one kind. */
struct alike {
	uint32_t places;	/* bits */
	uint64_t receivers;	/* those that any of them sends to so */
	struct sender_does_what does;
	const struct panel *panel;
	struct route route;
};

#define ALIKE_MAX (2u * REPLAY_SENDERS)	/* by DATA, and by BDAT */

struct replay_plan {
	size_t senders_n, receivers_n;	/* rows */
	const struct sender_row *senders[REPLAY_ROWS];
	const struct receiver_row *receivers[REPLAY_ROWS];
	uint8_t sender_at[REPLAY_ROWS], receiver_at[REPLAY_ROWS];

	size_t width, height;		/* places of receivers, of senders */
	const struct sender_row *first_sender[REPLAY_SENDERS];	/* that has
				 * the place */
	const struct receiver_row *first[PANEL_MAX];	/* likewise */
	uint64_t cr_ends, doubled;	/* places: struct receiver_row */
	uint64_t reads;			/* of a row that reads what is behind */
	uint32_t bdat;			/* places: struct sender_row */
	uint64_t chunking;		/* places: struct receiver_row */
	struct panel panel, bdat_panel;
	size_t alike_n[2];
	struct alike alike[2][ALIKE_MAX];	/* [lf] */
};

/* The receivers' places that a sender's place sends to, so or so. */
static inline uint64_t
replay_sends_to(const struct replay_plan *p, bool by_bdat, size_t sender)
{
	const uint64_t all = p->width > 0 ?
	    UINT64_MAX >> (PANEL_MAX - p->width) : 0;
	const uint64_t bdat = (p->bdat >> sender & 1) != 0 ? p->chunking : 0;

	return by_bdat ? bdat : all & ~bdat;
}

enum chain_mode { CHAIN_FREE, CHAIN_DATA, CHAIN_COMMAND };

#define COMMAND_LINE 512u	/* bytes; RFC 5321 4.5.3.1.4 */
#define COMMANDS_BAD 20u	/* before a receiver hangs up */
#define MESSAGES_MAX 4u		/* that come out one behind another */

/* Some receivers of what senders send that do the same, as long as these
 * receivers do. */
struct chain {
	enum chain_mode mode;
	const struct alike *senders;
	struct sender_state t;
	uint16_t panel;
	uint64_t live;		/* receivers' places */
	uint64_t tainted;	/* those of them that will refuse */
	unsigned nth;		/* messages that came out before */
	int split;		/* in the list; -1: none */
	bool text;		/* its first bytes are still wanted */
	bool line_start;	/* ... and the next one begins a line */
	bool dot;		/* ... and a dot is held back */
	bool doubled;		/* ... of which only the first of two goes */
	bool dotted;		/* ... and the line at hand began with one, */
	uint16_t line_at;	/* and here in the text */

	/* CHAIN_COMMAND: */
	bool cr;		/* a CR ends a line, */
	bool cr_last;		/* and one did just now: with an LF behind it
				 * that is one break */
	bool mail;
	size_t rcpt;
	unsigned bad;
	bool junk;		/* the line is no command, whatever follows */
	size_t line_n;		/* more than COMMAND_LINE: too long */
	uint8_t line[COMMAND_LINE];
};

#define CHAINS (ALIKE_MAX + 224u)

/* A chain that is only led from state to state. */
struct lane {
	const struct route_step (*next)[8];	/* of the route */
	const struct route_act *acts;
	uint64_t live, clean;	/* of the chain; of those that are not
				 * tainted */
	uint16_t at;
	uint16_t chain;
	const struct route *route;

	/* What is known of this: at `at` and with these two, ordinary lines
	 * lead back. */
	uint16_t quiet_at;
	uint64_t quiet_live, quiet_clean;
	bool quiet;
};

#define CREW_LANES 16u		/* more are taken one by one */
#define CREW_STATES 512u
#define CREW_NONE 0xffffu

/* All lanes as one. */
struct crew {
	uint16_t n;
	uint16_t at;		/* CREW_NONE: not known; else lanes' at is
				 * not kept, see crew_sync */
	struct crew_state {
		uint16_t of[CREW_LANES];
	} states[CREW_STATES];
	uint16_t next[CREW_STATES][8];	/* CREW_NONE: not known yet */
	uint16_t slots[2 * CREW_STATES];	/* a number and 1; 0: free */
};

struct replay {
	const struct replay_plan *plan;
	const struct kernel *kernel;
	bool lf;
	uint64_t off;		/* bytes before the next one */
	size_t chains_n;	/* those in use are below */
	struct chain chains[CHAINS];
	size_t lanes_n, slow_n;
	struct lane lanes[CHAINS];
	uint16_t slow[CHAINS];	/* chains that need each byte */
	struct crew crew;
	bool moved;		/* these lists are to be made anew */
	size_t patience;	/* bytes until it is tried to skip lines */
	size_t calm;		/* and text */
	struct replay_result result;
};

/* --- replay_chain.c: one chain */

/*
 * A byte of the message, and at its end what ends the data.  New chains may
 * come of it; they had their part of the byte.
 */
void chain_step(struct replay *, struct chain *, uint8_t byte);
void chain_end(struct replay *, struct chain *);

/* --- replay_crew.c */

/* Nothing is known: other lanes, or other receivers to whom things matter. */
void crew_forget(struct replay *);

/* Set the lanes' at. */
void crew_sync(struct replay *);

/* The lanes went where they are by that, and nothing that matters happened. */
void crew_learn(struct replay *, enum wire_class);

/* --- replay_skip.c */

/* What happens there matters to the lane. */
static inline bool
route_matters(const struct route_act *a, const struct lane *l)
{
	return ((a->over & l->live) | (a->taint & l->clean)) != 0;
}

/* No text within a line makes a difference to it. */
static inline bool
chain_idles(const struct chain *c)
{
	return c->mode == CHAIN_COMMAND && c->junk && !c->t.cr &&
	    (c->t.behind == BEHIND_OTHER || c->t.cut);
}

/*
 * How many of the bytes make no difference to anybody, but for where the
 * message is: whole lines and more, where there are lanes alone; text without
 * line breaks, dots and NULs.
 */
size_t replay_skip(struct replay *, struct span);
size_t replay_skip_text(const struct replay *, struct span);

#endif
