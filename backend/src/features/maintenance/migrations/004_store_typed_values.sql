-- Odometer readings and intervals exactly as entered: tenths of a millimeter and the unit's code. The
-- columns in whole miles are derived from them.
ALTER TABLE maintenance ADD COLUMN completed_exact BIGINT;
ALTER TABLE maintenance ADD COLUMN completed_unit VARCHAR(2);
ALTER TABLE maintenance ADD COLUMN due_exact BIGINT;
ALTER TABLE maintenance ADD COLUMN due_unit VARCHAR(2);
ALTER TABLE maintenance ADD COLUMN interval_exact BIGINT;
ALTER TABLE maintenance ADD COLUMN interval_unit VARCHAR(2);
-- What the item is due at by its series, in tenths of a millimeter.
ALTER TABLE maintenance ADD COLUMN scheduled_exact BIGINT;

-- The amount paid exactly as entered, and its currency. The cost is derived from it where it fits.
ALTER TABLE maintenance ADD COLUMN amount NUMERIC(14,3);
ALTER TABLE maintenance ADD COLUMN currency VARCHAR(3);

-- Filling the new columns doesn't count as a change of the rows.
ALTER TABLE maintenance DISABLE TRIGGER update_maintenance_updated_at;
UPDATE maintenance
SET completed_exact = CAST(completed_mileage AS BIGINT) * 16093440,
    completed_unit = CASE WHEN completed_mileage IS NOT NULL THEN 'mi' END,
    due_exact = CAST(due_mileage AS BIGINT) * 16093440,
    due_unit = CASE WHEN due_mileage IS NOT NULL THEN 'mi' END,
    interval_exact = CAST(interval_miles AS BIGINT) * 16093440,
    interval_unit = CASE WHEN interval_miles IS NOT NULL THEN 'mi' END,
    scheduled_exact = CAST(scheduled_mileage AS BIGINT) * 16093440,
    amount = cost,
    currency = CASE WHEN cost IS NOT NULL THEN COALESCE(
        (SELECT p.currency FROM user_preferences p WHERE p.user_id = maintenance.user_id), 'USD'
    ) END;
ALTER TABLE maintenance ENABLE TRIGGER update_maintenance_updated_at;
