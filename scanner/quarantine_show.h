/*
 * `baredot quarantine --list DIR` and `--verify DIR`.
 */
#ifndef BAREDOT_QUARANTINE_SHOW_H
#define BAREDOT_QUARANTINE_SHOW_H

/* argv[0] is "quarantine"; only these two, with --format. */
int quarantine_show_cmd(int argc, char **argv);

#endif
