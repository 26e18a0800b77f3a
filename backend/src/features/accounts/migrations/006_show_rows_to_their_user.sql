-- Whatever a statement says, the database shows a transaction the rows of the user that it is for,
-- and takes no others (docs/security.md). Of nobody's, none are there.
ALTER TABLE user_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_preferences FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON user_preferences
    USING (user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')));

ALTER TABLE kept_answers ENABLE ROW LEVEL SECURITY;
ALTER TABLE kept_answers FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON kept_answers
    USING (user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')));

-- What forgets everybody's answers after a day.
CREATE POLICY clear_away_read ON kept_answers FOR SELECT
    USING ((SELECT current_setting('app.job', true)) = 'kept-answers');
CREATE POLICY clear_away_delete ON kept_answers FOR DELETE
    USING ((SELECT current_setting('app.job', true)) = 'kept-answers');
