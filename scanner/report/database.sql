-- A report as a database (baredot report --to sqlite).
--
-- A table for each type of record and each list in one; a column has the name
-- of its field in docs/report.md, where its meaning is, or says here what it
-- is.  Where a field is absent the column is NULL.  Times are text, RFC 3339
-- in UTC, and compare as text.  Truth values are 0 and 1.  Sizes, lengths and
-- offsets are bytes.
--
-- X and X_bytes: X is text (UTF-8, U+FFFD for each byte that is none, and for
-- NUL); X_bytes are the exact bytes, and NULL where X is exact.  Both as
-- bytes: CAST(coalesce(X_bytes, X) AS BLOB).

PRAGMA application_id = 1650553458;	-- "bar2"
PRAGMA user_version = 1;		-- schema_version

CREATE TABLE severity(
	severity TEXT PRIMARY KEY,
	rank INTEGER NOT NULL		-- 0 info, 1 low, 2 medium, 3 high
) WITHOUT ROWID;
INSERT INTO severity VALUES('info', 0), ('low', 1), ('medium', 2), ('high', 3);

CREATE TABLE code(			-- all that are known
	code TEXT PRIMARY KEY,
	title TEXT,			-- what it is; NULL: of a later version
	severity TEXT REFERENCES severity,	-- the usual one
	looked_for INTEGER NOT NULL	-- 1: in this report
) WITHOUT ROWID;

CREATE TABLE report(			-- one row: the header
	schema_version INTEGER NOT NULL,	-- of these tables: 1
	whole INTEGER NOT NULL,		-- 0: the report was cut off
	version TEXT,
	schema INTEGER,			-- of the NDJSON
	rules_sha256 TEXT,
	default_rules INTEGER,
	host TEXT,
	start_time TEXT,
	jobs INTEGER,
	kernel TEXT,
	sandbox TEXT,
	eol TEXT,
	forensic INTEGER,
	redacted INTEGER,
	target TEXT,
	min_severity TEXT REFERENCES severity,
	merged_plan_sha256 TEXT,	-- merged: of the shards of a plan
	merged_shards INTEGER,
	merged_end TEXT,
	merged_milliseconds INTEGER
);

CREATE TABLE argument(			-- of the command line
	n INTEGER PRIMARY KEY,		-- from 1
	word TEXT NOT NULL
);

CREATE TABLE rule_file(
	n INTEGER PRIMARY KEY,		-- from 1
	path TEXT NOT NULL,
	path_bytes BLOB,
	sha256 TEXT,			-- hexadecimal
	content_token TEXT
);

CREATE TABLE summary(			-- one row; none: it is not whole
	partial INTEGER,
	messages INTEGER,
	bytes INTEGER,
	files INTEGER,
	stores INTEGER,
	flagged INTEGER,
	info INTEGER,			-- messages by their worst finding
	low INTEGER,
	medium INTEGER,
	high INTEGER,
	unreadable INTEGER,
	gone INTEGER,
	unsettled INTEGER,
	stale INTEGER,
	skipped_not_mail INTEGER,
	skipped_symlink INTEGER,
	skipped_special INTEGER,
	skipped_metadata INTEGER,
	skipped_other_file_system INTEGER,
	skipped_maildir_tmp INTEGER,
	end_time TEXT,
	milliseconds INTEGER,
	files_not_read INTEGER,
	new_only INTEGER,
	new_info INTEGER,		-- messages that are not in the
	new_low INTEGER,		-- baseline, by their worst finding
	new_medium INTEGER,
	new_high INTEGER,
	repairs_none INTEGER,		-- of fix and quarantine: messages
	repairs_edit INTEGER,
	repairs_quarantine INTEGER,
	repairs_refused INTEGER,
	run TEXT,			-- with --apply
	files_done INTEGER,		-- files, by what came of them
	files_same INTEGER,
	files_refused INTEGER,
	files_gone INTEGER,
	files_changed INTEGER,
	files_busy INTEGER,
	files_failed INTEGER,
	files_unsettled INTEGER,
	repaired INTEGER,		-- messages
	edits INTEGER,
	taken_out INTEGER,		-- messages
	stopped INTEGER,
	replay_whole INTEGER,		-- of a replay: messages by the worst
	replay_refused INTEGER,
	replay_unsent INTEGER,
	replay_open INTEGER,
	replay_cut INTEGER,
	replay_smuggled INTEGER,
	exit_status INTEGER,
	records INTEGER
);

CREATE TABLE summary_code(
	code TEXT PRIMARY KEY REFERENCES code,
	messages INTEGER,
	count INTEGER,
	worst TEXT REFERENCES severity
) WITHOUT ROWID;

CREATE TABLE summary_rule(
	rule TEXT PRIMARY KEY,
	messages INTEGER,
	count INTEGER
) WITHOUT ROWID;

CREATE TABLE store(			-- that a message is in, or a record
	id INTEGER PRIMARY KEY,
	record INTEGER,			-- which record of the report, from 1;
					-- NULL: there is none of it
	path TEXT NOT NULL,
	path_bytes BLOB,
	format TEXT,			-- all from here on: NULL without record
	members INTEGER,
	messages INTEGER,
	bytes INTEGER,
	lf INTEGER,			-- messages by their convention
	crlf INTEGER,
	cr INTEGER,
	wire INTEGER,
	listing_settled INTEGER,
	hidden_messages INTEGER,	-- not_observable
	hidden_why TEXT,
	dialect_messages INTEGER,	-- of an mbox
	dialect_any_from_line INTEGER,
	dialect_from_line_after_empty_line INTEGER,
	dialect_content_length_ignored INTEGER,
	dialect_by_content_length INTEGER,
	dialect_internal INTEGER,
	dialect_disputes INTEGER
);
CREATE INDEX store_open ON store(path) WHERE record IS NULL;

CREATE TABLE hidden(			-- not_observable.codes
	store_id INTEGER NOT NULL REFERENCES store,
	code TEXT NOT NULL REFERENCES code,
	PRIMARY KEY(store_id, code)
) WITHOUT ROWID;

CREATE TABLE dispute(			-- dialects.first_disputes
	store_id INTEGER NOT NULL REFERENCES store,
	n INTEGER NOT NULL,		-- from 1
	offset INTEGER,
	kind TEXT,
	PRIMARY KEY(store_id, n)
) WITHOUT ROWID;

CREATE TABLE message(			-- of records message and replay
	id INTEGER PRIMARY KEY,		-- which record of the report, from 1
	store_id INTEGER NOT NULL REFERENCES store,
	path TEXT NOT NULL,		-- of the file
	path_bytes BLOB,
	member TEXT,			-- numbers with dots between them
	format TEXT,
	number INTEGER,			-- index: which of the file, from 1
	offset INTEGER,			-- in the file, when raw
	length INTEGER,
	raw INTEGER,
	message_id TEXT,
	message_id_bytes BLOB,
	message_id_cut INTEGER,
	date TEXT,
	sha256 TEXT,			-- hexadecimal
	content_token TEXT,
	as_of TEXT,
	convention TEXT,
	crlf INTEGER,			-- line_ends
	lf INTEGER,
	cr INTEGER,
	crcrlf INTEGER,
	header_length INTEGER,		-- header_cut
	header_seen INTEGER,
	parts INTEGER,			-- mime
	depth INTEGER,
	unclosed INTEGER,
	severity TEXT REFERENCES severity,	-- the worst; NULL: no finding
	would_reject TEXT,
	dkim_more INTEGER,
	queue_id TEXT,			-- envelope, with the table recipient
	queue_id_bytes BLOB,
	sender TEXT,
	sender_bytes BLOB,
	recipients_more INTEGER,
	arrived TEXT
);

CREATE TABLE recipient(			-- envelope.recipients
	message_id INTEGER NOT NULL REFERENCES message(id),
	n INTEGER NOT NULL,		-- from 1
	address TEXT,
	address_bytes BLOB,
	PRIMARY KEY(message_id, n)
) WITHOUT ROWID;

CREATE TABLE part(			-- mime.list
	message_id INTEGER NOT NULL REFERENCES message(id),
	n INTEGER NOT NULL,		-- from 1
	type TEXT,
	encoding TEXT,
	depth INTEGER,
	offset INTEGER,			-- in the message, all three
	body INTEGER,
	body_end INTEGER,
	crlf INTEGER,
	lf INTEGER,
	cr INTEGER,
	crcrlf INTEGER,
	PRIMARY KEY(message_id, n)
) WITHOUT ROWID;

CREATE TABLE signature(			-- dkim
	message_id INTEGER NOT NULL REFERENCES message(id),
	n INTEGER NOT NULL,		-- from 1
	domain TEXT,
	domain_bytes BLOB,
	selector TEXT,
	selector_bytes BLOB,
	algorithm TEXT,
	canonicalization TEXT,
	offset INTEGER,			-- in the message
	body TEXT,
	why TEXT,
	length,				-- l=, the signer's word: INTEGER, or
					-- digits as TEXT from 2^63 on
	uncovered,			-- likewise
	as_stored INTEGER,
	with_crlf INTEGER,
	with_all INTEGER,
	PRIMARY KEY(message_id, n)
) WITHOUT ROWID;

CREATE TABLE finding(
	id INTEGER PRIMARY KEY,
	message_id INTEGER NOT NULL REFERENCES message(id),
	code TEXT NOT NULL REFERENCES code,
	severity TEXT REFERENCES severity,
	rule TEXT,
	message TEXT,
	because TEXT REFERENCES code(code),
	reply TEXT,
	source TEXT,
	count INTEGER,
	offset INTEGER,			-- the first of offsets, in the message
	context_offset INTEGER,		-- in the message
	context_at INTEGER,		-- in context
	context BLOB,			-- the bytes
	context_text TEXT
);

CREATE TABLE place(			-- findings[].offsets
	finding_id INTEGER NOT NULL REFERENCES finding,
	n INTEGER NOT NULL,		-- from 1
	offset INTEGER NOT NULL,	-- in the message
	PRIMARY KEY(finding_id, n)
) WITHOUT ROWID;

CREATE TABLE fools(			-- findings[].fools
	finding_id INTEGER NOT NULL REFERENCES finding,
	receiver TEXT NOT NULL,
	known TEXT,
	PRIMARY KEY(finding_id, receiver)
) WITHOUT ROWID;

CREATE TABLE repair(			-- of fix and quarantine
	message_id INTEGER PRIMARY KEY REFERENCES message(id),
	action TEXT,			-- none, edit, quarantine or refused
	why TEXT,
	line_ends TEXT,			-- what they become
	edits INTEGER,
	bare_cr_before INTEGER,
	bare_lf_before INTEGER,
	crlf_before INTEGER,
	crcrlf_before INTEGER,
	nul_before INTEGER,
	look_alike_before INTEGER,
	bare_cr_after INTEGER,
	bare_lf_after INTEGER,
	crlf_after INTEGER,
	crcrlf_after INTEGER,
	nul_after INTEGER,
	look_alike_after INTEGER,
	spaces_instead INTEGER,
	header_edits INTEGER,
	parts_encoded INTEGER,
	new_length INTEGER,
	unsafe INTEGER,
	signature TEXT,
	signature_text TEXT
);

CREATE TABLE outcome(			-- of a file, with --apply
	id INTEGER PRIMARY KEY,		-- which record, from 1; so below
	path TEXT NOT NULL,
	path_bytes BLOB,
	status TEXT,
	why TEXT,
	note TEXT,
	new_name TEXT,
	new_name_bytes BLOB,
	messages INTEGER,
	edits INTEGER,
	taken_out INTEGER,
	left_alone INTEGER
);

CREATE TABLE file(			-- with --forensic
	id INTEGER PRIMARY KEY,
	path TEXT NOT NULL,
	path_bytes BLOB,
	status TEXT,
	size INTEGER,
	sha256 TEXT,			-- hexadecimal
	content_token TEXT,
	modified TEXT			-- with nanoseconds
);

CREATE TABLE unreadable(
	id INTEGER PRIMARY KEY,
	path TEXT NOT NULL,
	path_bytes BLOB,
	offset INTEGER,
	error TEXT,
	beyond TEXT			-- limit
);

CREATE TABLE skipped(
	id INTEGER PRIMARY KEY,
	path TEXT NOT NULL,
	path_bytes BLOB,
	reason TEXT
);

CREATE TABLE stale(		-- of the shards of a plan, and of --from
	id INTEGER PRIMARY KEY,
	path TEXT NOT NULL,
	path_bytes BLOB,
	offset INTEGER,			-- of a message
	reason TEXT
);

-- Of a replay: docs/replay.md.

CREATE TABLE server(			-- header.replay
	role TEXT NOT NULL,		-- sender or receiver
	name TEXT NOT NULL,
	title TEXT,
	versions TEXT,
	cve TEXT,
	fixed TEXT,
	note TEXT,
	known TEXT,
	source TEXT,
	pipelining TEXT,
	chunking INTEGER,		-- of a receiver
	bdat INTEGER,			-- of a sender
	PRIMARY KEY(role, name)
) WITHOUT ROWID;

CREATE TABLE matrix(			-- the worst of all messages
	sender TEXT NOT NULL,
	receiver TEXT NOT NULL,
	outcome TEXT NOT NULL,
	by_bdat INTEGER NOT NULL,
	PRIMARY KEY(sender, receiver)
) WITHOUT ROWID;

CREATE TABLE replay(
	message_id INTEGER PRIMARY KEY REFERENCES message(id),
	worst TEXT,
	ends_more INTEGER
);

CREATE TABLE replay_outcome(		-- outcomes
	id INTEGER PRIMARY KEY,
	message_id INTEGER NOT NULL REFERENCES message(id),
	outcome TEXT
);

CREATE TABLE replay_outcome_server(	-- between each sender and receiver
	outcome_id INTEGER NOT NULL REFERENCES replay_outcome,
	role TEXT NOT NULL,		-- sender or receiver
	name TEXT NOT NULL,
	PRIMARY KEY(outcome_id, role, name)
) WITHOUT ROWID;

CREATE TABLE replay_end(		-- ends
	id INTEGER PRIMARY KEY,
	message_id INTEGER NOT NULL REFERENCES message(id),
	offset INTEGER,
	before INTEGER,
	sender TEXT,			-- what comes out: ends[].message
	sender_bytes BLOB,
	recipients_more INTEGER,
	text TEXT,
	text_bytes BLOB
);

CREATE TABLE replay_end_server(
	end_id INTEGER NOT NULL REFERENCES replay_end,
	role TEXT NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY(end_id, role, name)
) WITHOUT ROWID;

CREATE TABLE replay_end_recipient(
	end_id INTEGER NOT NULL REFERENCES replay_end,
	n INTEGER NOT NULL,		-- from 1
	address TEXT,
	address_bytes BLOB,
	PRIMARY KEY(end_id, n)
) WITHOUT ROWID;

-- Common questions.

CREATE VIEW found AS			-- each finding, and where it is
	SELECT f.id, f.code, f.severity, s.rank, f.rule, f.count,
	    m.id AS record, m.path, m.path_bytes, m.number, t.path AS store,
	    CASE WHEN m.raw THEN m.offset + f.offset END AS at_byte,
	    m.message_id, m.date, m.sha256, f.context_text
	FROM finding f JOIN message m ON m.id = f.message_id
	    JOIN store t ON t.id = m.store_id
	    LEFT JOIN severity s ON s.severity = f.severity;

CREATE VIEW worst_store AS		-- those with findings, worst first
	SELECT t.id, t.path, t.path_bytes, t.format, t.messages,
	    count(*) AS flagged, sum(m.severity = 'high') AS high,
	    sum(m.severity = 'medium') AS medium,
	    sum(m.severity = 'low') AS low, sum(m.severity = 'info') AS info
	FROM message m JOIN store t ON t.id = m.store_id
	WHERE m.severity IS NOT NULL
	GROUP BY t.id ORDER BY high DESC, medium DESC, low DESC, info DESC,
	    t.path;

CREATE VIEW code_total AS		-- what was found, worst first
	SELECT f.code, c.title, count(DISTINCT f.message_id) AS messages,
	    sum(f.count) AS count,
	    CASE max(s.rank) WHEN 3 THEN 'high' WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low' WHEN 0 THEN 'info' END AS worst
	FROM finding f JOIN code c ON c.code = f.code
	    LEFT JOIN severity s ON s.severity = f.severity
	GROUP BY f.code ORDER BY max(s.rank) DESC, messages DESC, f.code;

CREATE VIEW month_total AS		-- messages with findings, by their date
	SELECT substr(coalesce(date, arrived), 1, 7) AS month,
	    count(*) AS flagged, sum(severity = 'high') AS high,
	    sum(severity = 'medium') AS medium, sum(severity = 'low') AS low,
	    sum(severity = 'info') AS info
	FROM message WHERE severity IS NOT NULL GROUP BY 1 ORDER BY 1;

CREATE VIEW flagged_path AS		-- files, each once, and the worst
	SELECT path, path_bytes,
	    CASE max(s.rank) WHEN 3 THEN 'high' WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low' WHEN 0 THEN 'info' END AS worst,
	    count(*) AS messages
	FROM message m JOIN severity s ON s.severity = m.severity
	GROUP BY path, path_bytes ORDER BY path, path_bytes;

CREATE VIEW between_servers AS		-- all that does not arrive whole
	SELECT o.message_id AS record, o.outcome, s.name AS sender,
	    r.name AS receiver
	FROM replay_outcome o
	    JOIN replay_outcome_server s
		ON s.outcome_id = o.id AND s.role = 'sender'
	    JOIN replay_outcome_server r
		ON r.outcome_id = o.id AND r.role = 'receiver';
