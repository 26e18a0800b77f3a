//! Locations on the earth: distances, and the grid of cells for searches.

use crate::core::db::fixed::Fixed;

/// A latitude in degrees, exactly as stored.
pub(super) type Latitude = Fixed<10, 8>;
/// A longitude in degrees, exactly as stored.
pub(super) type Longitude = Fixed<11, 8>;

/// The smallest units in a degree.
const UNITS_PER_DEGREE: i64 = 100_000_000;
/// The earth's mean radius in meters. Distances on the sphere are accurate to 0.5 %.
const EARTH_RADIUS: f64 = 6_371_008.8;
/// The number of cells per degree in each direction. A cell is about 5.5 km high.
const CELLS_PER_DEGREE: i64 = 20;
/// The number of cells around the earth.
pub(super) const COLUMNS: i32 = 7200;

/// A location in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

impl Point {
    /// Converts the columns.
    pub(super) fn of(latitude: Latitude, longitude: Longitude) -> Self {
        Self { latitude: degrees(latitude.units()), longitude: degrees(longitude.units()) }
    }

    /// The distance along the surface in meters (haversine formula).
    pub(super) fn distance_to(self, other: Self) -> f64 {
        let (south, north) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_height = (north - south) / 2.0;
        let half_width = (other.longitude - self.longitude).to_radians() / 2.0;
        let east_west = half_width.sin().powi(2) * south.cos() * north.cos();
        let haversine = (half_height.sin().powi(2) + east_west).clamp(0.0, 1.0);
        2.0 * EARTH_RADIUS * haversine.sqrt().asin()
    }
}

#[expect(clippy::cast_precision_loss, reason = "columns have fewer digits than a float")]
fn degrees(units: i64) -> f64 {
    units as f64 / UNITS_PER_DEGREE as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and values are at most 1e11"
)]
fn to_integer(value: f64) -> i64 {
    value as i64
}

/// Converts degrees to the column's type, rounded to its last decimal. Returns `None` if out of range.
pub(super) fn to_fixed<const P: u32>(degrees: f64) -> Option<Fixed<P, 8>> {
    let units = (degrees * 1e8).round();
    (units.abs() < 1e11).then(|| Fixed::from_units(to_integer(units))).flatten()
}

/// Rounds a distance in meters to the centimeter.
pub(super) fn meters(distance: f64) -> Fixed<12, 2> {
    Fixed::from_units(to_integer((distance * 100.0).round())).unwrap_or_default()
}

/// The number of the cell that contains a location. Cells are numbered row by row from the south pole, each
/// row eastward from longitude -180.
pub(super) fn cell(latitude: Latitude, longitude: Longitude) -> i32 {
    let size = UNITS_PER_DEGREE / CELLS_PER_DEGREE;
    let row = (latitude.units() + 90 * UNITS_PER_DEGREE) / size;
    let east = longitude.units() + 180 * UNITS_PER_DEGREE;
    let column = east.rem_euclid(360 * UNITS_PER_DEGREE) / size;
    let number = row * i64::from(COLUMNS) + column;
    i32::try_from(number).unwrap_or_default()
}

/// The cells that may intersect a circle: a range of rows, and the same one or two runs of columns in each
/// row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cells {
    pub(super) rows: (i32, i32),
    /// The second run is empty, with its end before its start, unless the circle crosses the antimeridian.
    pub(super) columns: [(i32, i32); 2],
}

/// All columns of a row.
const ALL_COLUMNS: [(i32, i32); 2] = [(0, COLUMNS - 1), (1, 0)];

impl Cells {
    /// The first and the last cell number of each run.
    pub(super) fn runs(self) -> impl Iterator<Item = (i32, i32)> {
        let columns = self.columns.into_iter().filter(|it| it.0 <= it.1);
        (self.rows.0..=self.rows.1).flat_map(move |row| {
            columns.clone().map(move |it| (row * COLUMNS + it.0, row * COLUMNS + it.1))
        })
    }

    /// The cells that may intersect a circle with a radius of `radius` meters.
    pub(super) fn around(center: Point, radius: f64) -> Self {
        // Slightly larger than the circle, so that rounding does not exclude locations on its edge.
        let reach = (radius / EARTH_RADIUS).to_degrees() + 1e-7;
        let (south, north) = (center.latitude - reach, center.latitude + reach);
        let rows = (row(south.max(-90.0)), row(north.min(90.0)));
        if south <= -90.0 || north >= 90.0 {
            // The circle contains a pole, and therefore every longitude.
            return Self { rows, columns: ALL_COLUMNS };
        }
        let half_width = (reach.to_radians().sin() / center.latitude.to_radians().cos()).min(1.0);
        let half_width = half_width.asin().to_degrees() + 1e-7;
        let west = column(center.longitude - half_width);
        let east = column(center.longitude + half_width);
        let columns = if east - west >= COLUMNS - 1 {
            ALL_COLUMNS
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
    cell_index(latitude + 90.0)
}

/// The column of a longitude. Beyond the antimeridian, it is before the first or after the last column.
fn column(longitude: f64) -> i32 {
    cell_index(longitude + 180.0)
}

fn cell_index(degrees: f64) -> i32 {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let cells = (degrees * CELLS_PER_DEGREE as f64).floor();
    i32::try_from(to_integer(cells)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{COLUMNS, Cells, Point, cell, meters, to_fixed};

    fn point(latitude: f64, longitude: f64) -> Point {
        Point { latitude, longitude }
    }

    #[test]
    fn distances_are_accurate_to_half_a_percent() {
        // Distances along the ellipsoid (WGS 84) in meters.
        for (from, to, expected) in [
            (point(52.5163, 13.3777), point(48.8584, 2.2945), 881_330.0),
            (point(40.6892, -74.0445), point(51.5007, -0.1246), 5_589_858.0),
            (point(0.0, 0.0), point(0.0, 0.001), 111.32),
            (point(0.0, 179.999), point(0.0, -179.999), 222.64),
            (point(89.999, 0.0), point(89.999, 180.0), 223.39),
            (point(-33.8568, 151.2153), point(-33.8523, 151.2108), 650.0),
        ] {
            let found = from.distance_to(to);
            assert!((found / expected - 1.0).abs() < 0.005, "{from:?} {to:?}: {found}");
        }
        assert_eq!(meters(12.345).to_string(), "12.35");
        assert!(point(1.0, 2.0).distance_to(point(1.0, 2.0)) < 1e-9);
    }

    #[test]
    fn a_circle_across_the_antimeridian_has_columns_at_both_ends() {
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
    fn a_circle_around_a_pole_has_all_columns() {
        let cells = Cells::around(point(-89.99, 40.0), 5_000.0);
        assert_eq!((cells.rows, cells.columns[0]), ((0, 1), (0, COLUMNS - 1)));
        assert_eq!(Cells::around(point(90.0, 0.0), 1.0).rows, (3599, 3600));
    }

    proptest! {
        /// The cells around a circle contain every location within it.
        #[test]
        fn cells_cover_the_circle(
            latitude in -90.0..=90.0_f64, longitude in -180.0..=180.0_f64,
            radius in 1.0..50_000.0_f64, bearing in 0.0..std::f64::consts::TAU, part in 0.0..1.0_f64,
        ) {
            let center = point(latitude, longitude);
            // A location at that distance and bearing.
            let angle = radius * part / super::EARTH_RADIUS;
            let (sin, cos) = latitude.to_radians().sin_cos();
            let latitude = (sin * angle.cos() + cos * angle.sin() * bearing.cos()).clamp(-1.0, 1.0).asin();
            let offset = (bearing.sin() * angle.sin() * cos).atan2(angle.cos() - sin * latitude.sin());
            let east = (longitude + offset.to_degrees() + 540.0).rem_euclid(360.0) - 180.0;
            let (north, east) = (to_fixed(latitude.to_degrees()).unwrap(), to_fixed(east).unwrap());
            let found = Point::of(north, east);
            prop_assume!(center.distance_to(found) <= radius);
            let cells = Cells::around(center, radius);
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
