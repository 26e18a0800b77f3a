-- The files of stations that administrators brought in, and how far each has come. It is kept here
-- for every instance of the service to show.
CREATE TABLE station_imports (
    id         BLOB PRIMARY KEY,
    file       TEXT NOT NULL,
    -- In bytes, and how many of them have been read.
    size       INTEGER NOT NULL,
    bytes_read INTEGER NOT NULL,
    -- running, done, failed or stopped.
    state      TEXT NOT NULL,
    -- Stations by what became of them, and what was left out by why.
    added      INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    unchanged  INTEGER NOT NULL,
    no_station INTEGER NOT NULL,
    no_name    INTEGER NOT NULL,
    no_place   INTEGER NOT NULL,
    -- Why it failed.
    failure    TEXT,
    started_at TEXT NOT NULL,
    -- When it last said how far it had come.
    told_at    TEXT NOT NULL
) STRICT;
