-- The owner's name in every table that holds what is theirs.
ALTER TABLE accounts ADD COLUMN user_id VARCHAR(255) NOT NULL DEFAULT '';
UPDATE accounts SET user_id = 'local|' || id::TEXT;
ALTER TABLE accounts ALTER COLUMN user_id DROP DEFAULT;
CREATE UNIQUE INDEX unique_account_user_id ON accounts (user_id);
ALTER TABLE accounts ADD COLUMN disabled_at TIMESTAMP WITH TIME ZONE;

-- What its owner knows a session by: the token is not shown.
ALTER TABLE sessions ADD COLUMN id UUID;
UPDATE sessions SET id = gen_random_uuid();
CREATE UNIQUE INDEX unique_session_id ON sessions (id);
ALTER TABLE sessions ADD COLUMN user_agent VARCHAR(200);

CREATE TABLE personal_tokens (
    id           UUID PRIMARY KEY,
    account_id   UUID NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    name         VARCHAR(100) NOT NULL,
    scope        VARCHAR(20) NOT NULL CHECK (scope IN ('read', 'write')),
    -- SHA-256 of the token, which is kept nowhere.
    token_hash   BYTEA NOT NULL,
    created_at   TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at   TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT unique_personal_token UNIQUE (token_hash)
);

CREATE INDEX idx_personal_tokens_account_id ON personal_tokens (account_id);

-- Browsers that an account has been signed in from: others' guesses do not shut them out.
CREATE TABLE known_devices (
    -- SHA-256 of the cookie's token, which is kept nowhere.
    token_hash BYTEA NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    -- The network that it came from last.
    network    VARCHAR(50),
    seen_at    TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (token_hash, account_id)
);

CREATE INDEX idx_known_devices_account_id ON known_devices (account_id);
CREATE INDEX idx_known_devices_seen_at ON known_devices (seen_at);

-- When secrets were guessed at within the last hour.
CREATE TABLE guess_budgets (
    -- Whose secret, or who guesses: a hash, so that no address can be read off.
    bucket   CHAR(64) PRIMARY KEY,
    -- The moments, in microseconds since 1970, with blanks between them.
    moments  TEXT NOT NULL,
    until    TIMESTAMP WITH TIME ZONE NOT NULL
);

CREATE INDEX idx_guess_budgets_until ON guess_budgets (until);
