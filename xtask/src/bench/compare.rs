//! Compares the figures of two builds.

use std::fmt::Write as _;

use super::engine::{CONNECTIONS, Measured};

/// What a figure is, and so how it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cpu,
    /// The rate, relative to that of the static response just before.
    Ratio,
    Rate,
    Time,
    Start,
    Memory,
}

impl Kind {
    fn label(self) -> &'static str {
        match self {
            Self::Cpu => "CPU per request (µs)",
            Self::Ratio => "rate relative to the static response",
            Self::Rate => "requests per second",
            Self::Time => "time relative to the static response",
            Self::Start => "start (ms)",
            Self::Memory => "memory (MB)",
        }
    }

    fn is_better_if_more(self) -> bool {
        matches!(self, Self::Ratio | Self::Rate)
    }
}

/// The values of one figure, one per turn.
struct Figure {
    engine: String,
    name: String,
    kind: Kind,
    baseline: Vec<f64>,
    this: Vec<f64>,
}

/// The figures of all turns.
#[derive(Default)]
pub(super) struct Figures(Vec<Figure>);

/// A comparison of all figures.
pub(super) struct Comparison {
    pub(super) table: String,
    /// The figures that are worse.
    pub(super) worse: Vec<String>,
}

impl Figures {
    /// Adds what one turn measured.
    pub(super) fn add(&mut self, engine: &str, is_baseline: bool, measured: &Measured) {
        let mut add = |kind, name: &str, value| self.push(engine, is_baseline, kind, name, value);
        for row in &measured.rows {
            let name = with_connections(row.name, row.connections);
            add(Kind::Cpu, &name, row.cpu);
            add(Kind::Ratio, &name, row.figures.rate / row.static_figures.rate);
            add(Kind::Rate, &name, row.figures.rate);
        }
        for connections in CONNECTIONS {
            let rows = measured.rows.iter().filter(|it| it.connections == connections);
            let cpu: Vec<_> = rows.map(|it| it.static_cpu).collect();
            let count = f64::from(u32::try_from(cpu.len()).unwrap_or(u32::MAX));
            let name = with_connections("static response", connections);
            add(Kind::Cpu, &name, cpu.iter().sum::<f64>() / count);
        }
        let time = measured.recomputed / measured.static_response;
        add(Kind::Time, "statistics, recomputed", time);
        add(Kind::Start, "first response", measured.start.as_secs_f64() * 1000.0);
        add(Kind::Memory, "idle", measured.idle);
        add(Kind::Memory, "after the load", measured.loaded);
    }

    fn push(&mut self, engine: &str, is_baseline: bool, kind: Kind, name: &str, value: f64) {
        let is_it = |it: &Figure| it.engine == engine && it.kind == kind && it.name == name;
        let at = self.0.iter().position(is_it).unwrap_or_else(|| {
            let (engine, name) = (engine.to_owned(), name.to_owned());
            self.0.push(Figure { engine, name, kind, baseline: Vec::new(), this: Vec::new() });
            self.0.len() - 1
        });
        let figure = &mut self.0[at];
        let values = if is_baseline { &mut figure.baseline } else { &mut figure.this };
        values.push(value);
        values.sort_by(f64::total_cmp);
    }

    /// Compares the medians. A figure is worse if it is by more than `bound` percent; one that varies a lot only if, in
    /// addition, every turn of this build was worse than every turn of the baseline.
    pub(super) fn compare(&self, bound: f64) -> Comparison {
        let (mut table, mut worse) = (String::new(), Vec::new());
        let mut engine = "";
        for figure in &self.0 {
            if figure.engine != engine {
                engine = &figure.engine;
                let _ = write!(
                    table,
                    "\n## {engine}\n\n| | | baseline (range) | this (range) | this / baseline |\n\
                     |---|---|---|---|---|\n"
                );
            }
            let (old, new) = (median(&figure.baseline), median(&figure.this));
            let worse_by = figure.worse_by(old, new);
            let is_worse = figure.is_worse(worse_by, bound);
            let ratio = if old > 0.0 { new / old } else { 1.0 };
            let (mark, end) = if is_worse { ("**", "** worse") } else { ("", "") };
            let _ = writeln!(
                table,
                "| {} | {} | {} ({}) | {} ({}) | {mark}{ratio:.3}{end} |",
                figure.name,
                figure.kind.label(),
                shown(old),
                range(&figure.baseline),
                shown(new),
                range(&figure.this)
            );
            if is_worse {
                let (name, label) = (&figure.name, figure.kind.label());
                worse.push(format!("{engine}: {name}: {label}: worse by {worse_by:.1} %"));
            }
        }
        Comparison { table, worse }
    }
}

impl Figure {
    /// By how many percent the new value is worse than the old one.
    fn worse_by(&self, old: f64, new: f64) -> f64 {
        if old <= 0.0 || new <= 0.0 {
            return 0.0;
        }
        let ratio = if self.kind.is_better_if_more() { old / new } else { new / old };
        (ratio - 1.0) * 100.0
    }

    fn is_worse(&self, worse_by: f64, bound: f64) -> bool {
        let (baseline, this) = (&self.baseline, &self.this);
        let is_apart = if self.kind.is_better_if_more() {
            this.last() < baseline.first()
        } else {
            this.first() > baseline.last()
        };
        match self.kind {
            Kind::Rate => false,
            Kind::Cpu => worse_by > bound,
            _ => worse_by > bound && is_apart,
        }
    }
}

fn with_connections(name: &str, connections: u32) -> String {
    let ending = if connections == 1 { "" } else { "s" };
    format!("{name}, {connections} connection{ending}")
}

/// The median of sorted values.
fn median(sorted: &[f64]) -> f64 {
    let count = sorted.len();
    if count == 0 { 0.0 } else { f64::midpoint(sorted[(count - 1) / 2], sorted[count / 2]) }
}

fn range(sorted: &[f64]) -> String {
    let end = |it: Option<&f64>| shown(it.copied().unwrap_or_default());
    format!("{} to {}", end(sorted.first()), end(sorted.last()))
}

/// The number with about three digits.
fn shown(number: f64) -> String {
    if number < 10.0 {
        format!("{number:.3}")
    } else if number < 100.0 {
        format!("{number:.1}")
    } else {
        format!("{number:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(kind: Kind, baseline: &[f64], this: &[f64]) -> Comparison {
        let mut figures = Figures::default();
        for (is_baseline, values) in [(true, baseline), (false, this)] {
            for value in values {
                figures.push("sqlite", is_baseline, kind, "a page", *value);
            }
        }
        figures.compare(5.0)
    }

    #[test]
    fn more_cpu_than_the_bound_is_worse() {
        let comparison = compared(Kind::Cpu, &[100.0, 90.0, 110.0], &[106.0, 100.0, 112.0]);
        assert_eq!(comparison.worse, ["sqlite: a page: CPU per request (µs): worse by 6.0 %"]);
        let line = "| a page | CPU per request (µs) | 100 (90.0 to 110) | 106 (100 to 112) | **1.060** worse |";
        assert_eq!(comparison.table.lines().last(), Some(line));
        assert!(compared(Kind::Cpu, &[100.0], &[104.0]).worse.is_empty());
    }

    #[test]
    fn a_lower_ratio_is_worse_only_if_every_turn_is() {
        assert_eq!(compared(Kind::Ratio, &[1.0, 1.1], &[0.8, 0.9]).worse.len(), 1);
        assert!(compared(Kind::Ratio, &[0.85, 1.1], &[0.8, 0.9]).worse.is_empty());
        assert!(compared(Kind::Ratio, &[0.8, 0.9], &[1.0, 1.1]).worse.is_empty());
    }

    #[test]
    fn requests_per_second_are_shown_but_not_compared() {
        assert!(compared(Kind::Rate, &[1000.0], &[500.0]).worse.is_empty());
    }

    #[test]
    fn a_later_start_and_more_memory_are_worse() {
        assert_eq!(compared(Kind::Start, &[10.0, 11.0], &[20.0, 21.0]).worse.len(), 1);
        assert_eq!(compared(Kind::Memory, &[10.0, 11.0], &[12.0, 13.0]).worse.len(), 1);
    }
}
