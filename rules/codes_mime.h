/*
 * What the mime.* codes mean; a part of codes.c.
 */
#define TEXT_MIME_UNCLOSED \
	.title = "mime.unclosed", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_MIME_NO_BOUNDARY \
	.title = "mime.no-boundary", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_MIME_DUPLICATE \
	.title = "mime.duplicate-field", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_MIME_NESTING \
	.title = "mime.nesting", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_MIME_BINARY_EOL \
	.title = "mime.binary-eol", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_MIME_ATTACHED_EOL \
	.title = "mime.attached-eol", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
