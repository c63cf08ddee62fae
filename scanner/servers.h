/*
 * The receivers and senders that are known: rules/data/receivers.conf and
 * senders.conf, which are in the program, and files of the user's own.
 *
 * servers_new -> servers_read* -> servers_plan* -> servers_free
 */
#ifndef BAREDOT_SERVERS_H
#define BAREDOT_SERVERS_H

#include "buf.h"
#include "hash.h"
#include "replay.h"

#define SERVERS_WHY 240u	/* bytes for what is wrong */
#define SERVERS_BYTES_MAX (1u << 20)	/* of a file */

struct servers;

/* With the rows in the program.  NULL: no memory; why says what is wrong. */
struct servers *servers_new(char why[SERVERS_WHY]);
void servers_free(struct servers *);		/* NULL is fine */

/*
 * Add the rows of a file; one with a name that is there already takes its
 * place.  False: why says what is wrong, and where.
 */
bool servers_file(struct servers *, const char *path,
    char why[SERVERS_WHY]);

/* The same of a text, which is shown under that name. */
bool servers_text(struct servers *, const char *name, struct span,
    char why[SERVERS_WHY]);

/* The SHA-256 of what servers_file read and servers_remember was given, one
 * behind another; false: there is nothing, or no memory. */
void servers_remember(struct servers *, struct span);
bool servers_sum(struct servers *, uint8_t sum[HASH_SIZE]);

/* The i-th, as they were read; NULL: there are no more. */
const struct receiver_row *servers_receiver(const struct servers *, size_t i);
const struct sender_row *servers_sender(const struct servers *, size_t i);

/*
 * A plan for those of two lists of names and patterns, with commas between
 * them (* matches any text); "all": every row.  The servers must outlive it.
 * NULL: why says what is wrong; "": there is no memory.
 */
struct replay_plan *servers_plan(const struct servers *, const char *senders,
    const char *receivers, char why[SERVERS_WHY]);

#endif
