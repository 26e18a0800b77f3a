PRAGMA foreign_keys = OFF;
BEGIN;
CREATE TABLE _migrations (
                 feature     TEXT NOT NULL,
                 file        TEXT NOT NULL,
                 checksum    TEXT NOT NULL,
                 executed_at TEXT NOT NULL,
                 PRIMARY KEY (feature, file)
             ) STRICT;
CREATE TABLE security_events (
    id         BLOB PRIMARY KEY,
    at         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    -- Whom it happened to, and who did it where that is somebody else.
    account_id BLOB,
    actor_id   BLOB,
    address    TEXT,
    user_agent TEXT,
    detail     TEXT
) STRICT;
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
CREATE TABLE accounts (
    id            BLOB PRIMARY KEY,
    email         TEXT NOT NULL,
    -- The address in lower case: what has to be unique.
    email_key     TEXT NOT NULL,
    display_name  TEXT,
    password_hash TEXT NOT NULL,
    is_admin      INTEGER NOT NULL,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL, user_id TEXT NOT NULL DEFAULT '', disabled_at TEXT,
    CONSTRAINT unique_account_email UNIQUE (email_key)
) STRICT;
CREATE TABLE first_account (
    is_taken   INTEGER PRIMARY KEY CHECK (is_taken),
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE RESTRICT
) STRICT;
CREATE TABLE sessions (
    -- SHA-256 of the cookie's token, which is kept nowhere.
    token_hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    expires_at TEXT NOT NULL
, id BLOB, user_agent TEXT, confirmed_at TEXT) STRICT;
CREATE TABLE user_preferences (
    user_id       TEXT PRIMARY KEY,
    distance_unit TEXT NOT NULL,
    volume_unit   TEXT NOT NULL,
    economy_unit  TEXT NOT NULL,
    currency      TEXT NOT NULL,
    time_zone     TEXT NOT NULL,
    theme         TEXT NOT NULL,
    updated_at    TEXT NOT NULL
) STRICT;
CREATE TABLE kept_answers (
    user_id     TEXT NOT NULL,
    key         TEXT NOT NULL,
    -- SHA-256 of the request: its path and body.
    fingerprint TEXT NOT NULL,
    location    TEXT NOT NULL,
    body        TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;
CREATE TABLE personal_tokens (
    id           BLOB PRIMARY KEY,
    account_id   BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    name         TEXT NOT NULL,
    scope        TEXT NOT NULL CHECK (scope IN ('read', 'write')),
    -- SHA-256 of the token, which is kept nowhere.
    token_hash   BLOB NOT NULL,
    created_at   TEXT NOT NULL,
    expires_at   TEXT,
    last_used_at TEXT,
    CONSTRAINT unique_personal_token UNIQUE (token_hash)
) STRICT;
CREATE TABLE known_devices (
    -- SHA-256 of the cookie's token, which is kept nowhere.
    token_hash BLOB NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    -- The network that it came from last.
    network    TEXT,
    seen_at    TEXT NOT NULL,
    PRIMARY KEY (token_hash, account_id)
) STRICT;
CREATE TABLE guess_budgets (
    -- Whose secret, or who guesses: a hash, so that no address can be read off.
    bucket  TEXT PRIMARY KEY,
    -- The moments, in microseconds since 1970, with blanks between them.
    moments TEXT NOT NULL,
    until   TEXT NOT NULL
) STRICT;
CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    -- Unique to the issuer, and never given to anybody else.
    subject    TEXT NOT NULL,
    id         BLOB NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (issuer, subject),
    CONSTRAINT unique_identity_id UNIQUE (id)
) STRICT;
CREATE TABLE provider_logins (
    -- SHA-256 of the browser's cookie and of what the provider brings back, together.
    key_hash   BLOB PRIMARY KEY,
    provider   TEXT NOT NULL,
    nonce      TEXT NOT NULL,
    verifier   TEXT NOT NULL,
    next       TEXT NOT NULL,
    -- The session that links the provider to its account; none where somebody logs in.
    session_id BLOB,
    created_at TEXT NOT NULL
) STRICT;
CREATE TABLE totp_secrets (
    account_id     BLOB PRIMARY KEY REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    secret         BLOB NOT NULL,
    -- The step of the last code that was taken: no code of it or before it is taken again.
    last_used_step INTEGER NOT NULL,
    created_at     TEXT NOT NULL,
    -- When a first code showed that the app has it; until then nobody is asked for one.
    confirmed_at   TEXT
) STRICT;
CREATE TABLE recovery_codes (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    -- SHA-256 of the code, which is kept nowhere.
    code_hash  BLOB NOT NULL,
    used_at    TEXT,
    PRIMARY KEY (account_id, code_hash)
) STRICT;
CREATE TABLE passkeys (
    id            BLOB PRIMARY KEY,
    account_id    BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    credential_id BLOB NOT NULL,
    -- The public key, its counter and what else checking it takes, as JSON.
    credential    TEXT NOT NULL,
    name          TEXT NOT NULL CHECK (length(name) <= 100),
    created_at    TEXT NOT NULL,
    last_used_at  TEXT,
    CONSTRAINT unique_passkey UNIQUE (credential_id)
) STRICT;
CREATE TABLE ceremonies (
    -- SHA-256 of the token, which is kept nowhere.
    token_hash BLOB PRIMARY KEY,
    -- Whose, where that is known by then.
    account_id BLOB REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    purpose    TEXT NOT NULL CHECK (purpose IN ('add', 'sign-in')),
    state      TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE TABLE pending_sign_ins (
    -- SHA-256 of the cookie's token, which is kept nowhere.
    token_hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    expires_at TEXT NOT NULL
) STRICT;
CREATE TABLE calendar_links (
    account_id BLOB PRIMARY KEY NOT NULL REFERENCES accounts (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    id         BLOB NOT NULL,
    -- SHA-256 of the secret, which is nowhere but with its owner.
    token_hash BLOB NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT unique_calendar_link_token UNIQUE (token_hash)
) STRICT;
CREATE TABLE password_resets (
    -- SHA-256 of the link's token, which is kept nowhere.
    token_hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON UPDATE CASCADE ON DELETE CASCADE,
    expires_at TEXT NOT NULL,
    -- What the password was known by when the link was made: changed since, the link is good no more.
    password_mark TEXT NOT NULL
) STRICT;
CREATE TABLE vin_cache (
    vin         TEXT PRIMARY KEY,
    make        TEXT,
    model       TEXT,
    year        INTEGER,
    engine_type TEXT,
    body_type   TEXT,
    raw_data    TEXT,
    cached_at   TEXT
) STRICT;
CREATE TABLE vehicles (
    id               BLOB PRIMARY KEY,
    user_id          TEXT NOT NULL,
    vin              TEXT NOT NULL,
    make             TEXT,
    model            TEXT,
    year             INTEGER,
    nickname         TEXT,
    color            TEXT,
    license_plate    TEXT,
    odometer_reading INTEGER DEFAULT 0,
    is_active        INTEGER DEFAULT true,
    deleted_at       TEXT,
    created_at       TEXT,
    updated_at       TEXT,
    CONSTRAINT unique_user_vin UNIQUE (user_id, vin)
) STRICT;
CREATE TABLE odometer_readings (
    id               BLOB PRIMARY KEY,
    user_id          TEXT NOT NULL,
    vehicle_id       BLOB NOT NULL,
    date             TEXT NOT NULL,
    reading          INTEGER NOT NULL,
    previous_reading INTEGER,
    notes            TEXT,
    created_at       TEXT NOT NULL,
    CONSTRAINT odometer_readings_vehicle_owner_fkey FOREIGN KEY (vehicle_id, user_id)
        REFERENCES vehicles (id, user_id) ON UPDATE CASCADE ON DELETE RESTRICT
) STRICT;
CREATE TABLE fuel_logs (
    id               BLOB PRIMARY KEY,
    user_id          TEXT NOT NULL,
    vehicle_id       BLOB NOT NULL,
    date             TEXT NOT NULL,
    odometer_reading INTEGER NOT NULL,
    gallons          INTEGER NOT NULL,
    price_per_gallon INTEGER,
    total_cost       INTEGER,
    station_name     TEXT,
    notes            TEXT,
    created_at       TEXT,
    updated_at       TEXT, is_full INTEGER NOT NULL DEFAULT true, missed_previous INTEGER NOT NULL DEFAULT false, trip_distance INTEGER, interval_distance INTEGER, interval_gallons INTEGER, interval_cost INTEGER, mpg INTEGER, economy_reason TEXT, fuel_type TEXT, station_id BLOB
    REFERENCES stations (id) ON UPDATE CASCADE ON DELETE SET NULL,
    CONSTRAINT fuel_logs_vehicle_id_fkey FOREIGN KEY (vehicle_id)
        REFERENCES vehicles (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    -- Here from the start: SQLite adds no constraint to a table that exists.
    CONSTRAINT fuel_logs_vehicle_owner_fkey FOREIGN KEY (vehicle_id, user_id)
        REFERENCES vehicles (id, user_id) ON UPDATE CASCADE ON DELETE RESTRICT
) STRICT;
CREATE TABLE maintenance (
    id                BLOB PRIMARY KEY,
    user_id           TEXT NOT NULL,
    vehicle_id        BLOB NOT NULL,
    type              TEXT NOT NULL,
    description       TEXT,
    due_date          TEXT,
    due_mileage       INTEGER,
    completed_date    TEXT,
    completed_mileage INTEGER,
    cost              INTEGER,
    service_location  TEXT,
    notes             TEXT,
    is_completed      INTEGER DEFAULT false,
    created_at        TEXT,
    updated_at        TEXT, interval_months INTEGER, interval_miles INTEGER, base_date TEXT, months_from_base INTEGER NOT NULL DEFAULT 0, scheduled_mileage INTEGER, previous_id BLOB,
    CONSTRAINT maintenance_vehicle_id_fkey FOREIGN KEY (vehicle_id)
        REFERENCES vehicles (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    -- Here from the start: SQLite adds no constraint to a table that exists.
    CONSTRAINT maintenance_vehicle_owner_fkey FOREIGN KEY (vehicle_id, user_id)
        REFERENCES vehicles (id, user_id) ON UPDATE CASCADE ON DELETE RESTRICT
) STRICT;
CREATE TABLE stations (
    id              BLOB PRIMARY KEY,
    google_place_id TEXT UNIQUE,
    name            TEXT NOT NULL,
    address         TEXT,
    latitude        INTEGER,
    longitude       INTEGER,
    phone           TEXT,
    website         TEXT,
    created_at      TEXT,
    updated_at      TEXT
, made_by TEXT, origin TEXT, brand TEXT, fuel_types TEXT, search_key TEXT NOT NULL DEFAULT '', cell INTEGER) STRICT;
CREATE TABLE station_favorites (
    user_id    TEXT NOT NULL,
    station_id BLOB NOT NULL REFERENCES stations (id) ON DELETE CASCADE,
    notes      TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, station_id)
) STRICT;
CREATE TABLE station_imports (
    id         BLOB PRIMARY KEY,
    file       TEXT NOT NULL,
    -- In bytes, and how many of them have been read.
    size       INTEGER NOT NULL,
    bytes_read INTEGER NOT NULL,
    -- running, done, failed or stopped.
    state      TEXT NOT NULL,
    -- Stations by what became of them, and what was left out by why.
    added      INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    unchanged  INTEGER NOT NULL,
    no_station INTEGER NOT NULL,
    no_name    INTEGER NOT NULL,
    no_place   INTEGER NOT NULL,
    -- Why it failed.
    failure    TEXT,
    started_at TEXT NOT NULL,
    -- When it last said how far it had come.
    told_at    TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE station_words USING fts5 (
    words, content='', tokenize='unicode61 remove_diacritics 0'
);
CREATE TABLE station_numbers (
    number     INTEGER PRIMARY KEY,
    station_id BLOB NOT NULL UNIQUE REFERENCES stations (id) ON DELETE CASCADE
) STRICT;
CREATE TABLE notification_channels (
    id         BLOB PRIMARY KEY,
    user_id    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    -- The web address; empty for mail, which goes to the account's own.
    address    TEXT NOT NULL,
    -- What signs a webhook, or opens a server of ntfy's or Gotify's.
    secret     TEXT,
    created_at TEXT NOT NULL,
    CONSTRAINT unique_notification_channel UNIQUE (user_id, kind, address),
    CONSTRAINT unique_notification_channel_owner UNIQUE (id, user_id)
) STRICT;
CREATE TABLE notified_items (
    channel_id BLOB NOT NULL,
    item_id    BLOB NOT NULL,
    status     TEXT NOT NULL,
    due        TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    PRIMARY KEY (channel_id, item_id, status, due),
    CONSTRAINT notified_items_channel_owner_fkey FOREIGN KEY (channel_id, user_id)
        REFERENCES notification_channels (id, user_id) ON DELETE CASCADE
) STRICT;
CREATE TABLE notifications (
    id         BLOB PRIMARY KEY,
    user_id    TEXT NOT NULL,
    channel_id BLOB NOT NULL,
    -- The user's own.
    day        TEXT NOT NULL,
    -- JSON; empty where there was nothing to tell.
    message    TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    -- When it is tried next; null where it was sent, is empty or was given up.
    next_at    TEXT,
    sent_at    TEXT,
    CONSTRAINT unique_notification_day UNIQUE (channel_id, day),
    CONSTRAINT notifications_channel_owner_fkey FOREIGN KEY (channel_id, user_id)
        REFERENCES notification_channels (id, user_id) ON DELETE CASCADE
) STRICT;
CREATE TABLE notification_tests (
    user_id   TEXT PRIMARY KEY,
    tested_at TEXT NOT NULL
) STRICT;
INSERT INTO "_migrations" VALUES
('security-log','001_create_security_events.sql','5256225a9cb29699bf761744ea171c3a461983ef136c59b65a5546802d9b3ac9','2026-11-29T10:47:47.772398+00:00'),
('invitations','001_create_invitations.sql','36e23805e80b11ace025d7acae5b20b7e4f061d6930dd4cc7cdd9487158a1848','2026-11-29T10:47:47.800883+00:00'),
('accounts','001_create_accounts.sql','a47f2a978681dd0a89aac9db7aa5da7490b5b38e4c14366638f6fe30047933ab','2026-11-29T10:47:47.812885+00:00'),
('accounts','002_keep_answers.sql','9da86cc767249172e4c91ca519560af492ad7aad762e1148e39ff7cb77501334','2026-11-29T10:47:47.820973+00:00'),
('accounts','003_keep_every_door.sql','114544c96a2bef64d26655f606c62abc704392bf62244ca0fd06078e111267a8','2026-11-29T10:47:47.833435+00:00'),
('accounts','004_keep_identities.sql','d9612a8ccd99dea94b5c644c5617d95a735d5acdea56e585877f3444e7ff1535','2026-11-29T10:47:47.853648+00:00'),
('accounts','004_second_factors.sql','b6bb2363f316b50abb1c16a6d7db3769eadde62efe12d11df75303477fa49cda','2026-11-29T10:47:47.865467+00:00'),
('accounts','005_calendar_links.sql','a716bd93f72e7c44b6d08e2839e27800d9ec04119a35d321dd938cffdc0fb658','2026-11-29T10:47:47.877467+00:00'),
('accounts','006_show_rows_to_their_user.sql','ce4c3da893d281278c67dd570c6b2168f43b299c0115851d320826d6d67bccde','2026-11-29T10:47:47.885727+00:00'),
('administration','001_create_password_resets.sql','5cc578f4ae2fc4d30d710f4fff97e0dc9e147362117e4975455857c90a59d00c','2026-11-29T10:47:47.892633+00:00'),
('vin','001_create_vin_cache.sql','320d9437001c44252568ab460932e65c69c18b701f3af97fc564e85f430547d3','2026-11-29T10:47:47.900317+00:00'),
('vehicles','001_create_vehicles.sql','491afa579dc9a712ab743a71be2c93a87956afba845b9c0baafadbb638216bdd','2026-11-29T10:47:47.904809+00:00'),
('vehicles','002_own_vehicles.sql','4458a0a5d62349418595d15463d2ba8b073e42bcf7ba69751ac7a211a7ff867e','2026-11-29T10:47:47.921971+00:00'),
('vehicles','003_log_odometer.sql','3504df293142d51312c0594f415e5d0b77f158e46a439b9bcd9e99284eee52e5','2026-11-29T10:47:47.933834+00:00'),
('vehicles','004_show_rows_to_their_user.sql','ce4c3da893d281278c67dd570c6b2168f43b299c0115851d320826d6d67bccde','2026-11-29T10:47:47.941802+00:00'),
('fuel-logs','001_create_fuel_logs.sql','f30d12f082cd68bd5ecb9ea329cc5d2d44b0b3d4e8f45d267b55e99d28078faf','2026-11-29T10:47:47.948932+00:00'),
('fuel-logs','002_keep_economy.sql','eb038effc686e7fe0584b37aca6676577a13b432c0e9134bc3765384e918c3b9','2026-11-29T10:47:47.957037+00:00'),
('fuel-logs','003_keep_fuel_type.sql','e2ea24e74230804f5a67abb9034dd571c6afffc278384ea74f657626085d8beb','2026-11-29T10:47:47.969799+00:00'),
('fuel-logs','003_show_rows_to_their_user.sql','ce4c3da893d281278c67dd570c6b2168f43b299c0115851d320826d6d67bccde','2026-11-29T10:47:47.977825+00:00'),
('maintenance','001_create_maintenance.sql','6e4d00376ebececd5dda94d20ad007d5faa51a72e3d1131bedf57cb2a32e11b3','2026-11-29T10:47:47.982341+00:00'),
('maintenance','002_repeat_maintenance.sql','c855f028a445be1d0d23c8f775185975716428728f49492471b4beb46a81b44d','2026-11-29T10:47:47.986841+00:00'),
('maintenance','003_show_rows_to_their_user.sql','ce4c3da893d281278c67dd570c6b2168f43b299c0115851d320826d6d67bccde','2026-11-29T10:47:47.997699+00:00'),
('stations','001_create_stations.sql','a970915b0981daa7fef3917c35e32f41c3350ea5b5e5272c3d9810a8f7dce43c','2026-11-29T10:47:48.005001+00:00'),
('stations','002_favorites_and_cells.sql','35cd97562a6a942ef6b01220d17af84100c61f25d0290c9bf7d0b16bc6627bdb','2026-11-29T10:47:48.009402+00:00'),
('stations','003_fill_ups_point_at_stations.sql','1a20fe368d99db6e7b21f7b27c74306ec64f55834a05e25159b57c5610fa9501','2026-11-29T10:47:48.021191+00:00'),
('stations','004_keep_imports.sql','8990c83ed60e4dc7ba86b27a4e06c831ef1b415f953cf07049f117c3fcebe9d7','2026-11-29T10:47:48.029404+00:00'),
('stations','004_show_rows_to_their_user.sql','ce4c3da893d281278c67dd570c6b2168f43b299c0115851d320826d6d67bccde','2026-11-29T10:47:48.032771+00:00'),
('stations','005_find_by_words.sql','ab0928c2d20f34b86ad6206b9454c56c4ed250be4b91bc22b6a952d47484fc69','2026-11-29T10:47:48.036604+00:00'),
('notifications','001_create_notifications.sql','df97451b5269e4e13b0bd5c6df4a7fecd1003665f034c086d04bdb6981a1c313','2026-11-29T10:47:48.045361+00:00'),
('notifications','002_show_rows_to_their_user.sql','ce4c3da893d281278c67dd570c6b2168f43b299c0115851d320826d6d67bccde','2026-11-29T10:47:48.053408+00:00');
INSERT INTO "security_events" VALUES
(X'01A226EB113C770B8C195884B61243A7','2026-11-29T10:47:49.305164+00:00','registered',X'01A226EB1139775089192ADF3ADB2EF3',NULL,'127.0.0.1','Python-urllib/3.11',NULL),
(X'01A226EB113D7735B9A8F84D9F5FC51A','2026-11-29T10:47:49.308682+00:00','signed-in',X'01A226EB1139775089192ADF3ADB2EF3',NULL,'127.0.0.1','Python-urllib/3.11',NULL),
(X'01A226EB161977D8B3B8D1EC6D1197D9','2026-11-29T10:47:50.549684+00:00','registered',X'01A226EB161576FC96BC3572E2E27D34',NULL,'127.0.0.1','Python-urllib/3.11',NULL),
(X'01A226EB161A7111A2AEF0F2136EF7DF','2026-11-29T10:47:50.553660+00:00','signed-in',X'01A226EB161576FC96BC3572E2E27D34',NULL,'127.0.0.1','Python-urllib/3.11',NULL),
(X'01A226EB18C17614BBD8CE52C2CD415D','2026-11-29T10:47:51.229132+00:00','registered',X'01A226EB18BD71F3B4B982D482BCA1E7',NULL,'127.0.0.1','Python-urllib/3.11',NULL),
(X'01A226EB18C17614BBD8CE543B0728B6','2026-11-29T10:47:51.233210+00:00','signed-in',X'01A226EB18BD71F3B4B982D482BCA1E7',NULL,'127.0.0.1','Python-urllib/3.11',NULL),
(X'01A226EB1BF0712395FAC43CBCCFCB57','2026-11-29T10:47:52.044792+00:00','registered',X'01A226EB1BEC735CAB0C2A1A98F61410',NULL,'127.0.0.1','Python-urllib/3.11',NULL),
(X'01A226EB1BF0712395FAC43E947BA7FB','2026-11-29T10:47:52.048386+00:00','signed-in',X'01A226EB1BEC735CAB0C2A1A98F61410',NULL,'127.0.0.1','Python-urllib/3.11',NULL),
(X'01A226EB1CC8739D999AED180D09D1D1','2026-11-29T10:47:52.262303+00:00','registered',X'01A226EB1CC672749F42CC422262F2BD',NULL,'127.0.0.1','Python-urllib/3.11',NULL),
(X'01A226EB1CC975818C412021C324CFB0','2026-11-29T10:47:52.264846+00:00','signed-in',X'01A226EB1CC672749F42CC422262F2BD',NULL,'127.0.0.1','Python-urllib/3.11',NULL);
INSERT INTO "accounts" VALUES
(X'01A226EB1139775089192ADF3ADB2EF3','us@example.org','us@example.org','Ann O’Neill','$argon2id$v=19$m=19456,t=2,p=1$VDi8DlQrfl10JwgTzMZ2rg$LZDNGsZKeXvA8/71O1H7E3kbrQbJKoB8JjHNYIqDWr0',1,'2026-11-29T10:47:49.305164+00:00','2026-11-29T10:47:49.305164+00:00','local|01a226eb-1139-7750-8919-2adf3adb2ef3',NULL),
(X'01A226EB161576FC96BC3572E2E27D34','de@example.org','de@example.org','Jürgen Groß','$argon2id$v=19$m=19456,t=2,p=1$01/fs3SzOUOKeQ/LMGNsjA$Z/oG+MFq3JSbtSiBRX03HgIgLCbGf9RQ8kXq+fF2DX0',0,'2026-11-29T10:47:50.549684+00:00','2026-11-29T10:47:50.549684+00:00','local|01a226eb-1615-76fc-96bc-3572e2e27d34',NULL),
(X'01A226EB18BD71F3B4B982D482BCA1E7','uk@example.org','uk@example.org','Zoë','$argon2id$v=19$m=19456,t=2,p=1$YWNb08gUUizsLdp5fDMAPA$BZ67193CFT5xBKK3Fs43fiPAyaF0WaprZqAnxNtvdsU',0,'2026-11-29T10:47:51.229132+00:00','2026-11-29T10:47:51.229132+00:00','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',NULL),
(X'01A226EB1BEC735CAB0C2A1A98F61410','jp@example.org','jp@example.org','山田','$argon2id$v=19$m=19456,t=2,p=1$tq72Fvt0zzbq72+wTv9gIQ$4GkWHV0MoR71UVqZ09bmrM5D8RLYaIlOtCC5HZOp31o',0,'2026-11-29T10:47:52.044792+00:00','2026-11-29T10:47:52.044792+00:00','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',NULL),
(X'01A226EB1CC672749F42CC422262F2BD','inactive@example.org','inactive@example.org','Laid up','$argon2id$v=19$m=19456,t=2,p=1$+Ofcq0YPQFUMFimlZv4FeA$xImJIkfa0XyN4R6b6gq9PrIiNPWoq+uChG+6BlX8G90',0,'2026-11-29T10:47:52.262303+00:00','2026-11-29T10:47:52.262303+00:00','local|01a226eb-1cc6-7274-9f42-cc422262f2bd',NULL);
INSERT INTO "first_account" VALUES
(1,X'01A226EB1139775089192ADF3ADB2EF3');
INSERT INTO "sessions" VALUES
(X'D012D571B493C1F61D34CBFB9368AEAD541A5255834CC941DA1400647912BFBC',X'01A226EB1139775089192ADF3ADB2EF3','2026-11-29T10:47:49.308682+00:00','2026-11-29T10:47:49.308682+00:00','2027-02-27T10:47:49.308682+00:00',X'01A226EB113C770B8C195885A9C9A6DD','Python-urllib/3.11',NULL),
(X'84843F651EEC5CFF096EE84108B54F6A10C3E68A5A8DB72F48701CC56122107A',X'01A226EB161576FC96BC3572E2E27D34','2026-11-29T10:47:50.553660+00:00','2026-11-29T10:47:50.553660+00:00','2027-02-27T10:47:50.553660+00:00',X'01A226EB161977D8B3B8D1ED78121421','Python-urllib/3.11',NULL),
(X'5A46708BFEA43FF3BB9ED5C4D1ADD4D07004C51614C6FB34C2CBFEAABCE4DC69',X'01A226EB18BD71F3B4B982D482BCA1E7','2026-11-29T10:47:51.233210+00:00','2026-11-29T10:47:51.233210+00:00','2027-02-27T10:47:51.233210+00:00',X'01A226EB18C17614BBD8CE53DF1B9C99','Python-urllib/3.11',NULL),
(X'9BF095FC5A5DF71FD44F03551838223ABA19233400CF88BC8D548196C094F1BE',X'01A226EB1BEC735CAB0C2A1A98F61410','2026-11-29T10:47:52.048386+00:00','2026-11-29T10:47:52.048386+00:00','2027-02-27T10:47:52.048386+00:00',X'01A226EB1BF0712395FAC43DBB85E2B9','Python-urllib/3.11',NULL),
(X'DAA6A60B0B6DC1FCA4195CF4B6F8BAB219EBD41FB8170A61CACA7AA9D001E2AA',X'01A226EB1CC672749F42CC422262F2BD','2026-11-29T10:47:52.264846+00:00','2026-11-29T10:47:52.264846+00:00','2027-02-27T10:47:52.264846+00:00',X'01A226EB1CC975818C412020C6195544','Python-urllib/3.11',NULL);
INSERT INTO "user_preferences" VALUES
('local|01a226eb-1139-7750-8919-2adf3adb2ef3','mi','gal_us','mpg_us','USD','America/Denver','dark','2026-11-29T10:47:49.339166+00:00'),
('local|01a226eb-1615-76fc-96bc-3572e2e27d34','km','l','l_per_100km','EUR','Europe/Berlin','light','2026-11-29T10:47:50.615854+00:00'),
('local|01a226eb-18bd-71f3-b4b9-82d482bca1e7','mi','gal_uk','mpg_uk','GBP','Europe/London','system','2026-11-29T10:47:51.308123+00:00'),
('local|01a226eb-1bec-735c-ab0c-2a1a98f61410','km','l','km_per_l','JPY','Asia/Tokyo','system','2026-11-29T10:47:52.079125+00:00'),
('local|01a226eb-1cc6-7274-9f42-cc422262f2bd','mi','gal_us','mpg_us','CAD','America/Toronto','system','2026-11-29T10:47:52.281798+00:00');
INSERT INTO "known_devices" VALUES
(X'ADE4EED1E09E887C0D740F97D12B03676E4B04BD56B1CD4B9E3B61916C45CE07',X'01A226EB1139775089192ADF3ADB2EF3','127.0.0.1','2026-11-29T10:47:49.308682+00:00'),
(X'00C0C4938D12ECBD14E7DF5372205D7305EFE94F92BBA89DE5095C5DEEBD37F5',X'01A226EB161576FC96BC3572E2E27D34','127.0.0.1','2026-11-29T10:47:50.553660+00:00'),
(X'A06FCEBA5851E37BC6637A4430186749C858340C67C4C3D86245897348CF2AE4',X'01A226EB18BD71F3B4B982D482BCA1E7','127.0.0.1','2026-11-29T10:47:51.233210+00:00'),
(X'9D86F8315189B3F4440825D8D14BEFA2B8A786A6348B273141DD7595AF0AEE44',X'01A226EB1BEC735CAB0C2A1A98F61410','127.0.0.1','2026-11-29T10:47:52.048386+00:00'),
(X'472A90288FF983B3618822A3912C54576936CCA2E736C307690DF3D77E56E49C',X'01A226EB1CC672749F42CC422262F2BD','127.0.0.1','2026-11-29T10:47:52.264846+00:00');
INSERT INTO "guess_budgets" VALUES
('65d25eea9cd8d15f8d9b3d371dc9d99628878a29c0cf9efc3e1a1307695445e6','1795949268839432 1795949270190586 1795949270939007 1795949271522960 1795949272160414','2026-11-29T11:47:52.160414+00:00');
INSERT INTO "vin_cache" VALUES
('1HGCM82633A004352','Honda','Accord',2003,'3.0 L V6','Coupe','{"Count":1,"Message":"Decoded without asking anyone","Results":[{"AdditionalErrorText":"","AirBagLocCurtain":"1st and 2nd Rows","AirBagLocFront":"1st Row (Driver and Passenger)","AirBagLocSide":"1st Row (Driver and Passenger)","BedType":"Not Applicable","BodyCabType":"Not Applicable","BodyClass":"Coupe","BusFloorConfigType":"Not Applicable","BusType":"Not Applicable","CustomMotorcycleType":"Not Applicable","DisplacementCC":"2998.832712","DisplacementCI":"183","DisplacementL":"2.998832712","Doors":"2","EngineConfiguration":"V-Shaped","EngineCylinders":"6","EngineHP":"240","EngineModel":"J30A4","ErrorCode":"0","ErrorText":"0 - VIN decoded clean. Check Digit (9th position) is correct","FuelTypePrimary":"Gasoline","GVWR":"Class 1C: 4,001 - 5,000 lb (1,814 - 2,268 kg)","GVWR_to":"Class 1: 6,000 lb or less (2,722 kg or less)","Make":"HONDA","Manufacturer":"AMERICAN HONDA MOTOR CO., INC.","Model":"Accord","ModelYear":"2003","MotorcycleChassisType":"Not Applicable","MotorcycleSuspensionType":"Not Applicable","OtherRestraintSystemInfo":"Seat Belt (Rr center position)","PlantCity":"MARYSVILLE","PlantCountry":"UNITED STATES (USA)","PlantState":"OHIO","PossibleValues":"","SeatBeltsAll":"Manual","SuggestedVIN":"","TrailerBodyType":"Not Applicable","TrailerType":"Not Applicable","TransmissionSpeeds":"5","TransmissionStyle":"Automatic","Trim":"EX-V6","VIN":"1HGCM82633A004352","ValveTrainDesign":"Single Overhead Cam (SOHC)","VehicleDescriptor":"1HGCM826*3A","VehicleType":"PASSENGER CAR"}],"SearchCriteria":"VIN:1HGCM82633A004352","Tables":"2026-10"}','2026-11-29T10:47:49.398445+00:00'),
('1FTEW1EP6JFA12345','Ford','F-150',2018,'2.7 L V6','Pickup','{"Count":1,"Message":"Decoded without asking anyone","Results":[{"AdditionalErrorText":"The Model Year decoded for this VIN may be incorrect. If you know the Model year, please enter it and decode again to get more accurate information.","AirBagLocFront":"1st Row (Driver and Passenger)","AirBagLocSide":"1st and 2nd Rows","BodyCabType":"Crew/Super Crew/Crew Max","BodyClass":"Pickup","BrakeSystemType":"Hydraulic","BusFloorConfigType":"Not Applicable","BusType":"Not Applicable","CustomMotorcycleType":"Not Applicable","DisplacementCC":"2700.0","DisplacementCI":"164.7641090557771667","DisplacementL":"2.7","DriveType":"4WD/4-Wheel Drive/4x4","EngineConfiguration":"V-Shaped","EngineCylinders":"6","EngineHP":"325","EngineManufacturer":"Ford","EngineModel":"2.7L-4V","ErrorCode":"0","ErrorText":"0 - VIN decoded clean. Check Digit (9th position) is correct","FuelTypePrimary":"Gasoline","GVWR":"Class 2E: 6,001 - 7,000 lb (2,722 - 3,175 kg)","Make":"FORD","Manufacturer":"FORD MOTOR COMPANY","Model":"F-150","ModelYear":"2018","MotorcycleChassisType":"Not Applicable","MotorcycleSuspensionType":"Not Applicable","PlantCity":"DEARBORN","PlantCompanyName":"Dearborn","PlantCountry":"UNITED STATES (USA)","PlantState":"MICHIGAN","PossibleValues":"","SeatBeltsAll":"Manual","SuggestedVIN":"","TPMS":"Direct","TrailerBodyType":"Not Applicable","TrailerType":"Not Applicable","VIN":"1FTEW1EP6JFA12345","VehicleDescriptor":"1FTEW1EP*JF","VehicleType":"TRUCK"}],"SearchCriteria":"VIN:1FTEW1EP6JFA12345","Tables":"2026-10"}','2026-11-29T10:47:49.912673+00:00'),
('5YJSA1E27HF000337','Tesla','Model S',2017,'Electric','Hatchback/Liftback/Notchback','{"Count":1,"Message":"Decoded without asking anyone","Results":[{"ABS":"Standard","AdditionalErrorText":"","AirBagLocFront":"1st Row (Driver and Passenger)","AirBagLocKnee":"1st Row (Driver and Passenger)","AirBagLocSide":"1st Row (Driver and Passenger)","AutoReverseSystem":"Standard","BedType":"Not Applicable","BodyCabType":"Not Applicable","BodyClass":"Hatchback/Liftback/Notchback","BusFloorConfigType":"Not Applicable","BusType":"Not Applicable","CurbWeightLB":"4941","CustomMotorcycleType":"Not Applicable","Doors":"5","ESC":"Standard","ElectrificationLevel":"BEV (Battery Electric Vehicle)","ErrorCode":"0","ErrorText":"0 - VIN decoded clean. Check Digit (9th position) is correct","FuelTypePrimary":"Electric","GVWR":"Class 1D: 5,001 - 6,000 lb (2,268 - 2,722 kg)","GVWR_to":"Class 1D: 5,001 - 6,000 lb (2,268 - 2,722 kg)","Make":"TESLA","Manufacturer":"TESLA, INC.","Model":"Model S","ModelYear":"2017","MotorcycleChassisType":"Not Applicable","MotorcycleSuspensionType":"Not Applicable","Note":"Curb Weight (lbs): 4469-4941","OtherEngineInfo":"Dual Motor - Standard","OtherRestraintSystemInfo":"Type 2 manual seatbelts (FR, SR*3), PODS","PlantCity":"FREMONT","PlantCountry":"UNITED STATES (USA)","PlantState":"CALIFORNIA","PossibleValues":"","SeatBeltsAll":"Manual","SteeringLocation":"Left-Hand Drive (LHD)","SuggestedVIN":"","TractionControl":"Standard","TrailerBodyType":"Not Applicable","TrailerType":"Not Applicable","VIN":"5YJSA1E27HF000337","VehicleDescriptor":"5YJSA1E2*HF","VehicleType":"PASSENGER CAR"}],"SearchCriteria":"VIN:5YJSA1E27HF000337","Tables":"2026-10"}','2026-11-29T10:47:50.105546+00:00'),
('2T1BURHEXJC000001','Toyota','Corolla',2018,'1.8 L I4','Sedan/Saloon','{"Count":1,"Message":"Decoded without asking anyone","Results":[{"ABS":"Standard","ActiveSafetySysNote":"Keyless Ignition: Standard for XLE, SE6MT and XSE trims, Optional for SE trim","AdaptiveCruiseControl":"Standard","AdaptiveDrivingBeam":"Standard","AdditionalErrorText":"","AirBagLocCurtain":"All Rows","AirBagLocFront":"1st Row (Driver and Passenger)","AirBagLocKnee":"Driver Seat Only","AirBagLocSeatCushion":"Passenger Seat Only","AirBagLocSide":"1st Row (Driver and Passenger)","AutoReverseSystem":"Standard","Axles":"2","BasePrice":"18600.00","BatteryPacks":"1","BedType":"Not Applicable","BodyCabType":"Not Applicable","BodyClass":"Sedan/Saloon","BrakeSystemDesc":"Calipers / Front Vented Discs","BusFloorConfigType":"Not Applicable","BusType":"Not Applicable","CIB":"Standard","CurbWeightLB":"2885","CustomMotorcycleType":"Not Applicable","DaytimeRunningLight":"Standard","DisplacementCC":"1798","DisplacementCI":"109.8427393705181111","DisplacementL":"1.8","Doors":"4","DriveType":"4x2","DynamicBrakeSupport":"Standard","ESC":"Standard","EngineConfiguration":"In-Line","EngineCycles":"4","EngineCylinders":"4","EngineHP":"132","EngineHP_to":"148","EngineManufacturer":"Toyota","EngineModel":"2ZR-FE","ErrorCode":"0","ErrorText":"0 - VIN decoded clean. Check Digit (9th position) is correct","ForwardCollisionWarning":"Standard","FuelInjectionType":"Multipoint Fuel Injection (MPFI)","FuelTypePrimary":"Gasoline","GVWR":"Class 1B: 3,001 - 4,000 lb (1,360 - 1,814 kg)","GVWR_to":"Class 1B: 3,001 - 4,000 lb (1,360 - 1,814 kg)","LaneDepartureWarning":"Standard","LaneKeepSystem":"Standard","Make":"TOYOTA","Manufacturer":"TOYOTA MOTOR MANUFACTURING CANADA","Model":"Corolla","ModelYear":"2018","MotorcycleChassisType":"Not Applicable","MotorcycleSuspensionType":"Not Applicable","Note":"Manual Transmission / CVT; Curb Weight (lbs): 2840-2885","OtherEngineInfo":"Sequential MPI  ","PedestrianAutomaticEmergencyBraking":"Standard","PlantCity":"CAMBRIDGE","PlantCompanyName":"Toyota Motor Manufacturing, Canada, Inc.","PlantCountry":"CANADA","PlantState":"ONTARIO","PossibleValues":"","Pretensioner":"Yes","RearVisibilitySystem":"Standard","SeatBeltsAll":"Manual","SeatRows":"2","Seats":"5","SemiautomaticHeadlampBeamSwitching":"Standard","Series":"ZRE172L","SteeringLocation":"Left-Hand Drive (LHD)","SuggestedVIN":"","TopSpeedMPH":"111","TractionControl":"Standard","TrailerBodyType":"Not Applicable","TrailerType":"Not Applicable","TransmissionSpeeds":"6","Trim":"L/LE/SE/XLE/XSE","VIN":"2T1BURHEXJC000001","ValveTrainDesign":"Dual Overhead Cam (DOHC)","VehicleDescriptor":"2T1BURHE*JC","VehicleType":"PASSENGER CAR","WheelBaseShort":"106.3","WheelBaseType":"Standard","Wheels":"4"}],"SearchCriteria":"VIN:2T1BURHEXJC000001","Tables":"2026-10"}','2026-11-29T10:47:50.153870+00:00'),
('2HGES16512H500001','Honda','Civic',2002,'1.7 L I4','Sedan/Saloon','{"Count":1,"Message":"Decoded without asking anyone","Results":[{"AdditionalErrorText":"","AirBagLocFront":"1st Row (Driver and Passenger)","BedType":"Not Applicable","BodyCabType":"Not Applicable","BodyClass":"Sedan/Saloon","BusFloorConfigType":"Not Applicable","BusType":"Not Applicable","CustomMotorcycleType":"Not Applicable","DisplacementCC":"1671.480528","DisplacementCI":"102","DisplacementL":"1.671480528","Doors":"4","EngineConfiguration":"In-Line","EngineCylinders":"4","EngineHP":"115","EngineModel":"D17A1","ErrorCode":"0","ErrorText":"0 - VIN decoded clean. Check Digit (9th position) is correct","FuelTypePrimary":"Gasoline","GVWR":"Class 1B: 3,001 - 4,000 lb (1,360 - 1,814 kg)","GVWR_to":"Class 1: 6,000 lb or less (2,722 kg or less)","Make":"HONDA","Manufacturer":"HONDA OF CANADA MFG., A DIVISION OF HONDA CANADA INC.","Model":"Civic","ModelYear":"2002","MotorcycleChassisType":"Not Applicable","MotorcycleSuspensionType":"Not Applicable","PlantCity":"ALLISTON","PlantCountry":"CANADA","PlantState":"ONTARIO","PossibleValues":"","SeatBeltsAll":"Manual","SuggestedVIN":"","TrailerBodyType":"Not Applicable","TrailerType":"Not Applicable","TransmissionSpeeds":"4","TransmissionStyle":"Automatic","Trim":"LX","VIN":"2HGES16512H500001","ValveTrainDesign":"Single Overhead Cam (SOHC)","VehicleDescriptor":"2HGES165*2H","VehicleType":"PASSENGER CAR"}],"SearchCriteria":"VIN:2HGES16512H500001","Tables":"2026-10"}','2026-11-29T10:47:52.303916+00:00');
INSERT INTO "vehicles" VALUES
(X'01A226EB119E70FD996C6C100DBC7C28','local|01a226eb-1139-7750-8919-2adf3adb2ef3','1HGCM82633A004352','Honda','Accord',2003,'Accord','Graphite','ABC-123',96243,1,NULL,'2026-11-29T10:47:49.406733+00:00','2026-11-29T10:47:49.838191+00:00'),
(X'01A226EB139E7145828753B5077DEEAD','local|01a226eb-1139-7750-8919-2adf3adb2ef3','1FTEW1EP6JFA12345','Ford','F-150',2018,'Truck',NULL,NULL,123240,1,NULL,'2026-11-29T10:47:49.918744+00:00','2026-11-29T10:47:50.017516+00:00'),
(X'01A226EB141674EDB01A1E41C76A2C82','local|01a226eb-1139-7750-8919-2adf3adb2ef3','1G1YY22GX65100001','Chevrolet','Corvette',2006,NULL,NULL,NULL,1930,1,NULL,'2026-11-29T10:47:50.038610+00:00','2026-11-29T10:47:50.085866+00:00'),
(X'01A226EB145F720095AD17772D17B5D1','local|01a226eb-1139-7750-8919-2adf3adb2ef3','5YJSA1E27HF000337','Tesla','Model S',2017,'Sold',NULL,NULL,20520,1,'2026-11-29T10:47:50.148144+00:00','2026-11-29T10:47:50.111558+00:00','2026-11-29T10:47:50.148144+00:00'),
(X'01A226EB148F760DAEE368F724950903','local|01a226eb-1139-7750-8919-2adf3adb2ef3','2T1BURHEXJC000001','Toyota','Corolla',2018,'Restored',NULL,NULL,5,1,NULL,'2026-11-29T10:47:50.159197+00:00','2026-11-29T10:47:50.175182+00:00'),
(X'01A226EB1688752BB3BE0EE67628DB3A','local|01a226eb-1615-76fc-96bc-3572e2e27d34','WVWZZZ1KZ8W000001','Volkswagen','Golf',2008,'Golf',NULL,'M-AB 1234',87335,1,NULL,'2026-11-29T10:47:50.664269+00:00','2026-11-29T10:47:50.880630+00:00'),
(X'01A226EB178572B9AD76882467A9601F','local|01a226eb-1615-76fc-96bc-3572e2e27d34','ZAPC3810000000001','Piaggio','Vespa',2019,'Roller',NULL,NULL,1234,1,NULL,'2026-11-29T10:47:50.917991+00:00','2026-11-29T10:47:50.926972+00:00'),
(X'01A226EB192173F69F9E0FDF13840D03','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7','SARRAFBBAJP000001','Rover','Mini',1998,'Mini',NULL,NULL,54205,1,NULL,'2026-11-29T10:47:51.329349+00:00','2026-11-29T10:47:51.494347+00:00'),
(X'01A226EB1C1B7650B580DB5A6C25D134','local|01a226eb-1bec-735c-ab0c-2a1a98f61410','JTDKN3DU8A0000001','Toyota','Prius',2010,'プリウス',NULL,NULL,63060,1,NULL,'2026-11-29T10:47:52.091793+00:00','2026-11-29T10:47:52.146213+00:00'),
(X'01A226EB1CF474FEA32C76B8A16B9B00','local|01a226eb-1cc6-7274-9f42-cc422262f2bd','2HGES16512H500001','Honda','Civic',2002,'Laid up',NULL,NULL,91120,0,NULL,'2026-11-29T10:47:52.308702+00:00','2026-11-29T10:47:52.399345+00:00');
INSERT INTO "odometer_readings" VALUES
(X'01A226EB13507095AA7AAC45D531D8D6','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2023-03-09',96243,NULL,'At the inspection','2026-11-29T10:47:49.838191+00:00'),
(X'01A226EB13A57697B293A8499438F036','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-02-01',98100,NULL,NULL,'2026-11-29T10:47:49.923982+00:00'),
(X'01A226EB13AE774E956A820DDC081E25','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-03-01',120500,98400,'Used instrument cluster','2026-11-29T10:47:49.933934+00:00'),
(X'01A226EB17907272B5C4FCCE75BEC5AD','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB178572B9AD76882467A9601F','2023-05-05',1234,NULL,NULL,'2026-11-29T10:47:50.926972+00:00');
INSERT INTO "fuel_logs" VALUES
(X'01A226EB11A77261BBDFA6BA32D53381','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-01-03',84421,8000,3000,2400,NULL,NULL,'2026-11-29T10:47:49.415355+00:00','2026-11-29T10:47:49.415355+00:00',1,0,NULL,NULL,NULL,NULL,NULL,'first',NULL,NULL),
(X'01A226EB11AD7685BAA5F5ECE311980E','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-01-12',84685,13377,2405,3217,NULL,NULL,'2026-11-29T10:47:49.421876+00:00','2026-11-29T10:47:49.421876+00:00',1,0,264,264,13377,3217,1974,NULL,NULL,NULL),
(X'01A226EB11B5704DA701C9D430C8566F','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-01-21',84905,12754,3459,3205,NULL,NULL,'2026-11-29T10:47:49.429667+00:00','2026-11-29T10:47:49.429667+00:00',1,0,220,220,12754,3205,1725,NULL,NULL,NULL),
(X'01A226EB11BA75328B50BC7753A7CDBB','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-01-30',85178,11131,4009,4462,'Corner Gas',NULL,'2026-11-29T10:47:49.434346+00:00','2026-11-29T10:47:49.434346+00:00',1,0,273,273,11131,4462,2453,NULL,'regular',X'01A226EB117373A091C968FAC2163315'),
(X'01A226EB11BF749CB72A05A9D3B5FF70','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-02-08',85407,10508,3499,3677,'Gas & Go – I-70','Coupon:
5 ¢ off','2026-11-29T10:47:49.439865+00:00','2026-11-29T10:47:49.439865+00:00',1,0,229,229,10508,3677,2179,NULL,'premium',NULL),
(X'01A226EB11C9744C818AE5B006F2FE71','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-02-17',85689,9885,3305,3267,NULL,NULL,'2026-11-29T10:47:49.449769+00:00','2026-11-29T10:47:49.449769+00:00',0,0,282,NULL,NULL,NULL,NULL,'partial',NULL,NULL),
(X'01A226EB11D1701D826A56E4F799AF6E','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-02-26',85927,8262,4481,3702,NULL,NULL,'2026-11-29T10:47:49.457823+00:00','2026-11-29T10:47:49.457823+00:00',1,0,238,520,18147,6969,2865,NULL,NULL,NULL),
(X'01A226EB11DD77F594E8429B2DB549F4','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-03-07',86218,13639,3459,3005,NULL,NULL,'2026-11-29T10:47:49.469456+00:00','2026-11-29T10:47:49.469456+00:00',1,0,291,291,13639,3005,2134,NULL,NULL,NULL),
(X'01A226EB11E670C2BB9A80C3DA324701','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-03-16',86465,12016,4009,4817,'Corner Gas',NULL,'2026-11-29T10:47:49.478703+00:00','2026-11-29T10:47:49.478703+00:00',1,0,247,247,12016,4817,2056,NULL,'regular',X'01A226EB117373A091C968FAC2163315'),
(X'01A226EB11F073B98664614501B864AC','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-03-25',86765,11393,3499,3986,'Gas & Go – I-70','Coupon:
5 ¢ off','2026-11-29T10:47:49.488689+00:00','2026-11-29T10:47:49.488689+00:00',1,0,300,300,11393,3986,2633,NULL,'premium',NULL),
(X'01A226EB11FA75EE9A1A85817124BAAA','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-04-03',87021,10770,3610,3888,NULL,NULL,'2026-11-29T10:47:49.498394+00:00','2026-11-29T10:47:49.498394+00:00',1,0,256,256,10770,3888,2377,NULL,NULL,NULL),
(X'01A226EB121075F49963ECA0C841DC3E','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-04-12',87233,9147,3703,3387,NULL,NULL,'2026-11-29T10:47:49.520526+00:00','2026-11-29T10:47:49.520526+00:00',1,0,212,212,9147,3387,2318,NULL,NULL,NULL),
(X'01A226EB121A73939FB2A4307FFC7AC2','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-04-21',87498,8524,3459,3505,NULL,NULL,'2026-11-29T10:47:49.530395+00:00','2026-11-29T10:47:49.530395+00:00',1,0,265,265,8524,3505,3109,NULL,NULL,NULL),
(X'01A226EB122270E7A88307ADB5B81FC4','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-04-30',87719,13901,4009,5573,'Corner Gas',NULL,'2026-11-29T10:47:49.538497+00:00','2026-11-29T10:47:49.538497+00:00',0,1,221,NULL,NULL,NULL,NULL,'partial','regular',X'01A226EB117373A091C968FAC2163315'),
(X'01A226EB122973BBACCFFC217F334845','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-05-09',87993,12278,3499,4296,'Gas & Go – I-70','Coupon:
5 ¢ off','2026-11-29T10:47:49.545908+00:00','2026-11-29T10:47:49.545908+00:00',1,0,274,NULL,NULL,NULL,NULL,'missed','premium',NULL),
(X'01A226EB123274069E87870C00FFBA80','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-05-18',88223,11655,3915,4563,NULL,NULL,'2026-11-29T10:47:49.554560+00:00','2026-11-29T10:47:49.554560+00:00',1,0,230,230,11655,4563,1973,NULL,NULL,NULL),
(X'01A226EB123A71FD8F92115F8FEDCDED','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-05-27',88506,10032,3860,3872,NULL,NULL,'2026-11-29T10:47:49.562210+00:00','2026-11-29T10:47:49.562210+00:00',1,0,283,283,10032,3872,2821,NULL,NULL,NULL),
(X'01A226EB124276AABE39286611B0AF48','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-06-05',88745,9409,3459,3305,NULL,NULL,'2026-11-29T10:47:49.570432+00:00','2026-11-29T10:47:49.570432+00:00',1,0,239,239,9409,3305,2540,NULL,NULL,NULL),
(X'01A226EB124A74B19619BEC5D6272123','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-06-14',89037,8786,4009,3522,'Corner Gas',NULL,'2026-11-29T10:47:49.578088+00:00','2026-11-29T10:47:49.578088+00:00',1,0,292,292,8786,3522,3323,NULL,'regular',X'01A226EB117373A091C968FAC2163315'),
(X'01A226EB1252736E9F6BD40C995504A0','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-06-23',89285,13163,3499,4606,'Gas & Go – I-70','Coupon:
5 ¢ off','2026-11-29T10:47:49.586199+00:00','2026-11-29T10:47:49.594868+00:00',1,0,248,NULL,NULL,NULL,NULL,'same-stop','premium',NULL),
(X'01A226EB125A7575855706A3787624DD','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-07-02',89285,12540,3220,4038,NULL,NULL,'2026-11-29T10:47:49.594868+00:00','2026-11-29T10:47:49.594868+00:00',1,0,0,248,25703,8644,965,NULL,NULL,NULL),
(X'01A226EB126871678B17C4B46D9CC8F5','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-07-11',89542,11917,2901,3457,NULL,NULL,'2026-11-29T10:47:49.608007+00:00','2026-11-29T10:47:49.608007+00:00',0,0,257,NULL,NULL,NULL,NULL,'partial',NULL,NULL),
(X'01A226EB126D73749B888BE420EA1AB4','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-07-20',89755,10294,3459,3105,NULL,NULL,'2026-11-29T10:47:49.613265+00:00','2026-11-29T10:47:49.613265+00:00',1,0,213,470,22211,6562,2116,NULL,NULL,NULL),
(X'01A226EB12757378B1161BA00166DF86','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-07-29',90021,9671,4009,3877,'Corner Gas',NULL,'2026-11-29T10:47:49.621901+00:00','2026-11-29T10:47:49.621901+00:00',1,0,266,266,9671,3877,2750,NULL,'regular',X'01A226EB117373A091C968FAC2163315'),
(X'01A226EB127B71989E0C40F8E3C3D466','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-08-07',90243,8048,3499,2816,'Gas & Go – I-70','Coupon:
5 ¢ off','2026-11-29T10:47:49.627771+00:00','2026-11-29T10:47:49.627771+00:00',1,0,222,222,8048,2816,2758,NULL,'premium',NULL),
(X'01A226EB1287704EBE795F35E9C91404','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-08-16',90518,13425,3525,4732,NULL,NULL,'2026-11-29T10:47:49.639559+00:00','2026-11-29T10:47:49.639559+00:00',1,0,275,275,13425,4732,2048,NULL,NULL,NULL),
(X'01A226EB128D75599B2BB8FEC9635E47','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-08-25',90749,12802,3079,3942,NULL,NULL,'2026-11-29T10:47:49.645647+00:00','2026-11-29T10:47:49.645647+00:00',1,0,231,231,12802,3942,1804,NULL,NULL,NULL),
(X'01A226EB129675C994A5BD391156D55F','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-09-03',91033,11179,3459,3605,NULL,NULL,'2026-11-29T10:47:49.654730+00:00','2026-11-29T10:47:49.654730+00:00',1,0,284,284,11179,3605,2540,NULL,NULL,NULL),
(X'01A226EB129C745E8BC5445A02937954','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-09-12',91273,10556,4009,4232,'Corner Gas',NULL,'2026-11-29T10:47:49.660063+00:00','2026-11-29T10:47:49.660063+00:00',1,0,240,240,10556,4232,2274,NULL,'regular',X'01A226EB117373A091C968FAC2163315'),
(X'01A226EB12A1777B8701776E49E182A0','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-09-21',91566,9933,3499,3476,'Gas & Go – I-70','Coupon:
5 ¢ off','2026-11-29T10:47:49.665646+00:00','2026-11-29T10:47:49.665646+00:00',0,0,293,NULL,NULL,NULL,NULL,'partial','premium',NULL),
(X'01A226EB12A772988FB9E631B70A6A24','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-09-30',91815,8310,3830,3183,NULL,NULL,'2026-11-29T10:47:49.671953+00:00','2026-11-29T10:47:49.671953+00:00',1,1,249,NULL,NULL,NULL,NULL,'missed',NULL,NULL),
(X'01A226EB12AD7698BE22C1C57A1393C3','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-10-09',92117,13687,NULL,NULL,NULL,NULL,'2026-11-29T10:47:49.677427+00:00','2026-11-29T10:47:49.677427+00:00',1,0,302,302,13687,NULL,2206,NULL,NULL,NULL),
(X'01A226EB12B676D9A8DEB077AEA67583','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-10-18',92375,12064,3459,3405,NULL,NULL,'2026-11-29T10:47:49.686090+00:00','2026-11-29T10:47:49.686090+00:00',1,0,258,258,12064,3405,2139,NULL,NULL,NULL),
(X'01A226EB12BA70EBBE007DDD12735B2B','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-10-27',92589,11441,4009,4587,'Corner Gas',NULL,'2026-11-29T10:47:49.690755+00:00','2026-11-29T10:47:49.690755+00:00',1,0,214,214,11441,4587,1870,NULL,'regular',X'01A226EB117373A091C968FAC2163315'),
(X'01A226EB12C275B78BB17D98AE750613','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-11-05',92856,10818,3499,3785,'Gas & Go – I-70','Coupon:
5 ¢ off','2026-11-29T10:47:49.698761+00:00','2026-11-29T10:47:49.698761+00:00',1,0,267,267,10818,3785,2468,NULL,'premium',NULL),
(X'01A226EB12C77599AEDFB74F30B85743','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-11-14',93079,9195,3135,2883,NULL,NULL,'2026-11-29T10:47:49.703730+00:00','2026-11-29T10:47:49.703730+00:00',1,0,223,223,9195,2883,2425,NULL,NULL,NULL),
(X'01A226EB12CC77098C7E27E0F86291CA','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-11-23',93355,8572,3630,3112,NULL,NULL,'2026-11-29T10:47:49.708284+00:00','2026-11-29T10:47:49.708284+00:00',1,0,276,276,8572,3112,3220,NULL,NULL,NULL),
(X'01A226EB12D17551A2B39AC4F9F04E94','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-12-02',93587,13949,3459,3205,NULL,NULL,'2026-11-29T10:47:49.713295+00:00','2026-11-29T10:47:49.713295+00:00',0,0,232,NULL,NULL,NULL,NULL,'partial',NULL,NULL),
(X'01A226EB12DA719ABBC5038A7AAC90D7','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-12-11',93872,12326,4009,4941,'Corner Gas',NULL,'2026-11-29T10:47:49.722810+00:00','2026-11-29T10:47:49.722810+00:00',1,0,285,517,26275,8146,1968,NULL,'regular',X'01A226EB117373A091C968FAC2163315'),
(X'01A226EB12E5741288DDDB1FEC7253C2','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-12-20',94113,11703,3499,4095,'Gas & Go – I-70','Coupon:
5 ¢ off','2026-11-29T10:47:49.733779+00:00','2026-11-29T10:47:49.733779+00:00',1,0,241,241,11703,4095,2059,NULL,'premium',NULL),
(X'01A226EB12EA71628DCD3F6CED460CAA','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2022-12-29',94407,10003,3999,4000,NULL,NULL,'2026-11-29T10:47:49.738918+00:00','2026-11-29T10:47:49.745723+00:00',1,0,294,294,10003,4000,2939,NULL,NULL,NULL),
(X'01A226EB12FA713CA727F777A451B657','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2023-01-07',94657,9457,3909,3697,'Route 66 Fuel','Corrected','2026-11-29T10:47:49.754038+00:00','2026-11-29T10:47:50.185+00:00',1,0,250,250,9457,3697,2644,NULL,NULL,NULL),
(X'01A226EB131E7698998A39A3A733A011','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2023-01-16',94960,8834,3459,3005,NULL,NULL,'2026-11-29T10:47:49.790197+00:00','2026-11-29T10:47:49.790197+00:00',1,0,303,303,8834,3005,3430,NULL,NULL,NULL),
(X'01A226EB132C775E81ACA82969DC00B1','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2023-01-25',95219,13211,4009,5296,'Corner Gas',NULL,'2026-11-29T10:47:49.804703+00:00','2026-11-29T10:47:49.804703+00:00',1,0,259,259,13211,5296,1960,NULL,'regular',X'01A226EB117373A091C968FAC2163315'),
(X'01A226EB133171D7940797617CFA40F0','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2023-02-03',95434,12588,3499,4405,'Gas & Go – I-70','Coupon:
5 ¢ off','2026-11-29T10:47:49.809706+00:00','2026-11-29T10:47:49.809706+00:00',1,0,215,215,12588,4405,1708,NULL,'premium',NULL),
(X'01A226EB133877468D63E05B4735A5F8','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2023-02-12',95702,11965,3745,4481,NULL,NULL,'2026-11-29T10:47:49.816036+00:00','2026-11-29T10:47:49.816036+00:00',0,0,268,NULL,NULL,NULL,NULL,'partial',NULL,NULL),
(X'01A226EB133E746DBA7A008AFAA03F9C','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2023-02-21',95926,10342,3173,3282,NULL,NULL,'2026-11-29T10:47:49.822509+00:00','2026-11-29T10:47:49.822509+00:00',1,0,224,492,22307,7763,2206,NULL,NULL,NULL),
(X'01A226EB1344727998DF5610A027967D','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','2023-03-02',96203,9719,3459,3505,NULL,NULL,'2026-11-29T10:47:49.828758+00:00','2026-11-29T10:47:49.828758+00:00',1,1,277,NULL,NULL,NULL,NULL,'missed',NULL,NULL),
(X'01A226EB13B67206B66887DB4E8F0B38','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-03-02',120600,11131,3499,3895,NULL,NULL,'2026-11-29T10:47:49.942717+00:00','2026-11-29T10:47:49.942717+00:00',1,0,NULL,NULL,NULL,NULL,NULL,'first','diesel',NULL),
(X'01A226EB13BB74CFAE6F9F4DA910CE74','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-03-12',120840,10508,3499,3677,NULL,NULL,'2026-11-29T10:47:49.947733+00:00','2026-11-29T10:47:49.947733+00:00',1,0,240,240,10508,3677,2284,NULL,'diesel',NULL),
(X'01A226EB13C171C2BD3A796100E27CB1','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-03-22',121080,9885,3499,3459,NULL,NULL,'2026-11-29T10:47:49.953602+00:00','2026-11-29T10:47:49.953602+00:00',1,0,240,240,9885,3459,2428,NULL,'diesel',NULL),
(X'01A226EB13CA769F8890604F4A4E8C4C','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-04-01',121320,8262,3499,2891,NULL,NULL,'2026-11-29T10:47:49.962591+00:00','2026-11-29T10:47:49.962591+00:00',1,0,240,240,8262,2891,2905,NULL,'diesel',NULL),
(X'01A226EB13D272D582E98EF4706087B1','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-04-11',121560,13639,3499,4772,NULL,NULL,'2026-11-29T10:47:49.970234+00:00','2026-11-29T10:47:49.970234+00:00',1,0,240,240,13639,4772,1760,NULL,'diesel',NULL),
(X'01A226EB13D8748BA4B788647D4080D3','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-04-21',121800,12016,3499,4204,NULL,NULL,'2026-11-29T10:47:49.976347+00:00','2026-11-29T10:47:49.976347+00:00',1,0,240,240,12016,4204,1997,NULL,'diesel',NULL),
(X'01A226EB13E17172870C6C160F0F2CD5','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-05-01',122040,11393,3499,3986,NULL,NULL,'2026-11-29T10:47:49.985635+00:00','2026-11-29T10:47:49.985635+00:00',1,0,240,240,11393,3986,2107,NULL,'diesel',NULL),
(X'01A226EB13E7758A9577A1130DB68C43','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-05-11',122280,10770,3499,3768,NULL,NULL,'2026-11-29T10:47:49.991848+00:00','2026-11-29T10:47:49.991848+00:00',1,0,240,240,10770,3768,2228,NULL,'diesel',NULL),
(X'01A226EB13ED701A96813B4C07F225EB','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-05-21',122520,9147,3499,3201,NULL,NULL,'2026-11-29T10:47:49.997349+00:00','2026-11-29T10:47:49.997349+00:00',1,0,240,240,9147,3201,2624,NULL,'diesel',NULL),
(X'01A226EB13F673D798CA4D4B7F8E533B','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-05-31',122760,8524,3499,2983,NULL,NULL,'2026-11-29T10:47:50.006007+00:00','2026-11-29T10:47:50.006007+00:00',1,0,240,240,8524,2983,2816,NULL,'diesel',NULL),
(X'01A226EB13FC77CC82CE419436ABB135','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-06-10',123000,13901,3499,4864,NULL,NULL,'2026-11-29T10:47:50.012076+00:00','2026-11-29T10:47:50.012076+00:00',1,0,240,240,13901,4864,1726,NULL,'diesel',NULL),
(X'01A226EB140173538F298AC6750F0953','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','2023-06-20',123240,12278,3499,4296,NULL,NULL,'2026-11-29T10:47:50.017516+00:00','2026-11-29T10:47:50.017516+00:00',1,0,240,240,12278,4296,1955,NULL,'diesel',NULL),
(X'01A226EB141F71109855534C752C5A8C','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB141674EDB01A1E41C76A2C82','2021-05-01',1000,8000,3499,2799,NULL,NULL,'2026-11-29T10:47:50.047445+00:00','2026-11-29T10:47:50.047445+00:00',1,0,NULL,NULL,NULL,NULL,NULL,'first',NULL,NULL),
(X'01A226EB142A74C185775E23338CAD28','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB141674EDB01A1E41C76A2C82','2021-05-21',1300,13377,3499,4681,NULL,NULL,'2026-11-29T10:47:50.058842+00:00','2026-11-29T10:47:50.058842+00:00',1,0,300,300,13377,4681,2243,NULL,NULL,NULL),
(X'01A226EB14317084B68281F77E156A92','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB141674EDB01A1E41C76A2C82','2021-06-10',1250,12754,3499,4463,NULL,NULL,'2026-11-29T10:47:50.065468+00:00','2026-11-29T10:47:50.065468+00:00',1,0,NULL,NULL,NULL,NULL,NULL,'rollback',NULL,NULL),
(X'01A226EB143B7493A13004A5A20ED4FB','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB141674EDB01A1E41C76A2C82','2021-06-30',1600,11131,3499,3895,NULL,NULL,'2026-11-29T10:47:50.075414+00:00','2026-11-29T10:47:50.075414+00:00',1,0,350,350,11131,3895,3144,NULL,NULL,NULL),
(X'01A226EB14457452BD2BD1732D4CF0A8','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB141674EDB01A1E41C76A2C82','2021-07-20',1930,10508,3499,3677,NULL,NULL,'2026-11-29T10:47:50.085866+00:00','2026-11-29T10:47:50.085866+00:00',1,0,330,330,10508,3677,3140,NULL,NULL,NULL),
(X'01A226EB146873DAAF519512FB8651DA','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB145F720095AD17772D17B5D1','2021-01-01',20000,8000,3499,2799,NULL,NULL,'2026-11-29T10:47:50.120216+00:00','2026-11-29T10:47:50.120216+00:00',1,0,NULL,NULL,NULL,NULL,NULL,'first',NULL,NULL),
(X'01A226EB14727053AB80CF9A27A6EB76','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB145F720095AD17772D17B5D1','2021-01-08',20260,13377,3499,4681,NULL,NULL,'2026-11-29T10:47:50.130864+00:00','2026-11-29T10:47:50.130864+00:00',1,0,260,260,13377,4681,1944,NULL,NULL,NULL),
(X'01A226EB1478744BADC5C1835A79E5CB','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB145F720095AD17772D17B5D1','2021-01-15',20520,12754,3499,4463,NULL,NULL,'2026-11-29T10:47:50.136621+00:00','2026-11-29T10:47:50.136621+00:00',1,0,260,260,12754,4463,2039,NULL,NULL,NULL),
(X'01A226EB168E73AD8DC3C96F491B330E','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-07-01',79834,9246,6280,5806,NULL,NULL,'2026-11-29T10:47:50.670110+00:00','2026-11-29T10:47:50.670110+00:00',1,0,NULL,NULL,NULL,NULL,NULL,'first','e10',NULL),
(X'01A226EB16977383ACFC4A6FB9BC9CDE','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-07-13',80155,9407,6356,5979,NULL,NULL,'2026-11-29T10:47:50.679242+00:00','2026-11-29T10:47:50.679242+00:00',1,0,321,321,9407,5979,3412,NULL,'e10',NULL),
(X'01A226EB16A277CC993FE021EEB95A47','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-07-25',80499,9569,6431,6154,NULL,NULL,'2026-11-29T10:47:50.690165+00:00','2026-11-29T10:47:50.690165+00:00',1,0,344,344,9569,6154,3595,NULL,'e10',NULL),
(X'01A226EB16A87277BF98F3F7974B2AF6','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-08-06',80811,9730,6507,6331,NULL,NULL,'2026-11-29T10:47:50.696685+00:00','2026-11-29T10:47:50.696685+00:00',1,0,312,312,9730,6331,3207,NULL,'e10',NULL),
(X'01A226EB16AD76C0A1A599FA5A72E891','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-08-18',81145,9892,6583,6512,'Tankstelle Süd',NULL,'2026-11-29T10:47:50.701818+00:00','2026-11-29T10:47:50.701818+00:00',0,0,334,NULL,NULL,NULL,NULL,'partial','e10',X'01A226EB1675717A80EAC04273CD487C'),
(X'01A226EB16B575B7BAC76905C2604BAA','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-08-30',81446,10053,6659,6694,NULL,NULL,'2026-11-29T10:47:50.709678+00:00','2026-11-29T10:47:50.709678+00:00',1,0,301,635,19945,13206,3184,NULL,'e10',NULL),
(X'01A226EB16D075389F90836035DB7E1C','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-09-11',81771,10214,6734,6878,NULL,NULL,'2026-11-29T10:47:50.736624+00:00','2026-11-29T10:47:50.736624+00:00',1,0,325,325,10214,6878,3182,NULL,'e10',NULL),
(X'01A226EB16D672998EBFAC36AB919A47','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-09-23',82118,10376,6280,6516,NULL,NULL,'2026-11-29T10:47:50.742347+00:00','2026-11-29T10:47:50.742347+00:00',1,0,347,347,10376,6516,3344,NULL,'e10',NULL),
(X'01A226EB16DE70C4A8A2CD488354CA4D','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-10-05',82432,10537,6356,6697,NULL,NULL,'2026-11-29T10:47:50.750610+00:00','2026-11-29T10:47:50.750610+00:00',1,0,314,314,10537,6697,2980,NULL,'e10',NULL),
(X'01A226EB16E47020A2A8E38E809711EC','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-10-17',82770,10699,6431,6881,NULL,NULL,'2026-11-29T10:47:50.756216+00:00','2026-11-29T10:47:50.756216+00:00',1,1,338,NULL,NULL,NULL,NULL,'missed','e10',NULL),
(X'01A226EB16E97071927F9FCC46308E07','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-10-29',83074,10860,6507,7067,'Tankstelle Süd',NULL,'2026-11-29T10:47:50.761742+00:00','2026-11-29T10:47:50.761742+00:00',0,0,304,NULL,NULL,NULL,NULL,'partial','e10',X'01A226EB1675717A80EAC04273CD487C'),
(X'01A226EB16F37317869AC37389B6B447','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-11-10',83402,11022,6583,7256,NULL,NULL,'2026-11-29T10:47:50.771058+00:00','2026-11-29T10:47:50.771058+00:00',1,0,328,632,21882,14323,2888,NULL,'e10',NULL),
(X'01A226EB16F8712A8ABC8E0839C1D7D9','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-11-22',83752,11183,6659,7447,NULL,NULL,'2026-11-29T10:47:50.776380+00:00','2026-11-29T10:47:50.776380+00:00',1,0,350,350,11183,7447,3130,NULL,'e10',NULL),
(X'01A226EB16FD728D94454BF87EDFF7C0','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-12-04',84070,11344,6734,7639,NULL,NULL,'2026-11-29T10:47:50.781872+00:00','2026-11-29T10:47:50.781872+00:00',1,0,318,318,11344,7639,2803,NULL,'e10',NULL),
(X'01A226EB170676559F09670A57588198','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-12-16',84410,11506,6280,7226,NULL,NULL,'2026-11-29T10:47:50.790671+00:00','2026-11-29T10:47:50.790671+00:00',1,0,340,340,11506,7226,2955,NULL,'e10',NULL),
(X'01A226EB170E77969425973D01B50717','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2022-12-28',84718,9290,6356,5905,NULL,NULL,'2026-11-29T10:47:50.798145+00:00','2026-11-29T10:47:50.798145+00:00',1,0,308,308,9290,5905,3315,NULL,'e10',NULL),
(X'01A226EB1716764DB418FD0623EB0C42','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2023-01-09',85048,9451,6431,6078,'Tankstelle Süd',NULL,'2026-11-29T10:47:50.806526+00:00','2026-11-29T10:47:50.806526+00:00',0,0,330,NULL,NULL,NULL,NULL,'partial','e10',X'01A226EB1675717A80EAC04273CD487C'),
(X'01A226EB171E74DF9C00E6A7D703D5C3','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2023-01-21',85402,9612,6507,6255,NULL,NULL,'2026-11-29T10:47:50.814075+00:00','2026-11-29T10:47:50.814075+00:00',1,0,354,684,19063,12333,3588,NULL,'e10',NULL),
(X'01A226EB172B7056A6EFEC228566DAC9','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2023-02-02',85723,9774,6583,6434,NULL,NULL,'2026-11-29T10:47:50.827417+00:00','2026-11-29T10:47:50.827417+00:00',1,0,321,321,9774,6434,3284,NULL,'e10',NULL),
(X'01A226EB173D7228B59182CBC93303E6','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2023-02-14',86066,9935,6659,6616,NULL,NULL,'2026-11-29T10:47:50.845945+00:00','2026-11-29T10:47:50.845945+00:00',1,0,343,343,9935,6616,3452,NULL,'e10',NULL),
(X'01A226EB174D71C985F3AC8D1D769A62','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2023-02-26',86377,10097,6734,6799,NULL,NULL,'2026-11-29T10:47:50.861068+00:00','2026-11-29T10:47:50.861068+00:00',1,0,311,311,10097,6799,3080,NULL,'e10',NULL),
(X'01A226EB175373258C3D71B3949E3180','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2023-03-10',86710,10258,6280,6442,NULL,NULL,'2026-11-29T10:47:50.867903+00:00','2026-11-29T10:47:50.867903+00:00',1,0,333,333,10258,6442,3246,NULL,'e10',NULL),
(X'01A226EB1759731BA643B1BD6D184DD7','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2023-03-22',87011,10419,6356,6622,'Tankstelle Süd',NULL,'2026-11-29T10:47:50.873339+00:00','2026-11-29T10:47:50.873339+00:00',0,0,301,NULL,NULL,NULL,NULL,'partial','e10',X'01A226EB1675717A80EAC04273CD487C'),
(X'01A226EB1760778C82D08B0191939A68','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','2023-04-03',87335,10581,6431,6805,NULL,NULL,'2026-11-29T10:47:50.880630+00:00','2026-11-29T10:47:50.880630+00:00',1,0,324,625,21000,13427,2976,NULL,'e10',NULL),
(X'01A226EB1933742485894EB53DEC4E38','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-01-02',51400,5000,5600,2800,NULL,NULL,'2026-11-29T10:47:51.347048+00:00','2026-11-29T10:47:51.347048+00:00',1,0,NULL,NULL,NULL,NULL,NULL,'first',NULL,NULL),
(X'01A226EB19497689B8106C7B682AE2A6','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-01-10',51587,6089,5613,3418,NULL,NULL,'2026-11-29T10:47:51.369826+00:00','2026-11-29T10:47:51.369826+00:00',1,0,187,187,6089,3418,3071,NULL,NULL,NULL),
(X'01A226EB196773C3A8FF92BB28ED5BDB','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-01-18',51774,7178,5626,4038,NULL,NULL,'2026-11-29T10:47:51.399251+00:00','2026-11-29T10:47:51.399251+00:00',1,0,187,187,7178,4038,2605,NULL,NULL,NULL),
(X'01A226EB196E739C9DB1E233FF445700','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-01-26',51961,5267,5639,2970,NULL,NULL,'2026-11-29T10:47:51.406755+00:00','2026-11-29T10:47:51.406755+00:00',1,0,187,187,5267,2970,3550,NULL,NULL,NULL),
(X'01A226EB1979736AB8E7F16E0BFEBB52','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-02-03',52148,6356,5652,3592,NULL,NULL,'2026-11-29T10:47:51.417453+00:00','2026-11-29T10:47:51.417453+00:00',1,0,187,187,6356,3592,2942,NULL,NULL,NULL),
(X'01A226EB197F7141873361D7EE7B06EB','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-02-11',52335,7445,5665,4218,NULL,NULL,'2026-11-29T10:47:51.423088+00:00','2026-11-29T10:47:51.423088+00:00',1,0,187,187,7445,4218,2512,NULL,NULL,NULL),
(X'01A226EB198570D482A194F0009BCEB4','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-02-19',52522,5534,5678,3142,NULL,NULL,'2026-11-29T10:47:51.428996+00:00','2026-11-29T10:47:51.428996+00:00',0,0,187,NULL,NULL,NULL,NULL,'partial',NULL,NULL),
(X'01A226EB198F74979C1B683B232ECBC9','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-02-27',52709,6623,5691,3769,NULL,NULL,'2026-11-29T10:47:51.439651+00:00','2026-11-29T10:47:51.439651+00:00',1,0,187,374,12157,6911,3076,NULL,NULL,NULL),
(X'01A226EB199571BFBF5B773F1762E70C','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-03-07',52896,7712,5704,4399,NULL,NULL,'2026-11-29T10:47:51.445013+00:00','2026-11-29T10:47:51.445013+00:00',1,0,187,187,7712,4399,2425,NULL,NULL,NULL),
(X'01A226EB199E776EA368028D9F95262F','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-03-15',53083,5801,5717,3316,NULL,NULL,'2026-11-29T10:47:51.454468+00:00','2026-11-29T10:47:51.454468+00:00',1,0,187,187,5801,3316,3224,NULL,NULL,NULL),
(X'01A226EB19A471CFA6F3618495BEDCA6','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-03-23',53270,6890,5730,3948,NULL,NULL,'2026-11-29T10:47:51.460821+00:00','2026-11-29T10:47:51.460821+00:00',1,0,187,187,6890,3948,2714,NULL,NULL,NULL),
(X'01A226EB19AA74B9A587BFA1EBFD609E','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-03-31',53457,7979,5743,4582,NULL,NULL,'2026-11-29T10:47:51.466200+00:00','2026-11-29T10:47:51.466200+00:00',1,0,187,187,7979,4582,2344,NULL,NULL,NULL),
(X'01A226EB19B1774E8AD8B29C6383522A','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-04-08',53644,5068,5756,2917,NULL,NULL,'2026-11-29T10:47:51.473456+00:00','2026-11-29T10:47:51.473456+00:00',1,0,187,187,5068,2917,3690,NULL,NULL,NULL),
(X'01A226EB19B67382807C1B038CCB292C','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-04-16',53831,6157,5769,3552,NULL,NULL,'2026-11-29T10:47:51.478578+00:00','2026-11-29T10:47:51.478578+00:00',1,0,187,187,6157,3552,3037,NULL,NULL,NULL),
(X'01A226EB19BE76658D36DE11B62D0C4C','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-04-24',54018,7246,5782,4190,NULL,NULL,'2026-11-29T10:47:51.486317+00:00','2026-11-29T10:47:51.486317+00:00',1,0,187,187,7246,4190,2581,NULL,NULL,NULL),
(X'01A226EB19C670B7A9246E07178C5E64','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','2023-05-02',54205,5335,5795,3092,NULL,NULL,'2026-11-29T10:47:51.494347+00:00','2026-11-29T10:47:51.494347+00:00',1,0,187,187,5335,3092,3505,NULL,NULL,NULL),
(X'01A226EB1C2175DDB1F96FF7349F647F','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',X'01A226EB1C1B7650B580DB5A6C25D134','2023-04-01',60000,8000,643520,514816,NULL,NULL,'2026-11-29T10:47:52.097536+00:00','2026-11-29T10:47:52.097536+00:00',1,0,NULL,NULL,NULL,NULL,NULL,'first',NULL,NULL),
(X'01A226EB1C287363962F245B4BE24FCF','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',X'01A226EB1C1B7650B580DB5A6C25D134','2023-04-15',60340,8123,643520,522731,NULL,NULL,'2026-11-29T10:47:52.104483+00:00','2026-11-29T10:47:52.104483+00:00',1,0,340,340,8123,522731,4186,NULL,NULL,NULL),
(X'01A226EB1C2E77268321AEE718D98341','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',X'01A226EB1C1B7650B580DB5A6C25D134','2023-04-29',60680,8246,643520,530647,NULL,NULL,'2026-11-29T10:47:52.110333+00:00','2026-11-29T10:47:52.110333+00:00',1,0,340,340,8246,530647,4123,NULL,NULL,NULL),
(X'01A226EB1C3471C5A849910134DC35C4','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',X'01A226EB1C1B7650B580DB5A6C25D134','2023-05-13',61020,8369,643520,523300,NULL,NULL,'2026-11-29T10:47:52.116033+00:00','2026-11-29T10:47:52.116033+00:00',1,0,340,340,8369,523300,4063,NULL,NULL,NULL),
(X'01A226EB1C39738E96845FDFF701F276','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',X'01A226EB1C1B7650B580DB5A6C25D134','2023-05-27',61360,8492,643520,546477,NULL,NULL,'2026-11-29T10:47:52.121453+00:00','2026-11-29T10:47:52.121453+00:00',1,0,340,340,8492,546477,4004,NULL,NULL,NULL),
(X'01A226EB1C3E756ABC132CB086EBF7D7','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',X'01A226EB1C1B7650B580DB5A6C25D134','2023-06-10',61700,8615,643520,554392,NULL,NULL,'2026-11-29T10:47:52.126040+00:00','2026-11-29T10:47:52.126040+00:00',1,0,340,340,8615,554392,3947,NULL,NULL,NULL),
(X'01A226EB1C43730FA55AF16F35D56724','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',X'01A226EB1C1B7650B580DB5A6C25D134','2023-06-24',62040,8738,643520,562308,NULL,NULL,'2026-11-29T10:47:52.131913+00:00','2026-11-29T10:47:52.131913+00:00',1,0,340,340,8738,562308,3891,NULL,NULL,NULL),
(X'01A226EB1C48757799F4B8007F49592C','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',X'01A226EB1C1B7650B580DB5A6C25D134','2023-07-08',62380,8861,643520,527700,NULL,NULL,'2026-11-29T10:47:52.136825+00:00','2026-11-29T10:47:52.136825+00:00',1,0,340,340,8861,527700,3837,NULL,NULL,NULL),
(X'01A226EB1C4D77E19B5EAADCBB1E37F2','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',X'01A226EB1C1B7650B580DB5A6C25D134','2023-07-22',62720,8984,643520,578138,NULL,NULL,'2026-11-29T10:47:52.141008+00:00','2026-11-29T10:47:52.141008+00:00',1,0,340,340,8984,578138,3785,NULL,NULL,NULL),
(X'01A226EB1C5276D3AAAF852E142BC171','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',X'01A226EB1C1B7650B580DB5A6C25D134','2023-08-05',63060,8107,643520,521702,NULL,NULL,'2026-11-29T10:47:52.146213+00:00','2026-11-29T10:47:52.146213+00:00',1,0,340,340,8107,521702,4194,NULL,NULL,NULL),
(X'01A226EB1D0572C3AB0B755CD09B87C0','local|01a226eb-1cc6-7274-9f42-cc422262f2bd',X'01A226EB1CF474FEA32C76B8A16B9B00','2020-02-01',90000,8000,3499,2799,NULL,NULL,'2026-11-29T10:47:52.325445+00:00','2026-11-29T10:47:52.325445+00:00',1,0,NULL,NULL,NULL,NULL,NULL,'first',NULL,NULL),
(X'01A226EB1D1A75168724C7CCA0324C31','local|01a226eb-1cc6-7274-9f42-cc422262f2bd',X'01A226EB1CF474FEA32C76B8A16B9B00','2020-02-16',90280,13377,3499,4681,NULL,NULL,'2026-11-29T10:47:52.346207+00:00','2026-11-29T10:47:52.346207+00:00',1,0,280,280,13377,4681,2093,NULL,NULL,NULL),
(X'01A226EB1D2C7435A9C1402F5646E8E8','local|01a226eb-1cc6-7274-9f42-cc422262f2bd',X'01A226EB1CF474FEA32C76B8A16B9B00','2020-03-02',90560,12754,3499,4463,NULL,NULL,'2026-11-29T10:47:52.364150+00:00','2026-11-29T10:47:52.364150+00:00',1,0,280,280,12754,4463,2195,NULL,NULL,NULL),
(X'01A226EB1D4375D7B20979E9DDF49BDC','local|01a226eb-1cc6-7274-9f42-cc422262f2bd',X'01A226EB1CF474FEA32C76B8A16B9B00','2020-03-17',90840,11131,3499,3895,NULL,NULL,'2026-11-29T10:47:52.387634+00:00','2026-11-29T10:47:52.387634+00:00',1,0,280,280,11131,3895,2515,NULL,NULL,NULL),
(X'01A226EB1D4F755BAB9F1BC513BDB57F','local|01a226eb-1cc6-7274-9f42-cc422262f2bd',X'01A226EB1CF474FEA32C76B8A16B9B00','2020-04-01',91120,10508,3499,3677,NULL,NULL,'2026-11-29T10:47:52.399345+00:00','2026-11-29T10:47:52.399345+00:00',1,0,280,280,10508,3677,2665,NULL,NULL,NULL);
INSERT INTO "maintenance" VALUES
(X'01A226EB135771DB9AE04C5ECC4E6C8D','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','oil_change','0W-20','2022-06-01',88000,'2022-06-04',88700,6495,'Quick Lube','Filter, too',1,'2026-11-29T10:47:49.847342+00:00','2026-11-29T10:47:49.855107+00:00',6,5000,'2022-06-01',0,88000,NULL),
(X'01A226EB1361773CA43D5C8CFE3DC67D','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','oil_change','0W-20','2022-12-04',93700,NULL,NULL,NULL,'Quick Lube',NULL,0,'2026-11-29T10:47:49.855107+00:00','2026-11-29T10:47:49.855107+00:00',6,5000,'2022-06-04',6,93700,X'01A226EB135771DB9AE04C5ECC4E6C8D'),
(X'01A226EB136A7442AD85005EA74763ED','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','tire_rotation',NULL,NULL,NULL,'2022-03-31',86900,0,NULL,NULL,1,'2026-11-29T10:47:49.866819+00:00','2026-11-29T10:47:49.866819+00:00',NULL,NULL,NULL,0,NULL,NULL),
(X'01A226EB13727675AAF2B7860B608ADC','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','registration_renewal',NULL,'2061-01-31',NULL,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:49.874544+00:00','2026-11-29T10:47:49.874544+00:00',12,NULL,'2061-01-31',0,NULL,NULL),
(X'01A226EB137A70ABBE7A9E1B8924DAAF','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','timing_belt',NULL,NULL,150000,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:49.882427+00:00','2026-11-29T10:47:49.882427+00:00',NULL,NULL,NULL,0,150000,NULL),
(X'01A226EB1382749580CC160925C404E3','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB119E70FD996C6C100DBC7C28','wash_and_wax',NULL,'2060-02-29',NULL,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:49.890598+00:00','2026-11-29T10:47:49.898125+00:00',1,NULL,'2023-01-31',0,NULL,NULL),
(X'01A226EB140F746F9FF1E280BA12834D','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','oil_change',NULL,'2024-01-15',130000,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.030721+00:00','2026-11-29T10:47:50.030721+00:00',12,10000,'2024-01-15',0,130000,NULL),
(X'01A226EB140F746F9FF1E281DBCC8231','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','tire_rotation',NULL,'2024-01-15',130000,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.030721+00:00','2026-11-29T10:47:50.030721+00:00',12,10000,'2024-01-15',0,130000,NULL),
(X'01A226EB140F746F9FF1E282B87BAF44','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','multi_point_inspection',NULL,'2024-01-15',130000,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.030721+00:00','2026-11-29T10:47:50.030721+00:00',12,10000,'2024-01-15',0,130000,NULL),
(X'01A226EB140F746F9FF1E283AE3EFA71','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','cabin_air_filter',NULL,'2025-01-15',140000,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.030721+00:00','2026-11-29T10:47:50.030721+00:00',24,20000,'2025-01-15',0,140000,NULL),
(X'01A226EB140F746F9FF1E2846A3AAB20','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','engine_air_filter',NULL,'2026-01-15',150000,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.030721+00:00','2026-11-29T10:47:50.030721+00:00',36,30000,'2026-01-15',0,150000,NULL),
(X'01A226EB140F746F9FF1E285EF1A1393','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','brake_fluid',NULL,'2026-01-15',NULL,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.030721+00:00','2026-11-29T10:47:50.030721+00:00',36,NULL,'2026-01-15',0,NULL,NULL),
(X'01A226EB140F746F9FF1E286E8AF58DB','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','spark_plugs',NULL,NULL,200000,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.030721+00:00','2026-11-29T10:47:50.030721+00:00',NULL,100000,NULL,0,200000,NULL),
(X'01A226EB140F746F9FF1E287212A5357','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','coolant',NULL,'2033-01-15',200000,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.030721+00:00','2026-11-29T10:47:50.030721+00:00',120,100000,'2033-01-15',0,200000,NULL),
(X'01A226EB140F746F9FF1E288004FE700','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB139E7145828753B5077DEEAD','transmission_fluid',NULL,'2033-01-15',150000,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.030721+00:00','2026-11-29T10:47:50.030721+00:00',120,150000,'2033-01-15',0,150000,NULL),
(X'01A226EB147E742DA701880A80E888D8','local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB145F720095AD17772D17B5D1','brake_fluid',NULL,'2021-05-05',NULL,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.142830+00:00','2026-11-29T10:47:50.142830+00:00',NULL,NULL,'2021-05-05',0,NULL,NULL),
(X'01A226EB176A758B8E8BAF5521B11598','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','oil_change',NULL,'2022-09-01',NULL,'2022-09-10',81300,18990,NULL,NULL,1,'2026-11-29T10:47:50.890575+00:00','2026-11-29T10:47:50.896483+00:00',12,9321,'2022-09-01',0,NULL,NULL),
(X'01A226EB177176839F3F129BDA9003D7','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','oil_change',NULL,'2023-09-10',90621,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.896483+00:00','2026-11-29T10:47:50.896483+00:00',12,9321,'2022-09-10',12,90621,X'01A226EB176A758B8E8BAF5521B11598'),
(X'01A226EB177F72FC83B113CCD9F3E27B','local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1688752BB3BE0EE67628DB3A','hauptuntersuchung',NULL,'2060-03-31',NULL,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:50.911691+00:00','2026-11-29T10:47:50.911691+00:00',24,NULL,'2060-03-31',0,NULL,NULL),
(X'01A226EB19CE77E28DD4589FE7CCFC9D','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','mot_test',NULL,'2023-11-05',NULL,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:51.502113+00:00','2026-11-29T10:47:51.502113+00:00',12,NULL,'2023-11-05',0,NULL,NULL),
(X'01A226EB19D2759C9DFCBA63B455F392','local|01a226eb-18bd-71f3-b4b9-82d482bca1e7',X'01A226EB192173F69F9E0FDF13840D03','oil_change',NULL,NULL,55000,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:51.506726+00:00','2026-11-29T10:47:51.514444+00:00',NULL,3000,NULL,0,55000,NULL),
(X'01A226EB1C577063B4C4FA569746A6CC','local|01a226eb-1bec-735c-ab0c-2a1a98f61410',X'01A226EB1C1B7650B580DB5A6C25D134','shaken',NULL,NULL,NULL,'2023-06-01',61000,9800000,NULL,NULL,1,'2026-11-29T10:47:52.151352+00:00','2026-11-29T10:47:52.151352+00:00',NULL,NULL,NULL,0,NULL,NULL),
(X'01A226EB1D557752A6B3501DC883D954','local|01a226eb-1cc6-7274-9f42-cc422262f2bd',X'01A226EB1CF474FEA32C76B8A16B9B00','battery',NULL,'2020-06-01',NULL,NULL,NULL,NULL,NULL,NULL,0,'2026-11-29T10:47:52.405855+00:00','2026-11-29T10:47:52.405855+00:00',NULL,NULL,'2020-06-01',0,NULL,NULL);
INSERT INTO "stations" VALUES
(X'01A226EB117373A091C968FAC2163315',NULL,'Corner Gas','12 Main St, Denver, CO 80202',3973915000,-10498470000,'+1 303 555 0100','https://corner.example','2026-11-29T10:47:49.363442+00:00','2026-11-29T10:47:49.363442+00:00','local|01a226eb-1139-7750-8919-2adf3adb2ef3',NULL,'Shell','regular premium diesel','corner gas shell 12 main st, denver, co 80202',18678300),
(X'01A226EB1675717A80EAC04273CD487C',NULL,'Tankstelle Süd',NULL,4813715400,1157612400,NULL,NULL,'2026-11-29T10:47:50.645309+00:00','2026-11-29T10:47:50.645309+00:00','local|01a226eb-1615-76fc-96bc-3572e2e27d34',NULL,'Aral','e5 e10 diesel','tankstelle süd aral',19890231);
INSERT INTO "station_favorites" VALUES
('local|01a226eb-1139-7750-8919-2adf3adb2ef3',X'01A226EB117373A091C968FAC2163315','Cheap on Tuesdays.
Cash only.','2026-11-29T10:47:49.378804+00:00'),
('local|01a226eb-1615-76fc-96bc-3572e2e27d34',X'01A226EB1675717A80EAC04273CD487C','Günstig','2026-11-29T10:47:50.658385+00:00');
INSERT INTO "station_numbers" VALUES
(1,X'01A226EB117373A091C968FAC2163315'),
(2,X'01A226EB1675717A80EAC04273CD487C');
INSERT INTO station_words (rowid, words) SELECT n.number, s.search_key FROM station_numbers n JOIN stations s ON s.id = n.station_id;
CREATE INDEX idx_security_events_at ON security_events (at, id);
CREATE INDEX idx_security_events_kind ON security_events (kind, at);
CREATE INDEX idx_invitations_created_at ON invitations (created_at, id);
CREATE INDEX idx_invitations_expires_at ON invitations (expires_at);
CREATE INDEX idx_sessions_account_id ON sessions (account_id);
CREATE INDEX idx_sessions_expires_at ON sessions (expires_at);
CREATE INDEX idx_kept_answers_created_at ON kept_answers (created_at);
CREATE UNIQUE INDEX unique_account_user_id ON accounts (user_id);
CREATE UNIQUE INDEX unique_session_id ON sessions (id);
CREATE INDEX idx_personal_tokens_account_id ON personal_tokens (account_id);
CREATE INDEX idx_known_devices_account_id ON known_devices (account_id);
CREATE INDEX idx_known_devices_seen_at ON known_devices (seen_at);
CREATE INDEX idx_guess_budgets_until ON guess_budgets (until);
CREATE INDEX idx_identities_account_id ON identities (account_id);
CREATE INDEX idx_provider_logins_created_at ON provider_logins (created_at);
CREATE INDEX idx_passkeys_account_id ON passkeys (account_id);
CREATE INDEX idx_ceremonies_account_id ON ceremonies (account_id);
CREATE INDEX idx_ceremonies_expires_at ON ceremonies (expires_at);
CREATE INDEX idx_pending_sign_ins_account_id ON pending_sign_ins (account_id);
CREATE INDEX idx_pending_sign_ins_expires_at ON pending_sign_ins (expires_at);
CREATE INDEX idx_password_resets_account_id ON password_resets (account_id);
CREATE INDEX idx_password_resets_expires_at ON password_resets (expires_at);
CREATE INDEX idx_vin_cache_cached_at ON vin_cache (cached_at);
CREATE INDEX idx_vehicles_user_id ON vehicles (user_id);
CREATE INDEX idx_vehicles_vin ON vehicles (vin);
CREATE INDEX idx_vehicles_is_active ON vehicles (is_active);
CREATE INDEX idx_vehicles_created_at ON vehicles (created_at);
CREATE TRIGGER update_vehicles_updated_at
    AFTER UPDATE ON vehicles
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE vehicles SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') WHERE id = NEW.id;
END;
CREATE UNIQUE INDEX unique_vehicle_owner ON vehicles (id, user_id);
CREATE INDEX idx_vehicles_list ON vehicles (user_id, created_at DESC, id DESC);
CREATE INDEX idx_odometer_readings_vehicle
    ON odometer_readings (vehicle_id, user_id, date DESC, reading DESC, id DESC);
CREATE INDEX idx_odometer_readings_user ON odometer_readings (user_id, date DESC);
CREATE INDEX idx_fuel_logs_user_id ON fuel_logs (user_id);
CREATE INDEX idx_fuel_logs_vehicle_id ON fuel_logs (vehicle_id);
CREATE INDEX idx_fuel_logs_date ON fuel_logs (date);
CREATE TRIGGER update_fuel_logs_updated_at
    AFTER UPDATE ON fuel_logs
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE fuel_logs SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') WHERE id = NEW.id;
END;
CREATE INDEX idx_fuel_logs_vehicle_list
    ON fuel_logs (vehicle_id, user_id, date DESC, odometer_reading DESC, id DESC);
CREATE INDEX idx_fuel_logs_user_list
    ON fuel_logs (user_id, date DESC, odometer_reading DESC, id DESC);
CREATE INDEX idx_maintenance_user_id ON maintenance (user_id);
CREATE INDEX idx_maintenance_vehicle_id ON maintenance (vehicle_id);
CREATE INDEX idx_maintenance_due_date ON maintenance (due_date);
CREATE INDEX idx_maintenance_is_completed ON maintenance (is_completed);
CREATE TRIGGER update_maintenance_updated_at
    AFTER UPDATE ON maintenance
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE maintenance SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')
    WHERE id = NEW.id;
END;
CREATE UNIQUE INDEX unique_maintenance_previous ON maintenance (previous_id);
CREATE INDEX idx_maintenance_list ON maintenance (user_id, created_at DESC, id DESC);
CREATE INDEX idx_maintenance_vehicle_list
    ON maintenance (vehicle_id, user_id, created_at DESC, id DESC);
CREATE INDEX idx_maintenance_done
    ON maintenance (vehicle_id, user_id, is_completed, completed_date DESC, id DESC);
CREATE INDEX idx_maintenance_open ON maintenance (user_id, is_completed, due_date);
CREATE TRIGGER update_stations_updated_at
    AFTER UPDATE ON stations
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE stations SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') WHERE id = NEW.id;
END;
CREATE UNIQUE INDEX unique_station_origin ON stations (origin);
CREATE INDEX idx_stations_cell ON stations (cell, latitude, longitude, id);
CREATE INDEX idx_stations_list ON stations (created_at DESC, id DESC);
CREATE INDEX idx_station_favorites_station ON station_favorites (station_id);
CREATE INDEX idx_fuel_logs_station ON fuel_logs (station_id, user_id, date DESC, odometer_reading DESC, id DESC);
CREATE TRIGGER number_new_stations AFTER INSERT ON stations
BEGIN
    INSERT INTO station_numbers (station_id) VALUES (NEW.id);
END;
CREATE TRIGGER keep_words_of_changed_stations AFTER UPDATE OF search_key ON stations
WHEN NEW.search_key <> OLD.search_key
BEGIN
    INSERT INTO station_words (station_words, rowid, words)
        SELECT 'delete', number, OLD.search_key FROM station_numbers WHERE station_id = OLD.id;
    INSERT INTO station_words (rowid, words)
        SELECT number, NEW.search_key FROM station_numbers WHERE station_id = NEW.id;
END;
CREATE TRIGGER forget_words_of_removed_stations BEFORE DELETE ON stations
BEGIN
    INSERT INTO station_words (station_words, rowid, words)
        SELECT 'delete', number, OLD.search_key FROM station_numbers WHERE station_id = OLD.id;
END;
CREATE INDEX idx_notification_channels_user
    ON notification_channels (user_id, created_at DESC, id DESC);
CREATE INDEX idx_notifications_due ON notifications (user_id, next_at);
COMMIT;
PRAGMA foreign_keys = ON;
