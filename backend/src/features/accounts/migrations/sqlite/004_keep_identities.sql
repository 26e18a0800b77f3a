-- Whom providers vouch for, and which account that is: never found by anything but both names.
CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    -- Unique to the issuer, and never given to anybody else.
    subject    TEXT NOT NULL,
    id         BLOB NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (issuer, subject),
    CONSTRAINT unique_identity_id UNIQUE (id)
) STRICT;

CREATE INDEX idx_identities_account_id ON identities (account_id);

-- Log-ins that were begun with a provider and have not come back yet.
CREATE TABLE provider_logins (
    -- SHA-256 of the browser's cookie and of what the provider brings back, together.
    key_hash   BLOB PRIMARY KEY,
    provider   TEXT NOT NULL,
    nonce      TEXT NOT NULL,
    verifier   TEXT NOT NULL,
    next       TEXT NOT NULL,
    -- The session that links the provider to its account; none where somebody logs in.
    session_id BLOB,
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX idx_provider_logins_created_at ON provider_logins (created_at);
