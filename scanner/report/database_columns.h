/*
 * The columns of each table, for database_tables.c: in which order they are
 * does not matter, database.sql has their types.
 */
#ifndef BAREDOT_DATABASE_COLUMNS_H
#define BAREDOT_DATABASE_COLUMNS_H

#include <stddef.h>

enum column_is {
	IS_END,
	IS_ID, IS_OF, IS_N,	/* of the row */
	IS_WORD,		/* row.word[column.word] */
	IS_TEXT,
	IS_BYTES,		/* two columns: NAME and NAME_bytes */
	IS_NUMBER,
	IS_ANY_NUMBER,		/* text where it is too large */
	IS_BOOL,
	IS_FIRST,		/* the first number of an array */
	IS_LIST,		/* numbers with dots between them */
	IS_HEX			/* bytes */
};

struct column {
	enum column_is is;
	const char *name;
	const char *key;	/* "a.b": b of the object a; NULL: name */
	unsigned word;
};

#define ID(name) { IS_ID, name, NULL, 0 }
#define OF(name) { IS_OF, name, NULL, 0 }
#define N(name) { IS_N, name, NULL, 0 }
#define WORD(i, name) { IS_WORD, name, NULL, i }
#define TEXT(name) { IS_TEXT, name, NULL, 0 }
#define TEXT_AT(name, key) { IS_TEXT, name, key, 0 }
#define BYTES(name) { IS_BYTES, name, NULL, 0 }
#define BYTES_AT(name, key) { IS_BYTES, name, key, 0 }
#define NUMBER(name) { IS_NUMBER, name, NULL, 0 }
#define NUMBER_AT(name, key) { IS_NUMBER, name, key, 0 }
#define ANY(name) { IS_ANY_NUMBER, name, NULL, 0 }
#define BOOL(name) { IS_BOOL, name, NULL, 0 }
#define BOOL_AT(name, key) { IS_BOOL, name, key, 0 }
#define FIRST(name, key) { IS_FIRST, name, key, 0 }
#define LIST(name) { IS_LIST, name, NULL, 0 }
#define HEX(name, key) { IS_HEX, name, key, 0 }
#define END { IS_END, NULL, NULL, 0 }

static const struct column columns_code[] = { WORD(0, "code"),
	WORD(1, "title"), WORD(2, "severity"), N("looked_for"), END };

static const struct column columns_report[] = { ID("schema_version"),
	N("whole"), TEXT("version"), NUMBER("schema"), TEXT("rules_sha256"),
	BOOL("default_rules"), TEXT("host"), TEXT_AT("start_time", "start"),
	NUMBER("jobs"), TEXT("kernel"), TEXT("sandbox"), TEXT("eol"),
	BOOL("forensic"), BOOL("redacted"), TEXT("target"),
	TEXT("min_severity"),
	TEXT_AT("merged_plan_sha256", "merged.plan_sha256"),
	NUMBER_AT("merged_shards", "merged.shards"),
	TEXT_AT("merged_end", "merged.end"),
	NUMBER_AT("merged_milliseconds", "merged.milliseconds"), END };

static const struct column columns_argument[] = { N("n"),
	WORD(0, "word"), END };

static const struct column columns_rule_file[] = { N("n"), BYTES("path"),
	TEXT("sha256"), TEXT("content_token"), END };

static const struct column columns_summary[] = { BOOL("partial"),
	NUMBER("messages"), NUMBER("bytes"), NUMBER("files"),
	NUMBER("stores"), NUMBER("flagged"),
	NUMBER_AT("info", "messages_by_severity.info"),
	NUMBER_AT("low", "messages_by_severity.low"),
	NUMBER_AT("medium", "messages_by_severity.medium"),
	NUMBER_AT("high", "messages_by_severity.high"),
	NUMBER("unreadable"), NUMBER("gone"), NUMBER("unsettled"),
	NUMBER("stale"), NUMBER_AT("skipped_not_mail", "skipped.not_mail"),
	NUMBER_AT("skipped_symlink", "skipped.symlink"),
	NUMBER_AT("skipped_special", "skipped.special"),
	NUMBER_AT("skipped_metadata", "skipped.metadata"),
	NUMBER_AT("skipped_other_file_system", "skipped.other_file_system"),
	NUMBER_AT("skipped_maildir_tmp", "skipped.maildir_tmp"),
	TEXT_AT("end_time", "end"), NUMBER("milliseconds"),
	NUMBER("files_not_read"), BOOL("new_only"),
	NUMBER_AT("new_info", "new_messages_by_severity.info"),
	NUMBER_AT("new_low", "new_messages_by_severity.low"),
	NUMBER_AT("new_medium", "new_messages_by_severity.medium"),
	NUMBER_AT("new_high", "new_messages_by_severity.high"),
	NUMBER_AT("repairs_none", "repairs.none"),
	NUMBER_AT("repairs_edit", "repairs.edit"),
	NUMBER_AT("repairs_quarantine", "repairs.quarantine"),
	NUMBER_AT("repairs_refused", "repairs.refused"),
	TEXT_AT("run", "acts.run"), NUMBER_AT("files_done", "acts.done"),
	NUMBER_AT("files_same", "acts.same"),
	NUMBER_AT("files_refused", "acts.refused"),
	NUMBER_AT("files_gone", "acts.gone"),
	NUMBER_AT("files_changed", "acts.changed"),
	NUMBER_AT("files_busy", "acts.busy"),
	NUMBER_AT("files_failed", "acts.failed"),
	NUMBER_AT("files_unsettled", "acts.unsettled"),
	NUMBER_AT("repaired", "acts.messages"),
	NUMBER_AT("edits", "acts.edits"),
	NUMBER_AT("taken_out", "acts.taken_out"),
	BOOL_AT("stopped", "acts.stopped"),
	NUMBER_AT("replay_whole", "replay.messages.whole"),
	NUMBER_AT("replay_refused", "replay.messages.refused"),
	NUMBER_AT("replay_unsent", "replay.messages.unsent"),
	NUMBER_AT("replay_open", "replay.messages.open"),
	NUMBER_AT("replay_cut", "replay.messages.cut"),
	NUMBER_AT("replay_smuggled", "replay.messages.smuggled"),
	NUMBER("exit_status"), NUMBER("records"), END };

static const struct column columns_summary_code[] = { WORD(0, "code"),
	NUMBER("messages"), NUMBER("count"), TEXT("worst"), END };

static const struct column columns_summary_rule[] = { WORD(0, "rule"),
	NUMBER("messages"), NUMBER("count"), END };

static const struct column columns_store[] = { ID("id"), N("record"),
	BYTES("path"), TEXT("format"), NUMBER("members"), NUMBER("messages"),
	NUMBER("bytes"), NUMBER_AT("lf", "conventions.lf"),
	NUMBER_AT("crlf", "conventions.crlf"),
	NUMBER_AT("cr", "conventions.cr"),
	NUMBER_AT("wire", "conventions.wire"), BOOL("listing_settled"),
	NUMBER_AT("hidden_messages", "not_observable.messages"),
	TEXT_AT("hidden_why", "not_observable.why"),
	NUMBER_AT("dialect_messages", "dialects.messages"),
	NUMBER_AT("dialect_any_from_line", "dialects.any_from_line"),
	NUMBER_AT("dialect_from_line_after_empty_line",
	    "dialects.from_line_after_empty_line"),
	NUMBER_AT("dialect_content_length_ignored",
	    "dialects.content_length_ignored"),
	NUMBER_AT("dialect_by_content_length", "dialects.by_content_length"),
	NUMBER_AT("dialect_internal", "dialects.internal"),
	NUMBER_AT("dialect_disputes", "dialects.disputes"), END };

static const struct column columns_hidden[] = { OF("store_id"),
	WORD(0, "code"), END };

static const struct column columns_dispute[] = { OF("store_id"), N("n"),
	NUMBER("offset"), TEXT("kind"), END };

static const struct column columns_message[] = { ID("id"),
	OF("store_id"), BYTES("path"), LIST("member"), TEXT("format"),
	NUMBER_AT("number", "index"), NUMBER("offset"), NUMBER("length"),
	BOOL("raw"), BYTES("message_id"), BOOL("message_id_cut"),
	TEXT("date"), TEXT("sha256"), TEXT("content_token"), TEXT("as_of"),
	TEXT("convention"), NUMBER_AT("crlf", "line_ends.crlf"),
	NUMBER_AT("lf", "line_ends.lf"), NUMBER_AT("cr", "line_ends.cr"),
	NUMBER_AT("crcrlf", "line_ends.crcrlf"),
	NUMBER_AT("header_length", "header_cut.length"),
	NUMBER_AT("header_seen", "header_cut.seen"),
	NUMBER_AT("parts", "mime.parts"), NUMBER_AT("depth", "mime.depth"),
	BOOL_AT("unclosed", "mime.unclosed"), TEXT("severity"),
	TEXT("would_reject"), NUMBER("dkim_more"),
	BYTES_AT("queue_id", "envelope.queue_id"),
	BYTES_AT("sender", "envelope.sender"),
	NUMBER_AT("recipients_more", "envelope.recipients_more"),
	TEXT_AT("arrived", "envelope.arrived"), END };

static const struct column columns_recipient[] = { OF("message_id"), N("n"),
	BYTES("address"), END };

static const struct column columns_part[] = { OF("message_id"), N("n"),
	TEXT("type"), TEXT("encoding"), NUMBER("depth"), NUMBER("offset"),
	NUMBER("body"), NUMBER_AT("body_end", "end"),
	NUMBER_AT("crlf", "line_ends.crlf"), NUMBER_AT("lf", "line_ends.lf"),
	NUMBER_AT("cr", "line_ends.cr"),
	NUMBER_AT("crcrlf", "line_ends.crcrlf"), END };

static const struct column columns_signature[] = { OF("message_id"), N("n"),
	BYTES("domain"), BYTES("selector"), TEXT("algorithm"),
	TEXT("canonicalization"), NUMBER("offset"), TEXT("body"),
	TEXT("why"), ANY("length"), ANY("uncovered"), BOOL("as_stored"),
	BOOL("with_crlf"), BOOL("with_all"), END };

static const struct column columns_finding[] = { ID("id"),
	OF("message_id"), TEXT("code"), TEXT("severity"), TEXT("rule"),
	TEXT("message"), TEXT("because"), TEXT("reply"), TEXT("source"),
	NUMBER("count"), FIRST("offset", "offsets"),
	NUMBER_AT("context_offset", "context.offset"),
	NUMBER_AT("context_at", "context.at"),
	HEX("context", "context.hex"),
	TEXT_AT("context_text", "context.text"), END };

static const struct column columns_place[] = { OF("finding_id"), ID("n"),
	N("offset"), END };

static const struct column columns_fools[] = { OF("finding_id"),
	TEXT("receiver"), TEXT("known"), END };

static const struct column columns_repair[] = { OF("message_id"),
	TEXT("action"), TEXT("why"), TEXT_AT("line_ends", "to"),
	NUMBER("edits"), NUMBER_AT("bare_cr_before", "before.bare_cr"),
	NUMBER_AT("bare_lf_before", "before.bare_lf"),
	NUMBER_AT("crlf_before", "before.crlf"),
	NUMBER_AT("crcrlf_before", "before.crcrlf"),
	NUMBER_AT("nul_before", "before.nul"),
	NUMBER_AT("look_alike_before", "before.look_alike"),
	NUMBER_AT("bare_cr_after", "after.bare_cr"),
	NUMBER_AT("bare_lf_after", "after.bare_lf"),
	NUMBER_AT("crlf_after", "after.crlf"),
	NUMBER_AT("crcrlf_after", "after.crcrlf"),
	NUMBER_AT("nul_after", "after.nul"),
	NUMBER_AT("look_alike_after", "after.look_alike"),
	NUMBER("spaces_instead"), NUMBER("header_edits"),
	NUMBER("parts_encoded"), NUMBER("new_length"), NUMBER("unsafe"),
	TEXT("signature"), TEXT("signature_text"), END };

static const struct column columns_outcome[] = { ID("id"), BYTES("path"),
	TEXT("status"), TEXT("why"), TEXT("note"), BYTES("new_name"),
	NUMBER("messages"), NUMBER("edits"), NUMBER("taken_out"),
	NUMBER("left_alone"), END };

static const struct column columns_file[] = { ID("id"), BYTES("path"),
	TEXT("status"), NUMBER("size"), TEXT("sha256"),
	TEXT("content_token"), TEXT("modified"), END };

static const struct column columns_unreadable[] = { ID("id"),
	BYTES("path"), NUMBER("offset"), TEXT("error"),
	TEXT_AT("beyond", "limit"), END };

static const struct column columns_skipped[] = { ID("id"), BYTES("path"),
	TEXT("reason"), END };

static const struct column columns_stale[] = { ID("id"), BYTES("path"),
	NUMBER("offset"), TEXT("reason"), END };

static const struct column columns_server[] = { WORD(0, "role"),
	TEXT("name"), TEXT("title"), TEXT("versions"), TEXT("cve"),
	TEXT("fixed"), TEXT("note"), TEXT("known"), TEXT("source"),
	TEXT("pipelining"), BOOL("chunking"), BOOL("bdat"), END };

static const struct column columns_matrix[] = { WORD(0, "sender"),
	WORD(1, "receiver"), WORD(2, "outcome"), N("by_bdat"), END };

static const struct column columns_replay[] = { OF("message_id"),
	TEXT("worst"), NUMBER("ends_more"), END };

static const struct column columns_replay_outcome[] = { ID("id"),
	OF("message_id"), TEXT("outcome"), END };

static const struct column columns_replay_outcome_server[] = {
	OF("outcome_id"), WORD(0, "role"), WORD(1, "name"), END };

static const struct column columns_replay_end[] = { ID("id"),
	OF("message_id"), NUMBER("offset"), NUMBER("before"),
	BYTES_AT("sender", "message.sender"),
	NUMBER_AT("recipients_more", "message.recipients_more"),
	BYTES_AT("text", "message.text"), END };

static const struct column columns_replay_end_server[] = { OF("end_id"),
	WORD(0, "role"), WORD(1, "name"), END };

static const struct column columns_replay_end_recipient[] = { OF("end_id"),
	N("n"), BYTES("address"), END };

#endif
