/*
 * What the rule.* codes mean; a part of codes.c.
 */
#define TEXT_RULE_MATCH \
	.title = "rule.match", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
#define TEXT_RULE_GAVE_UP \
	.title = "rule.gave-up", \
	.means = "TODO", \
	.affects = "TODO", \
	.todo = "TODO", \
	.strings = NULL, \
	.source = "TODO"
