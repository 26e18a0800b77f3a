CREATE TABLE vin_cache (
    vin         TEXT PRIMARY KEY,
    make        TEXT,
    model       TEXT,
    year        INTEGER,
    engine_type TEXT,
    body_type   TEXT,
    raw_data    TEXT,
    cached_at   TEXT
) STRICT;

-- For clearing away what has had its time.
CREATE INDEX idx_vin_cache_cached_at ON vin_cache (cached_at);
