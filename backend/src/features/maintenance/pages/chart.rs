//! Charts costs by year and type. Coordinates are calculated here, in whole numbers; the template
//! writes the SVG.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use crate::{
    core::{
        locale::Message,
        money::{Currency, Money},
        units::{UnitFormatter, grouped},
    },
    features::maintenance::{store::YearCost, types::TypeName},
    t,
};

/// The area of the bars, in tenths of the units of the drawing (480 × 212).
const LEFT: i64 = 560;
const RIGHT: i64 = 4760;
const TOP: i64 = 100;
const BOTTOM: i64 = 1860;
/// The maximum width of a bar.
const MAX_WIDTH: i64 = 480;
/// The maximum number of steps of the scale.
const MAX_STEPS: i64 = 5;
/// The number of types with a color of their own; all others share one.
const COLORS: usize = 6;
/// The maximum number of years; earlier ones are left out.
const MAX_YEARS: usize = 12;

/// A coordinate in tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tenths(i64);

impl Display for Tenths {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// A grid line with its label.
#[derive(Debug)]
pub(super) struct GridLine {
    pub(super) at: Tenths,
    pub(super) text_at: Tenths,
    pub(super) text: String,
}

/// The costs of one type in one year: a segment of the bar.
#[derive(Debug)]
pub(super) struct Segment {
    /// The index of the color.
    pub(super) color: usize,
    pub(super) top: Tenths,
    pub(super) height: Tenths,
    pub(super) label: Message,
}

/// The bar of one year.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) year: String,
    pub(super) left: Tenths,
    pub(super) middle: Tenths,
    pub(super) width: Tenths,
    pub(super) parts: Vec<Segment>,
    pub(super) total: String,
}

/// An entry of the legend.
#[derive(Debug)]
pub(super) struct LegendEntry {
    pub(super) color: usize,
    pub(super) name: Message,
    pub(super) total: String,
}

/// The chart of the costs in one currency.
#[derive(Debug)]
pub(super) struct CostChart {
    /// The currency code.
    pub(super) currency: String,
    /// Whether there are charts of other currencies.
    pub(super) is_one_of_several: bool,
    pub(super) grid_lines: Vec<GridLine>,
    pub(super) bars: Vec<Bar>,
    /// Most expensive type first.
    pub(super) keys: Vec<LegendEntry>,
    pub(super) total: String,
    /// Whether earlier years were left out.
    pub(super) is_cut: bool,
}

/// The costs of a year in thousandths, by color.
type Year = BTreeMap<usize, i64>;

impl CostChart {
    /// Draws one chart per currency, the user's currency first. The costs must be sorted by year.
    pub(super) fn of(costs: &[YearCost], units: &UnitFormatter) -> Vec<Self> {
        let mut by_currency: BTreeMap<(bool, &str), Vec<&YearCost>> = BTreeMap::new();
        for cost in costs {
            let key = (cost.currency != units.currency, cost.currency.as_str());
            by_currency.entry(key).or_default().push(cost);
        }
        let draw = |(key, costs): ((bool, &str), Vec<&YearCost>)| {
            Self::in_currency(&costs, Currency::stored(key.1)?, units)
        };
        let mut all: Vec<_> = by_currency.into_iter().filter_map(draw).collect();
        let is_one_of_several = all.len() > 1;
        for one in &mut all {
            one.is_one_of_several = is_one_of_several;
        }
        all
    }

    fn in_currency(costs: &[&YearCost], currency: Currency, units: &UnitFormatter) -> Option<Self> {
        let mut by_type: BTreeMap<&TypeName, i64> = BTreeMap::new();
        for cost in costs {
            *by_type.entry(&cost.kind).or_default() += cost.amount.units();
        }
        let total: i64 = by_type.values().sum();
        if total == 0 {
            return None;
        }
        let mut types: Vec<_> = by_type.into_iter().collect();
        types.sort_by_key(|it| -it.1);
        let (own, rest) = types.split_at(types.len().min(COLORS));
        let money = |thousandths: i64| units.amount(Money { thousandths, currency });
        let mut names: Vec<_> = own.iter().map(|it| it.0.name()).collect();
        let mut sums: Vec<_> = own.iter().map(|it| it.1).collect();
        if !rest.is_empty() {
            names.push(t!("maintenance-costs-other"));
            sums.push(rest.iter().map(|it| it.1).sum());
        }
        let color = |kind: &TypeName| own.iter().position(|it| it.0 == kind).unwrap_or(COLORS);
        let mut years: BTreeMap<&str, Year> = BTreeMap::new();
        for cost in costs {
            let year = years.entry(&cost.year).or_default();
            *year.entry(color(&cost.kind)).or_default() += cost.amount.units();
        }
        let is_cut = years.len() > MAX_YEARS;
        let years: Vec<_> = years.into_iter().rev().take(MAX_YEARS).rev().collect();
        let highest = years.iter().map(|it| it.1.values().sum::<i64>()).max().unwrap_or_default();
        let step = step(highest);
        let top = (highest + step - 1) / step * step;
        let height = |sum: i64| {
            let height = i128::from(BOTTOM - TOP) * i128::from(sum) / i128::from(top.max(1));
            i64::try_from(height).unwrap_or_default()
        };
        let slot = (RIGHT - LEFT) / length(years.len());
        let width = (slot * 6 / 10).min(MAX_WIDTH);
        let bars = (0..).zip(&years).map(|(nth, (year, costs))| {
            let middle = LEFT + slot * nth + slot / 2;
            let mut below = 0;
            let part = |(color, sum): (&usize, &i64)| {
                let bottom = height(below);
                below += sum;
                let name = &names[*color];
                Segment {
                    color: *color,
                    top: Tenths(BOTTOM - height(below)),
                    height: Tenths(height(below) - bottom),
                    label: t!(
                        "maintenance-costs-of-type",
                        year = *year,
                        name = name,
                        amount = money(*sum)
                    ),
                }
            };
            Bar {
                year: (*year).to_owned(),
                left: Tenths(middle - width / 2),
                middle: Tenths(middle),
                width: Tenths(width),
                parts: costs.iter().map(part).collect(),
                total: money(costs.values().sum()),
            }
        });
        let bars = bars.collect();
        let rule = |nth: i64| {
            let at = BOTTOM - height(nth * step);
            let text = grouped(nth * step / 1000);
            GridLine { at: Tenths(at), text_at: Tenths(at + 35), text }
        };
        let key = |(color, (name, sum))| LegendEntry { color, name, total: money(sum) };
        Some(Self {
            currency: currency.to_string(),
            is_one_of_several: false,
            grid_lines: (0..=top / step).map(rule).collect(),
            bars,
            keys: names.into_iter().zip(sums).enumerate().map(key).collect(),
            total: money(total),
            is_cut,
        })
    }
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX).max(1)
}

/// Returns the smallest step (one, two or five times a power of ten) with which the scale reaches
/// `highest` thousandths.
fn step(highest: i64) -> i64 {
    let mut power: i64 = 1000;
    loop {
        for step in [power, power * 2, power * 5] {
            if highest <= step * MAX_STEPS {
                return step;
            }
        }
        power *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::{BOTTOM, CostChart, TOP, TypeName, YearCost};
    use crate::{core::money::SumOfThousandths, features::accounts::Preferences};

    fn costs(rows: &[(&str, &str, i64)]) -> Vec<YearCost> {
        let cost = |(year, kind, cents): &(&str, &str, i64)| YearCost {
            year: (*year).to_owned(),
            kind: TypeName((*kind).to_owned()),
            currency: "USD".to_owned(),
            amount: SumOfThousandths::from_units(*cents * 10).unwrap(),
        };
        rows.iter().map(cost).collect()
    }

    #[test]
    fn no_chart_is_drawn_without_costs() {
        let units = Preferences::default().display_units();
        assert!(CostChart::of(&[], &units).is_empty());
        assert!(CostChart::of(&costs(&[("2025", "recall", 0)]), &units).is_empty());
    }

    #[test]
    fn bars_are_stacked_by_type_the_most_expensive_first() {
        let units = Preferences::default().display_units();
        let rows = costs(&[
            ("2024", "oil_change", 9_000),
            ("2025", "oil_change", 9_500),
            ("2025", "tires", 80_000),
        ]);
        let chart = CostChart::of(&rows, &units).remove(0);
        let keys: Vec<_> =
            chart.keys.iter().map(|it| format!("{} {}", it.name, it.total)).collect();
        assert_eq!(keys, ["New tires $800.00", "Oil change $185.00"]);
        assert_eq!(chart.total, "$985.00");
        let totals: Vec<_> = chart.bars.iter().map(|it| it.total.as_str()).collect();
        assert_eq!(totals, ["$90.00", "$895.00"]);
        let grid_lines: Vec<_> = chart.grid_lines.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(grid_lines, ["0", "200", "400", "600", "800", "1,000"]);
        let last = &chart.bars[1].parts;
        assert_eq!(last[0].label.to_string(), "2025, New tires: $800.00");
        // Each segment starts where the previous one ends.
        assert_eq!(last[0].top.0, last[1].top.0 + last[1].height.0);
        assert_eq!(last[0].top.0 + last[0].height.0, BOTTOM);
    }

    #[test]
    fn each_currency_has_its_own_chart_and_the_users_comes_first() {
        let mut rows = costs(&[
            ("2024", "oil_change", 9_000),
            ("2025", "oil_change", 9_500),
            ("2025", "tires", 1_250_000_000),
        ]);
        "IDR".clone_into(&mut rows[2].currency);
        "HUF".clone_into(&mut rows[1].currency);
        let chart = CostChart::of(&rows, &Preferences::default().display_units());
        let totals: Vec<_> = chart.iter().map(|it| it.total.as_str()).collect();
        assert_eq!(totals, ["$90.00", "HUF\u{a0}95.00", "IDR\u{a0}12,500,000.00"]);
        assert!(chart.iter().all(|it| it.is_one_of_several));
    }

    #[test]
    fn many_types_and_years_stay_within_the_frame() {
        let rows: Vec<_> = (2000..2026)
            .flat_map(|year| (0..9).map(move |kind| (year.to_string(), format!("type_{kind}"))))
            .collect();
        let rows: Vec<_> =
            rows.iter().map(|(year, kind)| (year.as_str(), kind.as_str(), 99_999_999)).collect();
        let chart = CostChart::of(&costs(&rows), &Preferences::default().display_units()).remove(0);
        assert_eq!((chart.bars.len(), chart.keys.len(), chart.is_cut), (12, 7, true));
        for part in chart.bars.iter().flat_map(|it| &it.parts) {
            assert!(part.top.0 >= TOP && part.top.0 + part.height.0 <= BOTTOM, "{part:?}");
        }
    }
}
