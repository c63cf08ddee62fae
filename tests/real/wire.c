/*
 * What a row of senders.conf says that a sender puts on the wire: wire NAME
 * lf|crlf [bdat] <MESSAGE.  lf: the message's own lines end in LF; bdat: it
 * sends by BDAT.  Exit status 3: it refuses to send it.
 */
#include "servers.h"

#include <stdio.h>
#include <string.h>

static const struct sender_row *
sender(const struct servers *all, const char *name)
{
	const struct sender_row *s;

	for (size_t i = 0; (s = servers_sender(all, i)) != NULL; i++)
		if (strcmp(s->name, name) == 0)
			break;
	return s;
}

/* An 'x' is whatever byte came in. */
static void
put(const uint8_t *out, size_t n, int byte)
{
	for (size_t i = 0; i < n; i++)
		(void)putchar(out[i] == 'x' ? byte : out[i]);
}

int
main(int argc, char **argv)
{
	char why[SERVERS_WHY];
	struct servers *all = servers_new(why);
	const bool bdat = argc == 4 && strcmp(argv[3], "bdat") == 0;
	const struct sender_row *row = all != NULL && (argc == 3 || bdat) ?
	    sender(all, argv[1]) : NULL;
	const struct sender_does_what *does;
	struct sender_state t = sender_begin();
	uint8_t out[SENDER_OUT];
	size_t n = 0, dot;
	int c;

	if (row == NULL || (bdat && !row->bdat)) {
		servers_free(all);
		return 64;
	}
	does = bdat ? &row->by_bdat : &row->does;
	while (n <= SENDER_OUT && (c = getchar()) != EOF) {
		n = sender_step(does, strcmp(argv[2], "lf") == 0, &t,
		    wire_classes[c], out);
		if (n <= SENDER_OUT)
			put(out, n, c);
	}
	if (n <= SENDER_OUT) {
		n = sender_end(does, &t, out, &dot);
		if (n <= SENDER_OUT)
			put(out, n, 'x');
	}
	servers_free(all);
	return n <= SENDER_OUT ? 0 : 3;
}
