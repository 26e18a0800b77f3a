-- The channel's secret, sealed; null if it has none, and empty once it was discarded because its key
-- was lost. The column secret is null once the secret has been sealed, which the service does when
-- it starts.
ALTER TABLE notification_channels ADD COLUMN sealed_secret BLOB;
