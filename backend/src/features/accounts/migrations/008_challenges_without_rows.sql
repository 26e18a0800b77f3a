-- Sign-ins that were begun are no longer stored: what they are about travels with the browser, encrypted.
DROP TABLE ceremonies;
DROP TABLE provider_logins;

-- What the service itself encrypts with, created at first use.
CREATE TABLE server_keys (
    name       VARCHAR(50) PRIMARY KEY,
    key        BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL
);

-- Challenges that were answered, until they expire: each is good once.
CREATE TABLE spent_challenges (
    id         BYTEA PRIMARY KEY,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL
);

CREATE INDEX idx_spent_challenges_expires_at ON spent_challenges (expires_at);
