//! The page where administrators import stations and see the progress.

use askama::Template;
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    core::{
        App, Error, Result,
        error::FieldError,
        http::{Form, Upload},
        units::grouped,
        web::{self, Errors, FormView, Layout},
    },
    features::{
        accounts::{Administrator, ClientInfo, Preferences},
        stations::{
            import::{self, Import, ImportState},
            store,
        },
    },
};

const PAGE: &str = "/admin/stations";
const LABELS: &[(&str, &str)] = &[("file", "File")];
/// The number of imports on the page.
const MAX_IMPORTS: i64 = 10;
const MEGABYTE: u64 = 1024 * 1024;

#[derive(Template)]
#[template(path = "features/stations/templates/imports.html")]
struct Page {
    layout: Layout,
    view: FormView,
    /// The maximum file size in megabytes.
    max_megabytes: u32,
    /// The running import.
    running: Option<ImportRow>,
    /// Earlier imports, latest first.
    ended: Vec<ImportRow>,
}

/// An import as displayed.
struct ImportRow {
    import: Import,
    state: ImportState,
    /// When it was uploaded.
    uploaded_at: String,
}

impl ImportRow {
    fn new(import: Import, app: &App, preferences: &Preferences) -> Self {
        let uploaded_at = preferences.format_time(import.started_at);
        Self { state: import.state(app.clock.now()), uploaded_at, import }
    }

    fn is_running(&self) -> bool {
        self.state == ImportState::Running
    }

    fn is_failed(&self) -> bool {
        self.state == ImportState::Failed
    }

    fn is_stopped(&self) -> bool {
        self.state == ImportState::Stopped
    }

    fn label(&self) -> &'static str {
        match self.state {
            ImportState::Running => "Under way",
            ImportState::Done => "Done",
            ImportState::Failed => "Failed",
            ImportState::Stopped => "Stopped",
        }
    }

    /// The percentage of the file that has been read.
    fn percent(&self) -> i64 {
        (self.import.bytes_read * 100).checked_div(self.import.size).unwrap_or_default()
    }

    /// The counts of its stations, with labels.
    fn counts(&self) -> [(String, &'static str); 4] {
        let tally = &self.import.tally;
        [
            (grouped(tally.read()), "read"),
            (grouped(tally.added), "new"),
            (grouped(tally.changed), "changed"),
            (grouped(tally.unchanged), "as they were"),
        ]
    }

    /// The skipped items with the reasons; empty if there are none.
    fn skipped(&self) -> String {
        let reasons = self.import.tally.skip_reasons();
        let reasons: Vec<_> = reasons
            .into_iter()
            .map(|(count, reason)| format!("{} {reason}", grouped(count)))
            .collect();
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
    layout: Layout,
    errors: Errors,
) -> Result<Page> {
    let preferences = &administrator.0.0.preferences;
    let mut tx = app.db.read().await?;
    let all = store::imports::latest(&mut tx, MAX_IMPORTS).await?;
    drop(tx);
    let mut all: Vec<_> = all.into_iter().map(|it| ImportRow::new(it, app, preferences)).collect();
    let running = all.iter().position(ImportRow::is_running).map(|index| all.remove(index));
    let view = FormView::with_errors(LABELS, Form::default(), errors);
    Ok(Page {
        layout,
        view,
        max_megabytes: app.config.stations.import_megabytes,
        running,
        ended: all,
    })
}

pub(super) async fn show(
    State(app): State<App>,
    administrator: Administrator,
    layout: Layout,
) -> Result<Response> {
    let page = page(&app, &administrator, layout, Errors::default()).await?;
    Ok(web::page(&page)?.into_response())
}

/// Accepts a file and starts its import.
pub(super) async fn upload(
    State(app): State<App>,
    administrator: Administrator,
    client: ClientInfo,
    layout: Layout,
    request: Request,
) -> Result<Response> {
    let max_megabytes = app.config.stations.import_megabytes;
    let permit = app.imports.try_acquire();
    // Read the body even if it is rejected, so that the client receives the response.
    let bytes = if permit.is_some() { u64::from(max_megabytes) * MEGABYTE } else { 0 };
    let upload = Upload::receive(request, "file", bytes).await;
    let (status, why) = match (permit, upload) {
        (None, _) => (StatusCode::CONFLICT, "cannot be taken while another is being brought in"),
        (Some(_), Err(Error::TooLarge)) => {
            let why = "is larger than this service takes; split it, or bring it in with \
                       motovaultpro stations import";
            (StatusCode::PAYLOAD_TOO_LARGE, why)
        }
        (Some(permit), upload) => {
            let started = match upload {
                Ok(upload) => import::start(&app, &administrator, &client, upload, permit).await,
                Err(error) => Err(error),
            };
            let errors = match started {
                Ok(()) => return Ok(Redirect::to(PAGE).into_response()),
                Err(error) => Errors::from_error(error)?,
            };
            return web::invalid_form_page(&page(&app, &administrator, layout, errors).await?);
        }
    };
    let errors = Errors(vec![FieldError::at("file", why)]);
    let page = page(&app, &administrator, layout, errors).await?;
    Ok((status, web::page(&page)?).into_response())
}
