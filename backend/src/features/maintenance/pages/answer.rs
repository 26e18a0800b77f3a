//! The answers after an action on a maintenance item.

use serde_json::Value;

use super::format;
use crate::{
    app::App,
    core::{locale::Message, units::UnitFormatter, web::Flash},
    features::{
        accounts::User,
        maintenance::{Item, ItemId, service},
    },
    t,
};

/// Says that an item is done, and when the next one is due. `response` is the API's response.
pub(super) async fn completed(app: &App, user: &User, item: &Item, response: &str) -> Flash {
    let response: Value = serde_json::from_str(response).unwrap_or_default();
    let next = response["next"]["id"].as_str().and_then(|it| it.parse().ok()).map(ItemId);
    // It may be deleted by now: a form that was sent twice gets the first response again.
    let next = match next {
        Some(id) => service::find(app, user, id).await.ok(),
        None => None,
    };
    Flash::new(&done(item, next.as_ref(), &user.0.preferences.display_units()))
}

fn done(item: &Item, next: Option<&Item>, units: &UnitFormatter) -> Message {
    let name = name(item);
    let reading = next.and_then(|it| it.due_odometer).map(|it| format::distance(it, units));
    match (next.and_then(|it| it.due_date), reading) {
        (None, None) => t!("maintenance-done", name = name),
        (Some(date), None) => t!("maintenance-done-next-date", name = name, date = date),
        (None, Some(reading)) => {
            t!("maintenance-done-next-reading", name = name, reading = reading)
        }
        (Some(date), Some(reading)) => {
            t!("maintenance-done-next", name = name, date = date, reading = reading)
        }
    }
}

/// The name of the item's type.
pub(super) fn name(item: &Item) -> Message {
    format::title(&item.r#type, None).0
}
