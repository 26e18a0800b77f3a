-- The secret that an authenticator app makes one-time codes of. It is kept as it is: whoever checks
-- a code needs it, and a key to it would lie beside the database that it is kept in.
CREATE TABLE totp_secrets (
    account_id     BLOB PRIMARY KEY REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    secret         BLOB NOT NULL,
    -- The step of the last code that was taken: no code of it or before it is taken again.
    last_used_step INTEGER NOT NULL,
    created_at     TEXT NOT NULL,
    -- When a first code showed that the app has it; until then nobody is asked for one.
    confirmed_at   TEXT
) STRICT;

CREATE TABLE recovery_codes (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    -- SHA-256 of the code, which is kept nowhere.
    code_hash  BLOB NOT NULL,
    used_at    TEXT,
    PRIMARY KEY (account_id, code_hash)
) STRICT;

CREATE TABLE passkeys (
    id            BLOB PRIMARY KEY,
    account_id    BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    credential_id BLOB NOT NULL,
    -- The public key, its counter and what else checking it takes, as JSON.
    credential    TEXT NOT NULL,
    name          TEXT NOT NULL CHECK (length(name) <= 100),
    created_at    TEXT NOT NULL,
    last_used_at  TEXT,
    CONSTRAINT unique_passkey UNIQUE (credential_id)
) STRICT;

CREATE INDEX idx_passkeys_account_id ON passkeys (account_id);

-- Challenges that passkeys have been asked to sign; each is taken once.
CREATE TABLE ceremonies (
    -- SHA-256 of the token, which is kept nowhere.
    token_hash BLOB PRIMARY KEY,
    -- Whose, where that is known by then.
    account_id BLOB REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    purpose    TEXT NOT NULL CHECK (purpose IN ('add', 'sign-in')),
    state      TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX idx_ceremonies_account_id ON ceremonies (account_id);
CREATE INDEX idx_ceremonies_expires_at ON ceremonies (expires_at);

-- Whoever has given the right password and not the second factor yet.
CREATE TABLE pending_sign_ins (
    -- SHA-256 of the cookie's token, which is kept nowhere.
    token_hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX idx_pending_sign_ins_account_id ON pending_sign_ins (account_id);
CREATE INDEX idx_pending_sign_ins_expires_at ON pending_sign_ins (expires_at);

-- When its owner last gave the password within the session: what turns factors on and off.
ALTER TABLE sessions ADD COLUMN confirmed_at TEXT;
