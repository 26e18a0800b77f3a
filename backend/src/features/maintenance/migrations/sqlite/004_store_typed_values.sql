-- Odometer readings and intervals exactly as entered: tenths of a millimeter and the unit's code. The
-- columns in whole miles are derived from them.
ALTER TABLE maintenance ADD COLUMN completed_exact INTEGER;
ALTER TABLE maintenance ADD COLUMN completed_unit TEXT;
ALTER TABLE maintenance ADD COLUMN due_exact INTEGER;
ALTER TABLE maintenance ADD COLUMN due_unit TEXT;
ALTER TABLE maintenance ADD COLUMN interval_exact INTEGER;
ALTER TABLE maintenance ADD COLUMN interval_unit TEXT;
-- What the item is due at by its series, in tenths of a millimeter.
ALTER TABLE maintenance ADD COLUMN scheduled_exact INTEGER;

-- The amount paid exactly as entered (thousandths), and its currency. The cost is derived from it
-- where it fits.
ALTER TABLE maintenance ADD COLUMN amount INTEGER;
ALTER TABLE maintenance ADD COLUMN currency TEXT;

-- Filling the new columns doesn't count as a change of the rows.
DROP TRIGGER update_maintenance_updated_at;
UPDATE maintenance
SET completed_exact = completed_mileage * 16093440,
    completed_unit = CASE WHEN completed_mileage IS NOT NULL THEN 'mi' END,
    due_exact = due_mileage * 16093440,
    due_unit = CASE WHEN due_mileage IS NOT NULL THEN 'mi' END,
    interval_exact = interval_miles * 16093440,
    interval_unit = CASE WHEN interval_miles IS NOT NULL THEN 'mi' END,
    scheduled_exact = scheduled_mileage * 16093440,
    amount = cost * 10,
    currency = CASE WHEN cost IS NOT NULL THEN COALESCE(
        (SELECT p.currency FROM user_preferences p WHERE p.user_id = maintenance.user_id), 'USD'
    ) END;
CREATE TRIGGER update_maintenance_updated_at
    AFTER UPDATE ON maintenance
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE maintenance SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')
    WHERE id = NEW.id;
END;
