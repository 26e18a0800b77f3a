//! Fuel types.

use crate::core::units::text_enum;

text_enum! {
    /// A fuel sold at stations.
    FuelType {
        /// Gasoline with the standard octane rating.
        Regular = "regular", "stations-fuel-regular";
        /// Gasoline with an octane rating between regular and premium.
        Midgrade = "midgrade", "stations-fuel-midgrade";
        /// Gasoline with a high octane rating.
        Premium = "premium", "stations-fuel-premium";
        /// Gasoline with up to 5% ethanol.
        E5 = "e5", "stations-fuel-e5";
        /// Gasoline with up to 10% ethanol.
        E10 = "e10", "stations-fuel-e10";
        /// Ethanol fuel with up to 85% ethanol.
        E85 = "e85", "stations-fuel-e85";
        /// Diesel.
        Diesel = "diesel", "stations-fuel-diesel";
        /// Diesel made from hydrotreated vegetable oil.
        Hvo = "hvo", "stations-fuel-hvo";
        /// Liquefied petroleum gas.
        Lpg = "lpg", "stations-fuel-lpg";
        /// Compressed natural gas.
        Cng = "cng", "stations-fuel-cng";
        /// Liquefied natural gas.
        Lng = "lng", "stations-fuel-lng";
        /// Hydrogen.
        Hydrogen = "h2", "stations-fuel-hydrogen";
    }
}

impl FuelType {
    /// Converts NHTSA's name of a vehicle's fuel. Returns `None` if the vehicle takes several fuels or
    /// none that is sold at stations. A VIN specifies neither octane rating nor ethanol content, so
    /// gasoline is taken to be regular.
    pub(super) fn from_nhtsa(name: &str) -> Option<Self> {
        let known = [
            ("Gasoline", Self::Regular),
            ("Diesel", Self::Diesel),
            ("E85", Self::E85),
            ("LPG", Self::Lpg),
            ("CNG", Self::Cng),
            ("LNG", Self::Lng),
            ("Hydrogen", Self::Hydrogen),
        ];
        known.into_iter().find(|it| name.contains(it.0)).map(|it| it.1)
    }
}

#[cfg(test)]
mod tests {
    use super::FuelType;
    use crate::features::{stations::FUEL_TYPES, vin};

    #[test]
    fn every_fuel_type_is_sold_at_stations() {
        for fuel in FuelType::ALL {
            assert!(FUEL_TYPES.contains(fuel), "{fuel:?}");
        }
    }

    #[test]
    fn an_unambiguous_nhtsa_fuel_is_converted() {
        let convert = |name| FuelType::from_nhtsa(name).map(FuelType::as_str);
        assert_eq!(convert("Gasoline"), Some("regular"));
        assert_eq!(convert("Diesel"), Some("diesel"));
        assert_eq!(convert("Ethanol (E85)"), Some("e85"));
        assert_eq!(convert("Compressed Natural Gas (CNG)"), Some("cng"));
        assert_eq!(convert("Liquefied Natural Gas (LNG)"), Some("lng"));
        assert_eq!(convert("Liquefied Petroleum Gas (propane or LPG)"), Some("lpg"));
        assert_eq!(convert("Compressed Hydrogen/Hydrogen"), Some("h2"));
        assert_eq!(convert("Flexible Fuel Vehicle (FFV)"), None);
        assert_eq!(convert("Electric"), None);
        let honda = vin::Vin::try_from("1HGCM82633A004352").unwrap();
        assert_eq!(vin::fuel_type(&honda).as_deref().and_then(convert), Some("regular"));
    }
}
