//! The page where administrators import stations and see the progress.

use askama::Template;
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    app::App,
    core::{
        Error, Result,
        error::FieldError,
        http::{Form, Upload},
        locale::{Html, Message},
        web::{self, Errors, FormView, Layout},
    },
    features::{
        accounts::{Administrator, ClientInfo, Preferences},
        stations::{
            import::{self, Import, ImportState},
            store,
        },
    },
    t,
};

const PAGE: &str = "/admin/stations";
const LABELS: &[(&str, &str)] = &[("file", "stations-import-file")];
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

    fn label(&self) -> Message {
        match self.state {
            ImportState::Running => t!("stations-import-state-running"),
            ImportState::Done => t!("stations-import-state-done"),
            ImportState::Failed => t!("stations-import-state-failed"),
            ImportState::Stopped => t!("stations-import-state-stopped"),
        }
    }

    fn title(&self) -> Message {
        t!("stations-import-running", file = &self.import.file)
    }

    fn progress(&self) -> Message {
        t!("stations-import-progress", percent = self.percent(), time = &self.uploaded_at)
    }

    /// The percentage of the file that has been read.
    fn percent(&self) -> i64 {
        (self.import.bytes_read * 100).checked_div(self.import.size).unwrap_or_default()
    }

    /// The counts of its stations, with labels.
    fn counts(&self) -> [Html; 4] {
        let tally = &self.import.tally;
        [
            t!("stations-import-read", count = tally.read()).html(),
            t!("stations-import-added", count = tally.added).html(),
            t!("stations-import-changed", count = tally.changed).html(),
            t!("stations-import-unchanged", count = tally.unchanged).html(),
        ]
    }

    /// The skipped items with the reasons, if there are any.
    fn skipped(&self) -> Option<Message> {
        let reasons = self.import.tally.skip_reasons();
        let reasons: Vec<_> = reasons.iter().map(Message::to_string).collect();
        (!reasons.is_empty()).then(|| t!("stations-import-skipped", reasons = reasons.join(", ")))
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
        (None, _) => (StatusCode::CONFLICT, t!("stations-import-busy")),
        (Some(_), Err(Error::TooLarge)) => {
            (StatusCode::PAYLOAD_TOO_LARGE, t!("stations-import-too-large"))
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
