-- The one secret address of an account that calendars read without signing in.
CREATE TABLE calendar_links (
    account_id UUID PRIMARY KEY REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    id         UUID NOT NULL,
    -- SHA-256 of the secret, which is nowhere but with its owner.
    token_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT unique_calendar_link_token UNIQUE (token_hash)
);
