//! Places on the earth: how far apart they are, and the grid that they are found by.

use crate::core::db::fixed::Fixed;

/// Degrees north, exactly as they are kept.
pub(super) type Latitude = Fixed<10, 8>;
/// Degrees east, exactly as they are kept.
pub(super) type Longitude = Fixed<11, 8>;

/// The smallest units in a degree.
const UNITS: i64 = 100_000_000;
/// The earth's mean radius in metres: a distance over the sphere is right to 0.5 %.
const EARTH: f64 = 6_371_008.8;
/// How many cells a degree has, either way: a cell is some 5.5 km high.
const CELLS: i64 = 20;
/// How many cells go round the earth.
pub(super) const COLUMNS: i32 = 7200;

/// A place, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

impl Point {
    /// The place that these columns name.
    pub(super) fn of(latitude: Latitude, longitude: Longitude) -> Self {
        Self { latitude: degrees(latitude.units()), longitude: degrees(longitude.units()) }
    }

    /// Metres along the surface (haversine).
    pub(super) fn distance_to(self, other: Self) -> f64 {
        let (south, north) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_height = (north - south) / 2.0;
        let half_width = (other.longitude - self.longitude).to_radians() / 2.0;
        let part = half_width.sin().powi(2) * south.cos() * north.cos();
        let haversine = (half_height.sin().powi(2) + part).clamp(0.0, 1.0);
        2.0 * EARTH * haversine.sqrt().asin()
    }
}

#[expect(clippy::cast_precision_loss, reason = "no column holds more digits than a float")]
fn degrees(units: i64) -> f64 {
    units as f64 / UNITS as f64
}

#[expect(clippy::cast_possible_truncation, reason = "it saturates, and is no more than 1e11")]
fn whole(value: f64) -> i64 {
    value as i64
}

/// Degrees as the column keeps them, rounded to its last decimal; none beyond its range.
pub(super) fn fixed<const P: u32>(degrees: f64) -> Option<Fixed<P, 8>> {
    let units = (degrees * 1e8).round();
    (units.abs() < 1e11).then(|| Fixed::from_units(whole(units))).flatten()
}

/// Metres, to the centimetre.
pub(super) fn metres(distance: f64) -> Fixed<12, 2> {
    Fixed::from_units(whole((distance * 100.0).round())).unwrap_or_default()
}

/// The cell that a place lies in: the grid's rows one after another, from the south pole, each
/// from longitude -180 eastwards.
pub(super) fn cell(latitude: Latitude, longitude: Longitude) -> i32 {
    let part = UNITS / CELLS;
    let row = (latitude.units() + 90 * UNITS) / part;
    let column = (longitude.units() + 180 * UNITS).rem_euclid(360 * UNITS) / part;
    let number = row * i64::from(COLUMNS) + column;
    i32::try_from(number).unwrap_or_default()
}

/// The cells that a circle may reach: some rows, and of each the same one or two runs of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cells {
    pub(super) rows: (i32, i32),
    /// The second is empty, its end before its start, unless the circle crosses the antimeridian.
    pub(super) columns: [(i32, i32); 2],
}

/// Every column of a row.
const ALL_ROUND: [(i32, i32); 2] = [(0, COLUMNS - 1), (1, 0)];

impl Cells {
    /// Each run of cells: the numbers of its first and its last.
    pub(super) fn runs(self) -> impl Iterator<Item = (i32, i32)> {
        let columns = self.columns.into_iter().filter(|it| it.0 <= it.1);
        (self.rows.0..=self.rows.1).flat_map(move |row| {
            columns.clone().map(move |it| (row * COLUMNS + it.0, row * COLUMNS + it.1))
        })
    }

    /// Those that a circle of `radius` metres reaches.
    pub(super) fn around(centre: Point, radius: f64) -> Self {
        // A hair wider than the circle: rounding must not lose what lies upon its edge.
        let reach = (radius / EARTH).to_degrees() + 1e-7;
        let (south, north) = (centre.latitude - reach, centre.latitude + reach);
        let rows = (row(south.max(-90.0)), row(north.min(90.0)));
        if south <= -90.0 || north >= 90.0 {
            // A pole is within reach, and with it every longitude.
            return Self { rows, columns: ALL_ROUND };
        }
        let aside = (reach.to_radians().sin() / centre.latitude.to_radians().cos()).min(1.0);
        let aside = aside.asin().to_degrees() + 1e-7;
        let (west, east) = (column(centre.longitude - aside), column(centre.longitude + aside));
        let columns = if east - west >= COLUMNS - 1 {
            ALL_ROUND
        } else if west < 0 {
            [(0, east), (west + COLUMNS, COLUMNS - 1)]
        } else if east >= COLUMNS {
            [(west, COLUMNS - 1), (0, east - COLUMNS)]
        } else {
            [(west, east), (1, 0)]
        };
        Self { rows, columns }
    }
}

fn row(latitude: f64) -> i32 {
    number(latitude + 90.0)
}

/// The column of a longitude; before the first or past the last beyond the antimeridian.
fn column(longitude: f64) -> i32 {
    number(longitude + 180.0)
}

fn number(degrees: f64) -> i32 {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let cells = (degrees * CELLS as f64).floor();
    i32::try_from(whole(cells)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{COLUMNS, Cells, Point, cell, fixed, metres};

    fn point(latitude: f64, longitude: f64) -> Point {
        Point { latitude, longitude }
    }

    #[test]
    fn distances_are_those_of_the_earth() {
        // Along the ellipsoid (WGS 84), in metres: half a percent of which is let pass.
        for (from, to, true_metres) in [
            (point(52.5163, 13.3777), point(48.8584, 2.2945), 881_330.0),
            (point(40.6892, -74.0445), point(51.5007, -0.1246), 5_589_858.0),
            (point(0.0, 0.0), point(0.0, 0.001), 111.32),
            (point(0.0, 179.999), point(0.0, -179.999), 222.64),
            (point(89.999, 0.0), point(89.999, 180.0), 223.39),
            (point(-33.8568, 151.2153), point(-33.8523, 151.2108), 650.0),
        ] {
            let found = from.distance_to(to);
            assert!((found / true_metres - 1.0).abs() < 0.005, "{from:?} {to:?}: {found}");
        }
        assert_eq!(metres(12.345).to_string(), "12.35");
        assert!(point(1.0, 2.0).distance_to(point(1.0, 2.0)) < 1e-9);
    }

    #[test]
    fn a_circle_over_the_antimeridian_has_columns_at_both_ends() {
        let cells = Cells::around(point(0.0, 179.99), 10_000.0);
        assert_eq!(cells.columns, [(7198, COLUMNS - 1), (0, 1)]);
        assert_eq!(Cells::around(point(0.0, -180.0), 10_000.0).columns, [(0, 1), (7198, 7199)]);
        assert_eq!(cells.rows, (1798, 1801));
        let runs: Vec<_> = cells.runs().collect();
        assert_eq!(runs.len(), 8);
        let (row, end) = (1798 * COLUMNS, 1799 * COLUMNS - 1);
        assert_eq!(runs[..2], [(row + 7198, end), (row, row + 1)]);
    }

    #[test]
    fn a_circle_at_a_pole_goes_all_round() {
        let cells = Cells::around(point(-89.99, 40.0), 5_000.0);
        assert_eq!((cells.rows, cells.columns[0]), ((0, 1), (0, COLUMNS - 1)));
        assert_eq!(Cells::around(point(90.0, 0.0), 1.0).rows, (3599, 3600));
    }

    proptest! {
        /// Whatever is within a circle lies in a cell that it reaches.
        #[test]
        fn no_place_within_reach_is_missed(
            latitude in -90.0..=90.0_f64, longitude in -180.0..=180.0_f64,
            radius in 1.0..50_000.0_f64, bearing in 0.0..std::f64::consts::TAU, part in 0.0..1.0_f64,
        ) {
            let centre = point(latitude, longitude);
            // The place so far away in that direction.
            let angle = radius * part / super::EARTH;
            let (sin, cos) = latitude.to_radians().sin_cos();
            let there = (sin * angle.cos() + cos * angle.sin() * bearing.cos()).clamp(-1.0, 1.0).asin();
            let aside = (bearing.sin() * angle.sin() * cos).atan2(angle.cos() - sin * there.sin());
            let east = (longitude + aside.to_degrees() + 540.0).rem_euclid(360.0) - 180.0;
            let (north, east) = (fixed(there.to_degrees()).unwrap(), fixed(east).unwrap());
            let found = Point::of(north, east);
            prop_assume!(centre.distance_to(found) <= radius);
            let cells = Cells::around(centre, radius);
            let number = cell(north, east);
            let (row, column) = (number / COLUMNS, number % COLUMNS);
            prop_assert!((cells.rows.0..=cells.rows.1).contains(&row), "{cells:?} {row}");
            prop_assert!(
                cells.columns.iter().any(|run| (run.0..=run.1).contains(&column)),
                "{cells:?} {column}"
            );
        }
    }
}
