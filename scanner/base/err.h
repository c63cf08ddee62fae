/*
 * What a call came to (for the program) and why (for the person).
 */
#ifndef BAREDOT_ERR_H
#define BAREDOT_ERR_H

enum status {
	ST_OK,		/* go on */
	ST_END,		/* nothing is left */
	ST_BAD,		/* this item is unusable; call again for the next */
	ST_DEAD		/* this object is unusable; only close it */
};

/*
 * Filled once, where the failure is found; text needs no file name, the
 * caller knows which file it was about.
 */
struct err {
	int num;		/* an errno, or 0 */
	char text[256];		/* "what failed: why" */
	const char *plain;	/* a literal: the same without bytes of files
				 * or names; NULL: there are none in it */
};

/*
 * Fill *e (which may be NULL) and return status, so that a failing call can
 * say `return err_set(...)`.  num is an errno, whose text is appended, or 0.
 */
int err_set(struct err *e, int status, int num, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * The text that was just set quotes what others wrote, or a name: what is said
 * instead to those who must not see that (--redact).  Returns status.
 */
int err_plain(struct err *e, int status, const char *plain);

#endif
