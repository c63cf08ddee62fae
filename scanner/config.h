/*
 * Rule files, read into rules.  config.c is the one file that sees libconfuse.
 *
 * config_new -> (config_file | config_text)* -> config_rules -> config_free
 */
#ifndef BAREDOT_CONFIG_H
#define BAREDOT_CONFIG_H

#include "buf.h"
#include "hash.h"
#include "patterns.h"
#include "report.h"

#define CONFIG_BYTES_MAX (1u << 20)	/* of a rule file */

/* The rules that come with baredot: rules/data/default.rules.  Generated. */
extern const uint8_t default_rules[];
extern const size_t default_rules_size;

struct config;

struct config *config_new(void);	/* NULL: memory */
void config_free(struct config *);	/* NULL is fine */

/*
 * Add the rules of a file, or of a text that is shown under that name.  False:
 * something is wrong, and config_errors says what; nothing of it was added.
 */
bool config_file(struct config *, const char *path);
bool config_text(struct config *, const char *name, struct span text);

/*
 * All that is wrong so far, "NAME:LINE:COLUMN: what and what to do", each
 * ended by a NUL; in order of the lines for each file.
 */
struct span config_errors(const struct config *);

/* All rules, in the order in which they were read; they stay as long as the
 * config, and so does what this returns. */
const struct pattern_rules *config_rules(const struct config *);

/* The files, without the texts; they stay as long as the config. */
const struct rule_file *config_files(const struct config *, size_t *n);

#endif
