-- Here, since what it refers to is there by now. Without the station a fill-up keeps its name.
ALTER TABLE fuel_logs ADD COLUMN station_id UUID
    REFERENCES stations (id) ON UPDATE CASCADE ON DELETE SET NULL;

-- What one user paid at a station, the latest first.
CREATE INDEX idx_fuel_logs_station ON fuel_logs (station_id, user_id, date DESC, odometer_reading DESC, id DESC);
