-- A vehicle may have no VIN: another identifier instead, and what kind of vehicle it is. The column `vin`
-- can't be NULL, and then has a placeholder made from the id that begins with 0, as no VIN does.
ALTER TABLE vehicles ADD COLUMN identifier TEXT;
ALTER TABLE vehicles ADD COLUMN kind TEXT NOT NULL DEFAULT 'car';
