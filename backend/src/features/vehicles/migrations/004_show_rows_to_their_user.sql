-- Whatever a statement says, the database shows a transaction the rows of the user that it is for,
-- and takes no others (docs/security.md). Of nobody's, none are there.
ALTER TABLE vehicles ENABLE ROW LEVEL SECURITY;
ALTER TABLE vehicles FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON vehicles
    USING (user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')));

ALTER TABLE odometer_readings ENABLE ROW LEVEL SECURITY;
ALTER TABLE odometer_readings FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON odometer_readings
    USING (user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')));
