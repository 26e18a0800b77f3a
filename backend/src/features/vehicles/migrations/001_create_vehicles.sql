CREATE TABLE vehicles (
    id               UUID PRIMARY KEY,
    user_id          VARCHAR(255) NOT NULL,
    vin              VARCHAR(17) NOT NULL,
    make             VARCHAR(100),
    model            VARCHAR(100),
    year             INTEGER,
    nickname         VARCHAR(100),
    color            VARCHAR(50),
    license_plate    VARCHAR(20),
    odometer_reading INTEGER DEFAULT 0,
    is_active        BOOLEAN DEFAULT true,
    deleted_at       TIMESTAMP WITH TIME ZONE,
    created_at       TIMESTAMP WITH TIME ZONE,
    updated_at       TIMESTAMP WITH TIME ZONE,
    CONSTRAINT unique_user_vin UNIQUE (user_id, vin)
);

CREATE INDEX idx_vehicles_user_id ON vehicles (user_id);
CREATE INDEX idx_vehicles_vin ON vehicles (vin);
CREATE INDEX idx_vehicles_is_active ON vehicles (is_active);
CREATE INDEX idx_vehicles_created_at ON vehicles (created_at);

-- Acts only where a statement left the column alone.
CREATE FUNCTION update_updated_at_column() RETURNS TRIGGER AS $$
BEGIN
    IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
        NEW.updated_at = CURRENT_TIMESTAMP;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER update_vehicles_updated_at
    BEFORE UPDATE ON vehicles
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
