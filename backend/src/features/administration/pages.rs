//! The pages for administration.

mod invitations;
mod log;
mod reset;
mod user;

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::Html,
    routing::{get, post},
};
use chrono::NaiveDate;

use super::users;
use crate::{
    app::App,
    core::{
        Result,
        http::{Cursor, Form, Limit, NewestFirst, QueryForm},
        input::Text,
        web::{self, FormView, Layout},
    },
    features::accounts::{Administrator, Preferences, admin::ManagedAccount},
    input,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/admin", get(show_users))
        .route("/admin/users/{id}", get(user::show).post(user::change))
        .route("/admin/users/{id}/reset", post(user::reset))
        .route("/admin/invitations", get(invitations::show).post(invitations::create))
        .route("/admin/invitations/{id}/withdraw", post(invitations::withdraw))
        .route("/admin/log", get(log::show))
        .route("/reset", get(reset::show).post(reset::use_token))
}

input! {
    /// Filters of the list
    struct UsersQuery {
        /// Only accounts with this text in the email address or name
        search: Option<Text<254>>,
        /// The cursor of the page
        cursor: Option<Cursor<NewestFirst>>,
    }
}

#[derive(Template)]
#[template(path = "features/administration/templates/users.html")]
struct Users {
    layout: Layout,
    view: FormView,
    rows: Vec<UserRow>,
    /// The query of the next page.
    older: Option<String>,
}

/// An account in the list.
struct UserRow {
    account: ManagedAccount,
    last_seen: Option<NaiveDate>,
}

async fn show_users(
    State(app): State<App>,
    administrator: Administrator,
    layout: Layout,
    QueryForm(query): QueryForm<UsersQuery>,
) -> Result<Html<String>> {
    const LABELS: &[(&str, &str)] = &[("search", "administration-users-search")];
    let search = query.search.as_ref().map(|it| it.0.as_str());
    let limit = Limit::new(50);
    let mut tx = app.db.read().await?;
    let page = users::list(&mut tx, search, query.cursor, limit).await?;
    drop(tx);
    let preferences = &administrator.0.0.preferences;
    let rows = page.items.into_iter().map(|it| UserRow::new(it, preferences)).collect();
    let older = page.next_cursor.map(|cursor| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("cursor", &cursor);
        query.extend_pairs(search.map(|it| ("search", it)));
        query.finish()
    });
    let form = Form::from_fields([("search", search.unwrap_or_default().to_owned())]);
    web::page(&Users { layout, view: FormView::new(LABELS, form), rows, older })
}

impl UserRow {
    fn new(account: ManagedAccount, preferences: &Preferences) -> Self {
        Self { last_seen: last_seen(&account, preferences), account }
    }
}

/// Returns the day on which the account was last used.
fn last_seen(account: &ManagedAccount, preferences: &Preferences) -> Option<NaiveDate> {
    account.last_seen_at.map(|at| preferences.today(at))
}
