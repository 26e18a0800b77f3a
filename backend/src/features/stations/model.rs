//! What a station is.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    fields::{East, FuelTypes, North, OsmId, Website},
    geo::{self, Latitude, Longitude, Point},
    providers::Place,
};
use crate::{
    core::{
        Error, Result, UserId,
        db::fixed::Fixed,
        fold::folded,
        input::{Change, Clearable, LongText, Text},
    },
    input,
};

/// Names one station.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct StationId(pub Uuid);

impl std::fmt::Display for StationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A station, as one user sees it: its facts are everybody's, whether it is a favourite and what
/// the notes say is theirs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Station {
    /// Its name in this service.
    pub id: StationId,
    /// What Google calls it.
    pub google_place_id: Option<String>,
    /// What `OpenStreetMap` calls it.
    pub open_street_map_id: Option<String>,
    /// What it is called.
    pub name: String,
    /// Where it is, in words.
    pub address: Option<String>,
    /// Degrees north.
    pub latitude: Option<Fixed<10, 8>>,
    /// Degrees east.
    pub longitude: Option<Fixed<11, 8>>,
    /// Its telephone.
    pub phone: Option<String>,
    /// Its page on the web.
    pub website: Option<String>,
    /// Whose fuel it sells.
    pub brand: Option<String>,
    /// The kinds of fuel that it sells.
    pub fuel_types: Vec<&'static str>,
    /// Whether it is one of your favourites.
    pub is_favorite: bool,
    /// Whether lists and searches find it; false for a deleted station that you still use.
    pub is_listed: bool,
    /// What you noted of it as your favourite.
    pub notes: Option<String>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When anything of it changed last.
    pub updated_at: DateTime<Utc>,
    /// Whoever added it.
    #[serde(skip)]
    pub(super) made_by: Option<String>,
    /// Where it was brought in from.
    #[serde(skip)]
    pub(super) origin: Option<String>,
}

/// A row of the table, with what the user marked.
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

/// How name, brand and address are searched: in lower case and without accents, whatever the engine
/// makes of letters.
pub(super) fn search_key(name: &str, brand: Option<&str>, address: Option<&str>) -> String {
    folded(&[Some(name), brand, address].into_iter().flatten().collect::<Vec<_>>().join(" "))
}

impl Station {
    /// Where it is, if that is known.
    pub(super) fn point(&self) -> Option<Point> {
        self.latitude.zip(self.longitude).map(|(north, east)| Point::of(north, east))
    }

    /// The cell that it lies in.
    pub(super) fn cell(&self) -> Option<i32> {
        self.latitude.zip(self.longitude).map(|(north, east)| geo::cell(north, east))
    }

    /// What it is searched by.
    pub(super) fn search_key(&self) -> String {
        search_key(&self.name, self.brand.as_deref(), self.address.as_deref())
    }

    /// Its kinds of fuel as the column keeps them.
    pub(super) fn kept_fuels(&self) -> Option<String> {
        FuelTypes(self.fuel_types.clone()).kept()
    }

    /// Whether this user added it.
    pub(super) fn is_made_by(&self, user: &UserId) -> bool {
        self.made_by.as_deref() == Some(user.as_str())
    }

    /// One that a provider knows, saved by this user.
    pub(super) fn of_place(place: Place, user: &UserId, now: DateTime<Utc>) -> Self {
        Self {
            google_place_id: place.google_place_id.clone(),
            made_by: Some(user.as_str().to_owned()),
            origin: place.osm_id.clone(),
            ..Self::brought_in(StationId(Uuid::now_v7()), String::new(), place, now)
        }
    }

    /// One that a file holds; nobody made it.
    pub(super) fn brought_in(
        id: StationId,
        origin: String,
        place: Place,
        now: DateTime<Utc>,
    ) -> Self {
        let nobody = Self {
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
        nobody.told_by(place)
    }

    /// The same with what an upstream says of it, and nothing else.
    pub(super) fn told_by(self, place: Place) -> Self {
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

    /// A place has both coordinates or none.
    fn check_place(&self) -> Result<()> {
        let lacking = match (self.latitude, self.longitude) {
            (Some(_), None) => ("longitude", "is required where latitude is given"),
            (None, Some(_)) => ("latitude", "is required where longitude is given"),
            _ => return Ok(()),
        };
        Err(Error::invalid(lacking.0, lacking.1))
    }
}

input! {
    /// What it takes to save a station
    pub(super) struct NewStation {
        /// What Google calls it: saved twice, it is the same station
        pub google_place_id: Option<Text<255>>,
        /// What OpenStreetMap calls it: saved twice, it is the same station
        pub open_street_map_id: Option<OsmId>,
        /// What it is called
        pub name: Text<200>,
        /// Where it is, in words
        pub address: Option<Text<1000>>,
        /// Degrees north
        pub latitude: Option<North>,
        /// Degrees east
        pub longitude: Option<East>,
        /// Its telephone
        pub phone: Option<Text<20>>,
        /// Its page on the web
        pub website: Option<Website>,
        /// Whose fuel it sells
        pub brand: Option<Text<100>>,
        /// The kinds of fuel that it sells
        pub fuel_types: Option<FuelTypes>,
    }
}

input! {
    /// What to change of a station
    pub(super) struct StationChange {
        /// What Google calls it
        pub google_place_id: Clearable<Text<255>>,
        /// What it is called
        pub name: Change<Text<200>>,
        /// Where it is, in words
        pub address: Clearable<Text<1000>>,
        /// Degrees north
        pub latitude: Clearable<North>,
        /// Degrees east
        pub longitude: Clearable<East>,
        /// Its telephone
        pub phone: Clearable<Text<20>>,
        /// Its page on the web
        pub website: Clearable<Website>,
        /// Whose fuel it sells
        pub brand: Clearable<Text<100>>,
        /// The kinds of fuel that it sells
        pub fuel_types: Clearable<FuelTypes>,
    }
}

input! {
    /// What makes a station a favourite
    pub(super) struct NewFavorite {
        /// What you note of it; nobody else reads it
        pub notes: Option<LongText>,
    }
}

impl NewStation {
    /// The station that it makes.
    ///
    /// # Errors
    /// Invalid with one coordinate and not the other.
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
        station.check_place()?;
        Ok(station)
    }
}

impl StationChange {
    /// The station after the change.
    ///
    /// # Errors
    /// Invalid where one coordinate would be left without the other.
    pub(super) fn apply(self, station: Station, now: DateTime<Utc>) -> Result<Station> {
        let fuels = Some(FuelTypes(station.fuel_types.clone()));
        let station = Station {
            google_place_id: self
                .google_place_id
                .or(station.google_place_id.map(Text))
                .map(|it| it.0),
            name: self.name.or(Text(station.name)).0,
            address: self.address.or(station.address.map(Text)).map(|it| it.0),
            latitude: self.latitude.or(station.latitude.map(North)).map(|it| it.0),
            longitude: self.longitude.or(station.longitude.map(East)).map(|it| it.0),
            phone: self.phone.or(station.phone.map(Text)).map(|it| it.0),
            website: self.website.or(station.website.map(Website)).map(|it| it.0),
            brand: self.brand.or(station.brand.map(Text)).map(|it| it.0),
            fuel_types: self.fuel_types.or(fuels).unwrap_or_default().0,
            updated_at: now,
            ..station
        };
        station.check_place()?;
        Ok(station)
    }
}
