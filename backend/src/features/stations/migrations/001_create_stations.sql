CREATE TABLE stations (
    id              UUID PRIMARY KEY,
    google_place_id VARCHAR(255) UNIQUE,
    name            VARCHAR(200) NOT NULL,
    address         TEXT,
    latitude        DECIMAL(10,8),
    longitude       DECIMAL(11,8),
    phone           VARCHAR(20),
    website         VARCHAR(255),
    created_at      TIMESTAMP WITH TIME ZONE,
    updated_at      TIMESTAMP WITH TIME ZONE
);

CREATE TRIGGER update_stations_updated_at
    BEFORE UPDATE ON stations
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
