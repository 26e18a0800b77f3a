-- A transaction of pgbench: the service's own statements, except for their parameters. `u` is the number of a user.
\set odometer random(100000, 2000000)
\set u random(1, :users)
BEGIN;
SELECT set_config('app.user_id', 'local|' || lpad(CAST(:u AS TEXT), 36, '0'), true);
INSERT INTO fuel_logs (id, user_id, vehicle_id, date, odometer_reading, gallons, price_per_gallon, total_cost, station_name,
    created_at, updated_at, odometer_exact, odometer_unit, total_exact, volume_exact, volume_unit, unit_price,
    unit_price_per, amount, currency, derived, distance_exact, interval_exact, interval_volume, interval_amount, mpg)
VALUES (gen_random_uuid(), 'local|' || lpad(CAST(:u AS TEXT), 36, '0'), CAST('00000000-0000-7000-8000-' || lpad(to_hex(CAST(:u AS INTEGER)), 12, '0') AS UUID), DATE '2026-01-01' + CAST(:odometer AS INTEGER) % 300, CAST(:odometer AS INTEGER), 10.5, 3.499, 36.74, 'Shell',
    now(), now(), CAST(:odometer AS BIGINT) * 16093440::BIGINT, 'mi',
       CAST(:odometer AS BIGINT) * 16093440::BIGINT, 39746823732000, 'gal_us', 3.499, 'gal_us', 36.74, 'USD', 'amount', 4828032000, 4828032000,
       39746823732000, 36.74, 28.57);
COMMIT;
