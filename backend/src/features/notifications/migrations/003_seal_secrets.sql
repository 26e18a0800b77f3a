-- The channel's secret, sealed; null if it has none, and empty once it was discarded because its key
-- was lost. The column secret is null once the secret has been sealed, which the service does when
-- it starts.
ALTER TABLE notification_channels ADD COLUMN sealed_secret BYTEA;

-- What seals and discards the secrets of all users.
CREATE POLICY seal_secrets_read ON notification_channels FOR SELECT
    USING (current_setting('app.job', true) = 'seal-secrets');
CREATE POLICY seal_secrets_update ON notification_channels FOR UPDATE
    USING (current_setting('app.job', true) = 'seal-secrets');
