//! The types of a station.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{
    fields::{FuelTypes, LatitudeInput, LongitudeInput, OsmId, Website},
    geo::{self, Point},
    providers::Place,
};
use crate::{
    core::{
        Error, Result, UserId,
        db::fixed::Fixed,
        input::{LongText, Text},
        search_text::normalize,
    },
    id, input, record,
};

id! {
    /// The ID of a station.
    pub StationId
}

record! {
    /// A station as one user sees it: all users share its details, but `isFavorite` and `notes` are the user's.
    #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub struct Station {
        /// Unique identifier of the station.
        pub id: StationId {
            start id;
            once id;
        }
        /// The Google place ID.
        pub google_place_id: Option<String> {
            column google_place_id;
            input optional Text<255>,
                new "The Google place ID. Saving an ID again returns the existing station";
        }
        /// The OpenStreetMap ID, such as `node/123`.
        pub open_street_map_id: Option<String> {
            read osm_id(Option::<String>::as_deref(&origin));
            new OsmId, doc "The OpenStreetMap ID. Saving an ID again returns the existing station";
        }
        /// The name.
        pub name: String {
            column name;
            input required Text<200>;
        }
        /// The address.
        pub address: Option<String> {
            column address;
            input optional Text<1000>;
        }
        /// The latitude in degrees.
        pub latitude: Option<Fixed<10, 8>> {
            column latitude;
            input optional LatitudeInput;
        }
        /// The longitude in degrees.
        pub longitude: Option<Fixed<11, 8>> {
            column longitude;
            input optional LongitudeInput;
        }
        /// The phone number.
        pub phone: Option<String> {
            column phone;
            input optional Text<20>;
        }
        /// The website.
        pub website: Option<String> {
            column website;
            input optional Website;
        }
        /// The brand.
        pub brand: Option<String> {
            column brand;
            input optional Text<100>;
        }
        /// The fuel types that it sells.
        pub fuel_types: Vec<&'static str> {
            column fuel_types = station.fuel_types_column() => stored_fuel_types(fuel_types);
            given optional FuelTypes;
        }
        /// Whether the station is one of your favorites.
        pub is_favorite: bool {
            joined is_favorite;
        }
        /// Whether lists and searches include the station; false for a deleted station that you still use.
        pub is_listed: bool {
            joined withdrawn_at => Option::<DateTime<Utc>>::is_none(&withdrawn_at);
        }
        /// Your notes on this favorite.
        pub notes: Option<String> {
            joined notes;
        }
        /// When the station was added.
        pub created_at: DateTime<Utc> {
            start now;
            once created_at;
        }
        /// When the station was last changed.
        pub updated_at: DateTime<Utc> {
            start now;
            column updated_at;
        }
        /// The user who added the station.
        pub(super) made_by: Option<String> {
            serde(skip);
            once made_by;
        }
        /// The ID in the file or provider it was imported from.
        pub(super) origin: Option<String> {
            serde(skip);
            once origin;
        }
    }
    table "stations" by id as station;
    write search_key = station.search_key(), cell = station.cell();
    on conflict "DO NOTHING";
    insert(pub(super));
    update(pub(super));
    empty(pub(super), id: StationId, name: String, now: DateTime<Utc>);
    form(pub(super)) {
        name "stations-form-name",
        brand "stations-form-brand",
        address "stations-form-address",
        latitude "stations-form-latitude" = station.latitude.map(|it| it.to_string()).unwrap_or_default(),
        longitude "stations-form-longitude"
            = station.longitude.map(|it| it.to_string()).unwrap_or_default(),
        phone "stations-form-phone",
        website "stations-form-website",
        fuel_types "stations-form-fuels" = station.fuel_types.join(", "),
    }
    new {
        /// A station to save
        pub(super) struct NewStation(id: StationId, now: DateTime<Utc>) {}
    }
    change {
        /// Changes to a station
        pub(super) struct StationChange {}
    }
}

/// The OpenStreetMap ID of a station that was imported from there.
fn osm_id(origin: Option<&str>) -> Option<String> {
    origin.and_then(OsmId::of).map(|it| it.0)
}

/// The fuel types from their column.
fn stored_fuel_types(names: Option<&str>) -> Vec<&'static str> {
    FuelTypes::of(names.unwrap_or_default().split(' ')).0
}

/// The text that searches match: name, brand and address in lower case and without accents, independent of
/// the database's collation.
pub(super) fn search_key(name: &str, brand: Option<&str>, address: Option<&str>) -> String {
    normalize(&[Some(name), brand, address].into_iter().flatten().collect::<Vec<_>>().join(" "))
}

impl Station {
    /// Its location, if known.
    pub(super) fn point(&self) -> Option<Point> {
        self.latitude.zip(self.longitude).map(|(north, east)| Point::of(north, east))
    }

    /// Its grid cell, if its location is known.
    pub(super) fn cell(&self) -> Option<i32> {
        self.latitude.zip(self.longitude).map(|(north, east)| geo::cell(north, east))
    }

    /// The value of the `search_key` column.
    pub(super) fn search_key(&self) -> String {
        search_key(&self.name, self.brand.as_deref(), self.address.as_deref())
    }

    /// The value of the `fuel_types` column.
    pub(super) fn fuel_types_column(&self) -> Option<String> {
        FuelTypes(self.fuel_types.clone()).to_column()
    }

    /// Whether `user` added the station.
    pub(super) fn is_added_by(&self, user: &UserId) -> bool {
        self.made_by.as_deref() == Some(user.as_str())
    }

    /// Creates a station from a provider's place, added by `user`.
    pub(super) fn from_place(place: Place, user: &UserId, now: DateTime<Utc>) -> Self {
        Self {
            google_place_id: place.google_place_id.clone(),
            made_by: Some(user.as_str().to_owned()),
            origin: place.osm_id.clone(),
            ..Self::from_import(StationId(Uuid::now_v7()), String::new(), place, now)
        }
    }

    /// Creates a station from an import file. It is not owned by a user.
    pub(super) fn from_import(
        id: StationId,
        origin: String,
        place: Place,
        now: DateTime<Utc>,
    ) -> Self {
        let empty = Self {
            open_street_map_id: place.osm_id.clone(),
            is_listed: true,
            origin: Some(origin),
            ..Self::empty(id, String::new(), now)
        };
        empty.with_details(place)
    }

    /// Replaces the station's details with those of a provider's place.
    pub(super) fn with_details(self, place: Place) -> Self {
        Self {
            fuel_types: place.fuels().0,
            name: place.name,
            address: place.address,
            latitude: Some(place.latitude),
            longitude: Some(place.longitude),
            phone: place.phone,
            website: place.website,
            brand: place.brand,
            ..self
        }
    }

    /// Checks that there are both coordinates or none.
    fn check_coordinates(&self) -> Result<()> {
        let (missing, given) = match (self.latitude, self.longitude) {
            (Some(_), None) => ("longitude", "latitude"),
            (None, Some(_)) => ("latitude", "longitude"),
            _ => return Ok(()),
        };
        Err(Error::invalid(missing, crate::t!("stations-field-required-with", other = given)))
    }
}

input! {
    /// A favorite station
    pub(super) struct NewFavorite {
        /// Notes that only you can read
        pub notes: Option<LongText>,
    }
}

impl NewStation {
    /// Converts the input into a station.
    ///
    /// # Errors
    /// Invalid if only one coordinate is given.
    pub(super) fn into_station(self, user: &UserId, now: DateTime<Utc>) -> Result<Station> {
        let osm = self.open_street_map_id.as_ref().map(|it| it.0.clone());
        let station = Station {
            open_street_map_id: osm.clone(),
            fuel_types: self.fuel_types.clone().unwrap_or_default().0,
            is_listed: true,
            made_by: Some(user.as_str().to_owned()),
            origin: osm,
            ..self.into_record(StationId(Uuid::now_v7()), now)
        };
        station.check_coordinates()?;
        Ok(station)
    }
}

impl StationChange {
    /// The station after the change.
    ///
    /// # Errors
    /// Invalid if only one coordinate would remain.
    pub(super) fn apply(self, station: Station, now: DateTime<Utc>) -> Result<Station> {
        let fuels = Some(FuelTypes(station.fuel_types.clone()));
        let fuel_types = self.fuel_types.clone().or(fuels).unwrap_or_default().0;
        let mut station = Station { fuel_types, updated_at: now, ..station };
        self.apply_to(&mut station);
        station.check_coordinates()?;
        Ok(station)
    }
}
