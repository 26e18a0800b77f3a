CREATE TABLE invitations (
    id         UUID PRIMARY KEY,
    -- SHA-256 of the link's token, which is kept nowhere.
    token_hash BYTEA NOT NULL,
    -- The only address that it is good for, where it is bound to one; the key is in lower case.
    email      VARCHAR(254),
    email_key  VARCHAR(254),
    created_by UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at    TIMESTAMP WITH TIME ZONE,
    used_by    UUID,
    CONSTRAINT unique_invitation UNIQUE (token_hash)
);

CREATE INDEX idx_invitations_created_at ON invitations (created_at, id);
CREATE INDEX idx_invitations_expires_at ON invitations (expires_at);
