-- SQLite has no users and no policies: who can open the file has all of it.
SELECT 1;
