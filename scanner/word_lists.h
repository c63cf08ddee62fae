/*
 * Options of scan, fix and quarantine that take one of a few words.
 */
#ifndef BAREDOT_WORD_LISTS_H
#define BAREDOT_WORD_LISTS_H

#include "fix_options.h"

/*
 * The words, in the order of the enum that they stand for; *n: how many.
 * NULL: the option takes something else.
 */
const char *const *word_list(enum option_id, size_t *n);

/*
 * The index of a word among those of such an option.  False: it is none of
 * them, which was explained; option is its name.
 */
bool word_list_parse(enum option_id, const char *option, const char *word,
    size_t *out);

#endif
