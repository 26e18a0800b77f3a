-- The files of stations that administrators brought in, and how far each has come. It is kept here
-- for every instance of the service to show.
CREATE TABLE station_imports (
    id         UUID PRIMARY KEY,
    file       VARCHAR(200) NOT NULL,
    -- In bytes, and how many of them have been read.
    size       BIGINT NOT NULL,
    bytes_read BIGINT NOT NULL,
    -- running, done, failed or stopped.
    state      VARCHAR(20) NOT NULL,
    -- Stations by what became of them, and what was left out by why.
    added      BIGINT NOT NULL,
    changed    BIGINT NOT NULL,
    unchanged  BIGINT NOT NULL,
    no_station BIGINT NOT NULL,
    no_name    BIGINT NOT NULL,
    no_place   BIGINT NOT NULL,
    -- Why it failed.
    failure    TEXT,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    -- When it last said how far it had come.
    told_at    TIMESTAMP WITH TIME ZONE NOT NULL
);
