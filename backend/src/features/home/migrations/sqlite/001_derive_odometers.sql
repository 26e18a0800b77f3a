-- A vehicle's odometer is its latest reading by date. Where the vehicle showed more than every
-- reading, that figure becomes a reading of its own, which its owner can see and delete. Its id is
-- the vehicle's.
INSERT INTO odometer_readings
    (id, user_id, vehicle_id, date, reading, reading_exact, reading_unit, notes, created_at)
SELECT v.id, v.user_id, v.id,
       MAX(SUBSTR(COALESCE(v.updated_at, v.created_at, CURRENT_TIMESTAMP), 1, 10),
           COALESCE(r.last_date, '')),
       v.odometer_reading, v.odometer_reading * 16093440, 'mi',
       'Entered on the vehicle', COALESCE(v.updated_at, v.created_at, strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'))
FROM vehicles v
LEFT JOIN (
    SELECT vehicle_id, MAX(date) AS last_date, MAX(reading) AS highest,
           MAX(replaced) AS replaced
    FROM (SELECT vehicle_id, date, odometer_reading AS reading, 0 AS replaced FROM fuel_logs
          UNION ALL
          SELECT vehicle_id, completed_date, completed_mileage, 0 FROM maintenance
          WHERE is_completed = true AND completed_date IS NOT NULL AND completed_mileage IS NOT NULL
          UNION ALL
          SELECT vehicle_id, date, reading,
                 CASE WHEN previous_reading IS NULL THEN 0 ELSE 1 END FROM odometer_readings) AS one
    GROUP BY vehicle_id
) AS r ON r.vehicle_id = v.id
WHERE v.odometer_reading > COALESCE(r.highest, 0) AND COALESCE(r.replaced, 0) = 0;

-- No vehicle counts as changed by what follows.
DROP TRIGGER update_vehicles_updated_at;
WITH readings AS (
    SELECT vehicle_id, date, odometer_reading AS reading FROM fuel_logs
    UNION ALL
    SELECT vehicle_id, completed_date, completed_mileage FROM maintenance
    WHERE is_completed = true AND completed_date IS NOT NULL AND completed_mileage IS NOT NULL
    UNION ALL
    SELECT vehicle_id, date, reading FROM odometer_readings
), ordered AS (
    SELECT l.vehicle_id, l.date, l.reading,
           ROW_NUMBER() OVER (
               PARTITION BY l.vehicle_id
               -- On the day an odometer was replaced, the new one's reading is the later one.
               ORDER BY l.date DESC,
                        (SELECT COUNT(*) FROM odometer_readings o
                         WHERE o.vehicle_id = l.vehicle_id AND o.date = l.date
                           AND ABS(l.reading - o.reading) < ABS(l.reading - o.previous_reading)) DESC,
                        l.reading DESC
           ) AS place
    FROM readings l
)
UPDATE vehicles
SET odometer_reading = r.reading, odometer_exact = r.reading * 16093440,
    odometer_unit = 'mi', odometer_date = r.date
FROM ordered r
WHERE r.vehicle_id = vehicles.id AND r.place = 1;
CREATE TRIGGER update_vehicles_updated_at
    AFTER UPDATE ON vehicles
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE vehicles SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') WHERE id = NEW.id;
END;
