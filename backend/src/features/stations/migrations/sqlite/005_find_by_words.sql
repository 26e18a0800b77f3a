-- The words of name, brand and address, each by how it begins
-- (docs/decisions/009-words-have-each-engines-own-index.md).
CREATE VIRTUAL TABLE station_words USING fts5 (
    words, content='', tokenize='unicode61 remove_diacritics 0'
);

-- The number by which that knows a station.
CREATE TABLE station_numbers (
    number     INTEGER PRIMARY KEY,
    station_id BLOB NOT NULL UNIQUE REFERENCES stations (id) ON DELETE CASCADE
) STRICT;

INSERT INTO station_numbers (station_id) SELECT id FROM stations;
INSERT INTO station_words (rowid, words)
    SELECT n.number, s.search_key FROM station_numbers n JOIN stations s ON s.id = n.station_id;

-- The words of new ones follow in a statement of their own, for all that a transaction adds: FTS5
-- writes down at the end of each statement what it was given.
CREATE TRIGGER number_new_stations AFTER INSERT ON stations
BEGIN
    INSERT INTO station_numbers (station_id) VALUES (NEW.id);
END;

CREATE TRIGGER keep_words_of_changed_stations AFTER UPDATE OF search_key ON stations
WHEN NEW.search_key <> OLD.search_key
BEGIN
    INSERT INTO station_words (station_words, rowid, words)
        SELECT 'delete', number, OLD.search_key FROM station_numbers WHERE station_id = OLD.id;
    INSERT INTO station_words (rowid, words)
        SELECT number, NEW.search_key FROM station_numbers WHERE station_id = NEW.id;
END;

CREATE TRIGGER forget_words_of_removed_stations BEFORE DELETE ON stations
BEGIN
    INSERT INTO station_words (station_words, rowid, words)
        SELECT 'delete', number, OLD.search_key FROM station_numbers WHERE station_id = OLD.id;
END;
