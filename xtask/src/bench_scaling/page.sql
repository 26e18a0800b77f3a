-- A transaction of pgbench: the service's own statements, except for their parameters. `u` is the number of a user.
\set u random(1, :users)
BEGIN;
SELECT set_config('app.user_id', 'local|' || lpad(CAST(:u AS TEXT), 36, '0'), true);
SELECT f.id, f.vehicle_id, f.date, f.odometer_exact, f.odometer_unit, f.total_exact, f.trip_exact, f.trip_unit, f.volume_exact,
    f.volume_unit, f.unit_price, f.unit_price_per, f.amount, f.currency, f.derived, f.confirmed, f.fuel_type, f.station_name,
    f.station_id, f.notes, f.created_at, f.updated_at, f.is_full, f.missed_previous, f.distance_exact, f.interval_exact,
    f.interval_volume, f.interval_amount, f.economy_reason
FROM fuel_logs f
JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
WHERE f.vehicle_id = CAST('00000000-0000-7000-8000-' || lpad(to_hex(CAST(:u AS INTEGER)), 12, '0') AS UUID) AND f.user_id = 'local|' || lpad(CAST(:u AS TEXT), 36, '0') AND v.deleted_at IS NULL
  AND (f.date, f.total_exact, f.id) < ('9999-12-31', 9223372036854775807, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  AND f.date >= '0001-01-01' AND f.date <= '9999-12-31'
ORDER BY f.date DESC, f.total_exact DESC, f.id DESC
LIMIT 21;
ROLLBACK;
