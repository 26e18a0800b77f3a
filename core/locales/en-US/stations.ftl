### Stations: search, favorites, prices and imports.

stations-title = Stations

## Search

stations-add = Add station
stations-search-query = Name, brand or address
stations-search-latitude = Latitude
stations-search-longitude = Longitude
stations-search-radius = Within
stations-search = Search
stations-search-near-me = Near me
stations-search-no-location = Your browser isn’t sharing your location. Enter a place instead.
stations-search-coordinates = Search by coordinates
stations-search-results = Results
stations-search-nothing = Nothing found
stations-search-nothing-hint = Try a larger radius or fewer words.
stations-search-save = Save
stations-search-save-named = Save { $station }
stations-search-osm = Data: © <link>OpenStreetMap contributors</link>
stations-map-attribution = © OpenStreetMap contributors
stations-search-google = Data: Google Maps
stations-search-more = Find more stations
stations-search-more-hint = Search finds only stations saved on this server, and your location isn’t shared with anyone. To search OpenStreetMap too, your administrator can set <code>MVP__STATIONS__OVERPASS_URL</code> and <code>MVP__STATIONS__NOMINATIM_URL</code>; for Google, <code>MVP__STATIONS__GOOGLE_API_KEY</code>.

## Favorites

stations-favorites = Favorites
stations-favorites-none = Your favorites appear here, with the prices you last paid.
stations-favorite = Favorite
stations-favorite-add = Add to favorites
stations-favorite-add-named = Add { $station } to favorites
stations-favorite-remove = Remove from favorites
stations-favorite-notes-title = My notes
stations-favorite-notes = Notes
stations-favorite-notes-private = only visible to you
stations-favorite-notes-save = Save notes
stations-cheapest = Cheapest
stations-no-price = No price yet
stations-unlisted = No longer listed
stations-unlisted-hint = This station is no longer listed. You still see it because it is one of your favorites or you filled up there.

## The page of a station

stations-edit = Edit
stations-about = About
stations-brand = Brand
stations-fuels = Fuels
stations-phone = Phone
stations-website = Website
stations-location = Location
stations-source = Source
stations-source-osm = © <link>OpenStreetMap contributors</link>
stations-fill-up-here = Fill up here
stations-fill-up-add = Add fill-up
stations-fill-up-add-named = Add fill-up for { $vehicle }
stations-fill-up-edit = Edit
stations-fill-up-edit-named = Edit fill-up of { $date }
stations-fuel-choices = Fuels you bought here
stations-fuel-unknown = Not specified
stations-paid = What you paid
stations-paid-for = What you paid for { $fuel }
stations-prices-none = No prices yet
stations-prices-none-hint = Choose this station when you log a fill-up, and the price you paid appears here.
stations-chart-heading = What you paid, { $unit }
stations-chart-heading-for = What you paid for { $fuel }, { $unit }
stations-chart-average = average { $average }
stations-chart-title = What you paid at { $station }
stations-chart-title-for = What you paid for { $fuel } at { $station }
stations-chart-text =
    { $count ->
        [one] { $count } price. Average { $average } { $unit }. The list below shows the same price.
       *[other] { $count } prices. Average { $average } { $unit }. The list below shows the same prices.
    }
stations-chart-point = { $date }: { $price } { $unit }

## The form

stations-form-add = Add a station
stations-form-edit = Edit { $station }
stations-form-about = Station details are visible to everyone on this server. Your notes and prices are private.
stations-form-name = Name
stations-form-brand = Brand
stations-form-address = Address
stations-form-latitude = Latitude
stations-form-latitude-hint = Degrees north, such as 48.137154.
stations-form-longitude = Longitude
stations-form-longitude-hint = Degrees east, such as 11.576124.
stations-form-phone = Phone
stations-form-website = Website
stations-form-fuels = Fuels
stations-form-fuels-hint = Separate with commas: { $fuels }.
stations-form-save = Save station
stations-form-save-changes = Save changes
stations-form-cancel = Cancel
stations-form-remove = Remove this station
stations-form-remove-about = It will no longer be listed. Anyone who added it to their favorites or filled up there can still see it.
stations-form-remove-confirm = Remove station

## Fuels

stations-fuel-regular = Regular
stations-fuel-midgrade = Mid-grade
stations-fuel-premium = Premium
stations-fuel-e5 = E5
stations-fuel-e10 = E10
stations-fuel-e85 = E85
stations-fuel-diesel = Diesel
stations-fuel-hvo = HVO diesel
stations-fuel-lpg = LPG
stations-fuel-cng = CNG
stations-fuel-lng = LNG
stations-fuel-hydrogen = Hydrogen
stations-fuel-adblue = AdBlue
stations-fuel-electric = Charging

## Imports

stations-import-title = Import stations
stations-import-about = Everyone on this server can find imported stations. Importing a newer version of a file updates only the stations that changed.
stations-import-rejected = The file wasn’t imported
stations-import-running = Importing { $file }
stations-import-progress = { $percent }% of the file read. Uploaded { $time }. You can leave this page: the import continues.
stations-import-file = File
stations-import-file-hint = GeoJSON or Overpass JSON from OpenStreetMap, or CSV. A CSV file needs columns for name or brand, latitude and longitude (or lat, lon); address, phone and website are optional. At most { $max } MB.
stations-import-file-too-large = This file is larger than { $max } MB.
stations-import-start = Import
stations-import-ended = Recent imports
stations-import-state-running = In progress
stations-import-state-done = Done
stations-import-state-failed = Failed
stations-import-state-stopped = Stopped
stations-import-failed-hint = Stations read before the error were saved. Fix the file, then import it again.
stations-import-stopped-hint = The server stopped before the import finished. Stations read until then were saved. Import the file again.
stations-import-read = <b>{ $count }</b> read
stations-import-added = <b>{ $count }</b> new
stations-import-changed = <b>{ $count }</b> changed
stations-import-unchanged = <b>{ $count }</b> unchanged
stations-import-skipped = Skipped: { $reasons }.
stations-import-skipped-not-a-station =
    { $count ->
        [one] { $count } that isn’t a fuel station
       *[other] { $count } that aren’t fuel stations
    }
stations-import-skipped-out-of-use = { $count } out of use
stations-import-skipped-duplicate =
    { $count ->
        [one] { $count } duplicate
       *[other] { $count } duplicates
    }
stations-import-skipped-no-name = { $count } without a name
stations-import-skipped-no-location = { $count } without a valid location

## What is wrong with a file

stations-import-file-type = must be a .csv, .json or .geojson file
stations-import-busy = can’t be imported while another import is running
stations-import-too-large = is too large: split it, or run motovaultpro stations import on the server
stations-import-not-opened = { $file } can’t be read: { $error }
stations-import-ended-early =
    { $count ->
        [one] { $file }: { $error } (after { $count } station)
       *[other] { $file }: { $error } (after { $count } stations)
    }
stations-import-unreadable = the file can’t be read: { $error }
stations-import-unreadable-at = the file can’t be read at line { $line }: { $error }
stations-import-utf-16 = the file is encoded in UTF-16: save it as UTF-8
stations-import-mixed-encoding = line { $line } isn’t valid UTF-8, but the lines before it are
stations-import-line-too-long = a line is longer than 64 KiB
stations-import-no-column = the first line has no { $column } column
stations-import-item-too-long = a feature or an element is longer than 4 MiB
stations-import-no-items = the file contains neither features nor elements

## What is wrong with a field

stations-field-radius = must be more than 0 and at most 50000 meters
stations-field-website = must be a web address, such as https://example.org
stations-field-osm-id = must be an OpenStreetMap element, such as node/123
stations-field-fuel-list = must be a list of strings
stations-field-fuel-types = must be from this list: { $choices }
stations-field-google-place = isn’t a known Google place
stations-field-required-with = is required when { $other } is given
stations-field-query-or-location = is required unless lat and lng are given
stations-duplicate-place = another station already has this googlePlaceId

## After an action

stations-saved = The station is saved.
stations-deleted = The station is deleted.
stations-favorite-saved = The favorite is saved.
stations-favorite-removed = The station is no longer a favorite.
