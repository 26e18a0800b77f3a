//! The page for an account: its role, its state and its recent events.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};

use super::{last_seen, log::EventView};
use crate::{
    app::App,
    core::{
        Error, Result,
        http::{Form, Idempotency, IfMatch, Limit, Links, Path},
        web::{self, Layout},
    },
    features::{
        accounts::{Administrator, ClientInfo, Credential, admin::ManagedAccount},
        administration::{
            log,
            model::{AccountId, ResetLink, UserChange},
            resets, users,
        },
        security_log::EventQuery,
    },
};

#[derive(Template)]
#[template(path = "features/administration/templates/user.html")]
struct User {
    layout: Layout,
    form_token: String,
    account: ManagedAccount,
    /// Whether the account is that of the current user.
    is_own: bool,
    since: String,
    last_seen: Option<String>,
    events: Vec<EventView>,
    /// Why an action was rejected.
    refused: Option<String>,
    /// A reset link that was just created. It is shown only once.
    link: Option<NewLink>,
}

/// A new reset link.
struct NewLink {
    url: String,
    until: String,
}

impl User {
    async fn new(
        app: &App,
        administrator: &Administrator,
        layout: Layout,
        id: AccountId,
    ) -> Result<Self> {
        let preferences = &administrator.0.0.preferences;
        let account = users::find(&mut app.db.read().await?, id.0).await?;
        let listing =
            EventQuery { account: Some(id.0), limit: Limit::new(10), ..EventQuery::default() };
        let events = log::list(app, &listing).await?.items;
        Ok(Self {
            layout,
            form_token: Idempotency::new_form_token(),
            is_own: account.id == administrator.0.0.account,
            since: crate::core::locale::day(preferences.today(account.created_at)),
            last_seen: last_seen(&account, preferences).map(crate::core::locale::day),
            account,
            events: EventView::all(app, events, preferences).await?,
            refused: None,
            link: None,
        })
    }
}

pub(super) async fn show(
    State(app): State<App>,
    administrator: Administrator,
    layout: Layout,
    Path(id): Path<AccountId>,
) -> Result<Html<String>> {
    web::page(&User::new(&app, &administrator, layout, id).await?)
}

pub(super) async fn change(
    State(app): State<App>,
    administrator: Administrator,
    client: ClientInfo,
    Path(id): Path<AccountId>,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let change = form.read::<UserChange>(&app)?;
    let any = IfMatch::default();
    match users::change(&app, &administrator, &client, id.0, &change, &any).await {
        // An administrator who has demoted themselves cannot open this page any more.
        Ok(after) if after.id == administrator.0.0.account && !after.is_admin => {
            Ok(Redirect::to("/vehicles").into_response())
        }
        Ok(_) => Ok(Redirect::to(&format!("/admin/users/{}", id.0)).into_response()),
        Err(error) => render_refused(&app, &administrator, layout, id, error).await,
    }
}

/// Shows the page again with the reason for the rejection.
async fn render_refused(
    app: &App,
    administrator: &Administrator,
    layout: Layout,
    id: AccountId,
    error: Error,
) -> Result<Response> {
    let Error::Conflict { detail, .. } = &error else { return Err(error) };
    let refused = Some(web::sentence(&detail.to_string()));
    let page = User { refused, ..User::new(app, administrator, layout, id).await? };
    Ok((error.kind().0, web::page(&page)?).into_response())
}

pub(super) async fn reset(
    State(app): State<App>,
    administrator: Administrator,
    client: ClientInfo,
    Path(id): Path<AccountId>,
    layout: Layout,
    (links, credential): (Links, Credential),
    mut form: Form,
) -> Result<Response> {
    let idempotency = Idempotency::from_form(&mut form, &format!("reset {}", id.0));
    let with = (&links, &credential, &idempotency);
    match resets::create(&app, &administrator, &client, id.0, with).await {
        Ok(created) => {
            let created: ResetLink = serde_json::from_str(created.body())
                .map_err(|error| Error::Internal(error.into()))?;
            let until = administrator.0.0.preferences.format_time(created.expires_at);
            let link = Some(NewLink { url: created.url, until });
            let page = User::new(&app, &administrator, layout, id).await?;
            Ok(web::page(&User { link, ..page })?.into_response())
        }
        Err(error) => render_refused(&app, &administrator, layout, id, error).await,
    }
}
