//! The answer after a fill-up is saved: the economy of the tank.

use crate::{
    core::{locale::Message, units::UnitFormatter, web::Flash},
    features::fuel_logs::{FuelLog, economy::NoEconomyReason},
    t,
};

/// Says that the fill-up is saved, and what this tank's economy and cost are.
pub(super) fn saved(log: &FuelLog, units: &UnitFormatter) -> Flash {
    Flash::new(&message(log, units))
}

fn message(log: &FuelLog, units: &UnitFormatter) -> Message {
    use NoEconomyReason::{First, Partial};
    let Some(interval) = log.exact.interval else {
        return match log.economy_reason {
            None => t!("fuel-logs-saved"),
            Some(First) => t!("fuel-logs-saved-first"),
            Some(Partial) => t!("fuel-logs-saved-partial"),
            Some(reason) => t!("fuel-logs-saved-without-economy", reason = reason.label()),
        };
    };
    let economy = units.exact_economy_with_unit(interval.distance, interval.volume);
    match interval.cost {
        None => t!("fuel-logs-saved-economy", economy = economy),
        Some(cost) => {
            let cost = units.exact_cost_of_distance(cost, interval.distance);
            let cost = format!("{cost}/{}", units.distance.symbol());
            t!("fuel-logs-saved-economy-and-cost", economy = economy, cost = cost)
        }
    }
}
