-- What kind of fill it was.
ALTER TABLE fuel_logs ADD COLUMN is_full INTEGER NOT NULL DEFAULT true;
ALTER TABLE fuel_logs ADD COLUMN missed_previous INTEGER NOT NULL DEFAULT false;

-- What it says about economy (docs/FUEL-ECONOMY.md), worked out when a fill-up nearby is written.
-- Miles since the fill before it.
ALTER TABLE fuel_logs ADD COLUMN trip_distance INTEGER;
-- Of the full-to-full interval that it closes: miles, gallons, cost, and miles per gallon.
ALTER TABLE fuel_logs ADD COLUMN interval_distance INTEGER;
ALTER TABLE fuel_logs ADD COLUMN interval_gallons INTEGER;
ALTER TABLE fuel_logs ADD COLUMN interval_cost INTEGER;
ALTER TABLE fuel_logs ADD COLUMN mpg INTEGER;
-- Why it closes none.
ALTER TABLE fuel_logs ADD COLUMN economy_reason TEXT;

-- A vehicle's fill-ups and a user's, newest first. The first begins with both ids that a statement
-- names, lest SQLite takes the second for it and walks through all of the user's.
CREATE INDEX idx_fuel_logs_vehicle_list
    ON fuel_logs (vehicle_id, user_id, date DESC, odometer_reading DESC, id DESC);
CREATE INDEX idx_fuel_logs_user_list
    ON fuel_logs (user_id, date DESC, odometer_reading DESC, id DESC);
