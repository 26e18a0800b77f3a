-- Readings exactly as entered: tenths of a millimeter (a mile has 16,093,440) beside the unit. The
-- whole miles stay, rounded half up.
ALTER TABLE odometer_readings ADD COLUMN reading_exact BIGINT NOT NULL DEFAULT 0;
ALTER TABLE odometer_readings ADD COLUMN reading_unit VARCHAR(2) NOT NULL DEFAULT 'mi';
ALTER TABLE odometer_readings ADD COLUMN previous_exact BIGINT;
ALTER TABLE odometer_readings ADD COLUMN previous_unit VARCHAR(2);
UPDATE odometer_readings SET reading_exact = CAST(reading AS BIGINT) * 16093440;
UPDATE odometer_readings
SET previous_exact = CAST(previous_reading AS BIGINT) * 16093440, previous_unit = 'mi'
WHERE previous_reading IS NOT NULL;

DROP INDEX idx_odometer_readings_vehicle;
CREATE INDEX idx_odometer_readings_vehicle
    ON odometer_readings (vehicle_id, user_id, date DESC, reading_exact DESC, id DESC);

-- The latest reading of a vehicle and its day. NULL where a vehicle has no reading. The garage's first
-- migration fills them from every table that has readings.
ALTER TABLE vehicles ADD COLUMN odometer_exact BIGINT;
ALTER TABLE vehicles ADD COLUMN odometer_unit VARCHAR(2);
ALTER TABLE vehicles ADD COLUMN odometer_date DATE;
