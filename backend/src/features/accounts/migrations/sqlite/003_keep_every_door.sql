-- The owner's name in every table that holds what is theirs.
ALTER TABLE accounts ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
UPDATE accounts SET user_id = 'local|' || lower(
    substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-' ||
    substr(hex(id), 17, 4) || '-' || substr(hex(id), 21)
);
CREATE UNIQUE INDEX unique_account_user_id ON accounts (user_id);
ALTER TABLE accounts ADD COLUMN disabled_at TEXT;

-- What its owner knows a session by: the token is not shown.
ALTER TABLE sessions ADD COLUMN id BLOB;
UPDATE sessions SET id = randomblob(16);
CREATE UNIQUE INDEX unique_session_id ON sessions (id);
ALTER TABLE sessions ADD COLUMN user_agent TEXT;

CREATE TABLE personal_tokens (
    id           BLOB PRIMARY KEY,
    account_id   BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    name         TEXT NOT NULL,
    scope        TEXT NOT NULL CHECK (scope IN ('read', 'write')),
    -- SHA-256 of the token, which is kept nowhere.
    token_hash   BLOB NOT NULL,
    created_at   TEXT NOT NULL,
    expires_at   TEXT,
    last_used_at TEXT,
    CONSTRAINT unique_personal_token UNIQUE (token_hash)
) STRICT;

CREATE INDEX idx_personal_tokens_account_id ON personal_tokens (account_id);

-- Browsers that an account has been signed in from: others' guesses do not shut them out.
CREATE TABLE known_devices (
    -- SHA-256 of the cookie's token, which is kept nowhere.
    token_hash BLOB NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    -- The network that it came from last.
    network    TEXT,
    seen_at    TEXT NOT NULL,
    PRIMARY KEY (token_hash, account_id)
) STRICT;

CREATE INDEX idx_known_devices_account_id ON known_devices (account_id);
CREATE INDEX idx_known_devices_seen_at ON known_devices (seen_at);

-- When secrets were guessed at within the last hour.
CREATE TABLE guess_budgets (
    -- Whose secret, or who guesses: a hash, so that no address can be read off.
    bucket  TEXT PRIMARY KEY,
    -- The moments, in microseconds since 1970, with blanks between them.
    moments TEXT NOT NULL,
    until   TEXT NOT NULL
) STRICT;

CREATE INDEX idx_guess_budgets_until ON guess_budgets (until);
