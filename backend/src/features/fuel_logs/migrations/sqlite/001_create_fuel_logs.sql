-- Decimals are whole numbers of the column's smallest unit: thousandths of a gallon, cents.
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
    updated_at       TEXT,
    CONSTRAINT fuel_logs_vehicle_id_fkey FOREIGN KEY (vehicle_id)
        REFERENCES vehicles (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    -- Here from the start: SQLite adds no constraint to a table that exists.
    CONSTRAINT fuel_logs_vehicle_owner_fkey FOREIGN KEY (vehicle_id, user_id)
        REFERENCES vehicles (id, user_id) ON UPDATE CASCADE ON DELETE RESTRICT
) STRICT;

CREATE INDEX idx_fuel_logs_user_id ON fuel_logs (user_id);
CREATE INDEX idx_fuel_logs_vehicle_id ON fuel_logs (vehicle_id);
CREATE INDEX idx_fuel_logs_date ON fuel_logs (date);

CREATE TRIGGER update_fuel_logs_updated_at
    AFTER UPDATE ON fuel_logs
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE fuel_logs SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') WHERE id = NEW.id;
END;
