/*
 * A moment as the value of a Date field: RFC 5322 3.3, in UTC.
 */
#ifndef BAREDOT_DATE_H
#define BAREDOT_DATE_H

#include <stdbool.h>
#include <time.h>

#define DATE_SIZE 40u		/* bytes, more than it needs */

/* "Tue, 5 Aug 2025 09:03:07 +0000".  False: it is not in a year from 1900 to
 * 9999; out is "" then. */
bool date_rfc5322(time_t, char out[DATE_SIZE]);

#endif
