//! The typical schedules of manufacturers for normal use. The miles are those for the United
//! States; the kilometers are those for metric markets with the same schedule (Canada for American,
//! Japanese and Korean manufacturers, Europe for German ones). The service booklet of a vehicle may
//! require more. Intervals can be changed after a plan is applied.

use super::{Plan, Step};
use crate::{features::maintenance::types::nonzero, t};

/// The plan for vehicles of other manufacturers.
pub(super) const DEFAULT_PLAN: &str = "gasoline";

/// Intervals in months, miles and kilometers; 0 means none.
const fn step(kind: &'static str, months: i32, (miles, kilometers): (i32, i32)) -> Step {
    Step {
        kind,
        interval_months: nonzero(months),
        interval_miles: nonzero(miles),
        interval_kilometers: nonzero(kilometers),
    }
}

/// Returns the makes, in lower case, that a plan is for.
pub(super) fn makes(plan: &str) -> &'static [&'static str] {
    match plan {
        "toyota" => &["toyota", "lexus", "scion"],
        "honda" => &["honda", "acura"],
        "ford" => &["ford", "lincoln", "mercury"],
        "general_motors" => &["chevrolet", "gmc", "buick", "cadillac", "pontiac", "saturn"],
        "volkswagen" => &["volkswagen", "audi", "skoda", "seat"],
        "bmw" => &["bmw", "mini"],
        "mercedes_benz" => &["mercedes-benz", "mercedes"],
        "hyundai_kia" => &["hyundai", "kia", "genesis"],
        "subaru" => &["subaru"],
        "electric" => &["tesla", "rivian", "lucid", "polestar"],
        _ => &[],
    }
}

pub(super) const PLANS: &[Plan] = &[
    Plan {
        slug: DEFAULT_PLAN,
        name: t!("maintenance-plan-gasoline"),
        steps: &[
            step("oil_change", 12, (7_500, 12_000)),
            step("tire_rotation", 6, (6_000, 10_000)),
            step("cabin_air_filter", 12, (15_000, 25_000)),
            step("engine_air_filter", 36, (30_000, 50_000)),
            step("brake_inspection", 12, (12_000, 20_000)),
            step("brake_fluid", 24, (30_000, 50_000)),
            step("coolant", 60, (60_000, 100_000)),
            step("transmission_fluid", 0, (60_000, 100_000)),
            step("spark_plugs", 0, (60_000, 100_000)),
        ],
    },
    Plan {
        slug: "diesel",
        name: t!("maintenance-plan-diesel"),
        steps: &[
            step("oil_change", 12, (7_500, 12_000)),
            step("fuel_filter", 24, (20_000, 30_000)),
            step("tire_rotation", 6, (6_000, 10_000)),
            step("cabin_air_filter", 12, (15_000, 25_000)),
            step("engine_air_filter", 24, (25_000, 40_000)),
            step("brake_inspection", 12, (12_000, 20_000)),
            step("brake_fluid", 24, (30_000, 50_000)),
            step("coolant", 60, (100_000, 160_000)),
        ],
    },
    Plan {
        slug: "electric",
        name: t!("maintenance-plan-electric"),
        steps: &[
            step("tire_rotation", 12, (6_250, 10_000)),
            step("cabin_air_filter", 24, (0, 0)),
            step("brake_inspection", 12, (12_500, 20_000)),
            step("brake_fluid", 48, (0, 0)),
            step("wiper_blades", 12, (0, 0)),
            step("air_conditioning", 48, (0, 0)),
        ],
    },
    Plan {
        slug: "toyota",
        name: t!("maintenance-plan-toyota"),
        steps: &[
            step("oil_change", 12, (10_000, 16_000)),
            step("tire_rotation", 6, (5_000, 8_000)),
            step("multi_point_inspection", 6, (5_000, 8_000)),
            step("cabin_air_filter", 24, (20_000, 32_000)),
            step("engine_air_filter", 36, (30_000, 48_000)),
            step("brake_fluid", 36, (30_000, 48_000)),
            step("coolant", 60, (50_000, 80_000)),
            step("spark_plugs", 0, (120_000, 192_000)),
        ],
    },
    Plan {
        slug: "honda",
        name: t!("maintenance-plan-honda"),
        steps: &[
            step("oil_change", 12, (7_500, 12_000)),
            step("tire_rotation", 0, (7_500, 12_000)),
            step("cabin_air_filter", 12, (15_000, 24_000)),
            step("engine_air_filter", 24, (30_000, 48_000)),
            step("transmission_fluid", 36, (30_000, 48_000)),
            step("brake_fluid", 36, (0, 0)),
            step("spark_plugs", 0, (100_000, 160_000)),
            step("coolant", 60, (60_000, 96_000)),
        ],
    },
    Plan {
        slug: "ford",
        name: t!("maintenance-plan-ford"),
        steps: &[
            step("oil_change", 12, (10_000, 16_000)),
            step("tire_rotation", 12, (10_000, 16_000)),
            step("multi_point_inspection", 12, (10_000, 16_000)),
            step("cabin_air_filter", 24, (20_000, 32_000)),
            step("engine_air_filter", 36, (30_000, 48_000)),
            step("brake_fluid", 36, (0, 0)),
            step("spark_plugs", 0, (100_000, 160_000)),
            step("coolant", 120, (100_000, 160_000)),
            step("transmission_fluid", 120, (150_000, 240_000)),
        ],
    },
    Plan {
        slug: "general_motors",
        name: t!("maintenance-plan-general-motors"),
        steps: &[
            step("oil_change", 12, (7_500, 12_000)),
            step("tire_rotation", 0, (7_500, 12_000)),
            step("cabin_air_filter", 24, (22_500, 36_000)),
            step("engine_air_filter", 48, (45_000, 72_000)),
            step("transmission_fluid", 0, (45_000, 72_000)),
            step("spark_plugs", 0, (97_500, 156_000)),
            step("coolant", 60, (150_000, 240_000)),
            step("brake_fluid", 36, (0, 0)),
        ],
    },
    Plan {
        slug: "volkswagen",
        name: t!("maintenance-plan-volkswagen"),
        steps: &[
            step("oil_change", 12, (10_000, 15_000)),
            step("tire_rotation", 12, (10_000, 15_000)),
            step("cabin_air_filter", 24, (20_000, 30_000)),
            step("brake_fluid", 24, (0, 0)),
            step("transmission_fluid", 0, (40_000, 60_000)),
            step("spark_plugs", 48, (40_000, 60_000)),
            step("engine_air_filter", 72, (60_000, 90_000)),
        ],
    },
    Plan {
        slug: "bmw",
        name: t!("maintenance-plan-bmw"),
        steps: &[
            step("oil_change", 12, (10_000, 15_000)),
            step("cabin_air_filter", 24, (20_000, 30_000)),
            step("brake_fluid", 24, (0, 0)),
            step("engine_air_filter", 48, (40_000, 60_000)),
            step("spark_plugs", 0, (60_000, 100_000)),
        ],
    },
    Plan {
        slug: "mercedes_benz",
        name: t!("maintenance-plan-mercedes-benz"),
        steps: &[
            step("oil_change", 12, (10_000, 15_000)),
            step("cabin_air_filter", 24, (20_000, 30_000)),
            step("brake_fluid", 24, (20_000, 30_000)),
            step("engine_air_filter", 60, (50_000, 75_000)),
            step("spark_plugs", 60, (50_000, 75_000)),
            step("transmission_fluid", 0, (70_000, 110_000)),
        ],
    },
    Plan {
        slug: "hyundai_kia",
        name: t!("maintenance-plan-hyundai-kia"),
        steps: &[
            step("oil_change", 12, (8_000, 13_000)),
            step("tire_rotation", 12, (8_000, 13_000)),
            step("cabin_air_filter", 12, (16_000, 26_000)),
            step("engine_air_filter", 36, (32_000, 52_000)),
            step("brake_fluid", 24, (24_000, 39_000)),
            step("spark_plugs", 0, (96_000, 156_000)),
            step("coolant", 120, (120_000, 192_000)),
        ],
    },
    Plan {
        slug: "subaru",
        name: t!("maintenance-plan-subaru"),
        steps: &[
            step("oil_change", 6, (6_000, 10_000)),
            step("tire_rotation", 6, (6_000, 10_000)),
            step("cabin_air_filter", 12, (12_000, 20_000)),
            step("engine_air_filter", 30, (30_000, 48_000)),
            step("brake_fluid", 30, (30_000, 48_000)),
            step("spark_plugs", 60, (60_000, 96_000)),
            step("differential_fluid", 30, (30_000, 48_000)),
            step("coolant", 132, (137_500, 220_000)),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{DEFAULT_PLAN, PLANS};
    use crate::features::maintenance::types::{TYPES, assert_round};

    #[test]
    fn plans_contain_each_known_type_at_most_once() {
        assert!(PLANS.iter().any(|it| it.slug == DEFAULT_PLAN));
        for plan in PLANS {
            let kinds: BTreeSet<_> = plan.steps.iter().map(|it| it.kind).collect();
            assert_eq!(kinds.len(), plan.steps.len(), "{}", plan.slug);
            for step in plan.steps {
                assert!(TYPES.iter().any(|it| it.kind == step.kind), "{}", step.kind);
                assert_round(step.interval_miles, step.interval_kilometers, plan.slug);
                let repeats = step.interval_months.or(step.interval_miles);
                assert!(repeats.is_some_and(|it| it > 0), "{} {}", plan.slug, step.kind);
            }
        }
    }
}
