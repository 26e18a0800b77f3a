//! Where administrators bring stations in, and see how far that has come.

use askama::Template;
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    core::{
        App, Error, Result,
        error::Fault,
        http::{Form, Upload},
        units::grouped,
        web::{self, Errors, Sheet, Shell},
    },
    features::{
        accounts::{Administrator, ClientInfo, Preferences},
        stations::{
            import::{self, Import},
            store,
        },
    },
};

const PAGE: &str = "/admin/stations";
const LABELS: &[(&str, &str)] = &[("file", "File")];
/// How many files are looked back upon.
const SHOWN: i64 = 10;
const MEGABYTE: u64 = 1024 * 1024;

#[derive(Template)]
#[template(path = "features/stations/templates/imports.html")]
struct Page {
    shell: Shell,
    sheet: Sheet,
    /// The largest file, in megabytes.
    most: u32,
    /// The file that is being brought in.
    running: Option<Shown>,
    /// Those before it, the last one first.
    ended: Vec<Shown>,
}

/// A file as it is shown.
struct Shown {
    import: Import,
    state: import::State,
    /// When it was sent.
    at: String,
}

impl Shown {
    fn new(import: Import, app: &App, preferences: &Preferences) -> Self {
        let at = preferences.format_time(import.started_at);
        Self { state: import.state(app.clock.now()), at, import }
    }

    fn is_running(&self) -> bool {
        self.state == import::State::Running
    }

    fn is_failed(&self) -> bool {
        self.state == import::State::Failed
    }

    fn is_stopped(&self) -> bool {
        self.state == import::State::Stopped
    }

    fn label(&self) -> &'static str {
        match self.state {
            import::State::Running => "Under way",
            import::State::Done => "Done",
            import::State::Failed => "Failed",
            import::State::Stopped => "Stopped",
        }
    }

    /// How much of it has been read.
    fn percent(&self) -> i64 {
        (self.import.bytes_read * 100).checked_div(self.import.size).unwrap_or_default()
    }

    /// What became of its stations: how many, and in words.
    fn counts(&self) -> [(String, &'static str); 4] {
        let tally = &self.import.tally;
        [
            (grouped(tally.read()), "read"),
            (grouped(tally.added), "new"),
            (grouped(tally.changed), "changed"),
            (grouped(tally.unchanged), "as they were"),
        ]
    }

    /// What was left out, and why; nothing where nothing was.
    fn left_out(&self) -> String {
        let reasons = self.import.tally.reasons();
        let reasons: Vec<_> =
            reasons.into_iter().map(|(count, why)| format!("{} {why}", grouped(count))).collect();
        reasons.join(", ")
    }

    /// Why it failed, as a sentence.
    fn failure(&self) -> String {
        web::sentence(self.import.failure.as_deref().unwrap_or_default())
    }
}

async fn page(
    app: &App,
    administrator: &Administrator,
    shell: Shell,
    errors: Errors,
) -> Result<Page> {
    let preferences = &administrator.0.0.preferences;
    let mut tx = app.db.read().await?;
    let all = store::imports::latest(&mut tx, SHOWN).await?;
    drop(tx);
    let mut all: Vec<_> = all.into_iter().map(|it| Shown::new(it, app, preferences)).collect();
    let running = all.iter().position(Shown::is_running).map(|at| all.remove(at));
    let sheet = Sheet::again(LABELS, Form::default(), errors);
    Ok(Page { shell, sheet, most: app.config.stations.import_megabytes, running, ended: all })
}

pub(super) async fn show(
    State(app): State<App>,
    administrator: Administrator,
    shell: Shell,
) -> Result<Response> {
    let page = page(&app, &administrator, shell, Errors::default()).await?;
    Ok(web::page(&page)?.into_response())
}

/// Takes a file in, and begins to bring in what it holds.
pub(super) async fn take_in(
    State(app): State<App>,
    administrator: Administrator,
    client: ClientInfo,
    shell: Shell,
    request: Request,
) -> Result<Response> {
    let most = app.config.stations.import_megabytes;
    let turn = app.imports.turn();
    // Read though it is not taken, so that whoever sends it gets to read why.
    let bytes = if turn.is_some() { u64::from(most) * MEGABYTE } else { 0 };
    let upload = Upload::take_in(request, "file", bytes).await;
    let (status, why) = match (turn, upload) {
        (None, _) => (StatusCode::CONFLICT, "cannot be taken while another is being brought in"),
        (Some(_), Err(Error::TooLarge)) => {
            let why = "is larger than this service takes; split it, or bring it in with \
                       motovaultpro stations import";
            (StatusCode::PAYLOAD_TOO_LARGE, why)
        }
        (Some(turn), upload) => {
            let started = match upload {
                Ok(upload) => import::start(&app, &administrator, &client, upload, turn).await,
                Err(error) => Err(error),
            };
            let errors = match started {
                Ok(()) => return Ok(Redirect::to(PAGE).into_response()),
                Err(error) => Errors::of(error)?,
            };
            return web::page_again(&page(&app, &administrator, shell, errors).await?);
        }
    };
    let errors = Errors(vec![Fault::at("file", why)]);
    let page = page(&app, &administrator, shell, errors).await?;
    Ok((status, web::page(&page)?).into_response())
}
