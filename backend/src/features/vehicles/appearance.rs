//! How a vehicle is drawn: a silhouette of its kind, in its color.

use super::{Vehicle, VehicleKind};

/// Each paint: its color for display, its names in English, French and Spanish, and the endings of its names
/// in German, such as `dunkelblau`.
const PAINTS: &[(&str, &[&str], &[&str])] = &[
    ("#22272b", &["black", "noir", "noire", "negro", "negra"], &["schwarz"]),
    ("#f4f5f5", &["white", "blanc", "blanche", "blanco", "blanca"], &["weiß", "weiss"]),
    ("#b9c0c4", &["silver", "argent", "plata", "plateado", "aluminum"], &["silber"]),
    ("#7d868b", &["gray", "grey", "gris", "graphite", "anthracite"], &["grau", "anthrazit"]),
    ("#b3261e", &["red", "rouge", "rojo", "roja"], &["rot"]),
    ("#6d1a2b", &["maroon", "burgundy", "bordeaux"], &["bordeaux"]),
    ("#2459a9", &["blue", "bleu", "bleue", "azul"], &["blau"]),
    ("#1b2f5c", &["navy"], &[]),
    ("#2f6f45", &["green", "vert", "verte", "verde", "olive"], &["grün", "gruen"]),
    ("#e3b81f", &["yellow", "jaune", "amarillo", "amarilla"], &["gelb"]),
    ("#d96a1b", &["orange", "naranja"], &["orange"]),
    ("#6b4a33", &["brown", "brun", "brune", "marron", "marrón", "bronze", "copper"], &["braun"]),
    ("#d9c7a3", &["beige", "cream", "ivory", "sand", "tan", "champagne"], &["beige", "creme"]),
    ("#c09a3c", &["gold", "golden", "or", "dorado", "dorada", "oro"], &["gold"]),
    ("#63408c", &["purple", "violet", "morado", "violeta"], &["lila", "violett"]),
    ("#d77a9d", &["pink", "rose", "rosa"], &["rosa"]),
    ("#1f8a8a", &["turquoise", "teal", "turquesa"], &["türkis"]),
];

impl VehicleKind {
    /// Whether vehicles of this kind are refueled.
    #[must_use]
    pub fn takes_fuel(self) -> bool {
        !matches!(self, Self::Trailer | Self::Bicycle)
    }
}

impl Vehicle {
    /// The color in which to draw the vehicle, such as `#2459a9`, if its color is known.
    #[must_use]
    pub fn paint(&self) -> Option<&'static str> {
        find_paint(self.color.as_deref()?)
    }
}

/// The paint that a text names: of `Midnight blue / white` the blue one.
fn find_paint(color: &str) -> Option<&'static str> {
    let color = color.to_lowercase().replace(" and ", "/");
    let words = |part: &str| -> Vec<String> {
        part.split(|it: char| !it.is_alphabetic()).map(str::to_owned).collect()
    };
    // In `silver blue`, the last word is the color.
    color
        .split(['/', ',', '&', '+'])
        .find_map(|part| words(part).iter().rev().find_map(|it| named(it)))
}

fn named(word: &str) -> Option<&'static str> {
    let is_named = |it: &&(&str, &[&str], &[&str])| {
        it.1.contains(&word) || it.2.iter().any(|ending| word.ends_with(ending))
    };
    PAINTS.iter().find(is_named).map(|it| it.0)
}

#[cfg(test)]
mod tests {
    use super::find_paint;

    #[test]
    fn a_color_in_words_has_a_paint() {
        const BLUE: Option<&str> = Some("#2459a9");
        for (color, paint) in [
            ("Blue", BLUE),
            ("midnight BLUE metallic", BLUE),
            ("Silver blue", BLUE),
            ("blue/white", BLUE),
            ("Blue and silver", BLUE),
            ("Dunkelblau", BLUE),
            ("bleu nuit", BLUE),
            ("Grün", Some("#2f6f45")),
            ("Alpine White III", Some("#f4f5f5")),
            ("Colored", None),
            ("B19 Imperial", None),
            ("", None),
        ] {
            assert_eq!(find_paint(color), paint, "{color}");
        }
    }
}
