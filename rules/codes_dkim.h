/*
 * What the dkim.* codes mean; a part of codes.c.
 */
#define DKIM_NO_KEY \
	"No key is fetched and the signature itself is not verified; only " \
	"the body hash (bh=) is compared."

#define TEXT_DKIM_MISMATCH \
	.title = "DKIM body hash matches in no form", \
	.means = "The body is not the one that was signed: not as it is " \
	    "stored, not with its line ends as CRLF, and not with every " \
	    "line end repaired.  So something else was changed after " \
	    "signing: a footer of a mailing list, a filter that rewrote " \
	    "links or removed a part, 8-bit text that was encoded anew, " \
	    "white space, a line that was wrapped or quoted (\">From \"), " \
	    "or the rest is missing, as where data ended early.  " \
	    DKIM_NO_KEY, \
	.affects = "Whoever verifies again: DMARC fails unless SPF passes; " \
	    "ARC and archives lose their evidence.  On delivery it may have " \
	    "been valid.", \
	.todo = "Nothing can be repaired here.  Beside an eod.* or " \
	    "smuggle.* finding compare with the sender's copy: a body that " \
	    "was cut off or that carries a second message does not match.", \
	.strings = "dkim=fail (body hash did not verify); " \
	    "dkim=neutral (body hash did not verify)", \
	.source = "RFC 6376 3.7, 6.1.3"
#define TEXT_DKIM_FIX_RESTORES \
	.title = "repaired line ends match the DKIM body hash again", \
	.means = "As it is stored the body does not match the body hash of " \
	    "this signature; with every LF (or every CR and CRCRLF too) as " \
	    "CRLF it does.  So nothing but line ends was changed after " \
	    "signing.  " DKIM_NO_KEY, \
	.affects = "Whoever verifies this copy as it is.", \
	.todo = "Repair the line ends: bare LF, bare CR and CRCRLF to CRLF.  " \
	    "A repair that turns a bare CR into a space does not restore " \
	    "the signature where with_all alone is true in the report.", \
	.strings = NULL, \
	.source = "RFC 6376 3.4.3, 3.4.4, 5.3"
#define TEXT_DKIM_FIX_BREAKS \
	.title = "repairing line ends would break a DKIM signature", \
	.means = "The body matches the body hash of this signature with the " \
	    "odd line ends that it has: they were there when it was signed.  " \
	    "With every LF (or every CR and CRCRLF too) as CRLF it would " \
	    "match no more.  " DKIM_NO_KEY, \
	.affects = "Whoever verifies the message after a repair, or after " \
	    "a server that repairs line ends has passed it on.", \
	.todo = "Decide which is worth more.  Keep the original when the " \
	    "signature is evidence; a server that refuses such line ends " \
	    "refuses the message with its signature.", \
	.strings = NULL, \
	.source = "RFC 6376 3.4.3, 3.4.4, 5.3"
#define TEXT_DKIM_LENGTH \
	.title = "DKIM l= leaves the end of the body unsigned", \
	.means = "The signature has l=, and the body goes on behind that " \
	    "many octets.  Whatever stands there was not signed and may " \
	    "have been added by anyone, with the signature still valid: a " \
	    "footer, or other text that readers show in its place.  The " \
	    "report has the number of octets that are not covered.  The " \
	    "count is that of signatures.", \
	.affects = "Readers and filters that trust a valid signature for " \
	    "the whole body.", \
	.todo = "Do not trust what stands behind the covered octets.  As a " \
	    "sender: do not use l=.", \
	.strings = NULL, \
	.source = "RFC 6376 3.5 (l=), 8.2"
#define TEXT_DKIM_SHA1 \
	.title = "DKIM signature with rsa-sha1, which is obsolete", \
	.means = "The signature was made with SHA-1.  Verifiers must not " \
	    "take it for valid any more, so its body hash is not computed " \
	    "here; nor can it be said what a repair would do to it.", \
	.affects = "Nobody who verifies by the rules of 2018 and later: to " \
	    "them the message is unsigned.", \
	.todo = "Nothing.  As a sender: sign with rsa-sha256, and " \
	    "ed25519-sha256 beside it.", \
	.strings = NULL, \
	.source = "RFC 8301 3.1"
#define TEXT_DKIM_UNUSABLE \
	.title = "DKIM-Signature field that must be ignored", \
	.means = "The field cannot be used: a tag that is required is " \
	    "missing, one stands twice, or a value is not what it may be.  " \
	    "The report says which.  A verifier ignores the whole field, so " \
	    "its body hash is not compared.", \
	.affects = "The sender: the message counts as not signed.", \
	.todo = "If a copy elsewhere has the field whole, then this one was " \
	    "damaged on its way; look for what folds or rewrites header " \
	    "fields.", \
	.strings = "dkim=permerror (bad message/signature format)", \
	.source = "RFC 6376 3.2, 3.5, 6.1.1"
