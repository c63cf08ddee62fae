/*
 * See verify_cmd.h.
 *
 * The report may have been edited: it only says where to look.  A message that
 * stands in its file as it is (raw) is read there; of others only the file
 * (--forensic) can be compared.
 */
#include "verify_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"
#include "extract.h"
#include "json_read.h"
#include "kernel_calls.h"
#include "progress.h"
#include "report_lines.h"
#include "state_cmd.h"

static const struct cmdline_option options[] = {
	STATE_FORMAT_ROW, STATE_HELP_ROW,
};

struct verifying {
	struct answer lines;
	uint64_t records;	/* of the report */
	uint64_t files, messages;	/* that were compared */
	uint64_t changed, unreadable;
	uint64_t unchecked;	/* messages that are not raw, or not hashed */
	struct progress *progress;
	bool whole;		/* its summary came, with the right number */
	bool redacted;
};

struct cmdline
verify_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "verify", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

/* What is not as the report says. */
static void
tell(struct verifying *v, const char *path, const char *what,
    const char *status)
{
	struct json j = json_begin(&v->lines.line);

	if (v->lines.form == FORM_TEXT) {
		answer_text(&v->lines, path);
		buf_str(&v->lines.line, ": ");
		answer_text(&v->lines, what);
	} else {
		json_open(&j, '{');
		json_key_text(&j, "type", "difference");
		json_bytes(&j, "path", span_text(path));
		json_key_text(&j, "status", status);
		json_key_text(&j, "what", what);
		json_close(&j, '}');
	}
	progress_hide(v->progress);
	answer_put(&v->lines);
}

static void
changed(struct verifying *v, const char *path, const char *what)
{
	v->changed++;
	tell(v, path, what, "changed");
}

static void
unreadable(struct verifying *v, const char *path, const char *what)
{
	v->unreadable++;
	tell(v, path, what, "unreadable");
}

/*
 * -1: it was told.  Pinned and looked at first: whoever owns the store may have
 * put a device there since.
 */
static int
open_file(struct verifying *v, const char *path, struct stat *st)
{
	const int pin = open(path, O_PATH | O_CLOEXEC);
	int fd = -1;

	if (pin < 0 && errno == ENOENT)
		changed(v, path, "gone");
	else if (pin < 0 || fstat(pin, st) != 0)
		unreadable(v, path, strerror(errno));
	else if (!S_ISREG(st->st_mode))
		changed(v, path, "no file any more");
	else if ((fd = call_open_pinned(pin)) < 0)
		unreadable(v, path, strerror(errno));
	if (pin >= 0)
		(void)close(pin);
	return fd;
}

/* len bytes at off have that SHA-256. */
static void
compare(struct verifying *v, int fd, const char *path, uint64_t off,
    uint64_t len, const uint8_t want[HASH_SIZE], const char *what)
{
	uint8_t sha[HASH_SIZE];
	struct err e = { 0 };
	const int rc = extract(fd, off, len, NULL, sha, &e);

	if (rc == ST_DEAD)
		unreadable(v, path, strerror(e.num));
	else if (rc != ST_OK || memcmp(sha, want, HASH_SIZE) != 0)
		changed(v, path, what);
}

static void
check_file(struct verifying *v, const struct json_object *o,
    const char *path)
{
	uint8_t sha[HASH_SIZE];
	uint64_t size;
	struct stat st;
	int fd;

	if (!json_member_hex(o, "sha256", sha, HASH_SIZE) ||
	    !json_member_u64(o, "size", &size)) {
		v->unchecked++;
		return;
	}
	v->files++;
	if ((fd = open_file(v, path, &st)) < 0)
		return;
	if ((uint64_t)st.st_size != size)
		changed(v, path, "another size");
	else
		compare(v, fd, path, 0, size, sha, "other contents");
	(void)close(fd);
}

static void
check_message(struct verifying *v, const struct json_object *o,
    const char *path)
{
	uint8_t sha[HASH_SIZE];
	uint64_t off, len;
	char what[64];
	struct stat st;
	int fd;

	if (!json_member_true(o, "raw") ||
	    !json_member_hex(o, "sha256", sha, HASH_SIZE) ||
	    !json_member_u64(o, "offset", &off) ||
	    !json_member_u64(o, "length", &len)) {
		v->unchecked++;
		return;
	}
	v->messages++;
	if ((fd = open_file(v, path, &st)) < 0)
		return;
	(void)snprintf(what, sizeof(what), "another message at byte %" PRIu64,
	    off);
	compare(v, fd, path, off, len, sha, what);
	(void)close(fd);
}

/* False: it is no record, or of a redacted report. */
static bool
check_record(struct verifying *v, const struct json_object *o)
{
	struct buf path = { 0 };
	uint64_t n;
	bool ok;

	v->records++;
	v->whole = false;	/* nothing stands behind the summary */
	if (json_member_is(o, "type", "header") &&
	    json_member_true(o, "redacted")) {
		v->redacted = true;
		return false;
	}
	if (json_member_is(o, "type", "summary")) {
		v->whole = json_member_u64(o, "records", &n) &&
		    n == v->records;
		return true;
	}
	if (!json_member_is(o, "type", "file") &&
	    !json_member_is(o, "type", "message") &&
	    !json_member_is(o, "type", "replay"))
		return true;
	ok = json_member_bytes(o, "path", &path) && path.n > 0 &&
	    memchr(path.p, '\0', path.n) == NULL;
	if (ok && json_member_is(o, "type", "file"))
		check_file(v, o, buf_text(&path));
	else if (ok)
		check_message(v, o, buf_text(&path));
	buf_free(&path);
	return ok;
}

/* One line.  False: it is no record. */
static bool
check_line(struct verifying *v, struct span line)
{
	struct json_object *o = json_parse(line);
	const bool ok = o != NULL && check_record(v, o);

	json_free(o);
	return ok;
}

static int
check_report(struct verifying *v, struct report_lines *in, const char *name)
{
	struct err e = { 0 };
	struct span line;
	int rc;

	while ((rc = report_lines_next(in, &line, &e)) == ST_OK &&
	    check_line(v, line))
		progress_at(v->progress, &(struct progress_at){
		    .bytes = in->next, .count = v->records,
		    .flagged = v->changed });
	progress_hide(v->progress);
	if (rc == ST_END && v->whole)
		return EXIT_CLEAN;
	if (v->redacted)
		complain("%s: it is redacted (scan --redact): neither names "
		    "nor sums to compare with are in it", name);
	else if (rc == ST_END)
		complain("%s: it is not a whole report: there may have been "
		    "more", name);
	else if (rc != ST_OK)
		complain("%s: %s", name, e.text);
	else
		complain("%s: line %" PRIu64 " is no record of a report (-f "
		    "ndjson of scan)", name, in->number);
	return EXIT_UNREADABLE;
}

static void
tell_counts(struct verifying *v)
{
	struct json j = json_begin(&v->lines.line);

	if (v->lines.form == FORM_TEXT) {
		buf_printf(&v->lines.line, "%" PRIu64 " files and %" PRIu64
		    " messages compared: %" PRIu64 " changed, %" PRIu64
		    " could not be read; %" PRIu64 " not to be compared by "
		    "themselves", v->files, v->messages, v->changed,
		    v->unreadable, v->unchecked);
	} else {
		json_open(&j, '{');
		json_key_text(&j, "type", "verified");
		json_key_u64(&j, "files", v->files);
		json_key_u64(&j, "messages", v->messages);
		json_key_u64(&j, "changed", v->changed);
		json_key_u64(&j, "unreadable", v->unreadable);
		json_key_u64(&j, "unchecked", v->unchecked);
		json_close(&j, '}');
	}
	answer_put(&v->lines);
}

static int
verify(const char *name, enum form form)
{
	struct verifying v = { .lines = { .form = form } };
	struct progress_options showing = { .what = "verify",
	    .unit = "records", .flagged = "changed" };
	struct report_lines in;
	struct err e = { 0 };
	int status;

	if (report_lines_open(&in, name, &e) != ST_OK) {
		complain("%s: %s", name, e.text);
		return EXIT_UNREADABLE;
	}
	if ((status = answer_begin(&v.lines, form)) != EXIT_CLEAN) {
		report_lines_close(&in);
		return status;
	}
	showing.total = report_lines_size(&in);
	v.progress = progress_new(&showing);
	status = check_report(&v, &in, name);
	progress_free(v.progress);
	report_lines_close(&in);
	if (!v.redacted)
		tell_counts(&v);
	if (status == EXIT_CLEAN && v.unreadable > 0)
		status = EXIT_UNREADABLE;
	else if (status == EXIT_CLEAN && v.changed > 0)
		status = EXIT_FINDINGS;
	return answer_end(&v.lines, status);
}

int
verify_cmd(int argc, char **argv)
{
	const struct cmdline line = verify_line(argc, argv);
	struct state_options o;

	if (!state_options_parse(&line, &o))
		return EXIT_USAGE;
	if (o.help) {
		verify_help();
		return EXIT_CLEAN;
	}
	if (o.words[0] == NULL || o.words[1] != NULL) {
		(void)cmdline_usage(&line, "which report? Give one, or - for "
		    "standard input");
		return EXIT_USAGE;
	}
	return verify(o.words[0], o.form);
}

void
verify_help(void)
{
	const struct cmdline line = verify_line(0, NULL);

	cmdline_show_help(&line, "[OPTION]... REPORT",
	    "Compare the files and messages that a report (scan -f ndjson) "
	    "speaks of with its SHA-256 sums: messages with findings, or "
	    "with --hash all; files where it was made with --forensic.  "
	    "Paths are taken as they are in the report.",
	    "Exit status: 0 all is the same, 1 something changed or is gone, "
	    "2 something, or the report, could not be read, 64 usage.");
}
