//! Personal tokens as pages.

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
    features::accounts::{Credential, Scope, Signer, User},
};

pub(in crate::features::accounts) fn router() -> Router<App> {
    Router::new()
        .route("/settings/tokens", get(show).post(make))
        .route("/settings/tokens/{id}/revoke", post(revoke))
}

const LABELS: &[(&str, &str)] =
    &[("name", "Name"), ("scope", "Good for"), ("expiresAt", "Last day")];

#[derive(Template)]
#[template(path = "features/accounts/templates/tokens.html")]
struct Tokens {
    shell: Shell,
    sheet: Sheet,
    once: String,
    kept: Vec<PersonalToken>,
    scopes: &'static [(&'static str, &'static str)],
    /// The token that was made just now: it is shown this once.
    made: Option<String>,
}

impl Tokens {
    async fn new(app: &App, user: &User, shell: Shell, sheet: Sheet) -> Result<Self> {
        let kept = service::list(app, user, None, Limit::new(500)).await?.items;
        Ok(Self { shell, sheet, once: Once::fresh(), kept, scopes: Scope::ALL, made: None })
    }
}

fn blank() -> Form {
    Form::of([("scope", Scope::Read.as_str().to_owned())])
}

async fn show(State(app): State<App>, user: User, shell: Shell) -> Result<Html<String>> {
    web::page(&Tokens::new(&app, &user, shell, Sheet::new(LABELS, blank())).await?)
}

async fn make(
    State(app): State<App>,
    signer: Signer,
    shell: Shell,
    credential: Credential,
    mut form: Form,
) -> Result<Response> {
    let once = Once::of_form(&mut form, "token");
    let made = match form.read::<NewToken>(&app) {
        Ok(new) => service::make(&app, &signer, &credential, new, &once).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => {
            let token = serde_json::from_str::<serde_json::Value>(made.body())
                .ok()
                .and_then(|it| it["token"].as_str().map(str::to_owned));
            let page = Tokens::new(&app, &signer.user, shell, Sheet::new(LABELS, blank())).await?;
            Ok(web::page(&Tokens { made: token, ..page })?.into_response())
        }
        Err(Error::Conflict { detail, .. }) => {
            let errors = Errors::of(Error::invalid("name", detail))?;
            let sheet = Sheet::again(LABELS, form, errors);
            web::page_again(&Tokens::new(&app, &signer.user, shell, sheet).await?)
        }
        Err(error) => {
            let sheet = Sheet::again(LABELS, form, Errors::of(error)?);
            web::page_again(&Tokens::new(&app, &signer.user, shell, sheet).await?)
        }
    }
}

async fn revoke(State(app): State<App>, signer: Signer, Path(id): Path<Uuid>) -> Result<Redirect> {
    service::revoke(&app, &signer, id, &IfMatch::default()).await?;
    Ok(Redirect::to("/settings/tokens"))
}
