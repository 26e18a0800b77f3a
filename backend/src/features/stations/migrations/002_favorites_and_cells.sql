-- The user who added it, who may change it; nobody for one that was brought in.
ALTER TABLE stations ADD COLUMN made_by VARCHAR(255);
-- What it is called where it was brought in from: node/123 of OpenStreetMap, or a line's hash.
ALTER TABLE stations ADD COLUMN origin VARCHAR(64) ;
ALTER TABLE stations ADD COLUMN brand VARCHAR(100);
-- With blanks between: diesel e10.
ALTER TABLE stations ADD COLUMN fuel_types VARCHAR(255);
-- Name, brand and address as they are searched: in lower case.
ALTER TABLE stations ADD COLUMN search_key TEXT NOT NULL DEFAULT '';
-- In which cell of the grid it lies (docs/decisions/008-stations-lie-in-a-grid.md).
ALTER TABLE stations ADD COLUMN cell INTEGER;

CREATE UNIQUE INDEX unique_station_origin ON stations (origin);
-- All that a search nearby reads before it knows which are the nearest.
CREATE INDEX idx_stations_cell ON stations (cell, latitude, longitude, id);
CREATE INDEX idx_stations_list ON stations (created_at DESC, id DESC);

-- What one user marked, and says of it.
CREATE TABLE station_favorites (
    user_id    VARCHAR(255) NOT NULL,
    station_id UUID NOT NULL REFERENCES stations (id) ON DELETE CASCADE,
    notes      TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (user_id, station_id)
);

CREATE INDEX idx_station_favorites_station ON station_favorites (station_id);
