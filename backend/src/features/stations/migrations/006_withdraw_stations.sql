-- When it was deleted. It is no longer listed then, and stays readable for those who use it.
ALTER TABLE stations ADD COLUMN withdrawn_at TIMESTAMP WITH TIME ZONE;
CREATE INDEX idx_stations_withdrawn ON stations (withdrawn_at) WHERE withdrawn_at IS NOT NULL;

-- Deleting a station takes nothing away from those who use it: the database refuses it.
ALTER TABLE station_favorites DROP CONSTRAINT station_favorites_station_id_fkey;
ALTER TABLE station_favorites ADD CONSTRAINT station_favorites_station_id_fkey
    FOREIGN KEY (station_id) REFERENCES stations (id) ON UPDATE CASCADE ON DELETE RESTRICT;
ALTER TABLE fuel_logs DROP CONSTRAINT fuel_logs_station_id_fkey;
ALTER TABLE fuel_logs ADD CONSTRAINT fuel_logs_station_id_fkey
    FOREIGN KEY (station_id) REFERENCES stations (id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- Deletes a withdrawn station that nobody uses, and returns whether it did. A foreign key sees the
-- rows of all users, which row-level security hides from every statement of the service.
CREATE FUNCTION delete_unused_station(station UUID) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM stations
    WHERE id = station AND withdrawn_at IS NOT NULL AND google_place_id IS NULL AND origin IS NULL;
    RETURN FOUND;
EXCEPTION WHEN foreign_key_violation THEN
    RETURN FALSE;
END
$$;
