-- No foreign keys: what happened to an account outlives it.
CREATE TABLE security_events (
    id         UUID PRIMARY KEY,
    at         TIMESTAMP WITH TIME ZONE NOT NULL,
    kind       VARCHAR(50) NOT NULL,
    -- Whom it happened to, and who did it where that is somebody else.
    account_id UUID,
    actor_id   UUID,
    address    VARCHAR(50),
    user_agent VARCHAR(200),
    detail     TEXT
);

CREATE INDEX idx_security_events_at ON security_events (at, id);
-- How many of a kind there were of late.
CREATE INDEX idx_security_events_kind ON security_events (kind, at);
