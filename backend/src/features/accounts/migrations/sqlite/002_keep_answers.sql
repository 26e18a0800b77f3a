-- The answers of requests that said an Idempotency-Key, for a day, so that a retry gets the same
-- one. They are kept in the transaction of what they tell of.
CREATE TABLE kept_answers (
    user_id     TEXT NOT NULL,
    key         TEXT NOT NULL,
    -- SHA-256 of the request: its path and body.
    fingerprint TEXT NOT NULL,
    location    TEXT NOT NULL,
    body        TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;

CREATE INDEX idx_kept_answers_created_at ON kept_answers (created_at);
