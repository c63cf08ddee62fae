/*
 * The options that only fix and quarantine have; a part of options.c.
 */
#ifndef BAREDOT_FIX_OPTIONS_H
#define BAREDOT_FIX_OPTIONS_H

#include "cmdline.h"
#include "options.h"

enum option_id {
	OPTION_NONE = CMDLINE_FIRST - 1,
#define OPTION_ENUM(who, id, letter, name, arg, help) OPTION_##id,
	SCAN_OPTIONS(OPTION_ENUM)
};

/* Both are false for a usage error, which was explained. */
bool fix_options_apply(struct scan_command *, enum option_id,
    const char *arg);

/* All options were read: what they mean together. */
bool fix_options_settle(struct scan_command *);

/* Explain a usage error, in a line; always false. */
bool usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The index of a word in a list, or n. */
size_t word_index(const char *word, const char *const *words, size_t n);

/* The same as *out; false: it is none of them, which was explained. */
bool parse_word(const char *option, const char *word,
    const char *const *words, size_t n, size_t *out);

/* A decimal number up to max. */
bool parse_number(const char *text, unsigned long max, unsigned long *out);

/* Bytes, with K, M or G behind them or not; option is for the complaint. */
bool parse_bytes(const char *option, const char *text, uint64_t *out);

#endif
