/*
 * Where in the text of a rule file something stands, as well as can be told:
 * libconfuse knows lines, and no columns.
 */
#ifndef BAREDOT_RULE_PLACE_H
#define BAREDOT_RULE_PLACE_H

#include "rule_text.h"

/* Columns count bytes from 1; it is 1 when nothing is found. */
unsigned place_of_word(struct span text, unsigned line, const char *word);

/* Of byte `at` of the value. */
unsigned place_of_value(struct span text, const struct rule_value *,
    size_t at);

/* The line in which the rule begins that ends in that line. */
unsigned place_of_rule(struct span text, unsigned end);

#endif
