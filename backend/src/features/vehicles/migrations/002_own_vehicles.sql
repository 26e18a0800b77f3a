-- What the foreign keys of a vehicle's rows refer to, so that none can hang under another
-- user's vehicle.
ALTER TABLE vehicles ADD CONSTRAINT unique_vehicle_owner UNIQUE (id, user_id);

-- A user's list, newest first.
CREATE INDEX idx_vehicles_list ON vehicles (user_id, created_at DESC, id DESC);
