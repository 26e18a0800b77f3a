-- How many stations of a file were out of use, and how many were in it or known here already as
-- another element of the same station.
ALTER TABLE station_imports ADD COLUMN out_of_use BIGINT NOT NULL DEFAULT 0;
ALTER TABLE station_imports ADD COLUMN doubles BIGINT NOT NULL DEFAULT 0;
