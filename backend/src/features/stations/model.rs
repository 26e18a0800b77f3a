//! The types of a station.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{
    fields::{FuelTypes, LatitudeInput, LongitudeInput, OsmId, Website},
    geo::{self, Latitude, Longitude, Point},
    providers::Place,
};
use crate::{
    core::{
        Error, Result, UserId,
        db::fixed::Fixed,
        input::{Change, Clearable, LongText, Text},
        search_text::normalize,
    },
    id, input,
};

id! {
    /// The ID of a station.
    pub StationId
}

/// A station as one user sees it: all users share its details, but `isFavorite` and `notes` are the user's.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Station {
    /// Unique identifier of the station.
    pub id: StationId,
    /// The Google place ID.
    pub google_place_id: Option<String>,
    /// The OpenStreetMap ID, such as `node/123`.
    pub open_street_map_id: Option<String>,
    /// The name.
    pub name: String,
    /// The address.
    pub address: Option<String>,
    /// The latitude in degrees.
    pub latitude: Option<Fixed<10, 8>>,
    /// The longitude in degrees.
    pub longitude: Option<Fixed<11, 8>>,
    /// The phone number.
    pub phone: Option<String>,
    /// The website.
    pub website: Option<String>,
    /// The brand.
    pub brand: Option<String>,
    /// The fuel types that it sells.
    pub fuel_types: Vec<&'static str>,
    /// Whether the station is one of your favorites.
    pub is_favorite: bool,
    /// Whether lists and searches include the station; false for a deleted station that you still use.
    pub is_listed: bool,
    /// Your notes on this favorite.
    pub notes: Option<String>,
    /// When the station was added.
    pub created_at: DateTime<Utc>,
    /// When the station was last changed.
    pub updated_at: DateTime<Utc>,
    /// The user who added the station.
    #[serde(skip)]
    pub(super) made_by: Option<String>,
    /// The ID in the file or provider it was imported from.
    #[serde(skip)]
    pub(super) origin: Option<String>,
}

/// A row of the table, joined with the user's favorite.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: StationId,
    google_place_id: Option<String>,
    name: String,
    address: Option<String>,
    latitude: Option<Latitude>,
    longitude: Option<Longitude>,
    phone: Option<String>,
    website: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    made_by: Option<String>,
    origin: Option<String>,
    brand: Option<String>,
    fuel_types: Option<String>,
    withdrawn_at: Option<DateTime<Utc>>,
    is_favorite: bool,
    notes: Option<String>,
}

impl From<Row> for Station {
    fn from(row: Row) -> Self {
        let osm = row.origin.as_deref().and_then(OsmId::of).map(|it| it.0);
        Self {
            id: row.id,
            google_place_id: row.google_place_id,
            open_street_map_id: osm,
            name: row.name,
            address: row.address,
            latitude: row.latitude,
            longitude: row.longitude,
            phone: row.phone,
            website: row.website,
            brand: row.brand,
            fuel_types: FuelTypes::of(row.fuel_types.as_deref().unwrap_or_default().split(' ')).0,
            is_favorite: row.is_favorite,
            is_listed: row.withdrawn_at.is_none(),
            notes: row.notes,
            created_at: row.created_at,
            updated_at: row.updated_at,
            made_by: row.made_by,
            origin: row.origin,
        }
    }
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
            id,
            google_place_id: None,
            open_street_map_id: place.osm_id.clone(),
            name: String::new(),
            address: None,
            latitude: None,
            longitude: None,
            phone: None,
            website: None,
            brand: None,
            fuel_types: Vec::new(),
            is_favorite: false,
            is_listed: true,
            notes: None,
            created_at: now,
            updated_at: now,
            made_by: None,
            origin: Some(origin),
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
    /// A station to save
    pub(super) struct NewStation {
        /// The Google place ID. Saving an ID again returns the existing station
        pub google_place_id: Option<Text<255>>,
        /// The OpenStreetMap ID. Saving an ID again returns the existing station
        pub open_street_map_id: Option<OsmId>,
        /// The name
        pub name: Text<200>,
        /// The address
        pub address: Option<Text<1000>>,
        /// The latitude in degrees
        pub latitude: Option<LatitudeInput>,
        /// The longitude in degrees
        pub longitude: Option<LongitudeInput>,
        /// The phone number
        pub phone: Option<Text<20>>,
        /// The website
        pub website: Option<Website>,
        /// The brand
        pub brand: Option<Text<100>>,
        /// The fuel types that it sells
        pub fuel_types: Option<FuelTypes>,
    }
}

input! {
    /// Changes to a station
    pub(super) struct StationChange {
        /// The Google place ID
        pub google_place_id: Clearable<Text<255>>,
        /// The name
        pub name: Change<Text<200>>,
        /// The address
        pub address: Clearable<Text<1000>>,
        /// The latitude in degrees
        pub latitude: Clearable<LatitudeInput>,
        /// The longitude in degrees
        pub longitude: Clearable<LongitudeInput>,
        /// The phone number
        pub phone: Clearable<Text<20>>,
        /// The website
        pub website: Clearable<Website>,
        /// The brand
        pub brand: Clearable<Text<100>>,
        /// The fuel types that it sells
        pub fuel_types: Clearable<FuelTypes>,
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
        let osm = self.open_street_map_id.map(|it| it.0);
        let station = Station {
            id: StationId(Uuid::now_v7()),
            google_place_id: self.google_place_id.map(|it| it.0),
            open_street_map_id: osm.clone(),
            name: self.name.0,
            address: self.address.map(|it| it.0),
            latitude: self.latitude.map(|it| it.0),
            longitude: self.longitude.map(|it| it.0),
            phone: self.phone.map(|it| it.0),
            website: self.website.map(|it| it.0),
            brand: self.brand.map(|it| it.0),
            fuel_types: self.fuel_types.unwrap_or_default().0,
            is_favorite: false,
            is_listed: true,
            notes: None,
            created_at: now,
            updated_at: now,
            made_by: Some(user.as_str().to_owned()),
            origin: osm,
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
        let station = Station {
            google_place_id: self
                .google_place_id
                .or(station.google_place_id.map(Text))
                .map(|it| it.0),
            name: self.name.or(Text(station.name)).0,
            address: self.address.or(station.address.map(Text)).map(|it| it.0),
            latitude: self.latitude.or(station.latitude.map(LatitudeInput)).map(|it| it.0),
            longitude: self.longitude.or(station.longitude.map(LongitudeInput)).map(|it| it.0),
            phone: self.phone.or(station.phone.map(Text)).map(|it| it.0),
            website: self.website.or(station.website.map(Website)).map(|it| it.0),
            brand: self.brand.or(station.brand.map(Text)).map(|it| it.0),
            fuel_types: self.fuel_types.or(fuels).unwrap_or_default().0,
            updated_at: now,
            ..station
        };
        station.check_coordinates()?;
        Ok(station)
    }
}
