-- A row can hang only under a vehicle of the same user's.
ALTER TABLE maintenance ADD CONSTRAINT maintenance_vehicle_owner_fkey
    FOREIGN KEY (vehicle_id, user_id) REFERENCES vehicles (id, user_id)
    ON UPDATE CASCADE ON DELETE RESTRICT;

-- After how many months and miles it comes again.
ALTER TABLE maintenance ADD COLUMN interval_months INTEGER;
ALTER TABLE maintenance ADD COLUMN interval_miles INTEGER;

-- What it is due at by its series, wherever it has been postponed to: so many months after a base
-- date, so that one of the 31st comes back to the 31st after February; and at so many miles.
ALTER TABLE maintenance ADD COLUMN base_date DATE;
ALTER TABLE maintenance ADD COLUMN months_from_base INTEGER NOT NULL DEFAULT 0;
ALTER TABLE maintenance ADD COLUMN scheduled_mileage INTEGER;

-- The item that left it behind when it was completed: each leaves one at most. That one may be gone
-- by now; to tell of it here would make this one look changed.
ALTER TABLE maintenance ADD COLUMN previous_id UUID;
CREATE UNIQUE INDEX unique_maintenance_previous ON maintenance (previous_id);

-- A user's list and a vehicle's, newest first; and what is open or done of either. Those of a
-- vehicle begin with both ids that a statement names, lest SQLite walks through all of the user's.
CREATE INDEX idx_maintenance_list ON maintenance (user_id, created_at DESC, id DESC);
CREATE INDEX idx_maintenance_vehicle_list
    ON maintenance (vehicle_id, user_id, created_at DESC, id DESC);
CREATE INDEX idx_maintenance_done
    ON maintenance (vehicle_id, user_id, is_completed, completed_date DESC, id DESC);
CREATE INDEX idx_maintenance_open ON maintenance (user_id, is_completed, due_date);
