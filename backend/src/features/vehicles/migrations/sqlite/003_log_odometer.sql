-- What an odometer showed, as far as nothing else tells of it: readings noted by hand, and the first
-- one of a cluster that was replaced, with what the old one showed last.
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

CREATE INDEX idx_odometer_readings_vehicle
    ON odometer_readings (vehicle_id, user_id, date DESC, reading DESC, id DESC);
CREATE INDEX idx_odometer_readings_user ON odometer_readings (user_id, date DESC);
