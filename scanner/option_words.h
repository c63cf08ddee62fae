/*
 * Words and numbers that options take.  What is wrong with one is explained,
 * with the word that was probably meant.
 */
#ifndef BAREDOT_OPTION_WORDS_H
#define BAREDOT_OPTION_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Explain a usage error, in a line; always false. */
bool usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The index of a word in a list; false: it is none of them, which was
 * explained. */
bool parse_word(const char *option, const char *word,
    const char *const *words, size_t n, size_t *out);

/* A decimal number up to max. */
bool parse_number(const char *text, unsigned long max, unsigned long *out);

/* Seconds, up to a million; option is for the complaint. */
bool parse_seconds(const char *option, const char *text, unsigned *out);

/* Bytes, with K, M or G behind them or not; option is for the complaint. */
bool parse_bytes(const char *option, const char *text, uint64_t *out);

/* A format of --format-in.  False: explained. */
bool parse_format_in(const char *word);

#endif
