-- How often it happened, and when it last did, if more than once: beyond an hour's measure, events are
-- counted in one row.
ALTER TABLE security_events ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
ALTER TABLE security_events ADD COLUMN last_at TEXT;

-- An account's last events of a kind.
DROP INDEX idx_security_events_kind;
CREATE INDEX idx_security_events_kind_account ON security_events (kind, account_id, at);
