-- Earlier answers have model years that the VIN doesn't settle.
DELETE FROM vin_cache;
