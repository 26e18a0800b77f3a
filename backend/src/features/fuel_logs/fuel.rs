//! Which fuel it was.

use crate::core::units::text_enum;

text_enum! {
    /// A kind of fuel, as stations sell it.
    FuelType {
        /// Petrol of the usual octane number where stations tell kinds by that.
        Regular = "regular", "Regular";
        /// Petrol between regular and premium.
        Midgrade = "midgrade", "Mid-grade";
        /// Petrol of a high octane number.
        Premium = "premium", "Premium";
        /// Petrol with at most 5 % of ethanol.
        E5 = "e5", "E5";
        /// Petrol with at most 10 % of ethanol.
        E10 = "e10", "E10";
        /// Mostly ethanol.
        E85 = "e85", "E85";
        /// Diesel.
        Diesel = "diesel", "Diesel";
        /// Diesel of hydrogenated vegetable oil.
        Hvo = "hvo", "HVO diesel";
        /// Liquefied petroleum gas.
        Lpg = "lpg", "LPG";
        /// Compressed natural gas.
        Cng = "cng", "CNG";
        /// Liquefied natural gas.
        Lng = "lng", "LNG";
        /// Hydrogen.
        Hydrogen = "h2", "Hydrogen";
    }
}

impl FuelType {
    /// The fuel that a VIN tells, in NHTSA's words: none where it tells none or leaves a choice.
    /// For petrol it is the usual one; what octane number or how much ethanol, no VIN tells.
    pub(super) fn of_vin(told: &str) -> Option<Self> {
        let known = [
            ("Gasoline", Self::Regular),
            ("Diesel", Self::Diesel),
            ("E85", Self::E85),
            ("LPG", Self::Lpg),
            ("CNG", Self::Cng),
            ("LNG", Self::Lng),
            ("Hydrogen", Self::Hydrogen),
        ];
        known.into_iter().find(|it| told.contains(it.0)).map(|it| it.1)
    }
}

#[cfg(test)]
mod tests {
    use super::FuelType;
    use crate::features::{stations::FUEL_TYPES, vin};

    #[test]
    fn what_fills_a_tank_is_sold_at_stations() {
        for fuel in FuelType::ALL {
            assert!(FUEL_TYPES.contains(fuel), "{fuel:?}");
        }
    }

    #[test]
    fn what_a_vin_tells_is_a_fuel_where_it_leaves_no_choice() {
        let told = |text| FuelType::of_vin(text).map(FuelType::as_str);
        assert_eq!(told("Gasoline"), Some("regular"));
        assert_eq!(told("Diesel"), Some("diesel"));
        assert_eq!(told("Ethanol (E85)"), Some("e85"));
        assert_eq!(told("Compressed Natural Gas (CNG)"), Some("cng"));
        assert_eq!(told("Liquefied Natural Gas (LNG)"), Some("lng"));
        assert_eq!(told("Liquefied Petroleum Gas (propane or LPG)"), Some("lpg"));
        assert_eq!(told("Compressed Hydrogen/Hydrogen"), Some("h2"));
        assert_eq!(told("Flexible Fuel Vehicle (FFV)"), None);
        assert_eq!(told("Electric"), None);
        let honda = vin::Vin::try_from("1HGCM82633A004352").unwrap();
        assert_eq!(vin::fuel_type(&honda).as_deref().and_then(told), Some("regular"));
    }
}
