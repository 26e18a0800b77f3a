CREATE TABLE invitations (
    id         BLOB PRIMARY KEY,
    -- SHA-256 of the link's token, which is kept nowhere.
    token_hash BLOB NOT NULL,
    -- The only address that it is good for, where it is bound to one; the key is in lower case.
    email      TEXT,
    email_key  TEXT,
    created_by BLOB NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at    TEXT,
    used_by    BLOB,
    CONSTRAINT unique_invitation UNIQUE (token_hash)
) STRICT;

CREATE INDEX idx_invitations_created_at ON invitations (created_at, id);
CREATE INDEX idx_invitations_expires_at ON invitations (expires_at);
