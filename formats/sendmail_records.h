/*
 * What stands in the records of sendmail's queue files, by its queue.c.
 */
#ifndef BAREDOT_SENDMAIL_RECORDS_H
#define BAREDOT_SENDMAIL_RECORDS_H

#include "span.h"

#define SENDMAIL_ID_MAX 64u	/* bytes, and more than there are */
#define SENDMAIL_FIELD 15u	/* bytes that are looked at */
#define SENDMAIL_FLAGS_MAX 128u	/* bytes of a field's conditions */

/* A queue file begins so: V, T, K, N and P, each a line with a number. */
bool sendmail_records(struct span head);

/* qfID, hfID, Qf, df, tf or Tf: its first letter; 0: it is called otherwise.
 * The ID stands behind two bytes. */
char sendmail_name(struct span base);

/* Digits and nothing else, no more than 15. */
bool sendmail_number(struct span, uint64_t *out);

/* The address in an S or R record: without letter and flags, < and >. */
struct span sendmail_address(struct span record);

/* The last name of the path in a d record, but for a df; n 0: it has none. */
struct span sendmail_directory(struct span path);

/*
 * What a field's conditions say: it is sent.  Letters are flags of a mailer,
 * and it must have one of them: those that speak SMTP have D, F and M in
 * sendmail's own configurations.  A macro must be set: it is taken to be.
 */
bool sendmail_sent(struct span conditions);

/*
 * The field that begins so, with SENDMAIL_FIELD bytes or all there are, is sent
 * by no such mailer, whatever its conditions: conf.c, H_ACHECK.  bcc: nor is a
 * Bcc.
 */
bool sendmail_dropped(struct span head, bool bcc);

/* c in a field is a quote (8.14): next is the byte, with none of the meanings
 * that it has within sendmail. */
bool sendmail_quote(uint8_t c, uint8_t next);

#endif
