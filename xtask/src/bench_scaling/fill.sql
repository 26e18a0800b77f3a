-- Adds users, each with a vehicle and a fill-up per week. The variables are `users` and `logs`. The data is consistent, so
-- skip ten million foreign key checks.
SET session_replication_role = replica;
DROP INDEX idx_fuel_logs_vehicle_list, idx_fuel_logs_user_list, idx_fuel_logs_station, idx_fuel_logs_user_id, idx_fuel_logs_vehicle_id,
    idx_fuel_logs_date;
INSERT INTO vehicles (id, user_id, vin, make, model, year, odometer_reading, created_at, updated_at)
SELECT CAST('00000000-0000-7000-8000-' || lpad(to_hex(u), 12, '0') AS UUID), 'local|' || lpad(CAST(u AS TEXT), 36, '0'),
       lpad(CAST(u AS TEXT), 17, '1'), 'Honda', 'Accord', 2015, :logs * 300, now(), now()
FROM generate_series(1, :users) u;
INSERT INTO fuel_logs (id, user_id, vehicle_id, date, odometer_reading, gallons, price_per_gallon, total_cost, station_name,
    created_at, updated_at, odometer_exact, odometer_unit, total_exact, volume_exact, volume_unit, unit_price,
    unit_price_per, amount, currency, derived, distance_exact, interval_exact, interval_volume, interval_amount, mpg)
SELECT CAST(lpad(to_hex(1700000000000 + n * 604800000::BIGINT + u), 12, '0') || '7' || substr(md5(n || '-' || u), 1, 3)
            || '8' || substr(md5(u || '-' || n), 1, 15) AS UUID),
       'local|' || lpad(CAST(u AS TEXT), 36, '0'), CAST('00000000-0000-7000-8000-' || lpad(to_hex(u), 12, '0') AS UUID),
       DATE '2025-01-01' + 7 * n + u % 7, n * 300 + u % 50, 10.5, 3.499, 36.74, 'Shell', now(), now(),
       (n * 300 + u % 50) * 16093440::BIGINT, 'mi',
       (n * 300 + u % 50) * 16093440::BIGINT, 39746823732000, 'gal_us', 3.499, 'gal_us', 36.74, 'USD', 'amount', 4828032000, 4828032000,
       39746823732000, 36.74, 28.57
FROM generate_series(1, :logs) n, generate_series(1, :users) u;
CREATE INDEX idx_fuel_logs_user_id ON fuel_logs (user_id);
CREATE INDEX idx_fuel_logs_vehicle_id ON fuel_logs (vehicle_id);
CREATE INDEX idx_fuel_logs_date ON fuel_logs (date);
VACUUM ANALYZE;
CHECKPOINT;
