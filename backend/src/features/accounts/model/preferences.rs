//! User preferences.

use chrono::{DateTime, NaiveDate, Timelike as _, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;

use crate::{
    core::{
        input::{Field, FieldValue, Text},
        locale::{self, Locale, Message},
        money::Currency,
        units::{DistanceUnit, EconomyUnit, UnitFormatter, VolumeUnit, text_enum},
    },
    record,
};

text_enum! {
    /// The color theme of the pages.
    Theme {
        /// Follows the device.
        System = "system", "accounts-theme-system";
        /// Dark on light.
        Light = "light", "accounts-theme-light";
        /// Light on dark.
        Dark = "dark", "accounts-theme-dark";
    }
}

record! {
    /// Display preferences of a user. They do not affect stored data or the API, which use miles and US gallons.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub struct Preferences {
        /// The unit of distances.
        pub distance_unit: DistanceUnit {
            column distance_unit;
            input default DistanceUnit = DistanceUnit::Miles;
        }
        /// The unit of volumes.
        pub volume_unit: VolumeUnit {
            column volume_unit;
            input default VolumeUnit = VolumeUnit::GallonsUs;
        }
        /// The unit of fuel economy.
        pub economy_unit: EconomyUnit {
            column economy_unit;
            input default EconomyUnit = EconomyUnit::MpgUs;
        }
        /// The default currency: an ISO 4217 code.
        pub currency: String {
            column currency;
            input default Currency = "USD".to_owned();
        }
        /// The time zone, which decides when a day ends: a name from the IANA time zone database.
        pub time_zone: String {
            column time_zone;
            input default TimeZone = "UTC".to_owned();
        }
        /// The color theme of the pages.
        pub theme: Theme {
            column theme;
            input default Theme = Theme::System;
        }
        /// The language, as a BCP 47 tag; null follows the browser (`Accept-Language`).
        pub locale: Option<String> {
            column locale;
            input optional Locale, change "The language, as a BCP 47 tag; null follows the browser";
        }
    }
    table "user_preferences" of user as preferences;
    write updated_at = now;
    on conflict "(user_id) DO NOTHING";
    insert(pub(in crate::features::accounts), now: DateTime<Utc>);
    update(pub(in crate::features::accounts), now: DateTime<Utc>);
    empty(pub(in crate::features::accounts));
    form(pub(in crate::features::accounts)) {
        distance_unit "accounts-label-distance",
        volume_unit "accounts-label-volume",
        economy_unit "accounts-label-economy",
        currency "accounts-label-currency",
        time_zone "accounts-label-time-zone",
        theme "accounts-label-theme",
        locale "accounts-settings-language",
    }
    change {
        /// The preferences to change
        pub(in crate::features::accounts) struct PreferencesChange {}
    }
}

impl Default for Preferences {
    fn default() -> Self {
        Self::empty()
    }
}

impl Preferences {
    /// The language that the user chose, if any.
    #[must_use]
    pub fn chosen_locale(&self) -> Option<Locale> {
        self.locale.as_deref().and_then(Locale::from_tag)
    }

    /// The units and the currency in which figures are displayed.
    #[must_use]
    pub fn display_units(&self) -> UnitFormatter {
        UnitFormatter {
            distance: self.distance_unit,
            volume: self.volume_unit,
            economy: self.economy_unit,
            currency: self.currency.clone(),
        }
    }

    /// Formats a time in the user's time zone: `Jun 14, 2025, 8:05 AM`.
    #[must_use]
    pub fn format_time(&self, time: DateTime<Utc>) -> String {
        locale::moment(self.local(time).naive_local())
    }

    /// The hour of the day in the user's time zone.
    #[must_use]
    pub fn local_hour(&self, now: DateTime<Utc>) -> u32 {
        self.local(now).hour()
    }

    /// The date in the user's time zone.
    #[must_use]
    pub fn today(&self, now: DateTime<Utc>) -> NaiveDate {
        self.local(now).date_naive()
    }

    /// A time in the user's time zone; in UTC if the zone is unknown.
    fn local(&self, time: DateTime<Utc>) -> DateTime<Tz> {
        time.with_timezone(&self.time_zone.parse().unwrap_or(Tz::UTC))
    }
}

/// The name of a time zone, such as `Europe/Berlin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::features::accounts) struct TimeZone(pub String);

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.0
    }
}

impl Field for TimeZone {
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let Text(text) = Text::<100>::read(given, today)?;
        let unknown = || crate::t!("accounts-field-time-zone");
        // Store the canonical spelling, but accept any case.
        let known = TZ_VARIANTS.iter().find(|it| it.name().eq_ignore_ascii_case(&text));
        known.map(|it| Self(it.name().to_owned())).ok_or_else(unknown)
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
    fn a_day_ends_at_midnight_in_the_users_time_zone() {
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
    fn a_time_is_formatted_in_the_users_time_zone() {
        let format = |zone: &str| {
            let preferences = Preferences { time_zone: zone.to_owned(), ..Preferences::default() };
            preferences.format_time("2026-01-31T23:30:59Z".parse().unwrap())
        };
        assert_eq!(format("UTC"), "Jan 31, 2026, 11:30\u{202f}PM");
        assert_eq!(format("Europe/Berlin"), "Feb 1, 2026, 12:30\u{202f}AM");
        assert_eq!(format("Nowhere/At-All"), "Jan 31, 2026, 11:30\u{202f}PM");
    }
}
