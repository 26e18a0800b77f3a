CREATE TABLE fuel_logs (
    id               UUID PRIMARY KEY,
    user_id          VARCHAR(255) NOT NULL,
    vehicle_id       UUID NOT NULL,
    date             DATE NOT NULL,
    odometer_reading INTEGER NOT NULL,
    gallons          DECIMAL(8,3) NOT NULL,
    price_per_gallon DECIMAL(6,3),
    total_cost       DECIMAL(8,2),
    station_name     VARCHAR(200),
    notes            TEXT,
    created_at       TIMESTAMP WITH TIME ZONE,
    updated_at       TIMESTAMP WITH TIME ZONE,
    CONSTRAINT fuel_logs_vehicle_id_fkey FOREIGN KEY (vehicle_id)
        REFERENCES vehicles (id) ON UPDATE CASCADE ON DELETE RESTRICT
);

CREATE INDEX idx_fuel_logs_user_id ON fuel_logs (user_id);
CREATE INDEX idx_fuel_logs_vehicle_id ON fuel_logs (vehicle_id);
CREATE INDEX idx_fuel_logs_date ON fuel_logs (date);

CREATE TRIGGER update_fuel_logs_updated_at
    BEFORE UPDATE ON fuel_logs
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
