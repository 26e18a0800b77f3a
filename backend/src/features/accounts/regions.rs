//! What a browser's languages say about a new user: the units, the currency and the time zone that are usual
//! where they live.

use super::model::Preferences;
use crate::core::{
    locale::{Message, language_ranges},
    units::{DistanceUnit, EconomyUnit, VolumeUnit},
};
use crate::t;

/// A system of units that a new user can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnitSystem {
    Metric,
    Us,
    Uk,
}

impl UnitSystem {
    pub(super) const ALL: [Self; 3] = [Self::Metric, Self::Us, Self::Uk];

    /// Its value in the form.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Metric => "metric",
            Self::Us => "us",
            Self::Uk => "uk",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }

    pub(super) fn name(self) -> Message {
        match self {
            Self::Metric => t!("accounts-welcome-metric"),
            Self::Us => t!("accounts-welcome-us"),
            Self::Uk => t!("accounts-welcome-uk"),
        }
    }

    /// Its units, in words.
    pub(super) fn about(self) -> Message {
        match self {
            Self::Metric => t!("accounts-welcome-metric-about"),
            Self::Us => t!("accounts-welcome-us-about"),
            Self::Uk => t!("accounts-welcome-uk-about"),
        }
    }

    /// Its units. In the United Kingdom, fuel is sold in liters, and economy is in miles per imperial
    /// gallon.
    pub(super) fn units(self) -> (DistanceUnit, VolumeUnit, EconomyUnit) {
        match self {
            Self::Metric => {
                (DistanceUnit::Kilometers, VolumeUnit::Liters, EconomyUnit::LitersPer100Km)
            }
            Self::Us => (DistanceUnit::Miles, VolumeUnit::GallonsUs, EconomyUnit::MpgUs),
            Self::Uk => (DistanceUnit::Miles, VolumeUnit::Liters, EconomyUnit::MpgUk),
        }
    }

    /// The system with exactly these units, if there is one.
    fn of(preferences: &Preferences) -> Option<Self> {
        let units = (preferences.distance_unit, preferences.volume_unit, preferences.economy_unit);
        Self::ALL.into_iter().find(|it| it.units() == units)
    }
}

/// What is usual in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) units: UnitSystem,
    pub(super) currency: String,
    /// Where the region has several time zones, that of its capital or largest city.
    pub(super) time_zone: String,
}

/// The code of each region (ISO 3166-1), the main language of those that a language without a region means,
/// the currency, and the time zone.
const REGIONS: &[(&str, &str, &str, &str)] = &[
    ("AR", "", "ARS", "America/Argentina/Buenos_Aires"),
    ("AT", "", "EUR", "Europe/Vienna"),
    ("AU", "", "AUD", "Australia/Sydney"),
    ("BE", "", "EUR", "Europe/Brussels"),
    ("BG", "bg", "EUR", "Europe/Sofia"),
    ("BR", "pt", "BRL", "America/Sao_Paulo"),
    ("CA", "", "CAD", "America/Toronto"),
    ("CH", "", "CHF", "Europe/Zurich"),
    ("CL", "", "CLP", "America/Santiago"),
    ("CN", "zh", "CNY", "Asia/Shanghai"),
    ("CO", "", "COP", "America/Bogota"),
    ("CZ", "cs", "CZK", "Europe/Prague"),
    ("DE", "de", "EUR", "Europe/Berlin"),
    ("DK", "da", "DKK", "Europe/Copenhagen"),
    ("EE", "et", "EUR", "Europe/Tallinn"),
    ("ES", "es", "EUR", "Europe/Madrid"),
    ("FI", "fi", "EUR", "Europe/Helsinki"),
    ("FR", "fr", "EUR", "Europe/Paris"),
    ("GB", "", "GBP", "Europe/London"),
    ("GR", "el", "EUR", "Europe/Athens"),
    ("HR", "hr", "EUR", "Europe/Zagreb"),
    ("HU", "hu", "HUF", "Europe/Budapest"),
    ("ID", "id", "IDR", "Asia/Jakarta"),
    ("IE", "", "EUR", "Europe/Dublin"),
    ("IL", "he", "ILS", "Asia/Jerusalem"),
    ("IN", "hi", "INR", "Asia/Kolkata"),
    ("IS", "is", "ISK", "Atlantic/Reykjavik"),
    ("IT", "it", "EUR", "Europe/Rome"),
    ("JP", "ja", "JPY", "Asia/Tokyo"),
    ("KR", "ko", "KRW", "Asia/Seoul"),
    ("LT", "lt", "EUR", "Europe/Vilnius"),
    ("LU", "lb", "EUR", "Europe/Luxembourg"),
    ("LV", "lv", "EUR", "Europe/Riga"),
    ("MX", "", "MXN", "America/Mexico_City"),
    ("MY", "ms", "MYR", "Asia/Kuala_Lumpur"),
    ("NL", "nl", "EUR", "Europe/Amsterdam"),
    ("NO", "nb", "NOK", "Europe/Oslo"),
    ("NZ", "", "NZD", "Pacific/Auckland"),
    ("PH", "fil", "PHP", "Asia/Manila"),
    ("PL", "pl", "PLN", "Europe/Warsaw"),
    ("PT", "", "EUR", "Europe/Lisbon"),
    ("RO", "ro", "RON", "Europe/Bucharest"),
    ("RS", "sr", "RSD", "Europe/Belgrade"),
    ("RU", "ru", "RUB", "Europe/Moscow"),
    ("SE", "sv", "SEK", "Europe/Stockholm"),
    ("SG", "", "SGD", "Asia/Singapore"),
    ("SI", "sl", "EUR", "Europe/Ljubljana"),
    ("SK", "sk", "EUR", "Europe/Bratislava"),
    ("TH", "th", "THB", "Asia/Bangkok"),
    ("TR", "tr", "TRY", "Europe/Istanbul"),
    ("TW", "", "TWD", "Asia/Taipei"),
    ("UA", "uk", "UAH", "Europe/Kyiv"),
    ("US", "en", "USD", "America/New_York"),
    ("VN", "vi", "VND", "Asia/Ho_Chi_Minh"),
    ("ZA", "af", "ZAR", "Africa/Johannesburg"),
];

impl Region {
    /// The region of the first language in an `Accept-Language` header that has a known one.
    pub(super) fn of_languages(accept_language: &str) -> Option<Self> {
        language_ranges(accept_language).into_iter().find_map(Self::of_language)
    }

    /// The region of a language tag, such as `de-CH` or `de`.
    fn of_language(tag: &str) -> Option<Self> {
        let mut parts = tag.split('-');
        let language = parts.next()?;
        let code = parts.find(|it| it.len() == 2 && it.bytes().all(|it| it.is_ascii_alphabetic()));
        let is_wanted = |it: &&(&str, &str, &str, &str)| match code {
            Some(code) => it.0.eq_ignore_ascii_case(code),
            None => it.1.eq_ignore_ascii_case(language),
        };
        let (code, _, currency, time_zone) = REGIONS.iter().find(is_wanted)?;
        let units = match *code {
            "US" => UnitSystem::Us,
            "GB" => UnitSystem::Uk,
            _ => UnitSystem::Metric,
        };
        Some(Self { units, currency: (*currency).to_owned(), time_zone: (*time_zone).to_owned() })
    }

    /// What a user has chosen: the units only if they form a system.
    pub(super) fn chosen(preferences: &Preferences) -> Self {
        Self {
            units: UnitSystem::of(preferences).unwrap_or(UnitSystem::Metric),
            currency: preferences.currency.clone(),
            time_zone: preferences.time_zone.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{REGIONS, Region, UnitSystem};
    use crate::core::money::Currency;

    fn guess(languages: &str) -> Option<(UnitSystem, String, String)> {
        Region::of_languages(languages).map(|it| (it.units, it.currency, it.time_zone))
    }

    #[test]
    fn the_first_language_with_a_known_region_decides() {
        use UnitSystem::{Metric, Uk, Us};
        for (languages, units, currency, zone) in [
            ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", Metric, "EUR", "Europe/Berlin"),
            ("en-US,en;q=0.9", Us, "USD", "America/New_York"),
            ("en-GB", Uk, "GBP", "Europe/London"),
            ("en-CA, en-US;q=0.7", Metric, "CAD", "America/Toronto"),
            ("en;q=0.5, fr-CH;q=0.9", Metric, "CHF", "Europe/Zurich"),
            ("sr-Latn-RS", Metric, "RSD", "Europe/Belgrade"),
            ("nl", Metric, "EUR", "Europe/Amsterdam"),
            ("tlh, es-XX, ja", Metric, "JPY", "Asia/Tokyo"),
        ] {
            let expected = (units, currency.to_owned(), zone.to_owned());
            assert_eq!(guess(languages), Some(expected), "{languages}");
        }
        for languages in ["", "*", "tlh", "es-XX", "en-US;q=0"] {
            assert_eq!(guess(languages), None, "{languages}");
        }
    }

    #[test]
    fn the_currencies_and_time_zones_of_all_regions_exist() {
        for (code, _, currency, zone) in REGIONS {
            assert!(Currency::parse(currency).is_some(), "{code}: {currency}");
            assert!(zone.parse::<chrono_tz::Tz>().is_ok(), "{code}: {zone}");
        }
    }
}
