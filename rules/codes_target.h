/*
 * What the target.* codes mean; a part of codes.c.
 */
#define TEXT_TARGET_REFUSES \
	.title = "the server asked about would refuse it", \
	.means = "The message has a finding that the server named with " \
	    "--target answers with a refusal.  The report gives the reply " \
	    "that is known of that server and the finding that it follows " \
	    "from.  Refusals for other reasons (quota, size, addresses, " \
	    "spam) are not looked for.", \
	.affects = "A migration: the message stays behind, and many tools " \
	    "go on without saying so.", \
	.todo = "Repair or set aside these messages before the move, or " \
	    "expect them in the error log of the tool that moves them.", \
	.strings = NULL, \
	.source = "rules/data/targets.conf, a source for each row"
#define TEXT_TARGET_CHANGES \
	.title = "the server asked about would change it", \
	.means = "The message has a finding that the server named with " \
	    "--target does not refuse, but stores or passes on in another " \
	    "form: other bytes, another size.", \
	.affects = "Comparisons after a migration (sizes, hashes), DKIM and " \
	    "other signatures, and what the reader sees.", \
	.todo = "Compare with line ends left out of account, or repair the " \
	    "message before the move so that you decide what it becomes.", \
	.strings = NULL, \
	.source = "rules/data/targets.conf, a source for each row"
