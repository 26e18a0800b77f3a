//! What a vehicle's card in the list of vehicles shows of its fill-ups.

use askama::Template;
use chrono::NaiveDate;

use crate::{
    app::App,
    core::{Result, chart, units::UnitFormatter, web},
    features::{
        accounts::User,
        fuel_logs::{Summary, cache},
        vehicles::{CardPart, Vehicle},
    },
};

/// The average fuel economy.
#[derive(Template)]
#[template(path = "features/fuel_logs/templates/card_figure.html")]
struct Figure {
    economy: Option<String>,
    economy_sign: &'static str,
    /// The sparkline of recent fuel economy.
    sparkline: Option<String>,
}

/// The date of the last fill-up.
#[derive(Template)]
#[template(path = "features/fuel_logs/templates/card_facts.html")]
struct Facts {
    last_date: Option<NaiveDate>,
}

fn part(summary: Option<&Summary>, units: &UnitFormatter) -> Result<CardPart> {
    let recent: Vec<_> = summary
        .into_iter()
        .flat_map(|it| &it.latest)
        .filter_map(|it| it.economy(units.economy))
        .map(|it| if units.economy.more_is_better() { it.units() } else { -it.units() })
        .collect();
    let figure = Figure {
        economy: summary.and_then(|it| it.known).and_then(|it| it.format(units)),
        economy_sign: units.economy.symbol(),
        sparkline: chart::sparkline(&recent),
    };
    let facts = Facts { last_date: summary.map(|it| it.last_date) };
    Ok(CardPart { figure: web::page(&figure)?, facts: web::page(&facts)? })
}

/// Renders the fuel economy and the last fill-up of each vehicle.
pub(in crate::features::fuel_logs) async fn render(
    app: &App,
    user: &User,
    vehicles: &[&Vehicle],
) -> Result<Vec<CardPart>> {
    let units = user.0.preferences.display_units();
    let summaries = cache::summaries(app, user).await?;
    let part = |vehicle: &&Vehicle| {
        let summary = summaries.get(&vehicle.id);
        if summary.is_none() && !vehicle.kind.takes_fuel() {
            return Ok(CardPart::default());
        }
        part(summary, &units)
    };
    vehicles.iter().map(part).collect()
}
