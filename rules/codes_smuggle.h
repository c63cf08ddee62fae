/*
 * What the smuggle.* codes mean; a part of codes.c.
 */
#define TEXT_SMUGGLE_ATTEMPT \
	.title = "smuggle.attempt", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_SMUGGLE_PROBE \
	.title = "smuggle.probe", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_SMUGGLE_VERBS \
	.title = "smuggle.verbs", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_SMUGGLE_QUOTED \
	.title = "smuggle.quoted", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
