-- After a password reset, what could act for the account before stays without effect until its
-- owner has reviewed it.
ALTER TABLE accounts ADD COLUMN review_since TIMESTAMP WITH TIME ZONE;

-- When somebody opened a link that was mailed to the address.
ALTER TABLE accounts ADD COLUMN email_confirmed_at TIMESTAMP WITH TIME ZONE;
-- When such a link was last mailed.
ALTER TABLE accounts ADD COLUMN confirmation_sent_at TIMESTAMP WITH TIME ZONE;

-- How many messages were mailed to the account on this day.
ALTER TABLE accounts ADD COLUMN mail_day DATE;
ALTER TABLE accounts ADD COLUMN mail_count INTEGER NOT NULL DEFAULT 0;

-- An account without a password was made by a provider that had checked the address.
UPDATE accounts SET email_confirmed_at = created_at WHERE password_hash = '' AND email <> '';

-- The links in mail to an account's address.
CREATE TABLE mail_links (
    -- SHA-256 of the token.
    token_hash BYTEA PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    -- confirm or unsubscribe
    purpose    VARCHAR(20) NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL
);

CREATE INDEX idx_mail_links_account ON mail_links (account_id, purpose);
CREATE INDEX idx_mail_links_expires ON mail_links (expires_at);
