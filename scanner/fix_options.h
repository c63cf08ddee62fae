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

/* These codes are repaired too, and those behind one of them that is no defect
 * of its own. */
void fix_options_repair(struct scan_command *, code_set);

/* All options were read: what they mean together. */
bool fix_options_settle(struct scan_command *);

#endif
