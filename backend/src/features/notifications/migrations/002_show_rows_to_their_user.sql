-- Whatever a statement says, the database shows a transaction the rows of the user that it is for,
-- and takes no others (docs/security.md). Of nobody's, none are there.
ALTER TABLE notification_channels ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_channels FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON notification_channels
    USING (user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')));

ALTER TABLE notified_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE notified_items FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON notified_items
    USING (user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')));

ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE notifications FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON notifications
    USING (user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')));

ALTER TABLE notification_tests ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_tests FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON notification_tests
    USING (user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')));
