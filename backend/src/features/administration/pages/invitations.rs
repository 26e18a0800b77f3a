//! The page for invitations.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    app::App,
    core::{
        Error, Result,
        config::Registration,
        http::{Form, Idempotency, IfMatch, Limit, Links, Path},
        locale::Message,
        web::{self, FormView, Layout},
    },
    features::{
        accounts::{Administrator, ClientInfo, Credential, Preferences},
        administration::invitations as inviting,
        invitations::{self, Invitation},
    },
    t,
};

const LABELS: &[(&str, &str)] = &[
    ("email", "administration-invitation-email"),
    ("expiresAt", "administration-invitation-expires"),
];

#[derive(Template)]
#[template(path = "features/administration/templates/invitations.html")]
struct Invitations {
    layout: Layout,
    view: FormView,
    form_token: String,
    mode: Registration,
    rows: Vec<Row>,
    /// The link of an invitation that was just created. It is shown only once.
    link: Option<String>,
}

/// An invitation in the list.
struct Row {
    id: Uuid,
    title: String,
    status: Message,
    is_open: bool,
}

impl Row {
    fn new(invitation: Invitation, preferences: &Preferences, now: DateTime<Utc>) -> Self {
        let created = preferences.today(invitation.created_at);
        let end = preferences.today(invitation.used_at.unwrap_or(invitation.expires_at));
        let is_open = invitation.is_usable(now);
        let status = if invitation.used_at.is_some() {
            t!("administration-invitation-status-used", created = created, day = end)
        } else if is_open {
            t!("administration-invitation-status-open", created = created, day = end)
        } else {
            t!("administration-invitation-status-expired", created = created, day = end)
        };
        let anyone = || t!("administration-invitation-anyone").to_string();
        let title = invitation.email.unwrap_or_else(anyone);
        Self { id: invitation.id, title, status, is_open }
    }
}

impl Invitations {
    async fn new(
        app: &App,
        administrator: &Administrator,
        layout: Layout,
        view: FormView,
    ) -> Result<Self> {
        let page = invitations::list(&mut app.db.read().await?, None, Limit::new(200)).await?;
        let (preferences, now) = (&administrator.0.0.preferences, app.clock.now());
        Ok(Self {
            layout,
            view,
            form_token: Idempotency::new_form_token(),
            mode: app.config.auth.registration,
            rows: page.items.into_iter().map(|it| Row::new(it, preferences, now)).collect(),
            link: None,
        })
    }
}

pub(super) async fn show(
    State(app): State<App>,
    administrator: Administrator,
    layout: Layout,
) -> Result<Html<String>> {
    let view = FormView::new(LABELS, Form::default());
    web::page(&Invitations::new(&app, &administrator, layout, view).await?)
}

pub(super) async fn create(
    State(app): State<App>,
    administrator: Administrator,
    client: ClientInfo,
    layout: Layout,
    (links, credential): (Links, Credential),
    mut form: Form,
) -> Result<Response> {
    let idempotency = Idempotency::from_form(&mut form, "invitation");
    let with = (&links, &credential, &idempotency);
    let created =
        async { inviting::create(&app, &administrator, &client, form.read(&app)?, with).await };
    match created.await {
        Ok(created) => {
            let created: serde_json::Value = serde_json::from_str(created.body())
                .map_err(|error| Error::Internal(error.into()))?;
            let link = created["url"].as_str().map(str::to_owned);
            let view = FormView::new(LABELS, Form::default());
            let page = Invitations::new(&app, &administrator, layout, view).await?;
            Ok(web::page(&Invitations { link, ..page })?.into_response())
        }
        Err(error) => {
            let view = FormView::rejected(LABELS, form, error)?;
            web::invalid_form_page(&Invitations::new(&app, &administrator, layout, view).await?)
        }
    }
}

pub(super) async fn withdraw(
    State(app): State<App>,
    administrator: Administrator,
    client: ClientInfo,
    Path(id): Path<Uuid>,
) -> Result<Redirect> {
    inviting::withdraw(&app, &administrator, &client, id, &IfMatch::default()).await?;
    Ok(Redirect::to("/admin/invitations"))
}
