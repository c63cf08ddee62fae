/*
 * See scan_run.h: which senders and receivers a run knows.
 */
#include "scan_run.h"

#include <stdio.h>
#include <stdlib.h>

#include "complain.h"
#include "scan_cmd.h"

#define AS_IS "as-is"		/* of senders.conf */

static void
put_row(struct buf *b, const char *name, const char *title,
    const char *versions, enum known known)
{
	buf_printf(b, "  %-21s %-9s %s%s%s\n", name, known_names[known], title,
	    versions != NULL ? ", " : "", versions != NULL ? versions : "");
}

static void
list_all(const struct servers *s)
{
	const struct receiver_row *r;
	const struct sender_row *d;
	struct buf b = { 0 };

	buf_str(&b, "Senders (known: by whom):\n");
	for (size_t i = 0; (d = servers_sender(s, i)) != NULL; i++)
		put_row(&b, d->name, d->title, d->versions, d->known);
	buf_str(&b, "\nReceivers:\n");
	for (size_t i = 0; (r = servers_receiver(s, i)) != NULL; i++)
		put_row(&b, r->name, r->title, r->versions, r->known);
	(void)fputs(buf_text(&b), stdout);
	buf_free(&b);
}

/* The user's rows. */
static bool
read_files(struct scan_run *r, char why[SERVERS_WHY])
{
	const struct scan_command *c = &r->command;

	for (size_t i = 0; i < c->servers_n; i++)
		if (!servers_file(r->servers, c->servers[i], why))
			return false;
	return true;
}

static bool
make_plan(struct scan_run *r, char why[SERVERS_WHY])
{
	const struct scan_command *c = &r->command;
	const char *senders = c->senders != NULL ? c->senders :
	    c->command == COMMAND_REPLAY ? "all" : AS_IS;

	r->plan = servers_plan(r->servers, senders, c->receivers != NULL ?
	    c->receivers : "all", why);
	return r->plan != NULL;
}

static int
no_memory(void)
{
	complain("no memory for what is known of servers");
	return EXIT_UNREADABLE;
}

/* Else nothing can be wrong, and most scans need them for nothing. */
static bool
is_asked_for(const struct scan_command *c)
{
	return c->command == COMMAND_REPLAY || c->list_servers ||
	    c->servers_n > 0 || c->senders != NULL || c->receivers != NULL;
}

int
scan_servers_read(struct scan_run *r, bool *listed)
{
	const struct scan_command *c = &r->command;
	char why[SERVERS_WHY] = "";

	*listed = false;
	if (!scan_reads_only(c) || !is_asked_for(c))
		return EXIT_CLEAN;
	/* Nothing is wrong with baredot's own rows. */
	if ((r->servers = servers_new(why)) == NULL)
		return no_memory();
	if (!read_files(r, why)) {
		complain("%s", why);
		return EXIT_CONFIG;
	}
	if (c->list_servers) {
		list_all(r->servers);
		*listed = true;
		return EXIT_CLEAN;
	}
	if (!make_plan(r, why)) {
		if (why[0] == '\0')
			return no_memory();
		complain("%s", why);
		return EXIT_USAGE;
	}
	return EXIT_CLEAN;
}

const struct fooled *
scan_fooled(void *run)
{
	struct scan_run *r = run;
	char why[SERVERS_WHY];

	if (r->fooled != NULL)
		return r->fooled;
	if (r->servers == NULL)
		r->servers = servers_new(why);
	if (r->plan == NULL && (r->servers == NULL || !make_plan(r, why)))
		return NULL;
	if ((r->fooled = malloc(sizeof(*r->fooled))) != NULL &&
	    fooled_make(r->fooled, r->plan))
		return r->fooled;
	free(r->fooled);
	return r->fooled = NULL;
}

void
scan_servers_free(struct scan_run *r)
{
	free(r->fooled);
	replay_plan_free(r->plan);
	servers_free(r->servers);
}

void
scan_servers_text(struct scan_run *r, struct buf *b)
{
	const struct scan_command *c = &r->command;
	uint8_t sum[HASH_SIZE];

	if (c->senders != NULL)
		buf_printf(b, "senders %s\n", c->senders);
	if (c->receivers != NULL)
		buf_printf(b, "receivers %s\n", c->receivers);
	if (r->servers != NULL && servers_sum(r->servers, sum))
		buf_hex(b, sum, sizeof(sum));
}
