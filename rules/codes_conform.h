/*
 * What the conform.* codes mean; a part of codes.c.
 */
#define KUMO "KumoMTA crates/mailparsing/src/"
#define KUMO_SAYS(flag) "Message has conformance issues: " flag \
	" (KumoMTA, msg:check_fix_conformance)"
#define KUMO_ONLY \
	"KumoMTA where its policy checks this flag.  Reported with --check."
#define KUMO_FIX \
	"KumoMTA can repair it (fix), but then it writes the whole message " \
	"anew: DKIM signatures break, and fields it cannot read are lost."

#define TEXT_CONFORM_COLON \
	.title = "header line without a colon", \
	.means = "A line of the header block, or of that of a part, has no " \
	    "colon.  KumoMTA takes it for a field without a value and reads " \
	    "on; for others the header block ends there.  The place is the " \
	    "line.", \
	.affects = KUMO_ONLY "  Others: see limit.no-header-end.", \
	.todo = "Look at the line: often \">From \", a broken fold, or a " \
	    "part without the empty line before its text.  " KUMO_FIX, \
	.strings = KUMO_SAYS("MISSING_COLON_VALUE"), \
	.source = KUMO "header.rs; RFC 5322 2.2"
#define TEXT_CONFORM_LINE_ENDS \
	.title = "CR or LF on its own", \
	.means = "A CR without an LF behind it or an LF without a CR before " \
	    "it, in the message as it would arrive by SMTP: where a store's " \
	    "lines end in LF each LF stands for CRLF, so a CRLF there " \
	    "arrives as CR CR LF.  Each CR and each LF counts, also in " \
	    "parts that are binary.", \
	.affects = KUMO_ONLY "  Its listener refuses such data before that " \
	    "unless invalid_line_endings is set otherwise.", \
	.todo = "Bring the line ends to one form.  KumoMTA's own fix for " \
	    "this flag does not do that: it encodes the text anew, with the " \
	    "LF inside (=0A); invalid_line_endings = \"Fix\" does.", \
	.strings = KUMO_SAYS("NON_CANONICAL_LINE_ENDINGS") "; 552 5.6.0 " \
	    "message data must use CRLF for line endings (its listener)", \
	.source = KUMO "normalize.rs, mimepart.rs; RFC 5322 2.3"
#define TEXT_CONFORM_NAME_SPACE \
	.title = "white space before the colon of a field", \
	.means = "A space or tab stands in the name of a header field, or " \
	    "between it and the colon.  The name ends there for KumoMTA.  " \
	    "The place is the space.", \
	.affects = KUMO_ONLY "  Others do not find such a field by its name.", \
	.todo = "Remove the space, unless a signature covers the field.  " \
	    KUMO_FIX, \
	.strings = KUMO_SAYS("NAME_ENDS_WITH_SPACE"), \
	.source = KUMO "header.rs; RFC 5322 2.2, 4.5.8"
#define TEXT_CONFORM_LINE_LONG \
	.title = "line of 77 or more characters", \
	.means = "KumoMTA counts the bytes from one LF to the next, so the " \
	    "CR and an LF too, and allows 78: a line of 77 characters is " \
	    "too long, at the start of the message one of 78.  A last line " \
	    "without a break is measured in a header block only.  The place " \
	    "is the line.", \
	.affects = KUMO_ONLY "  Nobody else in practice: see limit.line-998.", \
	.todo = "Do not check it: most HTML mail has such lines.  " KUMO_FIX, \
	.strings = KUMO_SAYS("LINE_TOO_LONG"), \
	.source = KUMO "mimepart.rs, header.rs; RFC 5322 2.1.1"
#define TEXT_CONFORM_TRANSFER \
	.title = "8-bit bytes, or text that cannot be decoded", \
	.means = "Bytes over 127 anywhere in the message; each counts.  Or " \
	    "the body of a part is no valid base64, or its text is not " \
	    "valid in its charset (us-ascii without one), also inside " \
	    "base64 and quoted-printable, or KumoMTA does not know the " \
	    "charset: each such part counts, at the byte where that shows, " \
	    "at its Content-Type where the charset is unknown.", \
	.affects = KUMO_ONLY "  Bytes over 127 need 8BITMIME on the way.", \
	.todo = "Encode the part anew, with the charset that it is in.  " \
	    KUMO_FIX "  What it cannot decode becomes U+FFFD.", \
	.strings = KUMO_SAYS("NEEDS_TRANSFER_ENCODING"), \
	.source = KUMO "mimepart.rs; RFC 2045 6; Encoding Standard"
#define TEXT_CONFORM_DATE \
	.title = "no Date that can be read", \
	.means = "There is no Date field, or KumoMTA cannot read the first " \
	    "one: white space at the end of the line, a weekday that is " \
	    "wrong, an hour of one digit and a comment before the zone are " \
	    "errors.  Any word is taken for a zone.  The place is the " \
	    "field, or the end of the header block.", \
	.affects = KUMO_ONLY "  Readers that sort by date.", \
	.todo = "Nothing: a date that was added later would be wrong.  " \
	    "KumoMTA's fix for this flag adds the time of the fix.", \
	.strings = KUMO_SAYS("MISSING_DATE_HEADER"), \
	.source = KUMO "datetime.rs, mimepart.rs; RFC 5322 3.6.1"
#define TEXT_CONFORM_MESSAGE_ID \
	.title = "no Message-ID that can be read", \
	.means = "There is no Message-ID field, or KumoMTA cannot read the " \
	    "first one: it wants one pair of angle brackets, and takes " \
	    "almost anything inside.  The place is the field, or the end of " \
	    "the header block.", \
	.affects = KUMO_ONLY "  Threading, and whoever looks for duplicates.", \
	.todo = "Nothing in a store.  KumoMTA's fix for this flag adds one.", \
	.strings = KUMO_SAYS("MISSING_MESSAGE_ID_HEADER"), \
	.source = KUMO "rfc5322_parser.rs, mimepart.rs; RFC 5322 3.6.4"
#define TEXT_CONFORM_MIME_VERSION \
	.title = "no MIME-Version of 1.0", \
	.means = "There is no MIME-Version field, or the first one is not " \
	    "exactly 1.0: a comment, or white space at the end, makes it " \
	    "something else for KumoMTA.  Mail without any MIME has this " \
	    "too.  The place is the field, or the end of the header block.", \
	.affects = KUMO_ONLY "  Readers that do not decode MIME without it.", \
	.todo = "Nothing in a store.  KumoMTA's fix for this flag adds the " \
	    "field.", \
	.strings = KUMO_SAYS("MISSING_MIME_VERSION"), \
	.source = KUMO "mimepart.rs; RFC 2045 4"
#define TEXT_CONFORM_MIME_HEADERS \
	.title = "MIME field that cannot be read", \
	.means = "The first Content-Type, Content-Transfer-Encoding, " \
	    "Content-Disposition or Content-ID of the message or of a part " \
	    "cannot be read by KumoMTA, or the encoding is none of 7bit, " \
	    "8bit, binary, base64 and quoted-printable.  A semicolon at the " \
	    "end is enough.  A part without a readable Content-Type counts " \
	    "as us-ascii text, so conform.needs-transfer-encoding may come " \
	    "with it.  The place is the field.", \
	.affects = KUMO_ONLY "  Readers that take the part for text.", \
	.todo = "Look at the field.  " KUMO_FIX, \
	.strings = KUMO_SAYS("INVALID_MIME_HEADERS"), \
	.source = KUMO "rfc5322_parser.rs, mimepart.rs; RFC 2045 5, 6"
#define TEXT_CONFORM_PARSE \
	.title = "header block that KumoMTA cannot read", \
	.means = "KumoMTA gives up the message: its header block, or that " \
	    "of a part, begins with white space; a field does, behind a " \
	    "line without a colon; a CR without an LF stands where a field " \
	    "should begin; or a field's name has a byte that is no " \
	    "printable ASCII.  It checks no flag then, and none is reported " \
	    "here.  The place is that byte.", \
	.affects = "KumoMTA where its policy checks anything.  Reported " \
	    "with --check.", \
	.todo = "Look at the place: often a part without the empty line " \
	    "before its text.  KumoMTA cannot repair it.", \
	.strings = "invalid header: lone CR in header; invalid header: " \
	    "header block must not start with spaces; invalid header: " \
	    "header cannot start with space; invalid header: header name " \
	    "must be comprised of printable US-ASCII characters. Found ...", \
	.source = KUMO "header.rs; RFC 5322 2.2"
