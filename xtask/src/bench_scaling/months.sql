-- A transaction of pgbench: the service's own statements, except for their parameters. `u` is the number of a user.
\set u random(1, :users)
BEGIN;
SELECT set_config('app.user_id', 'local|' || lpad(CAST(:u AS TEXT), 36, '0'), true);
SELECT SUBSTR(CAST(date AS TEXT), 1, 7) AS month, currency, COUNT(*), COUNT(confirmed), MIN(date), MAX(date),
       CAST(SUM(distance_exact / 1000000) AS BIGINT),
       CAST(SUM(distance_exact % 1000000) AS BIGINT),
       CAST(SUM(volume_exact / 1000000) AS BIGINT),
       CAST(SUM(volume_exact % 1000000) AS BIGINT),
       CAST(SUM(CASE WHEN amount IS NOT NULL THEN volume_exact / 1000000 END) AS BIGINT),
       CAST(SUM(CASE WHEN amount IS NOT NULL THEN volume_exact % 1000000 END) AS BIGINT),
       CAST(SUM(interval_exact / 1000000) AS BIGINT),
       CAST(SUM(interval_exact % 1000000) AS BIGINT),
       CAST(SUM(interval_volume / 1000000) AS BIGINT),
       CAST(SUM(interval_volume % 1000000) AS BIGINT),
       CAST(SUM(CASE WHEN interval_amount IS NOT NULL THEN interval_exact / 1000000 END) AS BIGINT),
       CAST(SUM(CASE WHEN interval_amount IS NOT NULL THEN interval_exact % 1000000 END) AS BIGINT),
       SUM(amount), SUM(interval_amount), MAX(mpg), MIN(mpg)
FROM fuel_logs WHERE vehicle_id = CAST('00000000-0000-7000-8000-' || lpad(to_hex(CAST(:u AS INTEGER)), 12, '0') AS UUID) AND user_id = 'local|' || lpad(CAST(:u AS TEXT), 36, '0') GROUP BY 1, 2 ORDER BY 1, 2;
ROLLBACK;
