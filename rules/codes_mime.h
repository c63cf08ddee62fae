/*
 * What the mime.* codes mean; a part of codes.c.
 */
#define MIME_SECOND "  Looked for in messages with another finding, and in " \
	"those whose last lines do not show that the outermost multipart was " \
	"closed."

#define TEXT_MIME_UNCLOSED \
	.title = "multipart that is never closed", \
	.means = "A multipart's last line, \"--\", the boundary and \"--\", " \
	    "is missing.  Either the message was truncated (a crash, a full " \
	    "disk, a broken transfer), or it is the outer half of one that " \
	    "was split: a server took a lone dot in the text for the end of " \
	    "data, and what followed became another message.  Some programs " \
	    "never write the line of an inner multipart.  The place is where " \
	    "the message, or the part around it, ended; the count is that " \
	    "of multiparts." MIME_SECOND, \
	.affects = "Readers that show the last part cut off or not at all; " \
	    "filters that do not look into a part that has no end.", \
	.todo = "Look at the last part: an attachment that breaks off was " \
	    "truncated, so find another copy.  Look for the next message of " \
	    "the same minute: one that begins in the middle of a text is " \
	    "the other half.", \
	.strings = NULL, \
	.source = "RFC 2046 5.1.1"
#define TEXT_MIME_NO_BOUNDARY \
	.title = "multipart without a boundary", \
	.means = "Content-Type says multipart, but no boundary that could be " \
	    "used: none, an empty one, or one of more than 1020 bytes (70 " \
	    "are allowed).  So nobody can tell its parts, and everything in " \
	    "it is taken for one text.  The place is the field." MIME_SECOND, \
	.affects = "Readers that show the raw text; filters that guess a " \
	    "boundary may see other parts than the reader does.", \
	.todo = "Compare with another copy: often the field's second line " \
	    "was lost.", \
	.strings = NULL, \
	.source = "RFC 2046 5.1.1"
#define TEXT_MIME_DUPLICATE \
	.title = "MIME field that stands twice", \
	.means = "A header has two Content-Type, two " \
	    "Content-Transfer-Encoding or (the message's own) two " \
	    "MIME-Version fields.  Here the first one counts; other programs " \
	    "take the last.  The place is each further one.  Looked for in " \
	    "messages with another finding.", \
	.affects = "Whoever relies on a filter: it may see one structure and " \
	    "the reader another.", \
	.todo = "See whether the fields differ.  If they do, treat what the " \
	    "filter said about this message as not said.", \
	.strings = NULL, \
	.source = "RFC 5322 3.6; RFC 2045 3"
#define TEXT_MIME_NESTING \
	.title = "parts nested too deeply", \
	.means = "Multiparts and attached messages stand one within the " \
	    "other, 32 deep and more.  Deeper ones are not looked into: " \
	    "their line ends are judged as those of the part around them.  " \
	    "The place is the Content-Type field of the first part that was " \
	    "not looked into.  Looked for in messages with another finding.", \
	.affects = "Readers and filters, which give up at depths of their " \
	    "own; bounces of bounces are like this too.", \
	.todo = "Nothing, if it is a chain of forwarded messages or of " \
	    "bounces; else be wary of it.", \
	.strings = NULL, \
	.source = "RFC 2046 5.1 (which sets no limit)"
#define TEXT_MIME_BINARY_EOL \
	.title = "line ends that are binary data", \
	.means = "Line ends of another form than the message's stand in a " \
	    "part of Content-Transfer-Encoding binary, or in a part within " \
	    "one.  There CR and LF are bytes like any other.  When all " \
	    "places of an eol.* finding are such data, that finding is info " \
	    "too.  Look-alikes of the end of data (eod.*) keep their " \
	    "severity: a server sees them before it knows of parts.", \
	.affects = "Binary parts can be sent with BDAT and BINARYMIME only; " \
	    "by DATA they are damaged.", \
	.todo = "Do not convert these line ends: the data would change.  " \
	    "Before the message goes out by DATA, encode that part in " \
	    "base64.", \
	.strings = NULL, \
	.source = "RFC 2045 2.9, 6.2; RFC 3030 3"
#define TEXT_MIME_ATTACHED_EOL \
	.title = "odd line ends in an attached message", \
	.means = "Line ends of another form than the message's stand in a " \
	    "message/rfc822 part: the attached message was kept in another " \
	    "form, and attached as it was.  They are counted by the eol.* " \
	    "codes too.", \
	.affects = "As the eol.* code says; a DKIM signature of the attached " \
	    "message may need its bytes as they are.", \
	.todo = "As the eol.* code says.  Keep a copy if the attached " \
	    "message is evidence.", \
	.strings = NULL, \
	.source = "RFC 2046 5.2.1; RFC 5322 2.3"
