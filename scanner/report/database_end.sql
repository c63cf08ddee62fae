-- When all rows are there.

CREATE INDEX message_store ON message(store_id);
CREATE INDEX message_severity ON message(severity, date);
CREATE INDEX message_message_id ON message(message_id);
CREATE INDEX message_sha256 ON message(sha256);
CREATE INDEX finding_message ON finding(message_id);
CREATE INDEX finding_code ON finding(code, severity);
CREATE INDEX replay_outcome_message ON replay_outcome(message_id);
CREATE INDEX replay_end_message ON replay_end(message_id);
