### Stations: search, favorites and prices.

stations-field-radius = must be more than 0 and at most 50000 meters
stations-field-website = must be a web address, such as https://example.org
stations-field-osm-id = must be an OpenStreetMap element, such as node/123
stations-field-fuel-list = must be a list of strings
stations-field-fuel-types = must be from this list: { $choices }
