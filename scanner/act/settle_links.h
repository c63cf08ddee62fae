/*
 * settle.h for a swap by links (link_swap.h): there are two temporaries, for
 * the old file and for the new one, and in a Maildir two names of the message.
 *
 * What is in the mailbox is taken out of it only by renaming to a temporary,
 * and looked at there; what goes into it gets its name by a link, and loses
 * that of the temporary when this is on the disk.  The new file is the message
 * when the old one is out of the mailbox; else it is taken back.  Whatever
 * cannot be told is left in the mailbox: there may then be two, never none.
 */
#ifndef BAREDOT_SETTLE_LINKS_H
#define BAREDOT_SETTLE_LINKS_H

#include "settling.h"

bool settle_by_links(const struct intent *);

/* Before the first look; does nothing for other intents. */
void links_begin(struct work *);

/* As settling_look, for one of these. */
int links_look(struct work *, struct err *);

/*
 * What to do next.  With ABORT and COMMIT w->mail and w->at are those of the
 * message, whichever name it has.
 */
enum step links_decide(struct work *);

#endif
