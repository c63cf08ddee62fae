/*
 * What the conform.* codes mean; a part of codes.c.
 */
#define TEXT_CONFORM_COLON \
	.title = "conform.missing-colon-value", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_CONFORM_LINE_ENDS \
	.title = "conform.non-canonical-line-endings", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_CONFORM_NAME_SPACE \
	.title = "conform.name-ends-with-space", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_CONFORM_LINE_LONG \
	.title = "conform.line-too-long", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_CONFORM_TRANSFER \
	.title = "conform.needs-transfer-encoding", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_CONFORM_DATE \
	.title = "conform.missing-date-header", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_CONFORM_MESSAGE_ID \
	.title = "conform.missing-message-id-header", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_CONFORM_MIME_VERSION \
	.title = "conform.missing-mime-version", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_CONFORM_MIME_HEADERS \
	.title = "conform.invalid-mime-headers", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_CONFORM_PARSE \
	.title = "conform.parse-error", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
