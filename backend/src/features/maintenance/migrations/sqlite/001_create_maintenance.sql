-- Decimals are whole numbers of the column's smallest unit: cents.
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
    updated_at        TEXT,
    CONSTRAINT maintenance_vehicle_id_fkey FOREIGN KEY (vehicle_id)
        REFERENCES vehicles (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    -- Here from the start: SQLite adds no constraint to a table that exists.
    CONSTRAINT maintenance_vehicle_owner_fkey FOREIGN KEY (vehicle_id, user_id)
        REFERENCES vehicles (id, user_id) ON UPDATE CASCADE ON DELETE RESTRICT
) STRICT;

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
