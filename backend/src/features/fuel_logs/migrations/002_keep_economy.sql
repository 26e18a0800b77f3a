-- A row can hang only under a vehicle of the same user's.
ALTER TABLE fuel_logs ADD CONSTRAINT fuel_logs_vehicle_owner_fkey
    FOREIGN KEY (vehicle_id, user_id) REFERENCES vehicles (id, user_id)
    ON UPDATE CASCADE ON DELETE RESTRICT;

-- What kind of fill it was.
ALTER TABLE fuel_logs ADD COLUMN is_full BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE fuel_logs ADD COLUMN missed_previous BOOLEAN NOT NULL DEFAULT false;

-- What it says about economy (docs/FUEL-ECONOMY.md), worked out when a fill-up nearby is written.
-- Miles since the fill before it.
ALTER TABLE fuel_logs ADD COLUMN trip_distance INTEGER;
-- Of the full-to-full interval that it closes: miles, gallons, cost, and miles per gallon.
ALTER TABLE fuel_logs ADD COLUMN interval_distance INTEGER;
ALTER TABLE fuel_logs ADD COLUMN interval_gallons DECIMAL(12,3);
ALTER TABLE fuel_logs ADD COLUMN interval_cost DECIMAL(12,2);
ALTER TABLE fuel_logs ADD COLUMN mpg DECIMAL(16,2);
-- Why it closes none.
ALTER TABLE fuel_logs ADD COLUMN economy_reason VARCHAR(20);

-- A vehicle's fill-ups and a user's, newest first. The first begins with both ids that a statement
-- names, lest SQLite takes the second for it and walks through all of the user's.
CREATE INDEX idx_fuel_logs_vehicle_list
    ON fuel_logs (vehicle_id, user_id, date DESC, odometer_reading DESC, id DESC);
CREATE INDEX idx_fuel_logs_user_list
    ON fuel_logs (user_id, date DESC, odometer_reading DESC, id DESC);
