/*
 * What the target.* codes mean; a part of codes.c.
 */
#define TEXT_TARGET_REFUSES \
	.title = "target.refuses", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_TARGET_CHANGES \
	.title = "target.changes", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
