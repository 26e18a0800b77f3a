-- The pointers of members that looked wrong and were confirmed, with blanks between them.
ALTER TABLE vehicles ADD COLUMN confirmed TEXT;
