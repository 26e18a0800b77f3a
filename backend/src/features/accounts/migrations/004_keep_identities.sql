-- Whom providers vouch for, and which account that is: never found by anything but both names.
CREATE TABLE identities (
    issuer     VARCHAR(255) NOT NULL,
    -- Unique to the issuer, and never given to anybody else.
    subject    VARCHAR(255) NOT NULL,
    id         UUID NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (issuer, subject),
    CONSTRAINT unique_identity_id UNIQUE (id)
);

CREATE INDEX idx_identities_account_id ON identities (account_id);

-- Log-ins that were begun with a provider and have not come back yet.
CREATE TABLE provider_logins (
    -- SHA-256 of the browser's cookie and of what the provider brings back, together.
    key_hash   BYTEA PRIMARY KEY,
    provider   VARCHAR(32) NOT NULL,
    nonce      CHAR(64) NOT NULL,
    verifier   CHAR(64) NOT NULL,
    next       VARCHAR(2000) NOT NULL,
    -- The session that links the provider to its account; none where somebody logs in.
    session_id UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL
);

CREATE INDEX idx_provider_logins_created_at ON provider_logins (created_at);
