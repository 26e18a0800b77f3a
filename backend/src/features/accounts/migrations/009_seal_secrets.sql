-- The key that secrets in this database are sealed with. It is in a file of the service's, not here.
CREATE TABLE service_key (
    id          SMALLINT PRIMARY KEY CHECK (id = 1),
    -- Identifies the key, which can't be calculated from it.
    check_value BYTEA NOT NULL,
    created_at  TIMESTAMP WITH TIME ZONE NOT NULL
);

-- The secret of an authenticator app, sealed; empty once it was discarded because its key was lost.
-- The column secret is empty once the secret has been sealed, which the service does when it starts.
ALTER TABLE totp_secrets ADD COLUMN sealed_secret BYTEA;
