-- No foreign keys: what happened to an account outlives it.
CREATE TABLE security_events (
    id         BLOB PRIMARY KEY,
    at         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    -- Whom it happened to, and who did it where that is somebody else.
    account_id BLOB,
    actor_id   BLOB,
    address    TEXT,
    user_agent TEXT,
    detail     TEXT
) STRICT;

CREATE INDEX idx_security_events_at ON security_events (at, id);
-- How many of a kind there were of late.
CREATE INDEX idx_security_events_kind ON security_events (kind, at);
