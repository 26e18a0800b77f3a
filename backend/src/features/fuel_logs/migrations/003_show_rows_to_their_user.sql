-- Whatever a statement says, the database shows a transaction the rows of the user that it is for,
-- and takes no others (docs/security.md). Of nobody's, none are there.
ALTER TABLE fuel_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE fuel_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON fuel_logs
    USING (user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')));
