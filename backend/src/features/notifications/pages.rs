//! Where one is told what is due, as a page.

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::{get, post},
};

use super::{
    model::{Channel, ChannelId, Kind, NewChannel, State as ChannelState, Tried},
    service,
};
use crate::{
    core::{
        App, Error, Result,
        http::{Form, IfMatch, Limit, Once, Path},
        web::{self, Errors, Sheet, Shell},
    },
    features::accounts::{
        ClientInfo, SessionUser, has_recently_confirmed,
        mail::{self, LinkPurpose},
    },
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/settings/notifications", get(show).post(add))
        .route("/settings/notifications/confirmation", post(confirm_again))
        .route("/settings/notifications/{id}/test", post(test))
        .route("/settings/notifications/{id}/delete", post(remove))
        .route("/mail/unsubscribe", get(show_unsubscribe).post(unsubscribe))
}

const LABELS: &[(&str, &str)] = &[("kind", "How"), ("address", "Address"), ("secret", "Secret")];

#[derive(Template)]
#[template(path = "features/notifications/templates/channels.html")]
struct Channels {
    shell: Shell,
    sheet: Sheet,
    once: String,
    kinds: &'static [(&'static str, &'static str)],
    kept: Vec<Channel>,
    email: String,
    /// What came of a test just now.
    tried: Option<Tried>,
    /// Whether the link to confirm the address was mailed again just now, or why not.
    mailed: Option<Tried>,
    /// Whether the password was given lately enough to add a channel.
    is_confirmed: bool,
}

impl Channels {
    async fn new(app: &App, caller: &SessionUser, shell: Shell, sheet: Sheet) -> Result<Self> {
        let user = &caller.user;
        let is_confirmed = has_recently_confirmed(app, caller).await?;
        let kept = service::list(app, user, None, Limit::new(100)).await?.items;
        let (once, email) = (Once::fresh(), user.0.email.clone());
        let (kinds, tried, mailed) = (Kind::ALL, None, None);
        Ok(Self { shell, sheet, once, kinds, kept, email, tried, mailed, is_confirmed })
    }
}

fn blank() -> Sheet {
    Sheet::new(LABELS, Form::of([("kind", Kind::Mail.as_str().to_owned())]))
}

async fn show(State(app): State<App>, caller: SessionUser, shell: Shell) -> Result<Html<String>> {
    web::page(&Channels::new(&app, &caller, shell, blank()).await?)
}

async fn add(
    State(app): State<App>,
    caller: SessionUser,
    shell: Shell,
    form: Form,
) -> Result<Response> {
    let mut copy = form.clone();
    let once = Once::of_form(&mut copy, "notifications");
    let added = match copy.read::<NewChannel>(&app) {
        Ok(new) => service::add(&app, &caller, new, once).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(_) => Ok(Redirect::to("/settings/notifications").into_response()),
        // The page asks for the password instead, and keeps what was typed but for the secret.
        Err(Error::ConfirmationRequired) => {
            let mut form = form;
            form.set("secret", String::new());
            let page = Channels::new(&app, &caller, shell, Sheet::new(LABELS, form)).await?;
            Ok((Error::ConfirmationRequired.kind().0, web::page(&page)?).into_response())
        }
        Err(error) => {
            // A secret is typed anew.
            let mut form = form;
            form.set("secret", String::new());
            let sheet = Sheet::again(LABELS, form, Errors::of(error)?);
            web::page_again(&Channels::new(&app, &caller, shell, sheet).await?)
        }
    }
}

async fn test(
    State(app): State<App>,
    caller: SessionUser,
    Path(id): Path<ChannelId>,
    shell: Shell,
) -> Result<Html<String>> {
    let tried = match service::test(&app, &caller.user, id).await {
        Err(Error::TooManyRequests(_)) => {
            let problem = "the last test was less than a minute ago: wait a little".to_owned();
            Tried { is_sent: false, problem: Some(problem) }
        }
        tried => tried?,
    };
    let page = Channels::new(&app, &caller, shell, blank()).await?;
    web::page(&Channels { tried: Some(tried), ..page })
}

async fn confirm_again(
    State(app): State<App>,
    caller: SessionUser,
    shell: Shell,
) -> Result<Html<String>> {
    let problem = match service::confirm_again(&app, &caller.user).await {
        Ok(()) => None,
        Err(Error::TooManyRequests(_)) => {
            Some("three links were mailed within two days: look for them in your spam".to_owned())
        }
        Err(Error::Conflict { detail, .. }) => Some(detail),
        Err(error) => return Err(error),
    };
    let mailed = Tried { is_sent: problem.is_none(), problem };
    let page = Channels::new(&app, &caller, shell, blank()).await?;
    web::page(&Channels { mailed: Some(mailed), ..page })
}

async fn remove(
    State(app): State<App>,
    caller: SessionUser,
    Path(id): Path<ChannelId>,
) -> Result<Redirect> {
    service::remove(&app, &caller, id, &IfMatch::default()).await?;
    Ok(Redirect::to("/settings/notifications"))
}

#[derive(Template)]
#[template(path = "features/notifications/templates/unsubscribe.html")]
struct Unsubscribe {
    shell: Shell,
    token: String,
    is_done: bool,
}

/// Asks before it turns mail off: programs that scan mail open links, too.
async fn show_unsubscribe(
    State(app): State<App>,
    shell: Shell,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let token = web::parameter(query.as_deref(), "token").unwrap_or_default();
    let now = app.clock.now();
    mail::find_link(&mut app.db.read().await?, &token, LinkPurpose::Unsubscribe, now).await?;
    web::page(&Unsubscribe { shell, token, is_done: false })
}

/// Turns mail off: for the page's button, and for the single request of a mail program (RFC 8058). The
/// token is in the query in both cases.
async fn unsubscribe(
    State(app): State<App>,
    shell: Shell,
    client: ClientInfo,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let token = web::parameter(query.as_deref(), "token").unwrap_or_default();
    service::unsubscribe(&app, &token, &client).await?;
    web::page(&Unsubscribe { shell, token: String::new(), is_done: true })
}
