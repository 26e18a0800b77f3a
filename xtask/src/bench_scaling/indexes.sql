-- Deletes the rows that were inserted by the measurement, and adds the indexes of later migrations.
DELETE FROM fuel_logs WHERE odometer_reading >= 100000;
CREATE INDEX idx_fuel_logs_vehicle_list ON fuel_logs (vehicle_id, user_id, date DESC, total_exact DESC, id DESC);
CREATE INDEX idx_fuel_logs_user_list ON fuel_logs (user_id, date DESC, total_exact DESC, id DESC);
CREATE INDEX idx_fuel_logs_station ON fuel_logs (station_id, user_id, date DESC, odometer_reading DESC, id DESC);
VACUUM ANALYZE fuel_logs;
CHECKPOINT;
