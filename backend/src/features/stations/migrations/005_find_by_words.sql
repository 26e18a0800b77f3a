-- The words of name, brand and address, each by how it begins
-- (docs/decisions/009-words-have-each-engines-own-index.md). What is neither letter nor digit parts
-- them: left to itself, PostgreSQL takes st.johann for the name of a computer.
CREATE INDEX idx_stations_words ON stations
    USING gin (to_tsvector('simple', translate(search_key, '-./_@:+~&<>=?;', '              ')));
