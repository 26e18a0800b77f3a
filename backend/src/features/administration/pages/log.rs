//! The security log, on a page.

use askama::Template;
use axum::{extract::State, response::Html};
use uuid::Uuid;

use crate::{
    core::{
        App, Result,
        http::{Form, Limit, Search},
        input::FilterDay,
        web::{self, Sheet, Shell},
    },
    features::{
        accounts::{Administrator, Preferences},
        administration::log::{self, LogQuery, Names},
        security_log::{Kind, SecurityEvent},
    },
};

/// An event, as it is shown.
pub(super) struct Line {
    pub(super) title: &'static str,
    /// Whether it is something to look at twice.
    pub(super) is_alarming: bool,
    pub(super) at: String,
    /// As machines read it.
    pub(super) datetime: String,
    /// To whom it happened, and their page.
    pub(super) account: Option<(Uuid, String)>,
    /// Who did it, where that is another.
    pub(super) actor: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) address: Option<String>,
    pub(super) user_agent: Option<String>,
    /// How often it happened, if more than once.
    pub(super) repeated: Option<String>,
}

impl Line {
    /// The events as they are shown to whoever has these preferences.
    pub(super) async fn all(
        app: &App,
        events: Vec<SecurityEvent>,
        preferences: &Preferences,
    ) -> Result<Vec<Self>> {
        let mut names = Names::new();
        log::learn_names(&mut app.db.read().await?, &mut names, &events).await?;
        Ok(events.into_iter().map(|event| Self::new(event, &names, preferences)).collect())
    }

    fn new(event: SecurityEvent, names: &Names, preferences: &Preferences) -> Self {
        let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
        let last = event.last_at.map(|it| preferences.format_time(it));
        Self {
            title: event.kind.label(),
            is_alarming: matches!(event.kind, Kind::SignInRefused | Kind::GuessingStopped),
            at: preferences.format_time(event.at),
            datetime: event.at.to_rfc3339(),
            account: event.account_id.map(|id| (id, name(id))),
            actor: event.actor_id.filter(|it| Some(*it) != event.account_id).map(name),
            detail: event.detail,
            address: event.address,
            user_agent: event.user_agent,
            repeated: last.map(|last| format!("{} times, last {last}", event.count)),
        }
    }
}

#[derive(Template)]
#[template(path = "features/administration/templates/log.html")]
struct Log {
    shell: Shell,
    sheet: Sheet,
    kinds: Vec<(&'static str, &'static str)>,
    events: Vec<Line>,
    /// The one account that the list is about.
    about: Option<(Uuid, String)>,
    /// The query of the same events as a file.
    export: String,
    /// The query of the next page.
    older: Option<String>,
}

const LABELS: &[(&str, &str)] = &[("kind", "What"), ("from", "From"), ("to", "To")];

pub(super) async fn show(
    State(app): State<App>,
    administrator: Administrator,
    shell: Shell,
    Search(query): Search<LogQuery>,
) -> Result<Html<String>> {
    let preferences = &administrator.0.0.preferences;
    let page = log::list(&app, &query.listing(Limit::new(50))).await?;
    let about = match query.user_id {
        Some(id) => {
            let mut tx = app.db.read().await?;
            let account = crate::features::accounts::admin::find(&mut tx, id.0).await?;
            Some((id.0, account.title()))
        }
        None => None,
    };
    let day = |day: Option<FilterDay>| day.map(|it| it.0.to_string()).unwrap_or_default();
    let kind = query.kind.map_or("", Kind::as_str);
    let filters = [
        ("kind", kind.to_owned()),
        ("userId", query.user_id.map(|it| it.0.to_string()).unwrap_or_default()),
        ("from", day(query.from)),
        ("to", day(query.to)),
    ];
    let said: Vec<_> = filters.iter().filter(|it| !it.1.is_empty()).cloned().collect();
    let encoded = |cursor: Option<&str>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(said.iter()).extend_pairs(cursor.map(|it| ("cursor", it)));
        query.finish()
    };
    let (export, older) = (encoded(None), page.next_cursor.as_deref().map(|it| encoded(Some(it))));
    let mut kinds = vec![("", "Everything")];
    kinds.extend_from_slice(Kind::ALL);
    web::page(&Log {
        shell,
        kinds,
        events: Line::all(&app, page.items, preferences).await?,
        about,
        export,
        older,
        sheet: Sheet::new(LABELS, Form::of(filters)),
    })
}
