-- Links to set a new password, each good for a day and once.
CREATE TABLE password_resets (
    -- SHA-256 of the link's token, which is kept nowhere.
    token_hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    expires_at TEXT NOT NULL,
    -- What the password was known by when the link was made: changed since, the link is good no more.
    password_mark TEXT NOT NULL
) STRICT;

CREATE INDEX idx_password_resets_account_id ON password_resets (account_id);
CREATE INDEX idx_password_resets_expires_at ON password_resets (expires_at);
