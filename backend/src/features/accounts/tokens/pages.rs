//! The page for personal tokens.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use uuid::Uuid;

use super::{
    model::{NewToken, PersonalToken},
    service,
};
use crate::{
    core::{
        App, Error, Result,
        http::{Form, IfMatch, Limit, Once, Path},
        web::{self, Errors, Sheet, Shell},
    },
    features::accounts::{Credential, Scope, SessionUser, User},
};

pub(in crate::features::accounts) fn router() -> Router<App> {
    Router::new()
        .route("/settings/tokens", get(show).post(create))
        .route("/settings/tokens/{id}/revoke", post(revoke))
}

const LABELS: &[(&str, &str)] =
    &[("name", "Name"), ("scope", "Good for"), ("expiresAt", "Last day")];

#[derive(Template)]
#[template(path = "features/accounts/templates/tokens.html")]
struct TokensPage {
    shell: Shell,
    sheet: Sheet,
    once: String,
    tokens: Vec<PersonalToken>,
    scopes: &'static [(&'static str, &'static str)],
    /// The token that has just been created. It is shown only once.
    new_token: Option<String>,
}

impl TokensPage {
    async fn new(app: &App, user: &User, shell: Shell, sheet: Sheet) -> Result<Self> {
        let tokens = service::list(app, user, None, Limit::new(500)).await?.items;
        Ok(Self { shell, sheet, once: Once::fresh(), tokens, scopes: Scope::ALL, new_token: None })
    }
}

fn blank() -> Form {
    Form::of([("scope", Scope::Read.as_str().to_owned())])
}

async fn show(State(app): State<App>, user: User, shell: Shell) -> Result<Html<String>> {
    web::page(&TokensPage::new(&app, &user, shell, Sheet::new(LABELS, blank())).await?)
}

async fn create(
    State(app): State<App>,
    caller: SessionUser,
    shell: Shell,
    credential: Credential,
    mut form: Form,
) -> Result<Response> {
    let once = Once::of_form(&mut form, "token");
    let created = match form.read::<NewToken>(&app) {
        Ok(new) => service::create(&app, &caller, &credential, new, &once).await,
        Err(error) => Err(error),
    };
    match created {
        Ok(created) => {
            let token = serde_json::from_str::<serde_json::Value>(created.body())
                .ok()
                .and_then(|it| it["token"].as_str().map(str::to_owned));
            let page =
                TokensPage::new(&app, &caller.user, shell, Sheet::new(LABELS, blank())).await?;
            Ok(web::page(&TokensPage { new_token: token, ..page })?.into_response())
        }
        Err(Error::Conflict { detail, .. }) => {
            let errors = Errors::of(Error::invalid("name", detail))?;
            let sheet = Sheet::again(LABELS, form, errors);
            web::page_again(&TokensPage::new(&app, &caller.user, shell, sheet).await?)
        }
        Err(error) => {
            let sheet = Sheet::again(LABELS, form, Errors::of(error)?);
            web::page_again(&TokensPage::new(&app, &caller.user, shell, sheet).await?)
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
