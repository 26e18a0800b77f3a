CREATE TABLE maintenance (
    id                UUID PRIMARY KEY,
    user_id           VARCHAR(255) NOT NULL,
    vehicle_id        UUID NOT NULL,
    type              VARCHAR(100) NOT NULL,
    description       TEXT,
    due_date          DATE,
    due_mileage       INTEGER,
    completed_date    DATE,
    completed_mileage INTEGER,
    cost              DECIMAL(8,2),
    service_location  VARCHAR(200),
    notes             TEXT,
    is_completed      BOOLEAN DEFAULT false,
    created_at        TIMESTAMP WITH TIME ZONE,
    updated_at        TIMESTAMP WITH TIME ZONE,
    CONSTRAINT maintenance_vehicle_id_fkey FOREIGN KEY (vehicle_id)
        REFERENCES vehicles (id) ON UPDATE CASCADE ON DELETE RESTRICT
);

CREATE INDEX idx_maintenance_user_id ON maintenance (user_id);
CREATE INDEX idx_maintenance_vehicle_id ON maintenance (vehicle_id);
CREATE INDEX idx_maintenance_due_date ON maintenance (due_date);
CREATE INDEX idx_maintenance_is_completed ON maintenance (is_completed);

CREATE TRIGGER update_maintenance_updated_at
    BEFORE UPDATE ON maintenance
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
