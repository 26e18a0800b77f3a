//! Formats addresses in the style of their country.

use super::clean;

/// Countries that put the house number before the street.
const NUMBER_FIRST: &[&str] = &["US", "CA", "AU", "NZ", "GB", "IE", "IN", "ZA"];
/// Abbreviations of US states and territories and of Canadian provinces.
const STATES: &str = "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO \
    MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR GU VI AS MP \
    AB BC MB NB NL NS NT NU ON PE QC SK YT";

/// The parts of an address. Unknown parts are empty.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::features::stations) struct Address<'a> {
    pub(in crate::features::stations) number: &'a str,
    pub(in crate::features::stations) street: &'a str,
    pub(in crate::features::stations) city: &'a str,
    pub(in crate::features::stations) state: &'a str,
    pub(in crate::features::stations) postcode: &'a str,
    /// The two-letter country code.
    pub(in crate::features::stations) country: &'a str,
}

impl Address<'_> {
    /// Whether the address has the North American format: `123 Main St, Springfield, IL 62704`.
    fn has_american_format(&self) -> bool {
        match self.country.trim() {
            "" => STATES.split_whitespace().any(|it| it == self.state.trim()),
            country => ["US", "CA", "AU"].contains(&country.to_uppercase().as_str()),
        }
    }

    /// The address in one line; `None` if all parts are empty.
    pub(in crate::features::stations) fn line(&self) -> Option<String> {
        let join = |parts: &[&str], separator: &str| {
            let parts = parts.iter().map(|it| it.trim()).filter(|it| !it.is_empty());
            parts.collect::<Vec<_>>().join(separator)
        };
        let country = self.country.trim().to_uppercase();
        let is_american = self.has_american_format();
        let street = if is_american || NUMBER_FIRST.contains(&country.as_str()) {
            join(&[self.number, self.street], " ")
        } else {
            join(&[self.street, self.number], " ")
        };
        let town = if is_american {
            join(&[self.city, &join(&[self.state, self.postcode], " ")], ", ")
        } else {
            join(&[&join(&[self.postcode, self.city], " "), self.state], ", ")
        };
        clean(&join(&[&street, &town], ", "), 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn addresses_have_the_format_of_their_country() {
        for (parts, line) in [
            (
                ["123", "Main Street", "Springfield", "IL", "62704", "US"],
                "123 Main Street, Springfield, IL 62704",
            ),
            (
                ["123", "Main Street", "Springfield", "IL", "62704", ""],
                "123 Main Street, Springfield, IL 62704",
            ),
            (["", "Route 66", "", "AZ", "", ""], "Route 66, AZ"),
            (["5", "King St", "Toronto", "ON", "M5H 1A1", "CA"], "5 King St, Toronto, ON M5H 1A1"),
            (["7", "Ring", "Bern", "", "3011", ""], "Ring 7, 3011 Bern"),
            (["7", "Ring", "Bern", "", "3011", "CH"], "Ring 7, 3011 Bern"),
            (
                ["10", "High Street", "Oxford", "", "OX1 4DB", "GB"],
                "10 High Street, OX1 4DB Oxford",
            ),
            (
                ["12", "Rua Augusta", "São Paulo", "SP", "01304-000", "BR"],
                "Rua Augusta 12, 01304-000 São Paulo, SP",
            ),
        ] {
            let [number, street, city, state, postcode, country] = parts;
            let address = Address { number, street, city, state, postcode, country };
            assert_eq!(address.line().as_deref(), Some(line));
        }
        assert_eq!(Address::default().line(), None);
    }
}
