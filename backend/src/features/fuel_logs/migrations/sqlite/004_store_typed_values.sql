-- Readings, volumes and money exactly as they were entered: whole numbers of a base unit in which
-- every value of every unit is whole, and the unit's code. Distances are tenths of a millimeter,
-- volumes picoliters. Decimals are whole numbers of the column's smallest unit: ten-thousandths of a
-- unit price, thousandths of an amount.
ALTER TABLE fuel_logs ADD COLUMN odometer_exact INTEGER NOT NULL DEFAULT 0;
-- Null where the odometer was not read: the reading is then the last known one.
ALTER TABLE fuel_logs ADD COLUMN odometer_unit TEXT;
-- What the vehicle has done, replaced odometers counted: the order of fill-ups within a day.
ALTER TABLE fuel_logs ADD COLUMN total_exact INTEGER NOT NULL DEFAULT 0;
-- The distance since the fill-up before, where that was entered instead of a reading.
ALTER TABLE fuel_logs ADD COLUMN trip_exact INTEGER;
ALTER TABLE fuel_logs ADD COLUMN trip_unit TEXT;
-- Null where only the amount is known.
ALTER TABLE fuel_logs ADD COLUMN volume_exact INTEGER;
ALTER TABLE fuel_logs ADD COLUMN volume_unit TEXT;
ALTER TABLE fuel_logs ADD COLUMN unit_price INTEGER;
ALTER TABLE fuel_logs ADD COLUMN unit_price_per TEXT;
ALTER TABLE fuel_logs ADD COLUMN amount INTEGER;
ALTER TABLE fuel_logs ADD COLUMN currency TEXT;
-- Which of volume, unit price and amount follows from the other two.
ALTER TABLE fuel_logs ADD COLUMN derived TEXT;
-- The pointers of members that looked wrong and were confirmed, with blanks between them.
ALTER TABLE fuel_logs ADD COLUMN confirmed TEXT;

-- Economy in the same units; the money is in the row's currency.
ALTER TABLE fuel_logs ADD COLUMN distance_exact INTEGER;
ALTER TABLE fuel_logs ADD COLUMN interval_exact INTEGER;
ALTER TABLE fuel_logs ADD COLUMN interval_volume INTEGER;
ALTER TABLE fuel_logs ADD COLUMN interval_amount INTEGER;

-- The rows keep the time of their last change.
DROP TRIGGER update_fuel_logs_updated_at;
UPDATE fuel_logs
SET odometer_exact = odometer_reading * 16093440,
    odometer_unit = 'mi',
    total_exact = (odometer_reading + COALESCE((
        SELECT SUM(r.previous_reading - r.reading) FROM odometer_readings r
        WHERE r.vehicle_id = fuel_logs.vehicle_id AND r.user_id = fuel_logs.user_id
          AND r.previous_reading IS NOT NULL
          AND (r.date < fuel_logs.date OR r.date = fuel_logs.date
            AND ABS(fuel_logs.odometer_reading - r.reading)
              < ABS(fuel_logs.odometer_reading - r.previous_reading))
    ), 0)) * 16093440,
    volume_exact = gallons * 3785411784,
    volume_unit = 'gal_us',
    unit_price = price_per_gallon * 10,
    unit_price_per = CASE WHEN price_per_gallon IS NOT NULL THEN 'gal_us' END,
    amount = total_cost * 10,
    currency = CASE WHEN price_per_gallon IS NOT NULL OR total_cost IS NOT NULL THEN COALESCE((
        SELECT p.currency FROM user_preferences p WHERE p.user_id = fuel_logs.user_id
    ), 'USD') END,
    -- What was paid is what people read off a receipt: of the two it is the one to keep.
    derived = CASE WHEN (gallons * price_per_gallon + 5000) / 10000 = total_cost
        OR (total_cost * 20000 + gallons) / NULLIF(gallons * 2, 0) = price_per_gallon THEN 'unit-price' END,
    distance_exact = trip_distance * 16093440,
    interval_exact = interval_distance * 16093440,
    interval_volume = interval_gallons * 3785411784,
    interval_amount = interval_cost * 10;
CREATE TRIGGER update_fuel_logs_updated_at
    AFTER UPDATE ON fuel_logs
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE fuel_logs SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') WHERE id = NEW.id;
END;

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
