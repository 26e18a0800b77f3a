-- What the item became due at when the item before it was completed. As long as it is still due then,
-- nobody has changed it, and correcting that completion corrects this item, too.
ALTER TABLE maintenance ADD COLUMN derived_date TEXT;
ALTER TABLE maintenance ADD COLUMN derived_exact INTEGER;

-- Of older items, only those that were never changed are known to be due as derived. Filling the new
-- columns doesn't count as a change of the rows.
DROP TRIGGER update_maintenance_updated_at;
UPDATE maintenance
SET derived_date = due_date, derived_exact = due_exact
WHERE previous_id IS NOT NULL AND is_completed = false AND updated_at = created_at;
CREATE TRIGGER update_maintenance_updated_at
    AFTER UPDATE ON maintenance
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE maintenance SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')
    WHERE id = NEW.id;
END;
