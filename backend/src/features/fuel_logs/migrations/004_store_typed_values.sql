-- Readings, volumes and money exactly as they were entered: whole numbers of a base unit in which
-- every value of every unit is whole, and the unit's code. Distances are tenths of a millimeter,
-- volumes picoliters.
ALTER TABLE fuel_logs ADD COLUMN odometer_exact BIGINT NOT NULL DEFAULT 0;
-- Null where the odometer was not read: the reading is then the last known one.
ALTER TABLE fuel_logs ADD COLUMN odometer_unit VARCHAR(2);
-- What the vehicle has done, replaced odometers counted: the order of fill-ups within a day.
ALTER TABLE fuel_logs ADD COLUMN total_exact BIGINT NOT NULL DEFAULT 0;
-- The distance since the fill-up before, where that was entered instead of a reading.
ALTER TABLE fuel_logs ADD COLUMN trip_exact BIGINT;
ALTER TABLE fuel_logs ADD COLUMN trip_unit VARCHAR(2);
-- Null where only the amount is known.
ALTER TABLE fuel_logs ADD COLUMN volume_exact BIGINT;
ALTER TABLE fuel_logs ADD COLUMN volume_unit VARCHAR(6);
ALTER TABLE fuel_logs ADD COLUMN unit_price DECIMAL(12,4);
ALTER TABLE fuel_logs ADD COLUMN unit_price_per VARCHAR(6);
ALTER TABLE fuel_logs ADD COLUMN amount DECIMAL(14,3);
ALTER TABLE fuel_logs ADD COLUMN currency VARCHAR(3);
-- Which of volume, unit price and amount follows from the other two.
ALTER TABLE fuel_logs ADD COLUMN derived VARCHAR(10);
-- The pointers of members that looked wrong and were confirmed, with blanks between them.
ALTER TABLE fuel_logs ADD COLUMN confirmed TEXT;

-- Economy in the same units; the money is in the row's currency.
ALTER TABLE fuel_logs ADD COLUMN distance_exact BIGINT;
ALTER TABLE fuel_logs ADD COLUMN interval_exact BIGINT;
ALTER TABLE fuel_logs ADD COLUMN interval_volume BIGINT;
ALTER TABLE fuel_logs ADD COLUMN interval_amount DECIMAL(18,3);

-- The rows keep the time of their last change.
ALTER TABLE fuel_logs DISABLE TRIGGER update_fuel_logs_updated_at;
UPDATE fuel_logs
SET odometer_exact = odometer_reading * CAST(16093440 AS BIGINT),
    odometer_unit = 'mi',
    total_exact = (odometer_reading + COALESCE((
        SELECT SUM(r.previous_reading - r.reading) FROM odometer_readings r
        WHERE r.vehicle_id = fuel_logs.vehicle_id AND r.user_id = fuel_logs.user_id
          AND r.previous_reading IS NOT NULL
          AND (r.date < fuel_logs.date OR r.date = fuel_logs.date
            AND ABS(fuel_logs.odometer_reading - r.reading)
              < ABS(fuel_logs.odometer_reading - r.previous_reading))
    ), 0)) * CAST(16093440 AS BIGINT),
    volume_exact = CAST(gallons * 1000 AS BIGINT) * 3785411784,
    volume_unit = 'gal_us',
    unit_price = price_per_gallon,
    unit_price_per = CASE WHEN price_per_gallon IS NOT NULL THEN 'gal_us' END,
    amount = total_cost,
    currency = CASE WHEN price_per_gallon IS NOT NULL OR total_cost IS NOT NULL THEN COALESCE((
        SELECT p.currency FROM user_preferences p WHERE p.user_id = fuel_logs.user_id
    ), 'USD') END,
    -- What was paid is what people read off a receipt: of the two it is the one to keep.
    derived = CASE WHEN ROUND(gallons * price_per_gallon, 2) = total_cost
        OR ROUND(total_cost / NULLIF(gallons, 0), 3) = price_per_gallon THEN 'unit-price' END,
    distance_exact = trip_distance * CAST(16093440 AS BIGINT),
    interval_exact = interval_distance * CAST(16093440 AS BIGINT),
    interval_volume = CAST(interval_gallons * 1000 AS BIGINT) * 3785411784,
    interval_amount = interval_cost;
ALTER TABLE fuel_logs ENABLE TRIGGER update_fuel_logs_updated_at;

ALTER TABLE fuel_logs DROP COLUMN trip_distance;
ALTER TABLE fuel_logs DROP COLUMN interval_distance;
ALTER TABLE fuel_logs DROP COLUMN interval_gallons;
ALTER TABLE fuel_logs DROP COLUMN interval_cost;

DROP INDEX idx_fuel_logs_vehicle_list;
DROP INDEX idx_fuel_logs_user_list;
CREATE INDEX idx_fuel_logs_vehicle_list
    ON fuel_logs (vehicle_id, user_id, date DESC, total_exact DESC, id DESC);
CREATE INDEX idx_fuel_logs_user_list
    ON fuel_logs (user_id, date DESC, total_exact DESC, id DESC);
