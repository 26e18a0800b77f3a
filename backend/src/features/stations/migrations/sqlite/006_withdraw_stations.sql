-- When it was deleted. It is no longer listed then, and stays readable for those who use it.
ALTER TABLE stations ADD COLUMN withdrawn_at TEXT;
CREATE INDEX idx_stations_withdrawn ON stations (withdrawn_at) WHERE withdrawn_at IS NOT NULL;
