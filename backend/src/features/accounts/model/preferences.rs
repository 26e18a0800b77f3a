//! What a user prefers.

use chrono::{DateTime, NaiveDate, Timelike as _, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;

use crate::{
    core::{
        input::{Change, Field, Given, Text},
        money::Currency,
        units::{DistanceUnit, EconomyUnit, Shown, VolumeUnit, choice},
    },
    input,
};

choice! {
    /// The pages' colours.
    Theme {
        /// As the device has it.
        System = "system", "System";
        /// Dark on light.
        Light = "light", "Light";
        /// Light on dark.
        Dark = "dark", "Dark";
    }
}

/// How things are shown to a user. What is stored and sent stays in miles and US gallons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Preferences {
    /// What distances are shown in.
    #[sqlx(try_from = "String")]
    pub distance_unit: DistanceUnit,
    /// What volumes are shown in.
    #[sqlx(try_from = "String")]
    pub volume_unit: VolumeUnit,
    /// What economy is shown in.
    #[sqlx(try_from = "String")]
    pub economy_unit: EconomyUnit,
    /// What is paid in: a code of ISO 4217.
    pub currency: String,
    /// Whose midnight ends a day: a name of the IANA time zone database.
    pub time_zone: String,
    /// The pages' colours.
    #[sqlx(try_from = "String")]
    pub theme: Theme,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            distance_unit: DistanceUnit::Miles,
            volume_unit: VolumeUnit::GallonsUs,
            economy_unit: EconomyUnit::MpgUs,
            currency: "USD".to_owned(),
            time_zone: "UTC".to_owned(),
            theme: Theme::System,
        }
    }
}

impl Preferences {
    /// How figures are shown to the user.
    #[must_use]
    pub fn shown(&self) -> Shown {
        Shown {
            distance: self.distance_unit,
            volume: self.volume_unit,
            economy: self.economy_unit,
            currency: self.currency.clone(),
        }
    }

    /// The day and the time where the user is: `14 Jun 2025, 08:05`.
    #[must_use]
    pub fn moment(&self, moment: DateTime<Utc>) -> String {
        let zone = jiff::tz::TimeZone::get(&self.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let local = jiff::Timestamp::from_second(moment.timestamp()).unwrap_or_default();
        local.to_zoned_datetime(zone).strftime("%-d %b %Y, %H:%M").to_string()
    }

    /// The hour of the day where the user is.
    #[must_use]
    pub fn hour(&self, now: DateTime<Utc>) -> u32 {
        let utc = now.hour();
        let Ok(zone) = jiff::tz::TimeZone::get(&self.time_zone) else { return utc };
        let Ok(moment) = jiff::Timestamp::from_second(now.timestamp()) else { return utc };
        u32::try_from(moment.to_zoned_datetime(zone).hour()).unwrap_or(utc)
    }

    /// The date where the user is.
    #[must_use]
    pub fn today(&self, now: DateTime<Utc>) -> NaiveDate {
        let utc = now.date_naive();
        let Ok(zone) = jiff::tz::TimeZone::get(&self.time_zone) else { return utc };
        let Ok(moment) = jiff::Timestamp::from_second(now.timestamp()) else { return utc };
        let local = moment.to_zoned_datetime(zone).date();
        NaiveDate::from_ymd_opt(
            i32::from(local.year()),
            u32::from(local.month().unsigned_abs()),
            u32::from(local.day().unsigned_abs()),
        )
        .unwrap_or(utc)
    }
}

input! {
    /// What to change of the preferences
    pub(in crate::features::accounts) struct PreferencesChange {
        /// What distances are shown in
        pub distance_unit: Change<DistanceUnit>,
        /// What volumes are shown in
        pub volume_unit: Change<VolumeUnit>,
        /// What economy is shown in
        pub economy_unit: Change<EconomyUnit>,
        /// What is paid in: a code of ISO 4217
        pub currency: Change<Currency>,
        /// Whose midnight ends a day: a name of the IANA time zone database
        pub time_zone: Change<TimeZone>,
        /// The pages' colours
        pub theme: Change<Theme>,
    }
}

/// A time zone's name, such as `Europe/Berlin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::features::accounts) struct TimeZone(pub String);

impl Field for TimeZone {
    fn read(given: &Given, today: NaiveDate) -> Result<Self, String> {
        let Text(text) = Text::<100>::read(given, today)?;
        let unknown = || "is not a time zone, such as Europe/Berlin".to_owned();
        // Names of whatever zone the machine is in, and of none.
        let is_no_place = ["localtime", "posixrules", "factory", "etc/unknown"]
            .contains(&text.to_ascii_lowercase().as_str());
        if is_no_place {
            return Err(unknown());
        }
        let known = jiff::tz::TimeZone::get(&text).map_err(|_| unknown())?;
        // As the database spells it, whatever the case it was typed in.
        Ok(Self(known.iana_name().map_or(text, str::to_owned)))
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "maxLength": 100, "pattern": "^[A-Za-z0-9_+/-]+$",
            "examples": ["Europe/Berlin"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Preferences;

    #[test]
    fn a_day_ends_at_the_users_own_midnight() {
        let today = |zone: &str| {
            let preferences = Preferences { time_zone: zone.to_owned(), ..Preferences::default() };
            preferences.today("2026-01-31T23:30:00Z".parse().unwrap()).to_string()
        };
        assert_eq!(today("UTC"), "2026-01-31");
        assert_eq!(today("Europe/Berlin"), "2026-02-01");
        assert_eq!(today("America/Los_Angeles"), "2026-01-31");
        assert_eq!(today("Nowhere/At-All"), "2026-01-31");
    }

    #[test]
    fn a_moment_is_told_in_the_users_own_time() {
        let moment = |zone: &str| {
            let preferences = Preferences { time_zone: zone.to_owned(), ..Preferences::default() };
            preferences.moment("2026-01-31T23:30:59Z".parse().unwrap())
        };
        assert_eq!(moment("UTC"), "31 Jan 2026, 23:30");
        assert_eq!(moment("Europe/Berlin"), "1 Feb 2026, 00:30");
        assert_eq!(moment("Nowhere/At-All"), "31 Jan 2026, 23:30");
    }
}
