-- Which fuel it was, where that is noted.
ALTER TABLE fuel_logs ADD COLUMN fuel_type VARCHAR(20);
