/*
 * What the dkim.* codes mean; a part of codes.c.
 */
#define TEXT_DKIM_MISMATCH \
	.title = "dkim.body-mismatch", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_DKIM_FIX_RESTORES \
	.title = "dkim.fix-restores", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_DKIM_FIX_BREAKS \
	.title = "dkim.fix-breaks", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_DKIM_LENGTH \
	.title = "dkim.length", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_DKIM_SHA1 \
	.title = "dkim.rsa-sha1", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_DKIM_UNUSABLE \
	.title = "dkim.unusable", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
