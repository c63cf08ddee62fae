/*
 * The help of scan, replay, fix and quarantine.
 */
#include <stdio.h>

#include "scan_cmd.h"

static const struct {
	const char *before, *after;
} texts[] = {
	[COMMAND_SCAN] = {
	    "Usage: baredot scan [OPTION]... PATH...\n"
	    "       baredot scan [OPTION]... --plan PLAN --shard I/N --out "
	    "DIR\n\n"
	    "Walk mail stores, judge the line ends and end-of-data "
	    "look-alikes of every\nmessage, and report.  Reads only; changes "
	    "nothing.\n\nPATH is a folder (Maildir, MH, folders of mboxes or "
	    ".eml files, dbox, queues of\nPostfix, Exim, OpenSMTPD, KumoMTA, "
	    "Haraka, sendmail, qmail and Courier, any\nmixture), a file, or - "
	    "for standard input.  Compressed files and archives are\nread "
	    "through.\n\n",
	    "\nExit status: 0 no findings (or info alone), 1 findings, 2 "
	    "something could not\nbe read (wins over 1), 64 usage, 75 "
	    "interrupted, or another scan has the state,\n78 a rule file is "
	    "wrong.\n\n"
	    "  baredot scan ~/Maildir\n"
	    "  baredot scan -f ndjson -o report.ndjson /var/vmail\n"
	    "  baredot scan --code 'eod.*' --min-severity high archive.mbox\n"
	    "  baredot scan --cron --nice /var/vmail\n"
	    "  baredot explain eod.lf-dot-crlf\n" },
	[COMMAND_REPLAY] = {
	    "Usage: baredot replay [OPTION]... PATH...\n"
	    "       baredot replay --list\n\n"
	    "Would these messages split if X sent them to Y?  For each "
	    "message: the bytes that a\nsender would put on the wire, where a "
	    "receiver would see the end of the data, and\nthe messages that "
	    "would come out; then, for each sender and receiver, the worst "
	    "of\nit.  Reads only; sends nothing.  What is a PATH: `baredot "
	    "help scan`.\n\n",
	    "\nOutcomes: whole; refused (by the receiver), unsent (refused "
	    "by the sender); open: the\nreceiver does not see the end; cut: "
	    "it ends too early; smuggled: and a message comes\nout behind "
	    "that.\n\nExit status: 0 none is open, cut or smuggled, 1 some "
	    "are, 2 something could not be\nread (wins over 1), 64 usage, 75 "
	    "interrupted, 78 a file of servers is wrong.\n\n"
	    "  baredot replay archive.mbox\n"
	    "  baredot replay --from postfix --to 'exim*,cisco-clean' "
	    "~/Maildir\n"
	    "  baredot replay --list\n" },
	[COMMAND_FIX] = {
	    "Usage: baredot fix [OPTION]... PATH...\n\n"
	    "Repair messages in place: line ends, NULs and end-of-data "
	    "look-alikes, byte by\nbyte, everything else as it is.  Shows "
	    "what would change; --apply does it.\n\n"
	    "Every change is recorded, its original kept: `baredot undo RUN` "
	    "takes it back.\nMessages whose signature is right now, and stores "
	    "that cannot be changed safely,\nare left alone, with the "
	    "reason.\n\n",
	    "\nExit status: 0 done, or nothing to do; 1 something would be "
	    "changed, or was left\nalone; 2 something could not be read or "
	    "changed; 64 usage; 75 interrupted,\nsomething is busy or not "
	    "settled, or another run is at it; 78 a rule file is\nwrong.  2 "
	    "wins over 75, and 75 over 1.\n\n"
	    "  baredot fix ~/Maildir                     # what would change\n"
	    "  baredot fix --apply ~/Maildir\n"
	    "  baredot scan -f ndjson -o r.ndjson ~/Maildir; ... review ...; "
	    "baredot fix --from r.ndjson --apply\n"
	    "  baredot fix --code 'eod.*' --eod stuff --apply inbox.mbox\n" },
	[COMMAND_TAKE] = {
	    "Usage: baredot quarantine [OPTION]... PATH... --into DIR\n"
	    "       baredot quarantine --list DIR | --verify DIR\n\n"
	    "Take messages out of their mailboxes, those with findings of "
	    "high severity, and of\nany what --code, --check, --target, "
	    "--rules or --from name; --min-severity holds\nfor all.  "
	    "Shows which; --apply does it.  `baredot restore --into DIR`\n"
	    "brings them back.\n\n",
	    "\nExit status: 0 done, or nothing to do; 1 something would be "
	    "taken out, or was left\nalone, or --verify found a problem; 2 "
	    "something could not be read or changed; 64\nusage; 75 "
	    "interrupted, something is busy or not settled, or another run is "
	    "at it;\n78 a rule file is wrong.  2 wins over 75, and 75 over "
	    "1.\n\n"
	    "  baredot quarantine /var/vmail --into /srv/quarantine\n"
	    "  baredot quarantine --code smuggle.attempt --apply /var/vmail "
	    "--into /srv/quarantine\n"
	    "  baredot quarantine --list /srv/quarantine\n" },
};

void
scan_help(enum command c)
{
	struct buf b = { 0 };

	buf_str(&b, texts[c].before);
	scan_options_help(&b, c);
	buf_str(&b, texts[c].after);
	(void)fputs(buf_text(&b), stdout);
	buf_free(&b);
}
