/*
 * The reporter whose records become a page at the end: html.h.
 */
#include "report.h"

const struct reporter reporter_html = {
	.name = "html", .through = &reporter_ndjson,
};
