//! The page for personal tokens.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use uuid::Uuid;

use super::{model::PersonalToken, service};
use crate::{
    app::App,
    core::{
        Error, Result,
        http::{Form, Idempotency, IfMatch, Limit, Path},
        locale::Message,
        web::{self, Errors, FormView, Layout},
    },
    features::accounts::{Credential, Scope, SessionUser, User},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/settings/tokens", get(show).post(create))
        .route("/settings/tokens/{id}/revoke", post(revoke))
}

const LABELS: &[(&str, &str)] = &[
    ("name", "tokens-label-token"),
    ("scope", "tokens-label-token-access"),
    ("expiresAt", "tokens-label-token-expires"),
];

#[derive(Template)]
#[template(path = "features/tokens/templates/tokens.html")]
struct TokensPage {
    layout: Layout,
    view: FormView,
    form_token: String,
    tokens: Vec<PersonalToken>,
    scopes: Vec<(&'static str, Message)>,
    /// The token that has just been created. It is shown only once.
    new_token: Option<String>,
}

impl TokensPage {
    async fn new(app: &App, user: &User, layout: Layout, view: FormView) -> Result<Self> {
        let tokens = service::list(app, user, None, Limit::new(500)).await?.items;
        Ok(Self {
            layout,
            view,
            form_token: Idempotency::new_form_token(),
            tokens,
            scopes: Scope::ALL.iter().map(|&(value, id)| (value, Message::plain(id))).collect(),
            new_token: None,
        })
    }
}

fn blank_form() -> Form {
    Form::from_fields([("scope", Scope::Read.as_str().to_owned())])
}

async fn show(State(app): State<App>, user: User, layout: Layout) -> Result<Html<String>> {
    web::page(&TokensPage::new(&app, &user, layout, FormView::new(LABELS, blank_form())).await?)
}

async fn create(
    State(app): State<App>,
    caller: SessionUser,
    layout: Layout,
    credential: Credential,
    mut form: Form,
) -> Result<Response> {
    let idempotency = Idempotency::from_form(&mut form, "token");
    let created =
        async { service::create(&app, &caller, &credential, form.read(&app)?, &idempotency).await };
    match created.await {
        Ok(created) => {
            let token = serde_json::from_str::<serde_json::Value>(created.body())
                .ok()
                .and_then(|it| it["token"].as_str().map(str::to_owned));
            let page =
                TokensPage::new(&app, &caller.user, layout, FormView::new(LABELS, blank_form()))
                    .await?;
            Ok(web::page(&TokensPage { new_token: token, ..page })?.into_response())
        }
        Err(Error::Conflict { detail, .. }) => {
            let errors = Errors::from_error(Error::invalid("name", detail))?;
            let view = FormView::with_errors(LABELS, form, errors);
            web::invalid_form_page(&TokensPage::new(&app, &caller.user, layout, view).await?)
        }
        Err(error) => {
            let view = FormView::rejected(LABELS, form, error)?;
            web::invalid_form_page(&TokensPage::new(&app, &caller.user, layout, view).await?)
        }
    }
}

async fn revoke(
    State(app): State<App>,
    caller: SessionUser,
    Path(id): Path<Uuid>,
) -> Result<Redirect> {
    service::revoke(&app, &caller, id, &IfMatch::default()).await?;
    Ok(Redirect::to("/settings/tokens"))
}
