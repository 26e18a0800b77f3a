-- The language of the pages, messages and mail, as a BCP 47 tag; null follows the browser.
ALTER TABLE user_preferences ADD COLUMN locale VARCHAR(35);
