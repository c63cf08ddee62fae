/*
 * Child processes: the only place that forks.
 */
#ifndef BAREDOT_CHILD_H
#define BAREDOT_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;		/* 0: none */
	int fd;			/* a stream socket to it, or -1 */
};

/*
 * Run body(fd, ctx) in a child, which gets the other end of the socket, dies
 * with its parent, and does not see SIGINT.  When body returns the child
 * exits.  False: errno, and *c is none.
 */
bool child_start(struct child *c, void (*body)(int fd, void *ctx),
    void *ctx);

/* In the child: close all descriptors but the standard ones and this. */
void child_keep_only(int fd);
void child_keep_both(int a, int b);

/* Kill it, wait, close the socket; returns its wait status. */
int child_stop(struct child *);

#endif
