-- Raised with each change of a user's vehicles or of what belongs to them, in the same transaction.
-- An answer in a cache that several instances share counts only under the edition it was made for.
CREATE TABLE user_editions (
    user_id VARCHAR(255) PRIMARY KEY,
    edition BIGINT NOT NULL
);

ALTER TABLE user_editions ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_editions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON user_editions
    USING (user_id = NULLIF(current_setting('app.user_id', true), ''));
