-- A vehicle may have no VIN: another identifier instead, and what kind of vehicle it is. The column `vin`
-- can't be NULL, and then has a placeholder made from the id that begins with 0, as no VIN does.
ALTER TABLE vehicles ADD COLUMN identifier VARCHAR(100);
ALTER TABLE vehicles ADD COLUMN kind VARCHAR(20) NOT NULL DEFAULT 'car';
