//! The calendar of upcoming maintenance, which clients subscribe to at a secret, revocable URL.

mod api;
mod ics;
mod pages;
#[cfg(test)]
mod tests;

pub(super) use api::router as api;
pub(super) use pages::router as pages;

use self::ics::Event;
use super::{Upcoming, pages::format, upcoming};
use crate::{
    app::App,
    core::{Result, http::RequestMeter, locale},
    features::tokens::{calendar_links, calendar_links::CalendarOwner},
    t,
};

/// Renders the calendar with this secret token. `base` is the public URL of the service. The
/// request counts toward the rate limit of the owner.
///
/// # Errors
/// `NotFound` if the token is unknown; `TooManyRequests`.
async fn render_for_token(
    app: &App,
    token: &str,
    base: &str,
    meter: &RequestMeter,
) -> Result<String> {
    let CalendarOwner { user, preferences } = calendar_links::find_owner(app, token).await?;
    meter.count_user(&user)?;
    if let Some(locale) = preferences.chosen_locale() {
        locale::set_current(locale);
    }
    let now = app.clock.now();
    let today = preferences.today(now);
    let due = upcoming::list_all(app, &user, today).await?;
    let units = preferences.display_units();
    let event = |due: &Upcoming| {
        // The due date or the predicted date, whichever comes first.
        let date = due.item.due_date.into_iter().chain(due.predicted_due_date).min()?;
        let at = due.item.due_odometer.map(|it| format::distance(it, &units));
        let at = at.map(|it| t!("maintenance-calendar-due-at", reading = it).to_string());
        let about = [due.item.description.clone(), at, due.item.notes.clone()];
        Some(Event {
            uid: format!("{}@motovaultpro", due.item.id),
            date,
            summary: t!(
                "maintenance-calendar-event",
                name = due.item.r#type.name(),
                vehicle = &due.vehicle.name
            )
            .to_string(),
            description: about.into_iter().flatten().collect::<Vec<_>>().join("\n"),
            location: due.item.service_location.clone().unwrap_or_default(),
            url: format!("{base}/maintenance/{}/edit", due.item.id),
            changed_at: due.item.updated_at,
        })
    };
    let name = t!("maintenance-calendar-name").to_string();
    Ok(ics::serialize(&name, due.iter().filter_map(event)))
}
