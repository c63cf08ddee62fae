/*
 * What is reported, without what was in the mail or says whose it is
 * (--redact).
 *
 * Each call makes a copy of facts that holds nothing but what is named here, so
 * what a fact gets later is left out until somebody decides on it:
 *
 * - Offsets, lengths, counts, codes, severities, formats, words of our own.
 * - In the place of a name, an address, an ID, or a part of a path: a token,
 *   16 hex digits.  The same bytes have the same token, in one report only: it
 *   is from an HMAC whose key is random and never leaves the process.
 * - Of bytes around a finding the CRs, LFs, dots and NULs; all else is an x.
 * - Of a time the day.
 *
 * A SHA-256 is a token too: who has a message, or can guess one, would find it
 * by its sum.
 *
 * What is returned is valid until the next call with the same redactor.  NULL,
 * or an empty span: no memory, or libcrypto failed.
 */
#ifndef BAREDOT_REDACT_H
#define BAREDOT_REDACT_H

#include "report.h"

struct redactor;

/*
 * own: how many of the rules, from the first on, came with baredot; the names
 * of the others are the user's.
 */
struct redactor *redactor_new(const struct pattern_rules *, size_t own);
void redactor_free(struct redactor *);		/* NULL is fine */

const struct scan_facts *redact_facts(struct redactor *,
    const struct scan_facts *);
const struct report_message *redact_message(struct redactor *,
    const struct report_message *);
const struct problem_report *redact_problem(struct redactor *,
    const struct problem_report *);
const struct file_report *redact_file(struct redactor *,
    const struct file_report *);
struct span redact_path(struct redactor *, struct span path);

#endif
