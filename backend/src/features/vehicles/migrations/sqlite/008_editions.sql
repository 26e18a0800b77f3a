-- Raised with each change of a user's vehicles or of what belongs to them, in the same transaction.
-- An answer in a cache that several instances share counts only under the edition it was made for.
CREATE TABLE user_editions (
    user_id TEXT PRIMARY KEY NOT NULL,
    edition INTEGER NOT NULL
) STRICT;
