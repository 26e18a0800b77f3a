-- Degrees are whole numbers of the column's smallest unit: hundred-millionths.
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
) STRICT;

CREATE TRIGGER update_stations_updated_at
    AFTER UPDATE ON stations
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE stations SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') WHERE id = NEW.id;
END;
