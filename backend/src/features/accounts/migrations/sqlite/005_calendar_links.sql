-- The one secret address of an account that calendars read without signing in.
CREATE TABLE calendar_links (
    account_id BLOB PRIMARY KEY NOT NULL REFERENCES accounts (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    id         BLOB NOT NULL,
    -- SHA-256 of the secret, which is nowhere but with its owner.
    token_hash BLOB NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT unique_calendar_link_token UNIQUE (token_hash)
) STRICT;
