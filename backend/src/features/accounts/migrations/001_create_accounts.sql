CREATE TABLE accounts (
    id            UUID PRIMARY KEY,
    email         VARCHAR(254) NOT NULL,
    -- The address in lower case: what has to be unique.
    email_key     VARCHAR(254) NOT NULL,
    display_name  VARCHAR(100),
    password_hash VARCHAR(255) NOT NULL,
    is_admin      BOOLEAN NOT NULL,
    created_at    TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at    TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT unique_account_email UNIQUE (email_key)
);

-- Holds one row at most: of two who register at once, the database lets one be the first.
CREATE TABLE first_account (
    is_taken   BOOLEAN PRIMARY KEY CHECK (is_taken),
    account_id UUID NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE RESTRICT
);

CREATE TABLE sessions (
    -- SHA-256 of the cookie's token, which is kept nowhere.
    token_hash BYTEA PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at    TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL
);

CREATE INDEX idx_sessions_account_id ON sessions (account_id);
CREATE INDEX idx_sessions_expires_at ON sessions (expires_at);

CREATE TABLE user_preferences (
    user_id       VARCHAR(255) PRIMARY KEY,
    distance_unit VARCHAR(20) NOT NULL,
    volume_unit   VARCHAR(20) NOT NULL,
    economy_unit  VARCHAR(20) NOT NULL,
    currency      VARCHAR(3) NOT NULL,
    time_zone     VARCHAR(100) NOT NULL,
    theme         VARCHAR(20) NOT NULL,
    updated_at    TIMESTAMP WITH TIME ZONE NOT NULL
);
