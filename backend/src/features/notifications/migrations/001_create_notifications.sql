-- Where a user wants to be told what is due.
CREATE TABLE notification_channels (
    id         UUID PRIMARY KEY,
    user_id    VARCHAR(255) NOT NULL,
    kind       VARCHAR(20) NOT NULL,
    -- The web address; empty for mail, which goes to the account's own.
    address    VARCHAR(2000) NOT NULL,
    -- What signs a webhook, or opens a server of ntfy's or Gotify's.
    secret     VARCHAR(200),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT unique_notification_channel UNIQUE (user_id, kind, address),
    CONSTRAINT unique_notification_channel_owner UNIQUE (id, user_id)
);

CREATE INDEX idx_notification_channels_user
    ON notification_channels (user_id, created_at DESC, id DESC);

-- What has been told already: once that it is due soon and once that it is overdue, and again where
-- it is due at something else.
CREATE TABLE notified_items (
    channel_id UUID NOT NULL,
    item_id    UUID NOT NULL,
    status     VARCHAR(20) NOT NULL,
    due        VARCHAR(40) NOT NULL,
    user_id    VARCHAR(255) NOT NULL,
    PRIMARY KEY (channel_id, item_id, status, due),
    CONSTRAINT notified_items_channel_owner_fkey FOREIGN KEY (channel_id, user_id)
        REFERENCES notification_channels (id, user_id) ON DELETE CASCADE
);

-- One message a day and channel: what it says, and how far it has come.
CREATE TABLE notifications (
    id         UUID PRIMARY KEY,
    user_id    VARCHAR(255) NOT NULL,
    channel_id UUID NOT NULL,
    -- The user's own.
    day        DATE NOT NULL,
    -- JSON; empty where there was nothing to tell.
    message    TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    -- When it is tried next; null where it was sent, is empty or was given up.
    next_at    TIMESTAMP WITH TIME ZONE,
    sent_at    TIMESTAMP WITH TIME ZONE,
    CONSTRAINT unique_notification_day UNIQUE (channel_id, day),
    CONSTRAINT notifications_channel_owner_fkey FOREIGN KEY (channel_id, user_id)
        REFERENCES notification_channels (id, user_id) ON DELETE CASCADE
);

CREATE INDEX idx_notifications_due ON notifications (user_id, next_at);

-- When a user last had a channel tested.
CREATE TABLE notification_tests (
    user_id   VARCHAR(255) PRIMARY KEY,
    tested_at TIMESTAMP WITH TIME ZONE NOT NULL
);
