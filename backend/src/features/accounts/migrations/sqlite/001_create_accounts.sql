CREATE TABLE accounts (
    id            BLOB PRIMARY KEY,
    email         TEXT NOT NULL,
    -- The address in lower case: what has to be unique.
    email_key     TEXT NOT NULL,
    display_name  TEXT,
    password_hash TEXT NOT NULL,
    is_admin      INTEGER NOT NULL,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    CONSTRAINT unique_account_email UNIQUE (email_key)
) STRICT;

-- Holds one row at most: of two who register at once, the database lets one be the first.
CREATE TABLE first_account (
    is_taken   INTEGER PRIMARY KEY CHECK (is_taken),
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE RESTRICT
) STRICT;

CREATE TABLE sessions (
    -- SHA-256 of the cookie's token, which is kept nowhere.
    token_hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX idx_sessions_account_id ON sessions (account_id);
CREATE INDEX idx_sessions_expires_at ON sessions (expires_at);

CREATE TABLE user_preferences (
    user_id       TEXT PRIMARY KEY,
    distance_unit TEXT NOT NULL,
    volume_unit   TEXT NOT NULL,
    economy_unit  TEXT NOT NULL,
    currency      TEXT NOT NULL,
    time_zone     TEXT NOT NULL,
    theme         TEXT NOT NULL,
    updated_at    TEXT NOT NULL
) STRICT;
