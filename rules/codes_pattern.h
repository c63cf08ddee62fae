/*
 * What the rule.* codes mean; a part of codes.c.
 */
#define TEXT_RULE_MATCH \
	.title = "what a rule of a rule file looks for", \
	.means = "A rule found its pattern, or the findings that it waits " \
	    "for.  The report names the rule and has the message that its " \
	    "author wrote; the severity is the rule's own.  `baredot rules " \
	    "list` shows the rules that come with baredot, --rules FILE adds " \
	    "others.", \
	.affects = "Whoever the rule's message says.", \
	.todo = "Read the message of the rule.  A rule that says too much is " \
	    "made narrower by conditions (when = ...), or left out " \
	    "(--no-default-rules for those that come with baredot).", \
	.strings = NULL, \
	.source = "docs/rules.md; rules/data/default.rules names a source " \
	    "for each rule"
#define TEXT_RULE_GAVE_UP \
	.title = "a rule could not look at all that it should have", \
	.means = "The rule's pattern took more steps or memory than a " \
	    "pattern may, or the rules together took more time than a " \
	    "message is worth, or there were more than 32 look-alikes to " \
	    "search behind.  From the place that is shown on, this message " \
	    "was not searched for this rule: that nothing was found there " \
	    "means nothing.", \
	.affects = "This rule and this message only, where it is about one " \
	    "pattern; where time ran out, the rules that came later too.", \
	.todo = "Make the pattern simpler: no repeat within a repeat, as in " \
	    "(a+)+; say what a thing is made of, as [^>]* and not .*; begin " \
	    "with ^ or a fixed text.", \
	.strings = NULL, \
	.source = "pcre2api(3), the match, depth and heap limits"
