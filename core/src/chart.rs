//! Line charts of values over time. All coordinates are computed here, in whole numbers; a template
//! writes them into an SVG.

use crate::locale;
use std::fmt::{self, Display, Formatter};

use chrono::{Datelike as _, Months, NaiveDate};

/// The edges of the plot, in tenths of the drawing's unit (480 × 212).
const LEFT: i64 = 400;
const RIGHT: i64 = 4680;
const TOP: i64 = 100;
const BOTTOM: i64 = 1860;
/// The maximum number of steps on the scale, and of labeled days.
const MAX_STEPS: i64 = 5;
const MAX_DAYS: usize = 9;

/// A coordinate in tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenths(i64);

impl Display for Tenths {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// A day's value, in its smallest stored unit.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// The day.
    pub date: NaiveDate,
    /// The value.
    pub value: i64,
    /// Whether it depends on a value that looked wrong and was confirmed.
    pub is_confirmed: bool,
}

/// A label on an axis.
#[derive(Debug, PartialEq, Eq)]
pub struct Label {
    /// The position on the axis.
    pub at: Tenths,
    /// The position of its text: slightly lower, so that it is level with its line.
    pub text_at: Tenths,
    /// The text.
    pub text: String,
}

/// A point of the drawing.
#[derive(Debug)]
pub struct Dot {
    /// The horizontal position.
    pub x: Tenths,
    /// The vertical position.
    pub y: Tenths,
    /// The point it represents.
    pub point: Point,
}

/// The complete drawing.
#[derive(Debug)]
pub struct Chart {
    /// The horizontal grid lines, lowest first.
    pub grid_lines: Vec<Label>,
    /// The labeled days.
    pub days: Vec<Label>,
    /// The points.
    pub dots: Vec<Dot>,
    /// The vertical position of the average.
    pub average: Option<Tenths>,
    /// The path through the points.
    pub line: String,
    /// The area below the line.
    pub area: String,
}

impl Chart {
    /// Draws the points, which must be sorted by date and have `decimals` decimals. Returns `None`
    /// for fewer than two points.
    #[must_use]
    pub fn new(points: &[Point], average: Option<i64>, decimals: u32) -> Option<Self> {
        let (first, last) = match points {
            [first, .., last] => (*first, *last),
            _ => return None,
        };
        let values = points.iter().map(|it| it.value).chain(average);
        let (low, high) =
            values.fold((i64::MAX, i64::MIN), |(low, high), it| (low.min(it), high.max(it)));
        let scale = Scale::over(low, high);
        let days = (last.date - first.date).num_days();
        let x = |date: NaiveDate, at: usize| match days {
            // If all are on one day, they are side by side.
            0 => between(LEFT, RIGHT, length(at), length(points.len() - 1)),
            _ => between(LEFT, RIGHT, (date - first.date).num_days(), days),
        };
        let dots: Vec<_> = points
            .iter()
            .enumerate()
            .map(|(at, point)| Dot {
                x: Tenths(x(point.date, at)),
                y: scale.height(point.value),
                point: *point,
            })
            .collect();
        let line = path(&dots);
        let (from, to) = (Tenths(x(first.date, 0)), Tenths(x(last.date, points.len() - 1)));
        let bottom = Tenths(BOTTOM);
        Some(Self {
            area: format!("{line}L{to} {bottom}L{from} {bottom}Z"),
            line,
            grid_lines: scale.grid_lines(decimals),
            days: day_labels(first.date, last.date)
                .into_iter()
                .map(|(date, text)| {
                    let at = Tenths(x(date, 0));
                    Label { at, text_at: at, text }
                })
                .collect(),
            average: average.map(|it| scale.height(it)),
            dots,
        })
    }
}

/// Interpolates between `from` and `to` at `part` of `whole`.
fn between(from: i64, to: i64, part: i64, whole: i64) -> i64 {
    from + (to - from) * part / whole.max(1)
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn path(dots: &[Dot]) -> String {
    let points: Vec<_> = dots.iter().map(|it| format!("{} {}", it.x, it.y)).collect();
    format!("M{}", points.join("L"))
}

/// A line without a scale in a box of 120 × 40: recent economy.
#[must_use]
pub fn sparkline(values: &[i64]) -> Option<String> {
    if values.len() < 2 {
        return None;
    }
    let (low, high) = (values.iter().min()?, values.iter().max()?);
    let points = values.iter().enumerate().map(|(at, value)| {
        let x = between(0, 1200, length(at), length(values.len() - 1));
        // A horizontal line is in the middle.
        let y = if low == high { 200 } else { between(380, 20, value - low, high - low) };
        format!("{} {}", Tenths(x), Tenths(y))
    });
    Some(format!("M{}", points.collect::<Vec<_>>().join("L")))
}

/// The scale: from `low` to `high` in steps of one, two or five times a power of ten.
#[derive(Debug, PartialEq, Eq)]
struct Scale {
    low: i64,
    high: i64,
    step: i64,
}

impl Scale {
    /// The finest scale with at most [`MAX_STEPS`] steps that includes both values.
    fn over(low: i64, high: i64) -> Self {
        let mut power = 1;
        loop {
            for step in [power, power * 2, power * 5] {
                let from = low.div_euclid(step) * step;
                let to = -(-high).div_euclid(step) * step;
                if to - from <= step * MAX_STEPS {
                    // A horizontal line has a step above and below it.
                    let widen = if from == to { step } else { 0 };
                    return Self { low: from - widen, high: to + widen, step };
                }
            }
            power *= 10;
        }
    }

    fn height(&self, value: i64) -> Tenths {
        Tenths(between(BOTTOM, TOP, value - self.low, self.high - self.low))
    }

    /// The grid lines, labeled with as few decimals as needed to distinguish them.
    fn grid_lines(&self, decimals: u32) -> Vec<Label> {
        let whole = |places: u32| 10_i64.pow(decimals - places);
        let places = (0..decimals).find(|it| self.step % whole(*it) == 0).unwrap_or(decimals);
        let count = (self.high - self.low) / self.step;
        let rule = |at| {
            let value = self.low + at * self.step;
            let height = self.height(value);
            let (value, part) = (value / whole(places), 10_i64.pow(places));
            let text = match usize::try_from(places).unwrap_or_default() {
                0 => value.to_string(),
                width => format!("{}.{:0width$}", value / part, value % part),
            };
            Label { at: height, text_at: Tenths(height.0 + 35), text }
        };
        (0..=count).map(rule).collect()
    }
}

/// The labeled days between `first` and `last`: the first days of months as close as space allows,
/// or both ends of a short period.
fn day_labels(first: NaiveDate, last: NaiveDate) -> Vec<(NaiveDate, String)> {
    let written = |date: NaiveDate| (date, locale::day_and_month(date));
    if first == last {
        return vec![written(first)];
    }
    for step in [1, 2, 3, 6, 12, 24, 60, 120] {
        let months = first_days_of_months(first, last, step);
        if months.len() < 2 {
            return vec![written(first), written(last)];
        }
        if months.len() <= MAX_DAYS {
            let name = |date: NaiveDate| match (step, date.month()) {
                (12.., _) => date.format("%Y").to_string(),
                (_, 1) => locale::short_month(date),
                _ => locale::month_name(date),
            };
            return months.into_iter().map(|date| (date, name(date))).collect();
        }
    }
    vec![written(first), written(last)]
}

/// The first days of every `step`th month (counted from January of the year 0) in a period.
fn first_days_of_months(first: NaiveDate, last: NaiveDate, step: u32) -> Vec<NaiveDate> {
    let mut days = Vec::new();
    let mut day = first.with_day(1);
    while let Some(date) = day.filter(|date| *date <= last) {
        let months = i64::from(date.year()) * 12 + i64::from(date.month0());
        if date >= first && months % i64::from(step) == 0 {
            days.push(date);
        }
        day = date.checked_add_months(Months::new(1));
    }
    days
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::{BOTTOM, Chart, LEFT, Point, RIGHT, Scale, TOP, day_labels, sparkline};

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn points(rows: &[(&str, i64)]) -> Vec<Point> {
        rows.iter()
            .map(|(day, economy)| Point { date: date(day), value: *economy, is_confirmed: false })
            .collect()
    }

    #[test]
    fn fewer_than_two_points_give_no_chart() {
        assert!(Chart::new(&[], None, 2).is_none());
        assert!(Chart::new(&points(&[("2025-01-01", 3000)]), Some(3000), 2).is_none());
        assert_eq!(sparkline(&[3000]), None);
    }

    #[test]
    fn the_scale_has_few_round_steps() {
        let scale = |low, high, decimals| {
            let grid_lines = Scale::over(low, high).grid_lines(decimals);
            grid_lines.into_iter().map(|rule| rule.text).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(scale(2560, 3230, 2), "24 26 28 30 32 34");
        assert_eq!(scale(2810, 3190, 2), "28 29 30 31 32");
        assert_eq!(scale(3000, 3000, 2), "29.99 30.00 30.01");
        assert_eq!(scale(780, 812, 2), "7.8 7.9 8.0 8.1 8.2");
        assert_eq!(scale(0, 10_000, 2), "0 20 40 60 80 100");
        assert_eq!(scale(3_399, 3_599, 3), "3.35 3.40 3.45 3.50 3.55 3.60");
        assert_eq!(scale(1_799, 1_803, 3), "1.799 1.800 1.801 1.802 1.803");
    }

    #[test]
    fn points_are_placed_by_day_and_value() {
        let rows = [("2025-01-01", 2000), ("2025-01-02", 3000), ("2025-01-11", 2500)];
        let chart = Chart::new(&points(&rows), Some(2500), 2).unwrap();
        assert_eq!(chart.line, "M40.0 186.0L82.8 10.0L468.0 98.0");
        assert_eq!(chart.area, format!("{}L468.0 186.0L40.0 186.0Z", chart.line));
        assert_eq!(chart.average.unwrap().to_string(), "98.0");
        assert_eq!(chart.dots.len(), 3);
    }

    #[test]
    fn points_of_one_day_are_side_by_side() {
        let chart = Chart::new(&points(&[("2025-01-01", 2000), ("2025-01-01", 3000)]), None, 2);
        assert_eq!(chart.unwrap().line, "M40.0 186.0L468.0 10.0");
    }

    #[test]
    fn months_are_labeled_as_close_as_space_allows() {
        let names = |first: &str, last: &str| {
            let days = day_labels(date(first), date(last));
            days.into_iter().map(|it| it.1).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(names("2025-01-03", "2025-01-28"), "Jan 3, Jan 28");
        assert_eq!(names("2025-01-03", "2025-01-03"), "Jan 3");
        assert_eq!(names("2024-10-12", "2025-02-14"), "Nov, Dec, Jan 2025, Feb");
        assert_eq!(names("2024-01-02", "2025-04-30"), "Mar, May, Jul, Sep, Nov, Jan 2025, Mar");
        assert_eq!(names("2019-05-01", "2025-04-30"), "2020, 2021, 2022, 2023, 2024, 2025");
    }

    #[test]
    fn a_sparkline_fills_its_box() {
        assert_eq!(sparkline(&[1, 3, 2]).unwrap(), "M0.0 38.0L60.0 2.0L120.0 20.0");
        assert_eq!(sparkline(&[5, 5]).unwrap(), "M0.0 20.0L120.0 20.0");
    }

    proptest! {
        #[test]
        fn everything_is_drawn_inside_the_plot(
            rows in prop::collection::vec((0_i64..20_000, 1_i64..10_000_000), 2..60),
        ) {
            let mut rows = rows;
            rows.sort_unstable();
            let day = |after| date("1990-01-01") + chrono::TimeDelta::days(after);
            let points: Vec<_> = rows
                .iter()
                .map(|(after, economy)| Point { date: day(*after), value: *economy, is_confirmed: false })
                .collect();
            let chart = Chart::new(&points, Some(rows[0].1), 2).unwrap();
            for dot in &chart.dots {
                prop_assert!((LEFT..=RIGHT).contains(&dot.x.0), "{dot:?}");
                prop_assert!((TOP..=BOTTOM).contains(&dot.y.0), "{dot:?}");
            }
            prop_assert!((2..=7).contains(&chart.grid_lines.len()), "{:?}", chart.grid_lines);
            prop_assert!(chart.days.len() <= 9);
        }
    }
}
