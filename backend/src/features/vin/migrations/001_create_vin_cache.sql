CREATE TABLE vin_cache (
    vin         VARCHAR(17) PRIMARY KEY,
    make        VARCHAR(100),
    model       VARCHAR(100),
    year        INTEGER,
    engine_type VARCHAR(100),
    body_type   VARCHAR(100),
    raw_data    JSONB,
    cached_at   TIMESTAMP WITH TIME ZONE
);

-- For clearing away what has had its time.
CREATE INDEX idx_vin_cache_cached_at ON vin_cache (cached_at);
