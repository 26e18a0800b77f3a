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

CREATE INDEX idx_vehicles_user_id ON vehicles (user_id);
CREATE INDEX idx_vehicles_vin ON vehicles (vin);
CREATE INDEX idx_vehicles_is_active ON vehicles (is_active);
CREATE INDEX idx_vehicles_created_at ON vehicles (created_at);

-- Acts only where a statement left the column alone.
CREATE TRIGGER update_vehicles_updated_at
    AFTER UPDATE ON vehicles
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE vehicles SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') WHERE id = NEW.id;
END;
