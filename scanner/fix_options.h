/*
 * The options that only fix and quarantine have; a part of options.c.
 */
#ifndef BAREDOT_FIX_OPTIONS_H
#define BAREDOT_FIX_OPTIONS_H

#include "cmdline.h"
#include "option_words.h"
#include "options.h"

enum option_id {
	OPTION_NONE = CMDLINE_FIRST - 1,
#define OPTION_ENUM(who, id, letter, name, arg, help) OPTION_##id,
	SCAN_OPTIONS(OPTION_ENUM)
};

/* Both are false for a usage error, which was explained. */
bool fix_options_apply(struct scan_command *, enum option_id,
    const char *arg);

/* Of these codes those that are found, by their severity. */
code_set fix_options_found(const struct scan_command *, code_set);

/* These are repaired too, whatever their severity: one that is found leads to
 * them. */
void fix_options_behind(struct scan_command *, code_set);

/* All options were read: what they mean together. */
bool fix_options_settle(struct scan_command *);

#endif
