//! The page for notification channels, and the page to unsubscribe.

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    response::{Html, IntoResponse as _, Response},
    routing::{get, post},
};

use super::{
    model::{Channel, ChannelId, ChannelKind, ChannelState, SendResult},
    service,
};
use crate::{
    app::App,
    core::{
        Error, Result,
        http::{Form, Idempotency, IfMatch, Limit, Path},
        locale::Message,
        web::{self, Flash, FormView, Layout},
    },
    features::{
        accounts::{
            ClientInfo, SessionUser,
            mail::{self, LinkPurpose},
        },
        sessions::has_recently_confirmed,
    },
    t,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(PAGE, get(show).post(add))
        .route("/settings/notifications/confirmation", post(resend_confirmation))
        .route("/settings/notifications/{id}/test", post(test))
        .route("/settings/notifications/{id}/delete", post(remove))
        .route("/mail/unsubscribe", get(show_unsubscribe).post(unsubscribe))
}

/// The path of the page of channels.
const PAGE: &str = "/settings/notifications";

const LABELS: &[(&str, &str)] = &[
    ("kind", "notifications-kind"),
    ("address", "notifications-address"),
    ("secret", "notifications-secret"),
];

#[derive(Template)]
#[template(path = "features/notifications/templates/channels.html")]
struct ChannelsPage {
    layout: Layout,
    view: FormView,
    form_token: String,
    kinds: Vec<(&'static str, Message)>,
    channels: Vec<Channel>,
    email: String,
    /// The result of a test that was just made.
    test_result: Option<SendResult>,
    /// The result of sending the confirmation link again.
    mailed: Option<SendResult>,
    /// Whether the password was entered recently enough to add a channel.
    is_confirmed: bool,
}

impl ChannelsPage {
    async fn new(app: &App, caller: &SessionUser, layout: Layout, view: FormView) -> Result<Self> {
        let user = &caller.user;
        let is_confirmed = has_recently_confirmed(app, caller).await?;
        let channels = service::list(app, user, None, Limit::new(100)).await?.items;
        let (form_token, email) = (Idempotency::new_form_token(), user.0.email.clone());
        let (kinds, test_result, mailed) = (ChannelKind::names(), None, None);
        Ok(Self {
            layout,
            view,
            form_token,
            kinds,
            channels,
            email,
            test_result,
            mailed,
            is_confirmed,
        })
    }
}

fn empty_sheet() -> FormView {
    FormView::new(LABELS, Form::from_fields([("kind", ChannelKind::Mail.as_str().to_owned())]))
}

async fn show(State(app): State<App>, caller: SessionUser, layout: Layout) -> Result<Html<String>> {
    web::page(&ChannelsPage::new(&app, &caller, layout, empty_sheet()).await?)
}

async fn add(
    State(app): State<App>,
    caller: SessionUser,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let mut copy = form.clone();
    let idempotency = Idempotency::from_form(&mut copy, "notifications");
    let added = async { service::add(&app, &caller, copy.read(&app)?, idempotency).await };
    match added.await {
        Ok(_) => Ok(Flash::new(&t!("notifications-added")).redirect_to(PAGE)),
        // The page requests the password, and keeps the input except for the secret.
        Err(Error::ConfirmationRequired) => {
            let mut form = form;
            form.set("secret", String::new());
            let page =
                ChannelsPage::new(&app, &caller, layout, FormView::new(LABELS, form)).await?;
            Ok((Error::ConfirmationRequired.kind().0, web::page(&page)?).into_response())
        }
        Err(error) => {
            // The secret must be entered again.
            let mut form = form;
            form.set("secret", String::new());
            let view = FormView::rejected(LABELS, form, error)?;
            web::invalid_form_page(&ChannelsPage::new(&app, &caller, layout, view).await?)
        }
    }
}

async fn test(
    State(app): State<App>,
    caller: SessionUser,
    Path(id): Path<ChannelId>,
    layout: Layout,
) -> Result<Html<String>> {
    let test_result = match service::test(&app, &caller.user, id).await {
        Err(Error::TooManyRequests(_)) => {
            SendResult { is_sent: false, problem: Some(t!("notifications-tested-recently")) }
        }
        test_result => test_result?,
    };
    let page = ChannelsPage::new(&app, &caller, layout, empty_sheet()).await?;
    web::page(&ChannelsPage { test_result: Some(test_result), ..page })
}

async fn resend_confirmation(
    State(app): State<App>,
    caller: SessionUser,
    layout: Layout,
) -> Result<Html<String>> {
    let problem = match service::resend_confirmation(&app, &caller.user).await {
        Ok(()) => None,
        Err(Error::TooManyRequests(_)) => Some(t!("notifications-too-many-links")),
        Err(Error::Conflict { detail, .. }) => Some(detail),
        Err(error) => return Err(error),
    };
    let mailed = SendResult { is_sent: problem.is_none(), problem };
    let page = ChannelsPage::new(&app, &caller, layout, empty_sheet()).await?;
    web::page(&ChannelsPage { mailed: Some(mailed), ..page })
}

async fn remove(
    State(app): State<App>,
    caller: SessionUser,
    Path(id): Path<ChannelId>,
) -> Result<Response> {
    service::remove(&app, &caller, id, &IfMatch::default()).await?;
    Ok(Flash::new(&t!("notifications-removed")).redirect_to(PAGE))
}

#[derive(Template)]
#[template(path = "features/notifications/templates/unsubscribe.html")]
struct Unsubscribe {
    layout: Layout,
    token: String,
    is_done: bool,
}

/// Shows a page to confirm: mail scanners open links, too.
async fn show_unsubscribe(
    State(app): State<App>,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let token = web::parameter(query.as_deref(), "token").unwrap_or_default();
    let now = app.clock.now();
    mail::find_link(&mut app.db.read().await?, &token, LinkPurpose::Unsubscribe, now).await?;
    web::page(&Unsubscribe { layout, token, is_done: false })
}

/// Turns off mail: for the button of the page, and for the one-click request of a mail client (RFC
/// 8058). The token is in the query in both cases.
async fn unsubscribe(
    State(app): State<App>,
    layout: Layout,
    client: ClientInfo,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let token = web::parameter(query.as_deref(), "token").unwrap_or_default();
    service::unsubscribe(&app, &token, &client).await?;
    web::page(&Unsubscribe { layout, token: String::new(), is_done: true })
}
