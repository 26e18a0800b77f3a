//! What is due as a calendar to subscribe to, by a secret address that can be revoked.

mod api;
mod ics;
mod pages;
#[cfg(test)]
mod tests;

pub(super) use api::router as api;
pub(super) use pages::router as pages;

use self::ics::{Calendar, Event};
use super::{Upcoming, pages::words, upcoming};
use crate::{
    core::{App, Result, http::Meter},
    features::accounts::{calendar_links, calendar_links::CalendarOwner},
};

/// The calendar whose address has this secret. `base` is where people reach the service. The request counts
/// as its owner's.
///
/// # Errors
/// `NotFound` if no calendar has the secret; `TooManyRequests`.
async fn of_token(app: &App, token: &str, base: &str, meter: &Meter) -> Result<String> {
    let CalendarOwner { user, preferences } = calendar_links::find_owner(app, token).await?;
    meter.count_user(&user)?;
    let now = app.clock.now();
    let today = preferences.today(now);
    let due = upcoming::list_all(app, &user, today).await?;
    let shown = preferences.display_units();
    let event = |due: &Upcoming| {
        // By its day or by when its mileage will be reached, whichever comes first.
        let date = due.item.due_date.into_iter().chain(due.predicted_due_date).min()?;
        let at = due.item.due_odometer.map(|it| format!("Due at {}", words::reading(it, &shown)));
        let about = [due.item.description.clone(), at, due.item.notes.clone()];
        Some(Event {
            uid: format!("{}@motovaultpro", due.item.id),
            date,
            summary: format!("{}: {}", due.item.kind.name(), due.vehicle.name),
            description: about.into_iter().flatten().collect::<Vec<_>>().join("\n"),
            location: due.item.service_location.clone().unwrap_or_default(),
            url: format!("{base}/maintenance/{}/edit", due.item.id),
            changed: due.item.updated_at,
        })
    };
    let events = due.iter().filter_map(event).collect();
    Ok(Calendar { name: "Vehicle maintenance", events }.to_string())
}
