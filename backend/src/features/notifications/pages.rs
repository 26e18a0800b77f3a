//! Where one is told what is due, as a page.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::{get, post},
};

use super::{
    model::{Channel, ChannelId, Kind, NewChannel, Tried},
    service,
};
use crate::{
    core::{
        App, Error, Result,
        http::{Form, IfMatch, Limit, Once, Path},
        web::{self, Errors, Sheet, Shell},
    },
    features::{
        accounts::{Signer, User},
        administration::Links,
    },
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/settings/notifications", get(show).post(add))
        .route("/settings/notifications/{id}/test", post(test))
        .route("/settings/notifications/{id}/delete", post(remove))
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
}

impl Channels {
    async fn new(app: &App, user: &User, shell: Shell, sheet: Sheet) -> Result<Self> {
        let kept = service::list(app, user, None, Limit::new(100)).await?.items;
        let (once, email) = (Once::fresh(), user.0.email.clone());
        Ok(Self { shell, sheet, once, kinds: Kind::ALL, kept, email, tried: None })
    }
}

fn blank() -> Sheet {
    Sheet::new(LABELS, Form::of([("kind", Kind::Mail.as_str().to_owned())]))
}

async fn show(State(app): State<App>, user: User, shell: Shell) -> Result<Html<String>> {
    web::page(&Channels::new(&app, &user, shell, blank()).await?)
}

async fn add(
    State(app): State<App>,
    Signer { user, .. }: Signer,
    shell: Shell,
    form: Form,
) -> Result<Response> {
    let mut copy = form.clone();
    let once = Once::of_form(&mut copy, "notifications");
    let added = match copy.read::<NewChannel>(&app) {
        Ok(new) => service::add(&app, &user, new, once).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(_) => Ok(Redirect::to("/settings/notifications").into_response()),
        Err(error) => {
            // A secret is typed anew.
            let mut form = form;
            form.set("secret", String::new());
            let sheet = Sheet::again(LABELS, form, Errors::of(error)?);
            web::page_again(&Channels::new(&app, &user, shell, sheet).await?)
        }
    }
}

async fn test(
    State(app): State<App>,
    Signer { user, .. }: Signer,
    Path(id): Path<ChannelId>,
    links: Links,
    shell: Shell,
) -> Result<Html<String>> {
    let tried = match service::test(&app, &user, id, links.base()).await {
        Err(Error::TooManyRequests(_)) => {
            let problem = "the last test was less than a minute ago: wait a little".to_owned();
            Tried { is_sent: false, problem: Some(problem) }
        }
        tried => tried?,
    };
    let page = Channels::new(&app, &user, shell, blank()).await?;
    web::page(&Channels { tried: Some(tried), ..page })
}

async fn remove(
    State(app): State<App>,
    Signer { user, .. }: Signer,
    Path(id): Path<ChannelId>,
) -> Result<Redirect> {
    service::remove(&app, &user, id, &IfMatch::default()).await?;
    Ok(Redirect::to("/settings/notifications"))
}
