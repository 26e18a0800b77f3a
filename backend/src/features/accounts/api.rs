//! The JSON API for accounts and preferences.

use aide::axum::{ApiRouter, routing::get_with};
use axum::extract::State;

use super::{
    User,
    model::{Account, Preferences, PreferencesChange},
    service,
};
use crate::{
    app::App,
    core::{
        Result,
        http::{IfMatch, Json, Record},
    },
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Accounts";
    ApiRouter::new()
        .api_route(
            "/auth/me",
            get_with(read_account, |it| it.id("me").tag(tag).summary("Get your account")),
        )
        .api_route(
            "/user/preferences",
            get_with(read_preferences, |it| {
                it.id("readPreferences").tag(tag).summary("Get your preferences")
            })
            .patch_with(change_preferences, |it| {
                it.id("changePreferences").tag(tag).summary("Change your preferences")
            }),
        )
}

async fn read_account(State(app): State<App>, user: User) -> Result<Record<Account>> {
    Ok(Record(service::find_account(&app, &user.0).await?))
}

async fn read_preferences(State(app): State<App>, user: User) -> Result<Record<Preferences>> {
    Ok(Record(service::load_preferences(&app, &user).await?))
}

async fn change_preferences(
    State(app): State<App>,
    user: User,
    if_match: IfMatch,
    Json(change): Json<PreferencesChange>,
) -> Result<Record<Preferences>> {
    Ok(Record(service::change_preferences(&app, &user, change, &if_match).await?))
}
