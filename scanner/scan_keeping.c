/*
 * See scan_run.h: a scan that keeps what it finds, for the next one.
 */
#include "scan_run.h"

#include <inttypes.h>
#include <stdio.h>

#include "complain.h"
#include "scan_cmd.h"
#include "state_cmd.h"

/* All that a record depends on, beside the file. */
static void
put_basis(struct buf *b, const struct scan_run *r)
{
	const struct scan_command *c = &r->command;
	const struct limits *l = &c->limits;
	size_t n;
	const struct rule_file *files = config_files(r->config, &n);

	buf_printf(b, "%s %s %s %u %u %d %d %d %d %d %d %s %u %u", r->rules,
	    SOURCE_HASH, r->reporter->name, c->checks, (unsigned)
	    c->min_severity, r->report.color, c->verbose, c->forensic,
	    c->all, c->hash, c->no_default_rules,
	    c->format_in != NULL ? c->format_in : "",
	    c->archives, c->file_timeout);
	buf_printf(b, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	    " %u %u\n", l->ratio, l->ratio_free, l->bytes, l->members,
	    l->nesting, l->filters);
	for (size_t i = 0; i < n; i++)
		buf_hex(b, files[i].sha256, HASH_SIZE);
}

uint64_t
scan_basis(const struct scan_run *r)
{
	struct hash *h = hash_new();
	uint8_t sum[HASH_SIZE] = { 0 };
	struct buf b = { 0 };
	uint64_t v = 0;

	put_basis(&b, r);
	if (h != NULL && buf_ok(&b)) {
		hash_begin(h);
		hash_feed(h, buf_span(&b));
		if (hash_end(h, sum))
			memcpy(&v, sum, sizeof(v));
	}
	buf_free(&b);
	hash_free(h);
	return v;
}

static int
open_state(struct scan_run *r, int64_t now, bool *distrust)
{
	struct err e = { 0 };
	bool anew;
	int status = state_open_scan(&r->statedir, r->command.state, "scan",
	    r->command.paths);

	if (status != EXIT_CLEAN)
		return status;
	if (state_new(&r->state, r->statedir.fd, &anew, &e) != ST_OK) {
		complain("the state of scans: %s", e.text);
		return EXIT_UNREADABLE;
	}
	if (anew)
		complain("the state of scans was damaged, and is %s.damaged "
		    "now: all is read, and no finding is known", STATE_FILE);
	*distrust = state_last(r->state) > now;
	if (*distrust)
		complain("the clock was set back since the last scan: all is "
		    "read");
	return EXIT_CLEAN;
}

int
scan_keeping_begin(struct scan_run *r)
{
	struct keeping_options o = { .reporter = r->reporter,
	    .new_only = r->command.new_only, .write = scan_write, .ctx = r };
	struct timespec now;
	int status;

	if (!r->command.incremental)
		return EXIT_CLEAN;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	o.start = r->began = now.tv_sec;
	if ((status = open_state(r, o.start, &o.distrust)) != EXIT_CLEAN)
		return status;
	o.state = r->state;
	o.rules = scan_basis(r);
	if (o.rules == 0 || (r->keeping = keeping_new(&o)) == NULL) {
		complain("no memory");
		return EXIT_UNREADABLE;
	}
	state_begin_new(r->state);
	r->summary.kept = keeping_facts(r->keeping);
	return EXIT_CLEAN;
}

/* Files of --files0-from are not below anything. */
static void
sweep(struct scan_run *r)
{
	if (r->command.files0_from == NULL)
		state_sweep(r->state, r->command.paths);
}

void
scan_keeping_finish(struct scan_run *r, bool whole)
{
	if (r->state == NULL || !whole)
		return;
	sweep(r);
	state_set_last(r->state, r->began);
}

bool
scan_keeping_close(struct scan_run *r, bool reported)
{
	struct err e = { 0 };
	uint64_t n;
	bool ok;

	if (r->state != NULL && reported && r->command.baseline)
		(void)state_accept(r->state, &n);
	ok = state_free(r->state, r->statedir.fd, &e) == ST_OK;
	r->state = NULL;
	if (!ok)
		complain("the state of scans: %s; what was found is in the "
		    "report, and is read again the next time", e.text);
	keeping_free(r->keeping);
	r->keeping = NULL;
	statedir_close(&r->statedir);
	return ok;
}
